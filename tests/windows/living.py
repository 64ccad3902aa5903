"""Lays the drive of a specimen over a running Windows. It runs inside.

Usage: python living.py FOLDER (with ``files/`` as on the system drive, ``stick/`` as on the memory stick ``D:``, and
``keys.json``: key of the running registry -> name, type and bytes in hex of each value, ``hidden.json``: folders that
are marked as hidden and the system's own)

What belongs to everybody's Windows is left as it is; a file that the specimen has changed takes the place of what is
there. Whoever lays it makes a state of the whole Windows first.
"""

import json
import os
import sys
import winreg
from ctypes import WinDLL, c_void_p, c_wchar_p
from pathlib import Path

_HIDDEN, _SYSTEM = 0x2, 0x4
ROOTS = {"HKLM": winreg.HKEY_LOCAL_MACHINE, "HKCU": winreg.HKEY_CURRENT_USER}


def lay(folder: Path) -> None:
    """Lay files and keys."""
    for below, target in (("files", Path("\\\\?\\C:\\")), ("stick", Path("\\\\?\\D:\\"))):
        for source in sorted(Path(f"\\\\?\\{folder}", below).rglob("*")):
            there = target / source.relative_to(Path(f"\\\\?\\{folder}", below))
            if source.is_dir():
                there.mkdir(parents=True, exist_ok=True)
            else:
                _copy(source, there)
    for path in json.loads((folder / "hidden.json").read_text("utf-8")):
        if not WinDLL("kernel32").SetFileAttributesW(c_wchar_p(path), _HIDDEN | _SYSTEM):
            raise OSError(path)
    for key, values in json.loads((folder / "keys.json").read_text("utf-8")).items():
        _write(key, [(name, kind, bytes.fromhex(data)) for name, kind, data in values])


def _copy(source: Path, there: Path) -> None:
    times = source.stat()
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_bytes(source.read_bytes())
    os.utime(there, ns=(times.st_atime_ns, times.st_mtime_ns))


def _write(key: str, values: list[tuple[str, int, bytes]]) -> None:
    root, _, below = key.partition("\\")
    library = WinDLL("advapi32")
    with winreg.CreateKeyEx(ROOTS[root], below, 0, winreg.KEY_ALL_ACCESS | winreg.KEY_WOW64_64KEY) as opened:
        for name, kind, data in values:
            if refused := library.RegSetValueExW(c_void_p(int(opened)), c_wchar_p(name), 0, kind, data, len(data)):
                raise OSError(refused, f"{key} || {name}")


if __name__ == "__main__":
    lay(Path(sys.argv[1]))
