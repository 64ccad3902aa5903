"""Everything of a Windows that undo must bring back: its files and its registry. It runs inside.

Usage: python state.py FILE (the state is written there as JSON; ``changes`` tells what differs between two)
"""

import ctypes
import hashlib
import json
import re
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

State = dict[str, str]
"""What is there -> how it is. A value of the registry is named by its key, two bars and its name."""

ROOTS = {"HKLM": 0x80000002, "HKU": 0x80000003}
ONLY_LOOKED_AT = ("c:\\windows\\", "c:\\program files")
"""Hundreds of megabytes of Wine's own: size, time and attributes tell of a change that nobody hides."""

LEFT_OUT = ("c:\\py", "c:\\quetsach", "c:\\users\\root\\appdata\\local\\temp")
_BACKUP = "SeBackupPrivilege"
_VALUE = re.compile(r'(@|"(?:[^"\\]|\\.)*")=')


def state_of_windows() -> State:
    """Return the state of the system drive and of the registry."""
    return files(Path("C:\\")) | registry()


def changes(before: State, after: State) -> list[str]:
    """Return what is gone, what is new and what differs, in order."""
    names = sorted(before.keys() | after.keys())
    return [f"{name}: {before.get(name)} -> {after.get(name)}" for name in names if before.get(name) != after.get(name)]


def files(root: Path) -> State:
    """Return path -> attributes, and of files size, time of the last writing and SHA-256 too."""
    found: State = {}
    for folder, folders, names in root.walk():
        folders[:] = [name for name in folders if not _is_below(folder / name, LEFT_OUT)]
        found |= {str(folder / name): _state(folder / name) for name in (*folders, *names)}
    return found


def _state(path: Path) -> str:
    state = path.lstat()
    if stat.S_ISDIR(state.st_mode):
        return f"{state.st_file_attributes:#x}"
    digest = "" if _is_below(path, ONLY_LOOKED_AT) else hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{state.st_file_attributes:#x} {state.st_size} {state.st_mtime_ns} {digest}"


def _is_below(path: Path, folders: tuple[str, ...]) -> bool:
    return str(path).lower().startswith(folders)


def registry() -> State:
    """Return what Wine writes when it is asked to save its registry: names with NUL and every type are in it."""
    _allow_backup()
    found: State = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, root in ROOTS.items():
            path = Path(folder, name)
            if refused := ctypes.WinDLL("advapi32").RegSaveKeyW(ctypes.c_void_p(root), str(path), None):
                raise OSError(refused, f"{name} cannot be saved")
            found.update(_entries(name, path.read_text("ascii").splitlines()))
    return found


def _entries(root: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    key = name = content = ""
    for line in lines:
        if line.startswith("["):
            key = f"{root}\\{line[1 : line.rindex(']')]}".replace("\\\\", "\\")
            yield key, "key"
        elif begun := _VALUE.match(line):
            name, content = f"{key} || {begun[1]}", line[begun.end() :]
            yield name, content
        elif name and line.startswith("  "):  # a value goes on
            content += line.strip()
            yield name, content


def _allow_backup() -> None:
    class Privilege(ctypes.Structure):
        _pack_ = 4
        _fields_ = (("count", ctypes.c_uint32), ("luid", ctypes.c_int64), ("attributes", ctypes.c_uint32))

    library = ctypes.WinDLL("advapi32")
    token, luid = ctypes.c_void_p(), ctypes.c_int64()
    library.OpenProcessToken(ctypes.c_void_p(-1), 0x28, ctypes.byref(token))
    library.LookupPrivilegeValueW(None, _BACKUP, ctypes.byref(luid))
    wanted = Privilege(1, luid.value, 2)
    library.AdjustTokenPrivileges(token, False, ctypes.byref(wanted), 0, None, None)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(state_of_windows(), ensure_ascii=False, indent=0), "utf-8")
