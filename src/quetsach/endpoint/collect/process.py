"""Running processes: their image, also when its file was deleted, and the script they run."""

import os
import posixpath
import re
from collections.abc import Iterator

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, path_on_drive, printable
from quetsach.endpoint.collect.command import named_files, resolve_files
from quetsach.endpoint.collect.windows.process import WindowsScripts
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.process import Process
from quetsach.endpoint.host.tree import Tree

_INTERPRETER = re.compile(
    rb"(?:ba|da|z|k|mk|pdk|a)?sh|busybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|php[\d.]*|node(?:js)?|lua[\d.]*"
)
_ARGUMENTS_SHOWN = 64
_PRELOADS = (b"LD_PRELOAD", b"LD_AUDIT")
_ENVIRONMENT_BYTES = 256 * 1024


def collect(host: Host) -> Iterator[Artefact]:
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
