"""Builds what the bed stands on, once: a Python for Windows with pytest, and a fresh Windows of Wine.

Both lie in ``build/bed`` under a name that tells what they were made of: when that changes, they are made anew.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from release.windows import runtime
from release.windows import wheels as fetching
from release.windows.wheels import ROOT, install, locked
from tests.windows.bed import wine
from tests.windows.bed.wine import PYTHON, SOURCE, Windows

BUILD = ROOT / "build" / "bed"
HERE = Path(__file__).parent
TESTS = "windows-tests"
VIETNAMESE = "vi_VN.UTF-8"


def python() -> Path:
    """Return the folder of the Python for Windows: with the tool's wheels, those of the tests, and its own modules."""
    wheels = [locked(), locked(TESTS)]

    def make(folder: Path) -> None:
        runtime.lay_out(folder)
        runtime.link(str(HERE / "python.c"), str(folder / runtime.CORE), target=folder / "python.exe")
        runtime.link(str(HERE / "resident.c"), target=folder / "resident.exe")
        packages = folder / "Lib" / "site-packages"
        for requirements in wheels:
            install(requirements, packages)
        (packages / "quetsach-source.pth").write_text(f"{SOURCE}\\src\n{SOURCE}\n")
        compiling = (sys.executable, "-m", "compileall", "-qq", "-j2", "-s", folder, "-p", PYTHON, folder / "Lib")
        subprocess.run(compiling, check=True)

    sources = [Path(runtime.__file__), Path(fetching.__file__), Path(__file__), *sorted(HERE.glob("*.c"))]
    made_of = [*wheels, locked(runtime.GROUP), sys.version, *map(Path.read_text, sources)]
    return _made("python", made_of, make)


def vietnamese() -> dict[str, str]:
    """Return the settings of a Windows that speaks Vietnamese: its code page is 1258.

    The locale has to be there: without it Wine reads the names of files as ASCII, and finds no Vietnamese one again.
    """

    def make(folder: Path) -> None:
        folder.mkdir()
        made = str(folder / VIETNAMESE)
        subprocess.run(["localedef", "--no-archive", "-i", "vi_VN", "-f", "UTF-8", made], check=True)

    locales = _made("locale", [Path(__file__).read_text()], make)
    return {"LC_ALL": VIETNAMESE, "LOCPATH": str(locales), "TZ": "Asia/Ho_Chi_Minh"}


def prefix() -> Path:
    """Return the folder of a Windows that has just been installed. It is to be copied, and never started."""

    def make(folder: Path) -> None:
        windows = Windows(folder)
        windows.run("wineboot", "--init")
        windows.wait()  # two managers of services run for a while after the first start, and refuse to start any
        windows.set_up()
        windows.stop()
        _strip(windows.drive)
        (folder / "dosdevices" / "z:").unlink()  # the root of this system, whose /proc would be found

    return _made("prefix", [_version_of_wine(), Path(__file__).read_text(), Path(wine.__file__).read_text()], make)


def _strip(drive: Path) -> None:
    """Take out what debuggers of Wine need, as Windows has none of it: three quarters of what each copy would weigh."""
    programs = [path for path in drive.rglob("*") if path.is_file() and path.read_bytes()[:2] == b"MZ"]
    subprocess.run([f"{runtime.MINGW}strip", "--strip-debug", *programs], check=True)


def _version_of_wine() -> str:
    try:
        return subprocess.run(["wine", "--version"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError as error:
        raise SystemExit("Wine is not installed: python tests/requirements.py") from error


def _made(name: str, made_of: list[str], make: Callable[[Path], None]) -> Path:
    """Return a folder that is made anew only when what it is made of changes; former ones go."""
    target = BUILD / f"{name}-{hashlib.sha256('\0'.join(made_of).encode()).hexdigest()[:16]}"
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            for former in BUILD.glob(f"{name}-*"):
                shutil.rmtree(former)
            with tempfile.TemporaryDirectory(dir=BUILD) as part:
                make(Path(part) / name)
                (Path(part) / name).rename(target)
    return target
