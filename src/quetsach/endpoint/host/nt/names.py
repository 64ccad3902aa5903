"""Names of files in Windows and in the tool: texts, paths of people and of the kernel, drives."""

import errno
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from quetsach.core.text import Text
from quetsach.endpoint import ScanError
from quetsach.endpoint.host.nt.file_calls import DriveKind, VolumeCalls
from quetsach.endpoint.host.windows_path import machine_environment, path_of

# Names of files: bytes in the tool, UTF-16 in Windows.

_NOT_THERE = "No such file or directory"


def text_of(name: bytes) -> str:
    """Return a name as Windows has it; ``b"."`` is empty, the folder itself.

    Raises:
        FileNotFoundError: there can be no such name: it holds what parts names, or is no text.
    """
    if name == b".":
        return ""
    try:
        text = name.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise FileNotFoundError(errno.ENOENT, _NOT_THERE) from None
    if name in (b"", b"..") or not {"/", "\\", "\0"}.isdisjoint(text):
        raise FileNotFoundError(errno.ENOENT, _NOT_THERE)
    return text


def plain_text_of(name: bytes) -> str:
    """Return the name of a file or folder and of no stream, see ``text_of``."""
    if b":" in name:
        raise FileNotFoundError(errno.ENOENT, _NOT_THERE)
    return text_of(name)


def bytes_of(text: str) -> bytes:
    """Return a name of Windows as the tool has it."""
    return text.encode("utf-8", "surrogatepass")


# Paths as the people of a Windows write them, and as the tree has them: ``C:\Users\An`` and ``/Users/An``.
#
# Nothing is asked of the system here. The other way is ``artefact.windows_text``.

_NAMED_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICE_AHEAD = re.compile(r"[\\/]{2}[?.][\\/]|\\\?\?\\")
_ON_SHARE = re.compile(r"UNC[\\/]", re.IGNORECASE)


def tree_path_of(text: str, *, current: str, system_drive: str, current_of_drive: str = "") -> bytes:
    r"""Return what a person wrote as a path of the tree of the running Windows.

    Args:
        text: absolute, from the current folder on, from the top of its drive (``\x``), or from the current folder of a
            drive (``C:x``). With ``\\?\`` it is taken as it is written, and may end in dots and spaces.
        current: the current folder, absolute.
        system_drive: the drive whose files have no drive in their path.
        current_of_drive: the current folder of the drive that ``text`` names, where it names one; its top if empty.

    Raises:
        ScanError: it is on another machine, or no file.
    """
    device = _DEVICE_AHEAD.match(text)
    path, is_exact = text[device.end() if device else 0 :], device is not None
    if _ON_SHARE.match(path) if is_exact else path.startswith(("\\\\", "//", "\\/", "/\\")):
        raise ScanError(
            Text("it is on another machine"), where=text, hint=Text("run the tool there, or connect it as a drive")
        )
    if not is_exact:
        path = _absolute(path, current, current_of_drive)
    if not _NAMED_DRIVE.match(path) or path[2:3] not in ("", "\\", "/") or "\0" in path:
        raise ScanError(Text("this is no file or folder of this machine"), where=text)
    drive = path[:2].upper()
    names = _names(path[2:], is_exact=is_exact)
    top = [] if drive == system_drive.upper() else [drive]
    return ("/" + "/".join((*top, *names))).encode("utf-8", "surrogatepass")


def inside_path_of(text: str) -> bytes:
    r"""Return what a person wrote of a drive that is looked at as a path of its tree, with or without its letter."""
    path = text[2:] if _NAMED_DRIVE.match(text) else text
    return ("/" + "/".join(_names(path, is_exact=False))).encode("utf-8", "surrogatepass")


def _absolute(path: str, current: str, current_of_drive: str) -> str:
    if _NAMED_DRIVE.match(path):
        is_from_top = path[2:3] in ("\\", "/")
        return path if is_from_top else f"{current_of_drive or path[:2]}\\{path[2:]}"
    current = _DEVICE_AHEAD.sub("", current, count=1)
    return current[:2] + path if path.startswith(("\\", "/")) else f"{current}\\{path}"


def _names(path: str, *, is_exact: bool) -> list[str]:
    """Return the names of a path; Windows takes dots and spaces off their ends unless it is told not to."""
    names: list[str] = []
    for part in re.split(r"[\\/]", path):
        name = part if is_exact else part.rstrip(" .") or part.strip(" ")
        if part == ".." and not is_exact:
            del names[-1:]
        elif name and (is_exact or name.strip(". ")):
            names.append(name)
    return names


# Where a file is that the kernel names: ``\Device\HarddiskVolume3\x``, ``\??\C:\x`` and ``C:\x`` are ``/x``.

_PREFIXES = ("\\??\\", "\\\\?\\", "\\dosdevices\\")
_DEVICE = "\\device\\"


def tree_path(name: str, drives: Mapping[str, str], system_drive: str) -> bytes:
    r"""Return a path of the tree; empty for an empty name.

    What lies on no drive gets the name of its device as its first name: ``/Mup:/server/share/x.exe``. No file of the
    tree has such a path, so nothing is found by it, and people see where it came from.

    Args:
        name: of a file, absolute.
        drives: device -> drive (``\Device\HarddiskVolume3`` -> ``C:``).
        system_drive: the drive whose files have no drive in their path (``C:``).
    """
    is_named = bool(name)
    for prefix in _PREFIXES:
        if name[: len(prefix)].casefold() == prefix:
            name = name[len(prefix) :]
    if name[: len(_DEVICE)].casefold() == _DEVICE:
        name = _on_drive(name, drives)
    elif name.startswith("\\\\"):
        name = f"Mup:\\{name[2:]}"
    parts = [part for part in name.replace("/", "\\").split("\\") if part]
    if parts and parts[0].casefold() == system_drive.casefold():
        del parts[0]
    elif parts and len(parts[0]) == 2 and parts[0][1] == ":":
        parts[0] = parts[0].upper()
    return ("/" + "/".join(parts)).encode("utf-8", "surrogatepass") if parts or is_named else b""


def is_of_the_tree(path: bytes) -> bool:
    """Return whether a path that ``tree_path`` gave lies on a drive."""
    first = path[1:].partition(b"/")[0]
    return bool(path) and (not first.endswith(b":") or len(first) == 2)


def _on_drive(name: str, drives: Mapping[str, str]) -> str:
    for device, drive in drives.items():
        if name.casefold().startswith(f"{device}\\".casefold()):
            return f"{drive}{name[len(device) :]}"
    device, _, rest = name[len(_DEVICE) :].partition("\\")
    return f"{device}:\\{rest}"


# By what name another part of this process, such as the match engine, opens a file that is open already.


class NameCalls(Protocol):
    """Open files are descriptors. Every call may raise ``OSError``."""

    def path(self, descriptor: int) -> str:
        r"""Return where an open file is now (``\\?\C:\x``)."""

    def hold(self, descriptor: int) -> int:
        """Open the same file once more so that nobody can write to it, rename or delete it; returns a handle."""

    def release(self, handle: int) -> None:
        """Close that handle."""


@contextmanager
def named(calls: NameCalls, descriptor: int) -> Iterator[str]:
    """Give a name that leads to an open file while the body runs.

    It is held at that name. One that somebody writes to cannot be; then it must have the same name afterwards. Who can
    write to it needs no other file in its place to show other content.

    Raises:
        OSError: ``ESTALE`` when it got another name meanwhile.
    """
    path = calls.path(descriptor)
    handle: int | None = None
    with suppress(OSError):
        handle = calls.hold(descriptor)
        path = calls.path(descriptor)
    try:
        yield path
    finally:
        if handle is not None:
            calls.release(handle)
    if handle is None and calls.path(descriptor) != path:
        raise OSError(errno.ESTALE, "renamed while it was read")


# Which drives a tree has, and where a path that a link of Windows holds leads in it.
#
# The tree of the running Windows has all of them: its system drive is ``/``, another ``/D:``. The tree of one folder,
# such as the drive of a Windows that does not run, has only that, which was ``C:`` when it ran.

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
