"""Which country a centre is of: its own under its data folder, else that of this build."""

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from quetsach.core.country import Country
from quetsach.installation import bundled_country_file, country_in


def load_country(data: Path | None = None) -> Country:
    """Return the country of the centre in ``data``.

    Raises:
        QuetsachError: its file is damaged.
    """
    return _read(_own_file(data) or bundled_country_file())


def country_folder(data: Path | None = None) -> Path:
    """Return the folder of the country of the centre in ``data``."""
    return (_own_file(data) or bundled_country_file()).parent


def country_table(name: str, data: Path | None = None) -> Path:
    """Return the folder of one of the tables (``core.country.TABLES``) of a centre's country.

    Raises:
        QuetsachError: the country's file is damaged.
    """
    return (country_folder(data) / load_country(data).tables[name]).resolve()


@cache
def _read(file: Path) -> Country:
    return country_in(file, zone_named=ZoneInfo)


def _own_file(data: Path | None) -> Path | None:
    if data is None:
        return None
    own = data / "country" / "country.toml"
    return own if own.exists() else None
