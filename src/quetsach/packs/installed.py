"""The packs that an update installed, the generation that counts, and the ring that says who gets a pack first."""

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from quetsach import storage
from quetsach.core.text import Text
from quetsach.packs import PackError

# The packs that an update installed: generations in the state, and one small file that says which of them counts.
#
# ``STATE/packs/current`` holds the name of a generation, a folder of ``*.qsp`` beside it. A generation is complete and
# on disk before ``current`` is replaced by rename, so whoever is interrupted leaves the old packs or the new, never a
# mix; this needs no symbolic links and so holds on every system.

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
        raise PackError(
            Text("the installed packs cannot be read"), where=str(state / "packs"), hint=str(error)
        ) from error
    folder = state / "packs" / name
    if not _GENERATION.fullmatch(name) or not folder.is_dir():
        raise PackError(
            Text("the installed packs are damaged"), where=str(folder), hint=Text("run `quetsach update` again")
        )
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
        raise PackError(Text("the packs cannot be installed"), where=str(shelf), hint=str(error)) from error
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


# Rings: who gets a pack first. A new version goes to the canary ring, and to everybody only when it is promoted.
#
# Each ring is a role of its own with its own key and its own names: ``packs/*`` is the general ring, ``canary/*`` what
# canary machines get beside it. A general machine asks for neither the list nor a file of the canary ring.

_STATE_FILE = "ring"
_PACK_NAME = re.compile(
    r"(?P<role>packs|canary)/(?P<family>[a-z0-9]+(?:-[a-z0-9]+)*)-(?P<version>20\d\d\.\d\d\.\d\d(?:\.\d\d)?)\.qsp"
)
_NAME_LIMIT = 140


class Ring(StrEnum):
    """Which packs a machine gets."""

    GENERAL = "general"
    CANARY = "canary"

    @property
    def role(self) -> str:
        """The role that signs the list of this ring."""
        return "packs" if self is Ring.GENERAL else "canary"


@dataclass(frozen=True, slots=True)
class PackName:
    """The name of a pack in a repository, in its parts."""

    role: str
    family: str
    version: str

    @property
    def file(self) -> str:
        """The name of the file, without its folder."""
        return f"{self.family}-{self.version}{SUFFIX}"


def parse_name(name: str) -> PackName | None:
    """Return the parts of ``packs/FAMILY-VERSION.qsp`` or ``canary/FAMILY-VERSION.qsp``; ``None`` for another name."""
    found = _PACK_NAME.fullmatch(name) if len(name) <= _NAME_LIMIT else None
    return PackName(found["role"], found["family"], found["version"]) if found else None


def newest_of[T](listed: Iterable[tuple[PackName, T]]) -> Mapping[str, T]:
    """Return what belongs to the newest version of each family, by file name; at the same version the first counts."""
    chosen: dict[str, tuple[PackName, T]] = {}
    for name, value in listed:
        if name.family not in chosen or chosen[name.family][0].version < name.version:
            chosen[name.family] = (name, value)
    return {name.file: value for name, value in chosen.values()}


def remembered_ring(state: Path) -> Ring:
    """Return the ring that a person chose for this machine; what is not readable is the general one."""
    try:
        with (state / _STATE_FILE).open("rb") as file:
            return Ring.CANARY if file.read(32).strip() == b"canary" else Ring.GENERAL
    except OSError:
        return Ring.GENERAL


def remember_ring(state: Path, ring: Ring) -> None:
    """Keep the choice of a ring in the state.

    Raises:
        OSError: the state cannot be written.
    """
    if ring is remembered_ring(state):
        return
    storage.write(state / _STATE_FILE, f"{ring}\n")
