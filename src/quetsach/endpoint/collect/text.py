"""Files that collectors read: texts, line by line with anchors, and property lists of macOS."""

import hashlib
import os
import plistlib
import shlex
import stat
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote
from xml.parsers.expat import ExpatError

from quetsach.endpoint.artefact import FileAnchor, LineAnchor, anchor_of
from quetsach.endpoint.host.disk import fstat
from quetsach.endpoint.host.tree import Tree, join
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of

# Text files that collectors read: their lines, each with the anchor by which it is found again.

TEXT_LIMIT_BYTES = 1 << 20
"""Larger files of settings are reported, not read."""

MOST_LINES = 10_000
"""Files with more lines are reported, not read."""

MOST_NAMES = 100_000
"""So many names of one folder are looked at."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file as it was read; ``anchor.path`` has no symbolic link in it."""

    anchor: FileAnchor
    content: bytes

    @property
    def is_program(self) -> bool:
        """Whether it is a program and no text (``elf(5)``)."""
        return self.content.startswith(b"\x7fELF")

    def lines(self) -> Iterator[LineAnchor]:
        """Yield its lines."""
        for number, line in enumerate(self.content.split(b"\n"), 1):
            yield LineAnchor(self.anchor, number, line)


def read_text(tree: Tree, path: bytes) -> TextFile | ScanIssue | None:
    """Read a file of settings; ``None`` if there is none of that name."""
    try:
        real = tree.resolve(path)
        descriptor = tree.open_read(real)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return ScanIssue(path, reason_of(error))
    try:
        return _read(descriptor, real)
    except OSError as error:
        return ScanIssue(path, reason_of(error))
    finally:
        os.close(descriptor)


def _read(descriptor: int, real: bytes) -> TextFile | ScanIssue:
    before = fstat(descriptor)
    if before.st_size > TEXT_LIMIT_BYTES:
        return ScanIssue(real, Reason.OVERFULL)
    content = b""
    while len(content) <= TEXT_LIMIT_BYTES and (part := os.read(descriptor, TEXT_LIMIT_BYTES + 1 - len(content))):
        content += part
    after = fstat(descriptor)
    if (after.st_size, after.st_mtime_ns) != (len(content), before.st_mtime_ns):
        return ScanIssue(real, Reason.CHANGED)
    if content.count(b"\n") > MOST_LINES:
        return ScanIssue(real, Reason.OVERFULL)
    return TextFile(anchor_of(real, after, hashlib.sha256(content).hexdigest()), content)


def read_texts(tree: Tree, *paths: bytes) -> Iterator[TextFile | ScanIssue]:
    """Yield those files that exist, each once even if two paths lead to it."""
    seen: set[bytes] = set()
    for path in paths:
        file = read_text(tree, path)
        if isinstance(file, TextFile):
            if file.anchor.path in seen:
                continue
            seen.add(file.anchor.path)
        if file is not None:
            yield file


def names_in(tree: Tree, folder: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the paths of the files (and links) and of the folders in a folder, sorted; ``MOST_NAMES`` at most.

    Raises:
        OSError: it cannot be read.
    """
    files: list[bytes] = []
    folders: list[bytes] = []
    for entry in islice(tree.scandir(folder), MOST_NAMES):
        (folders if stat.S_ISDIR(entry.stat.st_mode) else files).append(join(folder, entry.name))
    return sorted(files), sorted(folders)


# Property lists of macOS (``plist(5)``): what a file names under some keys, and what a file of login items holds.
#
# The lists come from hostile disks. ``plistlib`` refuses entities of XML and sizes beyond the file; a binary list may
# still be woven, so that whoever walks it as a tree never comes to an end.

_MOST_VALUES = 20_000
_MOST_FOUND = 1_000
_MOST_COMPONENTS = 256
_PATH_KEY, _ARRAY, _STRING = 0x1004, 0x0601, 0x0101

_DAMAGED = (
    *(ExpatError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, struct.error),
    *(OSError, RecursionError, MemoryError),
)
"""What ``plistlib`` raises on bytes that are no property list; ``InvalidFileException`` is a ``ValueError``."""


def parse_property_list(content: bytes) -> object | None:
    """Return what a property list holds, XML or binary; ``None`` if it is none."""
    try:
        found: object = plistlib.loads(content)
    except _DAMAGED:
        return None
    return found


def values_under(found: object, names: Collection[str]) -> list[bytes]:
    """Return the texts under keys of these names, at whatever depth; a list of texts as one command, quoted."""
    values = (_text(value) for key, value in _pairs(found) if key in names)
    return list(dict.fromkeys(value for value in values if value))[:_MOST_FOUND]


def archived_paths(found: object) -> list[bytes]:
    """Return the paths that an archive of objects (``NSKeyedArchiver``) holds as text, as URL or as a bookmark."""
    objects = found.get("$objects") if isinstance(found, dict) else None
    paths: dict[bytes, None] = {}
    for item in objects[:_MOST_VALUES] if isinstance(objects, list) else ():
        path = bookmarked_path(item) if isinstance(item, bytes) else _written_path(item)
        if path and len(paths) < _MOST_FOUND:
            paths[shlex.quote(path).encode("utf-8", "replace")] = None
    return list(paths)


def bookmarked_path(content: bytes) -> str:
    """Return the path that a bookmark leads to; empty if it is none.

    Source: "Bookmark data format", documentation of the package mac_alias: a table of contents whose entry 0x1004 is
    an array of offsets of the names on the way.
    """
    try:
        return _bookmarked(content)
    except (struct.error, UnicodeDecodeError, IndexError):
        return ""


def _bookmarked(content: bytes) -> str:
    magic, _, _, start = struct.unpack_from("<4sIII", content)
    if magic != b"book":
        return ""
    table = start + struct.unpack_from("<I", content, start)[0]
    count = struct.unpack_from("<I", content, table + 16)[0]
    for number in range(min(count, _MOST_COMPONENTS)):
        key, offset = struct.unpack_from("<II", content, table + 20 + 12 * number)
        if key == _PATH_KEY:
            names = (_item(content, start + name) for name in _offsets(content, start + offset))
            return "/" + "/".join(name.decode() for kind, name in names if kind == _STRING)
    return ""


def _offsets(content: bytes, position: int) -> tuple[int, ...]:
    kind, raw = _item(content, position)
    count = min(len(raw) // 4, _MOST_COMPONENTS)
    return struct.unpack_from(f"<{count}I", raw) if kind == _ARRAY else ()


def _item(content: bytes, position: int) -> tuple[int, bytes]:
    size, kind = struct.unpack_from("<II", content, position)
    return kind, content[position + 8 : position + 8 + size]


def _written_path(item: object) -> str:
    if not isinstance(item, str):
        return ""
    path = unquote(item.removeprefix("file://")) if item.startswith("file:///") else item
    return path if path.startswith("/") and "\0" not in path else ""


def _pairs(found: object) -> Iterator[tuple[str, object]]:
    """Yield every key and value; what several places share is looked at once, so the work is that of the file."""
    seen: set[int] = set()
    waiting = [found]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            yield from ((key, below) for key, below in value.items() if isinstance(key, str))
        waiting += reversed(value.values() if isinstance(value, dict) else value)


def _text(value: object) -> bytes:
    words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return " ".join(shlex.quote(word) for word in words if isinstance(word, str)).encode("utf-8", "replace")
