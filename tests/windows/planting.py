"""Plants harmless things on a running Windows, from inside, and takes them away again."""

import ctypes
import shutil
import subprocess
import sys
import winreg
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quetsach.packs.specimen.hive import Keys, build_hive

RESIDENT = Path(sys.executable).with_name("resident.exe")
"""A program that does nothing until it is ended, as a process or as a service."""

PROFILES = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
_NOT_SHARED, _OPEN_EXISTING, _READ = 0, 3, 0x80000000


def program(path: Path, marks: bytes = b"") -> Path:
    """Put the resident program somewhere, with marks for rules to find behind its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(RESIDENT.read_bytes() + marks)
    return path


@contextmanager
def running(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a planted program, until it is ended or to the end of the block."""
    with subprocess.Popen([path], stdin=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def service(name: str, path: Path, *, display: str = "") -> Iterator[None]:
    """Install a planted program as a service that starts with Windows, and start it."""
    shown = ["DisplayName=", display] if display else []
    _command("sc", "create", name, "binPath=", str(path), "start=", "auto", *shown)
    try:
        _command("net", "start", name)
        yield
    finally:
        with suppress(subprocess.CalledProcessError):  # a test may have removed it
            _command("net", "stop", name)
        with suppress(subprocess.CalledProcessError):
            _command("sc", "delete", name)


@contextmanager
def value(root: int, key: str, name: str, data: str) -> Iterator[None]:
    """Write a text value of the registry, whose key is there or is made."""
    with winreg.CreateKey(root, key) as opened:
        winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, data)
        yield
        with suppress(FileNotFoundError):
            winreg.DeleteValue(opened, name)


@contextmanager
def profile(name: str, sid: str, keys: Keys) -> Iterator[Path]:
    """Make the profile of somebody who is not signed in: folder, closed hive, and its place in the registry."""
    folder = Path(f"C:\\users\\{name}")
    (folder / "AppData" / "Roaming").mkdir(parents=True)
    (folder / "NTUSER.DAT").write_bytes(build_hive(keys, name="NTUSER.DAT"))
    with winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, f"{PROFILES}\\{sid}") as key:
        winreg.SetValueEx(key, "ProfileImagePath", 0, winreg.REG_EXPAND_SZ, str(folder))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, f"{PROFILES}\\{sid}")


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file open so that nobody else can open or remove it."""
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateFileW.restype = ctypes.c_void_p
    handle = kernel.CreateFileW(str(path), ctypes.c_uint32(_READ), _NOT_SHARED, None, _OPEN_EXISTING, 0, None)
    if handle == ctypes.c_void_p(-1).value:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        yield
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))


def _command(*words: str) -> None:
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
