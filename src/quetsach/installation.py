"""Where the shelf of packs and the dated tables lie: inside the wheel, or at the root of a source checkout."""

from pathlib import Path

import quetsach
from quetsach.core.errors import QuetsachError


def bundled(name: str) -> Path:
    """Return the folder ``packs`` or ``data`` that came with this build.

    Raises:
        QuetsachError: the installation is incomplete.
    """
    package = Path(quetsach.__file__).parent
    for folder in (package / "bundled" / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    raise QuetsachError(f"this installation lacks its folder {name!r}", hint="install quetsach again")


def bundled_trust() -> Path:
    """Return the folder with the root of trust of the centre that built this tool; a plain build has none there."""
    return Path(quetsach.__file__).parent / "bundled" / "trust"


def bundled_licences() -> Path:
    """Return the file with the licences of all parts of a download; a wheel has none there."""
    return Path(quetsach.__file__).parent / "bundled" / "LICENSES.txt"
