"""The packs that an update installed: generations in the state, and one small file that says which of them counts.

``STATE/packs/current`` holds the name of a generation, a folder of ``*.qsp`` beside it. A generation is complete and on
disk before ``current`` is replaced by rename, so whoever is interrupted leaves the old packs or the new, never a mix;
this needs no symbolic links and so holds on every system.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from quetsach import storage
from quetsach.packs.errors import PackError

SUFFIX = ".qsp"
_CURRENT = "current"
_GENERATION = re.compile(r"generation-(\d{1,12})")


def installed_folder(state: Path) -> Path | None:
    """Return the folder that holds the installed packs; ``None`` if no update has installed any.

    Raises:
        PackError: the state is damaged.
    """
    try:
        with (state / "packs" / _CURRENT).open("rb") as file:
            name = file.read(64).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PackError("the installed packs cannot be read", where=str(state / "packs"), hint=str(error)) from error
    folder = state / "packs" / name
    if not _GENERATION.fullmatch(name) or not folder.is_dir():
        raise PackError("the installed packs are damaged", where=str(folder), hint="run `quetsach update` again")
    return folder


def install(state: Path, packs: Mapping[str, bytes]) -> Path:
    """Make these the installed packs, all at once, and return their folder.

    Args:
        state: the state folder of the tool.
        packs: content by file name (``NAME.qsp``).

    Raises:
        PackError: the state cannot be written; what was installed stays.
    """
    shelf = state / "packs"
    try:
        storage.make_folder(shelf)
        generations = _generations(shelf)
        folder = shelf / f"generation-{max(generations, default=0) + 1}"
        folder.mkdir(mode=storage.PRIVATE_FOLDER)
        _fill(folder, packs)
        former = installed_or_none(state)
        storage.write(shelf / _CURRENT, folder.name)
    except OSError as error:
        raise PackError("the packs cannot be installed", where=str(shelf), hint=str(error)) from error
    # A scan that is running may still read the former generation: it goes with the next update.
    for number, old in generations.items():
        if old != former:
            shutil.rmtree(shelf / f"generation-{number}", ignore_errors=True)
    return folder


def installed_or_none(state: Path) -> Path | None:
    """Return the folder of the installed packs, or ``None`` also where the state is damaged."""
    try:
        return installed_folder(state)
    except PackError:
        return None


def _fill(folder: Path, packs: Mapping[str, bytes]) -> None:
    """Write the packs of a generation, or leave nothing: half of one a day would fill a disk that has little room."""
    try:
        for name, content in packs.items():
            storage.write(folder / name, content)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _generations(shelf: Path) -> dict[int, Path]:
    found = ((_GENERATION.fullmatch(path.name), path) for path in shelf.iterdir())
    return {int(match[1]): path for match, path in found if match}
