"""Fills the tables of an office that was just made: samples and forms of its country, the demonstration's campaign."""

from datetime import datetime
from pathlib import Path

from quetsach.centre.tables import bundled_units, country_table, load_country
from quetsach.cli.center.letter_files import published_letters
from quetsach.cli.center.returns import load_bundled_forms
from quetsach.web.office.demonstration import demonstration_office, is_played
from quetsach.web.office.letters.services.templates import published_letters_load, samples_load
from quetsach.web.office.units.services.importing import units_load


def furnish_office(data: Path) -> None:
    """Take in the samples of letters and the forms of returns that come with the country."""
    samples_load()
    load_bundled_forms(data)


def demonstrate_office(now: datetime, data: Path | None = None) -> bool:
    """Load the units of the country and play its campaign through the office; does nothing a second time.

    Django is configured already, the lake is filled and the repository published.

    Returns:
        Whether anything was played; nothing is where the country has no campaign to show.
    """
    key = load_country(data).demonstration
    if not key:
        return False
    published_letters_load(campaign=key, document=published_letters(data))
    if is_played():
        return False
    units_load(files=bundled_units(data), now=now)
    return demonstration_office(
        campaign=(country_table("campaigns", data) / key / "campaign.toml").read_bytes(),
        form=(country_table("forms", data) / "unit-return-1.toml").read_bytes(),
    )
