"""Rings: who gets a pack first. A new version goes to the canary ring, and to everybody only when it is promoted.

Each ring is a role of its own with its own key and its own names: ``packs/*`` is the general ring, ``canary/*`` what
canary machines get beside it. A general machine asks for neither the list nor a file of the canary ring.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from quetsach import storage
from quetsach.packs.installed import SUFFIX

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
