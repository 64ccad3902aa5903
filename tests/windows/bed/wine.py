"""Runs programs of Windows in a folder that Wine takes for a Windows, apart from whoever runs the tests."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from release.windows.wheels import ROOT
from tests.windows.state import State

PYTHON = "C:\\py"
"""Where the Python lies, inside."""

SOURCE = "C:\\quetsach"
"""Where a copy of the source tree lies, inside."""

_TREES = ("src", "packs", "data", "tests", "pyproject.toml")
_SETTINGS = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONUTF8": "1",  # as the launcher of the download sets it
    "WINEARCH": "win64",
    "WINEDEBUG": "-all",
    # No question whether to fetch .NET or a browser's engine, no menus in the home folder of Linux.
    "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
}
_REGISTRY = r"""Windows Registry Editor Version 5.00

; Windows draws with fonts that are not there, and what Wine takes for them lacks letters of Vietnamese.
[HKEY_LOCAL_MACHINE\Software\Microsoft\Windows NT\CurrentVersion\FontSubstitutes]
"MS Shell Dlg"="Noto Sans"
"MS Shell Dlg 2"="Noto Sans"
"Segoe UI"="Noto Sans"

; Times of access are not kept, as on most Windows: told to leave one alone, Wine moves the time of change instead.
[HKEY_LOCAL_MACHINE\System\CurrentControlSet\Control\FileSystem]
"NtfsDisableLastAccessUpdate"=dword:80000003

; A folder of Linux is a fixed disk if nothing else is said.
[HKEY_LOCAL_MACHINE\Software\Wine\Drives]
"d:"="floppy"

; No message box waits for somebody when a program ends badly.
[HKEY_CURRENT_USER\Software\Wine\WineDbg]
"ShowCrashDialog"=dword:00000000

; Windows are made and asked for their names without a screen.
[HKEY_CURRENT_USER\Software\Wine\Drivers]
"Graphics"="null"
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code, and what it wrote to both its outputs."""

    code: int
    told: str


class Windows:
    """A Windows of Wine. ``settings`` are added to the environment of what runs in it, ``LC_ALL`` for instance."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.settings = dict(settings or {})

    @property
    def drive(self) -> Path:
        """The system drive, as Linux sees it."""
        return self.folder / "drive_c"

    def environment(self) -> dict[str, str]:
        """Return everything that programs get to know of the system around them."""
        home = self.folder.with_name(f"{self.folder.name}-home")
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = {"WINEPREFIX": str(self.folder), "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
        return _SETTINGS | own | self.settings

    def run(self, *words: str, seconds: float = 120, code: int | None = 0) -> Ended:
        """Run a program to its end.

        Args:
            words: the command: one of Wine's, or ``wine`` and a program of Windows.
            seconds: it is killed after so long, and then has exit code 124.
            code: the exit code that it must end with; ``None``: any.

        Raises:
            AssertionError: it ended otherwise, which is told with what it wrote.
        """
        with tempfile.TemporaryFile() as written:  # no pipe: what it starts may outlive it, and would hold it open
            started = self.start(*words, written=written)
            try:
                ended = started.wait(seconds)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
                ended = 124
            written.seek(0)
            told = written.read().decode(errors="replace").replace("\r\n", "\n")
        if code is not None and ended != code:
            raise AssertionError(f"{' '.join(words)} ended with {ended}, not {code}:\n{told}")
        return Ended(ended, told)

    def start(self, *words: str, written: IO[bytes] | int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start a program, and do not wait for it."""
        return subprocess.Popen(
            words,
            cwd=self.drive if self.drive.exists() else None,  # elsewhere programs of Windows would find /proc
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )

    def python(self, *words: str, seconds: float = 120, code: int | None = 0) -> Ended:
        """Run the Python for Windows."""
        return self.run("wine", f"{PYTHON}\\python.exe", *words, seconds=seconds, code=code)

    def quetsach(self, *words: str, seconds: float = 120, code: int | None = 0) -> Ended:
        """Run a command of the tool."""
        return self.python("-m", "quetsach.cli.main", *words, seconds=seconds, code=code)

    def state(self) -> State:
        """Return the state of its system drive and of its registry."""
        self.python(f"{SOURCE}\\tests\\windows\\state.py", f"{SOURCE}\\state.json")
        written: State = json.loads(self.inside(f"{SOURCE}\\state.json").read_text("utf-8"))
        return written

    def inside(self, path: str) -> Path:
        """Return where a path of Windows lies, as Linux sees it."""
        drive, _, below = path.partition(":\\")
        return self.folder / "dosdevices" / f"{drive.lower()}:" / below.replace("\\", "/")

    def boot(self) -> None:
        """Start it up: pending renames are made, what starts with Windows is started. It runs until stopped."""
        self.run("wineserver", "--persistent")
        self.run("wine", "wineboot")

    def set_up(self) -> None:
        """Set what tests need. The first start in another language than before takes back some of it."""
        settings = self.inside("C:\\settings.reg")
        settings.write_text(_REGISTRY)
        self.run("wine", "regedit", "/S", "C:\\settings.reg")
        settings.unlink()

    def stop(self) -> None:
        """End all its programs at once and write its registry to disk."""
        self.run("wineserver", "--kill", code=None)  # 1 when it does not run
        self.wait()

    def wait(self) -> None:
        """Wait until it has ended by itself."""
        self.run("wineserver", "--wait")

    def reboot(self) -> None:
        """Stop it and start it up again."""
        self.stop()
        self.boot()

    def plug(self, letter: str, folder: Path) -> None:
        """Let a folder be a further drive from the next start on."""
        folder.mkdir(exist_ok=True)
        (self.folder / "dosdevices" / f"{letter}:").symlink_to(folder)

    def install_source(self) -> None:
        """Lay a copy of the source tree as it is now where its Python finds it."""
        source = self.inside(SOURCE)
        shutil.rmtree(source, ignore_errors=True)
        source.mkdir()
        subprocess.run(["cp", "--archive", *(ROOT / name for name in _TREES), source], check=True)


@contextmanager
def copied(prefix: Path, python: Path, settings: Mapping[str, str] | None = None) -> Iterator[Windows]:
    """Give a running Windows of one's own with a Python, the source tree and an empty USB stick as ``D:``."""
    with tempfile.TemporaryDirectory(dir=prefix.parent, prefix="run-", ignore_cleanup_errors=True) as folder:
        windows = Windows(Path(folder) / "windows", settings)
        subprocess.run(["cp", "--archive", prefix, windows.folder], check=True)
        subprocess.run(["cp", "--archive", python, windows.inside(PYTHON)], check=True)
        windows.install_source()
        windows.plug("d", Path(folder) / "stick")
        try:
            windows.boot()
            windows.set_up()
            yield windows
        finally:
            windows.stop()
