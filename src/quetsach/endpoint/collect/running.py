"""What a running machine holds: processes with the scripts they run, modules of the kernel, sockets."""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, NameAnchor, path_on_drive, printable
from quetsach.endpoint.collect.named_files import named_files, resolve_files
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.windows.commands import WindowsScripts
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.process import Process
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import ScanIssue

# Running processes: their image, also when its file was deleted, and the script they run.

_INTERPRETER = re.compile(
    rb"(?:ba|da|z|k|mk|pdk|a)?sh|busybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|php[\d.]*|node(?:js)?|lua[\d.]*"
)
_ARGUMENTS_SHOWN = 64
_PRELOADS = (b"LD_PRELOAD", b"LD_AUDIT")
_ENVIRONMENT_BYTES = 256 * 1024


def read_processes(host: Host) -> Iterator[Artefact]:
    """Yield processes that have an image; kernel threads have none.

    Fields: ``pid``, ``name``, ``executable``, ``deleted`` (yes or no), ``command_line``, ``script``, ``uid``, ``cwd``,
    ``preload`` (the libraries that its environment had loaded into it, as written).
    A process refers to its image, unless that was deleted, and to the script that its interpreter runs; what
    only a container has by that name is left out.
    """
    if (processes := host.processes) is None:
        return
    scripts = WindowsScripts(host).of if host.platform == "windows" else script_of
    for process in processes:
        if not process.executable or process.pid == os.getpid():
            continue
        script = scripts(process)
        named = [*processes.named_image(process), *(path for path in script if processes.finds_the_same(process, path))]
        fields = {
            "pid": str(process.pid),
            "name": printable(process.name),
            "executable": printable(path_on_drive(process.executable)),
            "deleted": "yes" if process.is_deleted else "no",
            "command_line": printable(b" ".join(process.arguments[:_ARGUMENTS_SHOWN])),
            "script": printable(b" ".join(script[:1])),
            "uid": str(process.uid),
            "cwd": printable(process.cwd),
            "preload": printable(_preload(host.tree, process.pid)) if host.platform == "linux" else "",
        }
        yield Artefact(ArtefactKind.PROCESS, process.anchor, fields, resolve_files(host.tree, named))


def preloaded(environment: bytes) -> bytes:
    """Return what ``LD_PRELOAD`` and ``LD_AUDIT`` name in an environment as ``/proc/PID/environ`` has it."""
    variables = (variable.partition(b"=") for variable in environment.split(b"\0"))
    return b" ".join(value for name, _, value in variables if name in _PRELOADS and value)


def _preload(tree: Tree, pid: int) -> bytes:
    """Return what the dynamic linker of Linux was told to load first; empty where that may not be read."""
    try:
        descriptor = tree.open_read(b"/proc/%d/environ" % pid)
    except OSError:
        return b""
    try:
        return preloaded(os.read(descriptor, _ENVIRONMENT_BYTES))
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def script_of(process: Process) -> tuple[bytes, ...]:
    """Return the files that an interpreter was given to run: its script, or what the command of ``-c`` names.

    Other programs that have a file among their arguments, such as an editor, do not run it.
    """
    if not _INTERPRETER.fullmatch(posixpath.basename(process.executable)):
        return ()
    cwd = process.cwd if process.cwd.startswith(b"/") else b"/"
    arguments = process.arguments[1:]
    for number, argument in enumerate(arguments):
        if argument == b"-c":
            return tuple(named_files(b" ".join(arguments[number + 1 : number + 2]), home=cwd))
        if argument and not argument.startswith(b"-"):
            return (posixpath.normpath(posixpath.join(cwd, argument)),) if b"\0" not in argument else ()
    return ()


# The readers ``kernel-modules`` and ``sockets``: what a running Linux holds besides processes. Both only report.

_LIST_LIMIT_BYTES = 8 << 20


def read_modules(reading: Reading) -> Iterator[Artefact | ScanIssue]:
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


def read_sockets(reading: Reading) -> Iterator[Artefact | ScanIssue]:
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
