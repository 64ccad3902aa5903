"""What the tool looked at: artefacts, the anchors by which one is found again before it is touched, and findings."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import LocalText

# What the tool looked at: artefacts, and the anchors by which one is found again before it is touched.
#
# Paths are ``bytes``, absolute inside the scanned root (``b"/etc/crontab"`` also under ``--root``), because a file name
# on disk is bytes and malware uses that. Text for people goes through ``printable``.


@dataclass(frozen=True, slots=True)
class FileAnchor:
    """A file as it was when looked at. ``sha256`` is hex; times are nanoseconds since the epoch (UTC)."""

    path: bytes
    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LineAnchor:
    """One line of a text file: ``number`` counts from 1, ``line`` is its bytes without the line end."""

    file: FileAnchor
    number: int
    line: bytes


@dataclass(frozen=True, slots=True)
class ProcessAnchor:
    """A running process; ``start_ticks`` tells it from a later one with the same number.

    That is clock ticks since boot, on Windows 100 ns since 1601. ``executable`` is on Linux the target of
    ``/proc/PID/exe`` without the kernel's `` (deleted)`` mark, which is ``deleted``.
    """

    pid: int
    start_ticks: int
    executable: bytes
    deleted: bool


def anchor_of(path: bytes, state: os.stat_result, sha256: str) -> FileAnchor:
    """Return the anchor of a file of this state and content."""
    return FileAnchor(
        path, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns, sha256=sha256
    )


@dataclass(frozen=True, slots=True)
class MemberAnchor:
    """A file inside an archive: the archive, and the names that lead to the member, one for each archive on the way."""

    file: FileAnchor
    names: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class RegistryAnchor:
    """A value of the registry as it was when looked at; a whole key when ``name`` is ``None``.

    ``key`` is written as in ``host.registry``. ``name`` is empty for a key's default value. ``entry`` is set when the
    artefact is one entry of a value that holds a list.
    """

    key: str
    name: str | None
    type: int = 0
    data: bytes = b""
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class NameAnchor:
    """Something that is only ever reported and has no place in a file: a kernel module, a socket."""

    name: bytes


type Anchor = FileAnchor | LineAnchor | ProcessAnchor | MemberAnchor | RegistryAnchor | NameAnchor


def place_of(anchor: Anchor) -> bytes:
    """Return where an artefact is: the path of a file or image, ``archive!member``, a registry key, a name."""
    match anchor:
        case FileAnchor(path):
            return path
        case LineAnchor(file):
            return file.path
        case ProcessAnchor(executable=executable):
            return executable
        case MemberAnchor(file, names):
            return b"!".join((file.path, *names))
        case RegistryAnchor(key, name):
            return (key if name is None else f"{key}\\{name or '(default)'}").encode("utf-8", "surrogatepass")
        case NameAnchor(name):
            return name


@dataclass(frozen=True, slots=True)
class Artefact:
    """One thing on the machine. ``fields`` is what a pack's conditions can test, as text."""

    kind: ArtefactKind
    anchor: Anchor
    fields: Mapping[str, str] = field(default_factory=dict)
    refers_to: tuple[bytes, ...] = ()
    """Paths (inside the root) of the files that the artefact names: what a cron line runs, what a unit starts."""


def printable(raw: bytes) -> str:
    """Return bytes as text that cannot deceive a terminal or a page.

    Undecodable bytes, control characters and invisible or direction-changing characters become backslash escapes.
    """
    text = raw.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def place_text(raw: bytes) -> str:
    r"""Return a path, or another place, as the people of the machine write it: ``C:\Users\An`` for a Windows.

    What is no path of the tree (a registry key, a socket) is only made printable.
    """
    return printable(windows_text(raw) if _shows.windows and raw.startswith(b"/") else raw)


def show_as_windows(*, windows: bool) -> None:
    """Have paths shown as Windows writes them from now on, or as they are: a process looks at one machine."""
    _shows.windows = windows


def windows_text(path: bytes, drive: bytes = b"C:") -> bytes:
    r"""Return a path of a tree as Windows writes it: ``/x`` is on its system drive, ``/D:/x`` on another."""
    other = _OTHER_DRIVE.match(path)
    drive, rest = (other[1], path[other.end(1) :] or b"/") if other else (drive, path)
    return drive + rest.replace(b"/", b"\\")


def path_on_drive(path: bytes) -> bytes:
    """Return a path as recipes see it: from the root of its drive, for a stick may be any drive."""
    return path[len(drive_of(path)) :] or b"/"


def drive_of(path: bytes) -> bytes:
    """Return the top of the drive that a path is on, ``/D:``; empty for the system's."""
    other = _OTHER_DRIVE.match(path) if _shows.windows else None
    return path[: other.end(1)] if other else b""


class _Shows:
    windows = False


_shows = _Shows()
_OTHER_DRIVE = re.compile(rb"/([A-Za-z]:)(?=/|$)")


# What a scan concluded: an artefact shows a trait of a family.


@dataclass(frozen=True, slots=True)
class Finding:
    """One artefact that shows one trait of one family.

    ``id`` is stable for the same artefact and trait across scans of the same state (hex, 16 characters).
    ``action`` is the recipe's own, also where the recipe is not for this system. ``evidence`` says in a line what was
    seen (rule name and author, or the matching field), already printable.
    """

    id: str
    family: str
    pack_version: str
    trait: str
    artefact: Artefact
    action: Action
    why: LocalText
    evidence: str
    belongs_to: tuple[str, ...] = ()
    """Systems of the family when the one that was looked at is none of them: its recipe is not for this system."""

    @property
    def is_only_reported(self) -> bool:
        """Whether no clean-up acts on it alone."""
        return self.action is Action.REPORT or self.is_packed or bool(self.belongs_to)

    @property
    def is_sealable(self) -> bool:
        """Whether it may go with the archive that it lies in, by a person's word: its pack removes such a file."""
        return self.is_packed and self.action is not Action.REPORT

    @property
    def is_packed(self) -> bool:
        """Whether it lies inside an archive, where it cannot run."""
        return isinstance(self.artefact.anchor, MemberAnchor)
