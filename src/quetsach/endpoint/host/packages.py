"""Files that the system's package manager answers for, and whether they are still what it installed.

Read from dpkg's own records (``dpkg(1)``, ``deb-md5sums(5)``): ``info/*.md5sums``, and the ``Conffiles`` of ``status``.
The rpm database is not read yet; ``unread_database`` names it so that a plan can say so.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from quetsach.endpoint.host.tree import Tree

_INFO = b"/var/lib/dpkg/info"
_STATUS = b"/var/lib/dpkg/status"
_MAX_LIST_BYTES = 64 << 20
_MERGED = (b"/usr/bin/", b"/usr/sbin/", b"/usr/lib/", b"/usr/lib32/", b"/usr/lib64/", b"/usr/libx32/")
_RPM = (b"/usr/lib/sysimage/rpm", b"/var/lib/rpm")
_MD5 = re.compile(rb"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file of a package; intact when its MD5 sum, all that dpkg records, is the installed one."""

    package: str
    is_intact: bool


def package_files(tree: Tree, paths: Iterable[bytes]) -> Mapping[bytes, PackageFile]:
    """Return those of the paths (without links) that a package answers for.

    Records that cannot be read answer for nothing: what a damaged database would protect is decided by the other rules.
    """
    names = {alias: path for path in paths for alias in _aliases(path)}
    if not names:
        return {}
    found: dict[bytes, PackageFile] = {}
    for package, name, md5 in _records(tree, names.keys()):
        path = names[name]
        found[path] = PackageFile(package, _md5(tree, path) == md5)
    return found


def unread_database(tree: Tree) -> bool:
    """Return whether the system has an rpm database, which is not read: its files are protected by path only."""
    return any(tree.exists(path) for path in _RPM)


def _aliases(path: bytes) -> Iterator[bytes]:
    """Yield the names under which a package may list a path: before and after the folders were merged into /usr."""
    yield path[1:]
    if path.startswith(_MERGED):
        yield path.removeprefix(b"/usr/")


def _records(tree: Tree, names: Iterable[bytes]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield package, name and MD5 sum of each record about one of the names."""
    wanted = frozenset(names)
    for package, content in _lists(tree):
        for name in wanted:
            start = content.find(b"  " + name + b"\n")
            if start >= 32 and _MD5.match(md5 := content[start - 32 : start]):
                yield package, name, md5
    yield from _settings(tree, wanted)


def _lists(tree: Tree) -> Iterator[tuple[str, bytes]]:
    try:
        entries = sorted(entry.name for entry in tree.scandir(_INFO) if entry.name.endswith(b".md5sums"))
    except OSError:
        return
    for entry in entries:
        try:
            yield os.fsdecode(entry.removesuffix(b".md5sums")), tree.read(_INFO + b"/" + entry, _MAX_LIST_BYTES) + b"\n"
        except OSError:
            continue


def _settings(tree: Tree, wanted: frozenset[bytes]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the records of settings files, which ``md5sums`` leaves out: `` /path md5`` lines under ``Conffiles``."""
    try:
        content = tree.read(_STATUS, _MAX_LIST_BYTES)
    except OSError:
        return
    package = b""
    for line in content.split(b"\n"):
        if line.startswith(b"Package: "):
            package = line[9:].strip()
        elif line.startswith(b" /"):
            words = line.split()
            if len(words) >= 2 and words[0][1:] in wanted and _MD5.match(words[1]):
                yield os.fsdecode(package), words[0][1:], words[1]


def _md5(tree: Tree, path: bytes) -> bytes:
    try:
        fd = tree.open_read(path)
    except OSError:
        return b""
    with os.fdopen(fd, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest().encode()
