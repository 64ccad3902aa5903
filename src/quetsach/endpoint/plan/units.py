"""All that belongs to one systemd unit: its file, drop-ins, the links that start it, the running unit.

Source: ``systemd.unit(5)``, unit file load path; links in ``.wants``, ``.requires`` and ``.upholds`` folders and
aliases are what ``systemctl enable`` makes.
"""

import os
import re
import stat
from collections.abc import Iterator

from quetsach.endpoint.artefact import FileAnchor, anchor_of
from quetsach.endpoint.collect.text import TEXT_LIMIT_BYTES
from quetsach.endpoint.host.disk import fstat, hash_file
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import Entry, Tree
from quetsach.endpoint.plan.protection import is_needed_unit
from quetsach.endpoint.plan.step import QuarantineFile, RemoveLink, StopUnit, Target

_SYSTEM = (
    b"/etc/systemd/system",
    b"/run/systemd/system",
    b"/usr/local/lib/systemd/system",
    b"/usr/lib/systemd/system",
    b"/lib/systemd/system",
)
_USER = (b"/etc/systemd/user", b"/run/systemd/user", b"/usr/local/lib/systemd/user", b"/usr/lib/systemd/user")
_PULLS = (b".wants", b".requires", b".upholds")
_MAX_ENTRIES = 20_000
_STOPPED = re.compile(rb"[A-Za-z0-9:_.\\@-]{1,240}\.(?:service|timer|socket|path)")
"""Units that run something. ``systemctl`` takes other names for patterns, and a slice may hold half the system."""


def unit_targets(host: Host, unit: FileAnchor) -> Iterator[Target]:
    """Yield everything that goes with a unit file; for a drop-in, the drop-in alone.

    Where another unit of the same name is left, it keeps its drop-ins. ``unit.path`` has no links.
    """
    folder, _, name = unit.path.rpartition(b"/")
    yield QuarantineFile(unit)
    if folder.endswith(b".d"):
        return
    folders = _folders(host.tree, folder)
    if not any(_is_another(host.tree, place + b"/" + name, unit.path) for place in folders):
        for place in folders:
            yield from _drop_ins(host.tree, place + b"/" + name + b".d")
    for place in folders:
        yield from _links(host.tree, place, name, unit.path)
    is_stopped = _STOPPED.fullmatch(name) and not is_needed_unit(name)
    if host.services is not None and folder in _SYSTEM and is_stopped:
        yield StopUnit(name)


def _folders(tree: Tree, own: bytes) -> tuple[bytes, ...]:
    """Return the folders of the unit's own manager, without links, each once, its own among them.

    A unit in somebody's home is theirs alone: what all users have under the same name is not touched for it.
    """
    known = _SYSTEM if own in _SYSTEM else _USER if own in _USER else ()
    real: dict[bytes, None] = {}
    for folder in (own, *known):
        try:
            real[tree.resolve(folder)] = None
        except OSError:
            continue
    return tuple(real)


def _drop_ins(tree: Tree, folder: bytes) -> Iterator[Target]:
    """Yield the drop-ins of a folder; where it is a link, only that goes, for what it leads to may be anyone's."""
    place, _, name = folder.rpartition(b"/")
    for entry in _entries(tree, place):
        if entry.name == name and stat.S_ISLNK(entry.stat.st_mode):
            yield from _link(tree, folder, entry)
            return
    for entry in _entries(tree, folder):
        if not stat.S_ISREG(entry.stat.st_mode) or not entry.name.endswith(b".conf"):
            continue
        path = folder + b"/" + entry.name
        try:
            fd = tree.open_read(path)
        except OSError:
            continue
        try:
            state = fstat(fd)
            if state.st_size <= TEXT_LIMIT_BYTES:  # a larger one is a trap: it could take hours to read
                yield QuarantineFile(anchor_of(path, state, hash_file(fd)))
        finally:
            os.close(fd)


def _links(tree: Tree, place: bytes, name: bytes, unit: bytes) -> Iterator[Target]:
    """Yield aliases of the unit and the links by which others pull it in, but none to a namesake that is left."""
    for entry in _entries(tree, place):
        path = place + b"/" + entry.name
        if stat.S_ISDIR(entry.stat.st_mode) and entry.name.endswith(_PULLS):
            for link in _entries(tree, path):
                pull = path + b"/" + link.name
                if _is_of_unit(link.name, name) and not _is_another(tree, pull, unit):
                    yield from _link(tree, pull, link)
        elif stat.S_ISLNK(entry.stat.st_mode) and _resolves_to(tree, path, unit):
            yield from _link(tree, path, entry)


def _is_of_unit(link: bytes, name: bytes) -> bool:
    """Return whether a link's name is the unit's, or an instance of it when it is a template."""
    if link == name:
        return True
    stem, _, suffix = name.partition(b"@.")
    return b"@." in name and link.startswith(stem + b"@") and link.endswith(b"." + suffix)


def _link(tree: Tree, path: bytes, entry: Entry) -> Iterator[Target]:
    if not stat.S_ISLNK(entry.stat.st_mode):
        return
    try:
        yield RemoveLink(path, entry.stat.st_dev, entry.stat.st_ino, tree.readlink(path))
    except OSError:
        return


def _resolves_to(tree: Tree, path: bytes, unit: bytes) -> bool:
    try:
        return tree.resolve(path) == unit
    except OSError:
        return False


def _is_another(tree: Tree, path: bytes, unit: bytes) -> bool:
    """Return whether a path leads to something, and not to the unit."""
    return tree.exists(path) and not _resolves_to(tree, path, unit)


def _entries(tree: Tree, folder: bytes) -> list[Entry]:
    """Return what a folder holds, sorted; nothing when it cannot be read."""
    found: list[Entry] = []
    try:
        for entry in tree.scandir(folder):
            found.append(entry)
            if len(found) == _MAX_ENTRIES:
                break
    except OSError:
        return []
    return sorted(found, key=lambda entry: entry.name)
