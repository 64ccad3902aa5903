"""Files that the package manager of the system answers for, and whether they are still what it installed."""

import hashlib
import os
import posixpath
import re
import struct
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.disk import fstat
from quetsach.endpoint.host.rpm_formats import (
    BERKELEY_MAGICS,
    NDB_MAGIC,
    SQLITE_MAGIC,
    RpmDatabaseError,
    berkeley_headers,
    ndb_headers,
    read_exactly,
    sqlite_headers,
)
from quetsach.endpoint.host.tree import Tree

# What a package manager wrote down about a file when it installed it.


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """One file of a package. ``path`` is as the package lists it, without the first ``/``; ``digest`` is hex.

    ``algorithm`` is a name of ``hashlib``; digest and algorithm are empty when nothing was written down.
    """

    package: str
    path: bytes
    algorithm: str
    digest: str


# The header of a package as rpm stores it: numbered tags, each with a list of values, all big-endian.
#
# Source: https://rpm-software-management.github.io/rpm/manual/format_header.html and format_v4.html.

_NAME = 1000
_DIGESTS = 1035
_FOLDER_NUMBERS = 1116
_BASE_NAMES = 1117
_FOLDERS = 1118
_ALGORITHM = 5011

_INT32, _STRING, _STRINGS = 4, 6, 8
_MOST_TAGS = 65_536
_MOST_FILES = 500_000

# RFC 9580, section 9.5, which rpm takes its numbers from
_ALGORITHMS = dict(
    enumerate(
        ("", "md5", "sha1", "", "", "", "", "", "sha256", "sha384", "sha512", "sha224", "sha3_256", "", "sha3_512")
    )
)


@dataclass(frozen=True, slots=True)
class Header:
    """One header: where each tag's values lie in ``data``."""

    tags: dict[int, tuple[int, int, int]]
    """Tag -> type, offset, count."""
    data: bytes

    def texts(self, tag: int) -> list[bytes]:
        """Return the texts of a tag; empty when it is not there."""
        kind, offset, count = self.tags.get(tag, (_STRINGS, 0, 0))
        if kind not in {_STRING, _STRINGS} or count > _MOST_FILES:
            raise RpmDatabaseError(f"tag {tag} is no list of texts")
        if not count:
            return []
        texts = self.data[offset:].split(b"\0", count)[:-1]
        if len(texts) < count:
            raise RpmDatabaseError(f"tag {tag} ends too early")
        return texts

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return the numbers of a tag; empty when it is not there."""
        kind, offset, count = self.tags.get(tag, (_INT32, 0, 0))
        if kind != _INT32 or count > _MOST_FILES or offset + 4 * count > len(self.data):
            raise RpmDatabaseError(f"tag {tag} is no list of numbers")
        return struct.unpack_from(f">{count}I", self.data, offset)


def parse_header(blob: bytes) -> Header:
    """Return the header that a blob of the database holds.

    Raises:
        RpmDatabaseError: it is none.
    """
    if len(blob) < 8:
        raise RpmDatabaseError("a header is shorter than its head")
    count, size = struct.unpack_from(">II", blob)
    start = 8 + 16 * count
    if not 0 < count <= _MOST_TAGS or start + size > len(blob):
        raise RpmDatabaseError("a header is longer than its blob")
    tags = {tag: (kind, offset, number) for tag, kind, offset, number in struct.iter_unpack(">IIII", blob[8:start])}
    if any(offset > size for _, offset, _ in tags.values() if offset < 1 << 31):  # a region's may be negative
        raise RpmDatabaseError("a tag lies outside its header")
    return Header(tags, blob[start : start + size])


def files_of(blob: bytes, names: frozenset[bytes], last_names: Collection[bytes]) -> Iterator[InstalledFile]:
    """Yield what a package wrote down about files of these names (paths without the first ``/``).

    Args:
        blob: the header.
        names: what is asked for.
        last_names: the last parts of ``names``, by which nearly every package is passed over at once.

    Raises:
        RpmDatabaseError: it is damaged.
    """
    header = parse_header(blob)
    found = header.texts(_BASE_NAMES)
    wanted = [number for number, name in enumerate(found) if name in last_names]
    if not wanted:
        return
    folders, numbers, digests = header.texts(_FOLDERS), header.numbers(_FOLDER_NUMBERS), header.texts(_DIGESTS)
    algorithm = _ALGORITHMS.get((header.numbers(_ALGORITHM) or (1,))[0], "")
    if len(numbers) != len(found) or len(digests) not in {0, len(found)} or max(numbers) >= len(folders):
        raise RpmDatabaseError("the files of a package do not fit each other")
    package = os.fsdecode(b"".join(header.texts(_NAME)[:1]))
    for number in wanted:
        path = (folders[numbers[number]] + found[number]).lstrip(b"/")
        if path in names:
            digest = digests[number].decode("ascii", "replace").lower() if digests else ""
            yield InstalledFile(package, path, algorithm if digest else "", digest if algorithm else "")


# Files that rpm answers for.

_DATABASE_FOLDERS = (b"/usr/lib/sysimage/rpm", b"/var/lib/rpm")

_READERS: Mapping[bytes, tuple[int, tuple[bytes, ...], Callable[[int], Iterator[bytes]]]] = {
    b"rpmdb.sqlite": (0, (SQLITE_MAGIC,), sqlite_headers),
    b"Packages.db": (0, (NDB_MAGIC,), ndb_headers),
    b"Packages": (12, BERKELEY_MAGICS, berkeley_headers),
}
"""Name of the file -> where its magic number is, what that may be, and who reads it."""


def rpm_files(tree: Tree, names: frozenset[bytes]) -> Iterator[InstalledFile]:
    """Yield what rpm wrote down about files of these names (paths without the first ``/``).

    From a damaged database comes what could be read before the damage; a damaged header is passed over.
    """
    last_names = frozenset(posixpath.basename(name) for name in names)
    for path in _databases(tree):
        with suppress(OSError, RpmDatabaseError):
            for blob in _headers(tree, path):
                with suppress(RpmDatabaseError):
                    yield from files_of(blob, names, last_names)


def has_unread_database(tree: Tree) -> bool:
    """Return whether there is a database of rpm that cannot be read to its end: what it lists may be unprotected."""
    try:
        for path in _databases(tree):
            deque(_headers(tree, path), maxlen=0)
    except (OSError, RpmDatabaseError):
        return True
    return False


def _headers(tree: Tree, path: bytes) -> Iterator[bytes]:
    """Yield the headers of a database, as many bytes of them as it has itself."""
    start, magics, read = _READERS[posixpath.basename(path)]
    descriptor = tree.open_read(path)
    try:
        left = fstat(descriptor).st_size
        if read_exactly(descriptor, len(magics[0]), start) not in magics:
            raise RpmDatabaseError("the database is of a form that is not read")
        for blob in read(descriptor):
            left -= len(blob)
            if left < 0:
                raise RpmDatabaseError("the headers of the database share what they are made of")
            yield blob
    finally:
        os.close(descriptor)


def _databases(tree: Tree) -> Iterator[bytes]:
    """Yield the databases that are there, each once: the folder of old is often a link to the new one."""
    seen: set[bytes] = set()
    for path in (posixpath.join(folder, name) for folder in _DATABASE_FOLDERS for name in _READERS):
        try:
            real = tree.resolve(path)
            tree.lstat(real)
        except OSError:
            continue
        if real not in seen:
            seen.add(real)
            yield path


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
