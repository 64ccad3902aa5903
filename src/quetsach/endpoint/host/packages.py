"""Files that the system's package manager answers for, and whether they are still what it installed."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.rpm_database import InstalledFile, has_unread_database, rpm_files
from quetsach.endpoint.host.tree import Tree

# Files that dpkg answers for (``dpkg(1)``, ``deb-md5sums(5)``): ``info/*.md5sums``, ``Conffiles`` of ``status``.

_INFO = b"/var/lib/dpkg/info"
_STATUS = b"/var/lib/dpkg/status"
_MAX_LIST_BYTES = 64 << 20
_MD5 = re.compile(rb"[0-9a-f]{32}\Z")


def dpkg_files(tree: Tree, names: frozenset[bytes]) -> Iterator[InstalledFile]:
    """Yield what dpkg wrote down about files of these names (paths without the first ``/``)."""
    for package, content in _lists(tree):
        for name in names:
            start = content.find(b"  " + name + b"\n")
            if start >= 32 and _MD5.match(md5 := content[start - 32 : start]):
                yield InstalledFile(package, name, "md5", md5.decode())
    yield from _settings(tree, names)


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


def _settings(tree: Tree, names: frozenset[bytes]) -> Iterator[InstalledFile]:
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
            if len(words) >= 2 and words[0][1:] in names and _MD5.match(words[1]):
                yield InstalledFile(os.fsdecode(package), words[0][1:], "md5", words[1].decode())


_MERGED = (b"/usr/bin/", b"/usr/sbin/", b"/usr/lib/", b"/usr/lib32/", b"/usr/lib64/", b"/usr/libx32/")


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file of a package; intact when its digest is the one that was installed (MD5 is all that dpkg records).

    The name of the package is printable: it comes from the disk.
    """

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
    digests = _Digests(tree)
    for record in _records(tree, frozenset(names)):
        path = names[record.path]
        is_intact = bool(record.digest) and digests.of(path, record.algorithm) == record.digest
        if is_intact or path not in found:  # of several packages that share a file, one that is right is enough
            package = printable(record.package.encode("utf-8", "surrogatepass"))
            found[path] = PackageFile(package, is_intact)
    return found


def unread_database(tree: Tree) -> bool:
    """Return whether the system has a database of packages that cannot be read."""
    return has_unread_database(tree)


def _records(tree: Tree, names: frozenset[bytes]) -> Iterator[InstalledFile]:
    yield from dpkg_files(tree, names)
    yield from rpm_files(tree, names)


def _aliases(path: bytes) -> Iterator[bytes]:
    """Yield the names under which a package may list a path: before and after the folders were merged into /usr."""
    yield path[1:]
    if path.startswith(_MERGED):
        yield path.removeprefix(b"/usr/")


class _Digests:
    """Digests of files, each asked for once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[tuple[bytes, str], str] = {}

    def of(self, path: bytes, algorithm: str) -> str:
        """Return the digest (hex) of a file; empty when it cannot be read."""
        key = (path, algorithm)
        if key not in self._known:
            self._known[key] = self._digest(path, algorithm)
        return self._known[key]

    def _digest(self, path: bytes, algorithm: str) -> str:
        try:
            descriptor = self._tree.open_read(path)
            with open(descriptor, "rb") as file:
                return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
        except OSError:
            return ""
