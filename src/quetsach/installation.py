"""Where packs, dated tables and the root of trust lie: in the wheel, beside a download's archive, or in a checkout."""

import json
import tomllib
from collections.abc import Callable
from datetime import tzinfo
from functools import cache
from pathlib import Path

import quetsach
from quetsach.core.country import Country, read_country
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.help_line import NO_HELP_LINE, HelpLine, read_help_line
from quetsach.core.text import SystemText, Text

HELP_FILE = "help.json"
"""Beside the root of trust: whom people call, as the centre that built the tool had it set."""
_POINTER = "current"
"""Names the version in use, in the folder above the versions of a download."""


def bundled(name: str) -> Path:
    """Return the folder ``packs`` or ``data`` that came with this build.

    Raises:
        QuetsachError: the installation is incomplete.
    """
    for folder in (_bundle() / name, Path(quetsach.__file__).parents[2] / name):
        if folder.is_dir():
            return folder
    raise QuetsachError(
        Text("this installation lacks its folder {name}", name=repr(name)), hint=Text("install quetsach again")
    )


def bundled_country_file() -> Path:
    """Return the ``country.toml`` of the country that this build is for.

    Raises:
        QuetsachError: the installation is incomplete.
    """
    folder = bundled("data") / "countries"
    try:
        code = str(tomllib.loads((folder / "build.toml").read_text("utf-8"))["country"])
    except (OSError, ValueError, KeyError) as error:
        raise QuetsachError(Text("this installation names no country"), hint=Text("install quetsach again")) from error
    return folder / code / "country.toml"


def country_in(path: Path, *, zone_named: Callable[[str], tzinfo]) -> Country:
    """Return the country that a ``country.toml`` describes.

    Args:
        path: the file.
        zone_named: returns a zone of the time zone database; asked only for zones whose offset changes.

    Raises:
        QuetsachError: it cannot be read, or is no such file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise QuetsachError(
            Text("cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error
    return read_country(content, file=str(path), zone_named=zone_named)


@cache
def bundled_country() -> Country:
    """Return the country that this build is for, as the tool needs it: a download holds no table of zones.

    Raises:
        QuetsachError: the installation is incomplete, or the clocks of the country change.
    """
    return country_in(bundled_country_file(), zone_named=_no_table)


def bundled_trust() -> Path:
    """Return the folder with the root of trust of the centre that built this tool; a plain build has none there."""
    return _bundle() / "trust"


@cache
def bundled_help_line() -> HelpLine:
    """Return whom people call, as the centre had it set that built this tool; a plain build knows nobody.

    What cannot be read says nothing: no scan fails for it.
    """
    try:
        found = json.loads((bundled_trust() / HELP_FILE).read_bytes())
        return read_help_line(**{str(name): str(text) for name, text in found.items()})
    except (OSError, ValueError, AttributeError, TypeError, RecursionError, InputError):
        return NO_HELP_LINE


def bundled_licences() -> Path:
    """Return the file with the licences of all parts of a download; a wheel has none there."""
    return _bundle() / "LICENSES.txt"


def own_folder() -> Path:
    """Return the folder that this build fills alone: of the package, of the download, or of all its versions."""
    package = Path(quetsach.__file__).parent
    archive = package.parent
    if not archive.is_file():
        return package
    download = archive.parents[1]
    return download.parent if (download.parent / _POINTER).is_file() else download


def _bundle() -> Path:
    package = Path(quetsach.__file__).parent
    return (package.parents[1] if package.parent.is_file() else package) / "bundled"


def _no_table(name: str) -> tzinfo:
    raise LookupError(name)
