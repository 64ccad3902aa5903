"""Fills the office of a demonstration with the tables of this build."""

from datetime import datetime

from quetsach.cli.center.letters_chain import published_letters
from quetsach.installation import bundled


def demonstrate_office(now: datetime) -> bool:
    """Load the units of this build and play the campaign of 2020 through the office; does nothing a second time.

    Django is configured already, the lake is filled and the repository published.

    Returns:
        Whether anything was played.
    """
    from quetsach.web.office.demonstration.play import KEY, demonstration_office, is_played  # noqa: PLC0415
    from quetsach.web.office.letters.services.templates import published_letters_load  # noqa: PLC0415
    from quetsach.web.office.units.services.importing import units_load  # noqa: PLC0415

    published_letters_load(campaign=KEY, document=published_letters())
    if is_played():
        return False
    data = bundled("data")
    units_load(files=[(path.name, path.read_bytes()) for path in sorted((data / "units").glob("*.csv"))], now=now)
    return demonstration_office(
        campaign=(data / "campaigns" / "viet-nam-2020" / "campaign.toml").read_bytes(),
        form=(data / "forms" / "unit-return-1.toml").read_bytes(),
    )
