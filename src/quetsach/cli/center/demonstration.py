"""Fills the office of a demonstration with the tables of its country."""

from datetime import datetime
from pathlib import Path

from quetsach.cli.center.letter_files import published_letters


def demonstrate_office(now: datetime, data: Path | None = None) -> bool:
    """Load the units of the country and play its campaign through the office; does nothing a second time.

    Django is configured already, the lake is filled and the repository published.

    Returns:
        Whether anything was played; nothing is where the country has no campaign to show.
    """
    from quetsach.centre.tables import bundled_units, country_table, load_country  # noqa: PLC0415
    from quetsach.web.office.demonstration import demonstration_office, is_played  # noqa: PLC0415
    from quetsach.web.office.letters.services.templates import published_letters_load  # noqa: PLC0415
    from quetsach.web.office.units.services.importing import units_load  # noqa: PLC0415

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
