"""What changes files does it through a descriptor; each call that goes by a name is listed here with why it may.

A name can be exchanged between the look and the act. Whoever adds such a call adds its reason, or finds a handle.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import quetsach

SOURCE = Path(quetsach.__file__).parent
PLACES = ("endpoint/act", "endpoint/host", "endpoint/store", "packs/installed.py")

CHANGING_CALLS = frozenset(
    {
        *("chmod", "chown", "lchmod", "lchown", "lchflags", "chflags", "utime", "setxattr", "removexattr"),
        *("link", "symlink", "unlink", "remove", "rename", "renames", "replace", "rmdir", "removedirs"),
        *("mkdir", "makedirs", "mkfifo", "mknod", "truncate", "renameat2"),
    }
)
"""Of the module ``os``; calls by a descriptor alone (``fchown``, ``fchmod``, ``ftruncate``) are none of them."""

CHANGING_METHODS = frozenset(
    {
        *("chmod", "lchmod", "unlink", "rename", "rmdir", "mkdir", "touch", "write_bytes", "write_text"),
        *("symlink_to", "hardlink_to"),
    }
)
"""Of ``pathlib.Path``; ``replace`` is told from that of texts by its single argument."""

_HANDLE = "the argument is a descriptor"
_OWN = "in the tool's own state folder, which only its owner may enter (check_private)"
_PROC = "by /proc/self/fd: the very file or link that was opened and looked at"
_IN_FOLDER = "in an open folder; "

ALLOWED = {
    ("endpoint/host/posix/files.py", "PosixFiles.give_state", "os.removexattr"): _HANDLE,
    ("endpoint/host/posix/files.py", "PosixFiles.give_state", "os.setxattr"): _HANDLE,
    ("endpoint/host/posix/files.py", "PosixFiles.give_state", "os.utime"): _HANDLE,
    ("endpoint/host/offline/windows.py", "_give", "os.setxattr"): _HANDLE,
    ("endpoint/host/posix/files.py", "write_marks", "os.setxattr"): _HANDLE,
    ("endpoint/host/posix/folder.py", "PosixFolder.set_marks", "os.utime"): _HANDLE,
    ("endpoint/host/posix/folder.py", "PosixFolder.set_times", "os.utime"): "the name is '.', the open folder itself",
    ("endpoint/host/posix/folder.py", "PosixFolder.link", "os.link"): _PROC,
    ("endpoint/host/posix/folder.py", "PosixFolder.symlink", "os.chown"): _PROC,
    ("endpoint/host/posix/folder.py", "PosixFolder.symlink", "os.utime"): _PROC,
    ("endpoint/host/posix/folder.py", "PosixFolder.symlink", "os.symlink"): _IN_FOLDER + "never over another name",
    ("endpoint/host/posix/folder.py", "PosixFolder.remove", "os.unlink"): _IN_FOLDER
    + "no system removes by descriptor; who could exchange the name may remove what it puts there anyway",
    ("endpoint/host/posix/folder.py", "PosixFolder.replace", "os.rename"): _IN_FOLDER
    + "all is set before, and the name is compared with the descriptor afterwards (check_name)",
    ("endpoint/host/posix/folder.py", "PosixFolder._place_in_two_steps", "os.link"): _IN_FOLDER
    + "only where a file must have a name from the start; compared afterwards (check_name)",
    ("endpoint/host/posix/folder.py", "PosixFolder._place_in_two_steps", "os.rename"): _IN_FOLDER
    + "only where there are neither hard links nor exact renaming; compared afterwards (check_name)",
    ("endpoint/host/posix/folder.py", "_rename_to_free_name", "libc.renameat2"): _IN_FOLDER
    + "only where a file must have a name from the start; compared afterwards (check_name)",
    ("endpoint/host/hive_writer.py", "edit_hive", "Path.unlink"): _OWN,
    ("endpoint/act/hive.py", "HiveAct.do", "Path.unlink"): _OWN,
    ("endpoint/act/hive.py", "HiveAct.undo", "Path.unlink"): _OWN,
    ("endpoint/act/hive.py", "make_copy", "Path.unlink"): _OWN,
    ("endpoint/act/registry.py", "_edit_hive", "Path.unlink"): _OWN,
    ("endpoint/store/quarantine.py", "seal", "Path.replace"): _OWN,
    ("endpoint/store/quarantine.py", "seal", "Path.unlink"): _OWN,
    ("endpoint/store/session.py", "Session.purge", "Path.unlink"): _OWN,
    ("endpoint/store/state.py", "State.open", "Path.mkdir"): _OWN,
    (
        "endpoint/host/nt/machine.py",
        "make_private",
        "Path.mkdir",
    ): "above our own folder, which is looked at afterwards",
}


def _calls() -> Iterator[tuple[str, str, str]]:
    for place in PLACES:
        path = SOURCE / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            name = file.relative_to(SOURCE).as_posix()
            yield from ((name, scope, call) for scope, call in _changing(ast.parse(file.read_text()), ""))


def _changing(node: ast.AST, scope: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        inner = scope
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{scope}.{child.name}".lstrip(".")
        if isinstance(child, ast.Call) and (call := _named(child)):
            yield scope, call
        yield from _changing(child, inner)


def _named(call: ast.Call) -> str:
    """Return the call as the list writes it; empty for one that changes nothing by a name."""
    if not isinstance(call.func, ast.Attribute):
        is_of_libc = isinstance(call.func, ast.Name) and call.func.id == "renameat2"
        return "libc.renameat2" if is_of_libc else ""
    of, name = call.func.value, call.func.attr
    if isinstance(of, ast.Name) and of.id == "os":
        return f"os.{name}" if name in CHANGING_CALLS else ""
    if _is_of_the_port(of):
        return ""
    is_path_replace = name == "replace" and len(call.args) == 1 and not call.keywords
    return f"Path.{name}" if name in CHANGING_METHODS or is_path_replace else ""


def _is_of_the_port(of: ast.expr) -> bool:
    """Whether it is a method of an open folder, which is what this is about."""
    return isinstance(of, ast.Name) and of.id == "folder"


def test_every_change_by_name_is_listed_with_its_reason() -> None:
    found = set(_calls())
    assert found - ALLOWED.keys() == set(), "act through a descriptor, or list the call with its reason"
    assert ALLOWED.keys() - found == set(), "these calls are gone: take them off the list"


def test_the_walk_sees_what_it_must() -> None:
    text = "import os\ndef f(p):\n    os.chown(p, 1, 1)\n    p.unlink()\n    p.replace(q)\n    'a'.replace('b', 'c')\n"
    assert list(_changing(ast.parse(text), "")) == [("f", "os.chown"), ("f", "Path.unlink"), ("f", "Path.replace")]
