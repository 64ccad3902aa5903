r"""Which drives a tree has, and where a path that a link of Windows holds leads in it.

The tree of the running Windows has all of them: its system drive is ``/``, another ``/D:``. The tree of one folder,
such as the drive of a Windows that does not run, has only that, which was ``C:`` when it ran.
"""

import errno
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from quetsach.endpoint.host.nt.file_calls import DriveKind, VolumeCalls
from quetsach.endpoint.host.windows_path import machine_environment, path_of

REMOVABLE, FIXED, NETWORK, CD, IN_MEMORY = 2, 3, 4, 5, 6

_ROOTED = re.compile(r"(?:\\\?\?\\|\\\\[?.]\\)?([a-z]):(?=\\|$)", re.IGNORECASE | re.ASCII)
_VOLUME = re.compile(r"(?:\\\?\?\\|\\\\\?\\)(volume\{[0-9a-f-]{36}\})(?=\\|$)", re.IGNORECASE | re.ASCII)
_DRIVE = re.compile(rb"[A-Za-z]:")


class Drives(Protocol):
    """The drives of a tree."""

    @property
    def top(self) -> str:
        r"""The folder that ``/`` is, as the system has it: ``\??\C:\``."""

    def others(self) -> tuple[bytes, ...]:
        """Return the names in ``/`` that are other drives: ``D:``."""

    def opened_as(self, name: bytes) -> str | None:
        """Return the folder that such a name is, empty for ``/`` itself; ``None`` when it is none."""

    def is_shunned(self, name: bytes) -> bool:
        """Return whether a drive is not even asked for its state, because it may be slow or make noise."""

    def inside(self, target: str) -> bytes:
        """Return where an absolute path of Windows leads in the tree; ``FileNotFoundError`` when it leads out of it."""

    def mounted(self, target: str) -> str | None:
        """Return the volume that a folder stands for, to be opened in its place; ``None`` when it stands for none."""


@dataclass(frozen=True)
class MachineDrives:
    """All drives of the running Windows; satisfies ``Drives``."""

    calls: VolumeCalls

    @cached_property
    def system(self) -> str:
        """The letter of the system drive."""
        return self.calls.system_drive()[:1].upper()

    @property
    def top(self) -> str:
        """The system drive."""
        return f"\\??\\{self.system}:\\"

    def kinds(self) -> dict[str, DriveKind]:
        """Return letter -> drive; asked anew each time, for sticks come and go."""
        return {drive.letter[:1].upper(): drive for drive in self.calls.drives()}

    def others(self) -> tuple[bytes, ...]:
        """Return the other drives. What ``subst`` made is a folder of one of them, and is left out."""
        kinds = self.kinds()
        names = (letter for letter in sorted(kinds) if letter != self.system and not is_substitute(kinds[letter]))
        return tuple(f"{letter}:".encode() for letter in names)

    def opened_as(self, name: bytes) -> str | None:
        """Return the folder that a drive is."""
        if not _DRIVE.fullmatch(name):
            return None
        letter = name[:1].decode().upper()
        return "" if letter == self.system else f"\\??\\{letter}:\\"

    def is_shunned(self, name: bytes) -> bool:
        """Return whether it is of the network, or a disc that would have to spin up."""
        drive = self.kinds().get(name[:1].decode("ascii", "replace").upper())
        return drive is not None and drive.kind in (NETWORK, CD)

    def inside(self, target: str) -> bytes:
        """Return where a path leads: other drives are inside, other machines are not."""
        if found := _ROOTED.match(target):
            drive = "" if found[1].upper() == self.system else f"/{found[1].upper()}:"
            return f"{drive}/{_slashed(target[found.end() :])}".encode("utf-8", "surrogatepass")
        if found := _VOLUME.match(target):
            for place in self.calls.places_of(f"\\\\?\\{found[1]}\\"):
                return self.inside(f"{place.rstrip('\\')}{target[found.end() :]}")
        raise _outside()

    def mounted(self, target: str) -> str | None:
        """Return the volume that a folder stands for, unless a drive letter leads to it too, or it is not there."""
        found = _VOLUME.fullmatch(target.rstrip("\\"))
        if found is None:
            return None
        places = self.calls.places_of(f"\\\\?\\{found[1]}\\")
        return None if not places or any(len(place) == 3 for place in places) else f"\\??\\{found[1]}\\"


@dataclass(frozen=True)
class OneFolder:
    """A folder that stands for the drive of a Windows; satisfies ``Drives``."""

    folder: str
    _environment: dict[str, str] = field(default_factory=machine_environment, compare=False)

    @property
    def top(self) -> str:
        """The folder."""
        return self.folder

    def others(self) -> tuple[bytes, ...]:
        """There are none."""
        return ()

    def opened_as(self, name: bytes) -> str | None:  # noqa: ARG002
        """No name is a drive."""
        return None

    def is_shunned(self, name: bytes) -> bool:  # noqa: ARG002
        """Nothing is."""
        return False

    def inside(self, target: str) -> bytes:
        """Return where a path of its drive ``C:`` leads; other drives are outside."""
        found = None if "volume{" in target.casefold() else path_of(target, self._environment)
        if found is None:
            raise _outside()
        return found

    def mounted(self, target: str) -> str | None:  # noqa: ARG002
        """Whatever is mounted below it is of the machine that this tool runs on."""
        return None


def is_substitute(drive: DriveKind) -> bool:
    """Return whether a letter stands for a folder (``subst``)."""
    return drive.device.startswith("\\??\\")


def _slashed(path: str) -> str:
    return "/".join(name for name in path.split("\\") if name)


def _outside() -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "it leads to another drive or machine")
