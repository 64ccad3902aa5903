"""Which files are named: by a shell command, which never fails to be read, and those that were removed."""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Self

from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import folded
from quetsach.endpoint.host.tree import Tree

# Which files a shell command names. It splits like a shell, but never fails: malware writes odd commands.

SEARCH_PATH = (b"/usr/local/sbin", b"/usr/local/bin", b"/usr/sbin", b"/usr/bin", b"/sbin", b"/bin")

LONGEST_COMMAND_BYTES = 64 * 1024
"""So much of a command is read."""

_LONGEST_PATH = 4_096
_DEEPEST_QUOTES = 3
# A word, with quoted parts and escaped characters in it, or one character that ends a command.
_TOKEN = re.compile(rb"""(?:\\.|"[^"]*"|'[^']*'|[^\s;|&()<>`"'\\])+|[;|&()`\n]""", re.DOTALL)
_ENDS = frozenset({b";", b"|", b"&", b"(", b")", b"`", b"\n"})
_UNQUOTED = re.compile(rb"""\\(.)|["']""", re.DOTALL)
_COMMAND_INSIDE = re.compile(rb"[\s;|&(`]")
_SUBSTITUTED = re.compile(rb"\$\(|`")
_SEPARATED = re.compile(rb"[=:,]")
_REMOVERS = frozenset({b"kill", b"killall", b"pkill", b"rm", b"shred", b"unlink"})
"""Programs that end what they name: a schedule that fights malware names its files, too."""

_HOME = re.compile(rb"^(?:~|\$HOME|\$\{HOME\})(?=/|$)")


def named_files(command: bytes, *, home: bytes = b"/root") -> Iterator[bytes]:
    """Yield the paths that a command may run or read, absolute and without ``..``; bare words stand for programs.

    What it only removes, or ends by name, is none of them.

    A program named without a folder is yielded once for each folder of ``SEARCH_PATH``.

    Args:
        command: a line as a shell reads it; only the first ``LONGEST_COMMAND_BYTES`` count.
        home: what ``~`` and a relative path start from, until the command says ``cd``.
    """
    yield from _named(command[:LONGEST_COMMAND_BYTES], home, home, depth=0)


def _named(command: bytes, home: bytes, folder: bytes, *, depth: int) -> Iterator[bytes]:
    first, changing, removing = True, False, False
    for token in _TOKEN.finditer(command):
        word = token.group()
        if word in _ENDS:
            first, changing, removing = True, False, False
            continue
        if removing and not _SUBSTITUTED.search(word):
            continue
        plain = _UNQUOTED.sub(rb"\1", word)
        yield from _paths(plain, home, folder, is_program=first)
        if depth < _DEEPEST_QUOTES and _COMMAND_INSIDE.search(plain):  # sh -c "cd /x; ./y"
            yield from _named(plain, home, folder, depth=depth + 1)
        if changing:
            folder, changing = _absolute(plain, home, folder), False
        elif first and b"=" not in plain:
            first, changing, removing = plain == b"sudo", plain == b"cd", _removes(plain)


def _removes(program: bytes) -> bool:
    """Return whether a program, of the folders that are searched, only ends what it names."""
    folder, name = posixpath.split(program)
    return name in _REMOVERS and folder in (b"", *SEARCH_PATH)


def _paths(word: bytes, home: bytes, folder: bytes, *, is_program: bool) -> Iterator[bytes]:
    """Yield the paths that one word may mean; ``LD_PRELOAD=/a.so:/b.so`` means three."""
    parts = _SEPARATED.split(word)[1:]
    for part in (word, *(part for part in parts if part.startswith(b"/") or _HOME.match(part))):
        if b"/" in part or part.startswith(b"~"):
            yield from _usable(_absolute(part, home, folder))
    if is_program and not set(word) & set(b"/~="):
        yield from _usable(*(posixpath.normpath(posixpath.join(place, word)) for place in SEARCH_PATH))


def resolve_files(tree: Tree, paths: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the paths, and where links lead them, each once, in order; programs of the search path only if there."""
    found: dict[bytes, None] = {}
    for path in paths:
        try:
            real = tree.resolve(path)
            tree.lstat(real)
        except OSError:
            if posixpath.dirname(path) not in SEARCH_PATH:
                found[path] = None
            continue
        found[path] = None
        found[real] = None
    return tuple(found)


def _absolute(word: bytes, home: bytes, folder: bytes) -> bytes:
    return posixpath.normpath(posixpath.join(folder, _HOME.sub(home.replace(b"\\", rb"\\"), word, count=1)))


def _usable(*paths: bytes) -> Iterator[bytes]:
    for path in paths:
        if path.startswith(b"/") and b"\0" not in path and 1 < len(path) <= _LONGEST_PATH:
            yield b"/" + path.lstrip(b"/")


# Files that were removed, so that what still names one is found though the file is not there to be seen.


class Removed:
    """Paths that led to removed files; a path is one of them when it would lead there, as the system compares it."""

    def __init__(self, host: Host, paths: Iterable[bytes] = ()) -> None:
        self._host = host
        self._paths = frozenset(map(self._comparable, paths))

    @classmethod
    def of(cls, host: Host, paths: Iterable[bytes]) -> Self:
        """Return those of the paths (inside the root, without links) that are gone."""
        return cls(host, (path for path in paths if not host.tree.exists(path)))

    def __bool__(self) -> bool:
        return bool(self._paths)

    def __contains__(self, path: bytes) -> bool:
        if not self._paths:
            return False
        try:
            real = self._host.tree.resolve(path)
        except OSError:
            real = os.path.normpath(path)
        return self._comparable(real) in self._paths

    def _comparable(self, path: bytes) -> bytes:
        """Return a path as it is compared: which case a name has is only told while the file is there."""
        if self._host.platform != "windows":
            return path
        return folded(path.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
