"""Property lists of macOS (``plist(5)``): what a file names under some keys, and what a file of login items holds.

The lists come from hostile disks. ``plistlib`` refuses entities of XML and sizes beyond the file; a binary list may
still be woven, so that whoever walks it as a tree never comes to an end.
"""

import plistlib
import shlex
import struct
from collections.abc import Collection, Iterator
from urllib.parse import unquote
from xml.parsers.expat import ExpatError

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
