"""The readers ``kernel-modules`` and ``sockets``: what a running Linux holds besides processes. Both only report."""

import posixpath
from collections.abc import Iterator, Mapping

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, NameAnchor, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.trouble import Trouble

_LIST_LIMIT_BYTES = 8 << 20


def read_modules(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield modules of the running kernel, those too that ``/proc/modules`` keeps quiet about.

    Fields: ``place``, ``name``, ``path`` (of the file that depmod(8) knows by that name; empty if none), ``hidden``:
    ``yes`` for one that only ``/sys/module`` has. What is built into the kernel has no ``initstate`` there: it is no
    module.
    """
    if not reading.host.is_live:
        return
    tree = reading.tree
    if not tree.exists(b"/proc/modules"):  # a kernel without modules, or a container that is not shown them
        return
    listed = _listed(tree)
    loaded = {name for name in _names(tree, b"/sys/module") if tree.exists(b"/sys/module/" + name + b"/initstate")}
    listed_since = _listed(tree)  # one that was loaded meanwhile is not hidden
    files = _module_files(tree) if listed or loaded else {}
    for name in sorted(listed | loaded):
        path = files.get(name, b"")
        is_hidden = name not in listed and name not in listed_since
        fields = {
            "place": reading.place.name,
            "name": printable(name),
            "path": printable(path),
            "hidden": "yes" if is_hidden else "no",
        }
        yield Artefact(ArtefactKind.KERNEL_MODULE, NameAnchor(name), fields, (path,) if path else ())


def read_sockets(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield sockets.

    Fields: ``place``, ``protocol``, ``local``, ``remote``, ``state``, ``pid`` (empty if no process shows it). A socket
    refers to the image of the process that holds it.
    """
    processes = reading.host.processes
    if processes is None:
        return
    for found in processes.sockets():
        process = processes.read(found.pid) if found.pid else None
        fields = {
            "place": reading.place.name,
            "protocol": found.protocol,
            "local": found.local,
            "remote": found.remote,
            "state": found.state,
            "pid": str(found.pid or ""),
        }
        name = f"{found.protocol} {found.local} {found.remote}".encode()
        image = processes.named_image(process) if process else ()
        yield Artefact(ArtefactKind.SOCKET, NameAnchor(name), fields, image)


def _listed(tree: Tree) -> set[bytes]:
    return {line.split(None, 1)[0] for line in _text(tree, b"/proc/modules").split(b"\n") if line.strip()}


def _module_files(tree: Tree) -> Mapping[bytes, bytes]:
    """Return module -> file from ``modules.dep``; the running kernel writes ``_`` where the file may have ``-``."""
    release = _text(tree, b"/proc/sys/kernel/osrelease").strip()
    if not release or b"/" in release:
        return {}
    folder = b"/lib/modules/" + release
    files = (line.partition(b":")[0] for line in _text(tree, folder + b"/modules.dep").split(b"\n") if b":" in line)
    return {posixpath.basename(file).partition(b".ko")[0].replace(b"-", b"_"): _below(folder, file) for file in files}


def _below(folder: bytes, file: bytes) -> bytes:
    return posixpath.normpath(posixpath.join(folder, file))


def _names(tree: Tree, folder: bytes) -> list[bytes]:
    try:
        return [entry.name for entry in tree.scandir(folder)]
    except OSError:
        return []


def _text(tree: Tree, path: bytes) -> bytes:
    try:
        return tree.read(path, _LIST_LIMIT_BYTES)
    except OSError:
        return b""
