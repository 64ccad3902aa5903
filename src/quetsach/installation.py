"""Where packs, dated tables and the root of trust lie: in the wheel, beside a download's archive, or in a checkout."""

from pathlib import Path

import quetsach
from quetsach.core.errors import QuetsachError

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
    raise QuetsachError(f"this installation lacks its folder {name!r}", hint="install quetsach again")


def bundled_trust() -> Path:
    """Return the folder with the root of trust of the centre that built this tool; a plain build has none there."""
    return _bundle() / "trust"


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
