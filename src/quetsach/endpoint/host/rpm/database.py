"""Files that rpm answers for."""

import os
import posixpath
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from quetsach.endpoint.host.disk import fstat
from quetsach.endpoint.host.installed_file import InstalledFile
from quetsach.endpoint.host.rpm.berkeley import MAGICS, berkeley_headers
from quetsach.endpoint.host.rpm.header import files_of
from quetsach.endpoint.host.rpm.ndb import MAGIC as NDB_MAGIC
from quetsach.endpoint.host.rpm.ndb import ndb_headers
from quetsach.endpoint.host.rpm.sqlite import MAGIC as SQLITE_MAGIC
from quetsach.endpoint.host.rpm.sqlite import sqlite_headers
from quetsach.endpoint.host.rpm.store import RpmDatabaseError, read_exactly
from quetsach.endpoint.host.tree import Tree

_FOLDERS = (b"/usr/lib/sysimage/rpm", b"/var/lib/rpm")

_READERS: Mapping[bytes, tuple[int, tuple[bytes, ...], Callable[[int], Iterator[bytes]]]] = {
    b"rpmdb.sqlite": (0, (SQLITE_MAGIC,), sqlite_headers),
    b"Packages.db": (0, (NDB_MAGIC,), ndb_headers),
    b"Packages": (12, MAGICS, berkeley_headers),
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
    for path in (posixpath.join(folder, name) for folder in _FOLDERS for name in _READERS):
        try:
            real = tree.resolve(path)
            tree.lstat(real)
        except OSError:
            continue
        if real not in seen:
            seen.add(real)
            yield path
