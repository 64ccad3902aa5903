"""On a Windows without Python, what people download installs, finds, cleans, puts back, is replaced, and goes again."""

import json
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from release.windows.installers import build_installer
from release.windows.runtime import link
from tests.windows.bed import build
from tests.windows.bed.wine import Windows
from tests.windows.modules import OF_LINUX

from quetsach import __version__
from quetsach.cli.parser import ExitCode
from quetsach.packs.downloads import read_downloads

PLACE = "C:\\Program Files\\QuetSach"
CONSOLE = f"{PLACE}\\quetsach.exe"
STATE = "C:\\ProgramData\\QuetSach"
UNINSTALL_KEY = "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\QuetSach"
MENU = "C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs"
BAIT = "C:\\users\\An Nguyễn\\Downloads"
MOST_SECONDS = 30
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@contextmanager
def _windows(folder: Path) -> Iterator[Windows]:
    """Give a running Windows as it comes, with both files of the release in ``C:\\get``."""
    windows = Windows(folder / "windows")
    subprocess.run(["cp", "--archive", build.prefix(), windows.folder], check=True)
    try:
        windows.boot()
        yield windows
    finally:
        windows.stop()
        shutil.rmtree(windows.folder)


def _get(windows: Windows, release: Path, kind: str) -> str:
    """Lay a file of the release into the Windows; return where."""
    name = next(entry.name for entry in read_downloads(release) if (entry.system, entry.kind) == ("windows", kind))
    target = windows.inside(f"C:\\get\\{name}")
    target.parent.mkdir(exist_ok=True)
    shutil.copy(release / name, target)
    return f"C:\\get\\{name}"


def _bait(windows: Windows, name: str) -> Path:
    path = windows.inside(f"{BAIT}\\{name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(EICAR)
    return path


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    with _windows(tmp_path_factory.mktemp("installed")) as running:
        assert list(running.drive.rglob("python3*")) == []  # before anything was brought there
        yield running


@pytest.fixture(scope="module")
def installed(windows: Windows, release: Path) -> Windows:
    """Return a Windows on which the setup was run in silence."""
    windows.run("wine", _get(windows, release, "setup"), "/S")
    return windows


def _current(windows: Windows) -> str:
    return windows.inside(f"{PLACE}\\current").read_text()


def test_there_is_no_python_there(windows: Windows) -> None:
    assert windows.run("wine", "python.exe", "--version", code=None).code != 0


def test_the_setup_leaves_programs_a_menu_entry_and_a_way_out(installed: Windows) -> None:
    names = {path.name for path in installed.inside(PLACE).iterdir()}
    assert {"quetsach.exe", "QuetSachWindow.exe", "uninstall.exe", "current", _current(installed)} == names
    assert installed.inside(f"{MENU}\\Quét Sạch.lnk").is_file()
    told = installed.run("wine", "reg", "query", UNINSTALL_KEY).told
    assert __version__ in told
    assert f'"{PLACE}\\uninstall.exe" /S' in told


def test_the_installed_tool_starts_and_passes_on_its_exit_code(installed: Windows) -> None:
    assert installed.run("wine", CONSOLE, "--version").told == f"quetsach {__version__}\n"
    assert installed.run("wine", CONSOLE, "no-such-command", code=None).code == ExitCode.USAGE


def test_every_module_of_the_tool_can_be_imported(installed: Windows) -> None:
    """Run a plain Python in a copy of the runtime: what a command imports late must be there, too."""
    copy = installed.inside("C:\\get\\runtime")
    shutil.copytree(installed.inside(f"{PLACE}\\{_current(installed)}\\runtime"), copy)
    shutil.copy(build.python() / "python.exe", copy)
    with zipfile.ZipFile(copy / "tool.zip") as archive:
        files = [name for name in archive.namelist() if name.startswith("quetsach/") and name.endswith(".pyc")]
    modules = {name.removesuffix(".pyc").removesuffix("/__init__").replace("/", ".") for name in files}
    wanted = sorted(name for name in modules if not f"{name}.".startswith(tuple(f"{one}." for one in OF_LINUX)))
    (copy / "every.py").write_text(f"import importlib\nfor name in {wanted!r}:\n    importlib.import_module(name)\n")
    assert len(wanted) > 150
    installed.run("wine", "C:\\get\\runtime\\python.exe", "C:\\get\\runtime\\every.py")


def test_nothing_that_lies_around_is_loaded(installed: Windows) -> None:
    """Plant libraries and modules where a download lies, and name them to Python: none of them may be loaded."""
    place = installed.inside("C:\\get\\planted")
    (place / "quetsach").mkdir(parents=True)
    shutil.copy(installed.inside(f"{PLACE}\\{_current(installed)}") / "quetsach.exe", place)  # no runtime beside it
    for name in ("python313.dll", "python3.dll", "version.dll", "VCRUNTIME140.dll", "bcrypt.dll"):
        (place / name).write_bytes(b"MZ no library")
    for name in ("sitecustomize.py", "usercustomize.py", "json.py", "argparse.py", "quetsach/__init__.py"):
        (place / name).write_text("raise SystemExit(77)\n")
    settings = {
        "PYTHONPATH": "C:\\get\\planted",
        "PYTHONHOME": "C:\\get\\planted",
        "PYTHONSTARTUP": "C:\\get\\planted\\json.py",
    }
    around = Windows(installed.folder, settings)
    (place / "there.bat").write_text(f'@cd /d C:\\get\\planted\r\n@"{CONSOLE}" --version\r\n')
    told = around.run("wine", "cmd", "/c", "C:\\get\\planted\\there.bat").told
    assert told == f"quetsach {__version__}\n"
    lost = around.run("wine", "C:\\get\\planted\\quetsach.exe", "--version", code=ExitCode.USAGE).told
    assert "Quét Sạch: bản này thiếu hoặc hỏng tệp" in lost


def test_found_cleaned_and_put_back(installed: Windows) -> None:
    path = _bait(installed, "hóa đơn.exe")
    assert path.name in installed.run("wine", CONSOLE, "scan", BAIT, code=ExitCode.FOUND).told
    installed.run("wine", CONSOLE, "clean", "--yes", BAIT, code=ExitCode.CLEANED)
    assert not path.exists()
    installed.run("wine", CONSOLE, "undo", "--last", "--yes")
    assert path.read_bytes() == EICAR


def test_the_portable_hands_its_json_and_exit_code_to_the_caller_and_leaves_nothing(
    windows: Windows, release: Path
) -> None:
    """Run it in a batch file, whose output cmd opens: JSON in one file, what else is told in another, then the code."""
    portable = _get(windows, release, "portable")
    bait = windows.inside("C:\\get\\bait\\mã độc.exe")
    bait.parent.mkdir(parents=True, exist_ok=True)
    bait.write_bytes(EICAR)
    before = set(windows.drive.rglob("Temp/*"))
    batch = (
        f'@"{portable}" scan --json C:\\get\\bait > C:\\get\\out.json 2> C:\\get\\told.txt',
        "@echo %ERRORLEVEL%",
    )
    windows.inside("C:\\get\\fleet.bat").write_bytes("\r\n".join(batch).encode())
    told = windows.run("wine", "cmd", "/c", "C:\\get\\fleet.bat", code=None).told
    assert told.split() == [str(int(ExitCode.FOUND))], windows.inside("C:\\get\\told.txt").read_text("utf-8")
    report = json.loads(windows.inside("C:\\get\\out.json").read_text("utf-8"))
    assert "C:\\get\\bait\\mã độc.exe" in {finding["where"] for finding in report["findings"]}
    assert set(windows.drive.rglob("Temp/*")) == before


def test_the_portable_passes_on_a_refusal(windows: Windows, release: Path) -> None:
    assert windows.run("wine", _get(windows, release, "portable"), "no-such-command", code=None).code == ExitCode.USAGE


def test_a_second_setup_uses_a_folder_of_its_own_and_removes_the_first(installed: Windows, release: Path) -> None:
    before = _current(installed)
    installed.run("wine", _get(installed, release, "setup"), "/S")
    assert _current(installed) != before
    assert not installed.inside(f"{PLACE}\\{before}").exists()
    assert installed.run("wine", CONSOLE, "--version").told == f"quetsach {__version__}\n"


@pytest.mark.parametrize(
    "ends", ["7", 'argc > 1 && wcscmp(argv[1], L"--version") == 0 ? 0 : 7'], ids=["never", "but for --version"]
)
def test_a_version_that_does_not_work_changes_nothing(installed: Windows, tmp_path: Path, ends: str) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tmp_path / "fails.c").write_text(f"#include <wchar.h>\nint wmain(int argc, wchar_t **argv) {{ return {ends}; }}\n")
    for name in ("quetsach.exe", "QuetSachWindow.exe"):
        link(str(tmp_path / "fails.c"), target=tree / name)
    broken = installed.inside("C:\\get\\broken.exe")
    build_installer("setup", tree, broken, version="9.9", signer=None)
    before = {path: path.read_bytes() for path in installed.inside(PLACE).rglob("*") if path.is_file()}
    assert installed.run("wine", "C:\\get\\broken.exe", "/S", code=None).code == 2
    assert {path: path.read_bytes() for path in installed.inside(PLACE).rglob("*") if path.is_file()} == before
    assert __version__ in installed.run("wine", "reg", "query", UNINSTALL_KEY).told


@pytest.mark.parametrize("purge", [False, True])
def test_uninstalled_it_leaves_the_quarantine_and_nothing_else(release: Path, tmp_path: Path, purge: bool) -> None:
    with _windows(tmp_path) as windows:
        windows.run("wine", _get(windows, release, "setup"), "/S")
        kept = windows.inside(f"{STATE}\\sessions\\kept")
        kept.parent.mkdir(parents=True)
        kept.write_bytes(b"sealed")
        windows.run("wine", f"{PLACE}\\uninstall.exe", "/S", *(["/PURGE"] if purge else []))
        deadline = time.monotonic() + MOST_SECONDS
        while windows.inside(PLACE).exists() and time.monotonic() < deadline:  # a copy of it goes on in the background
            time.sleep(0.5)
        assert not windows.inside(PLACE).exists()
        assert not windows.inside(f"{MENU}\\Quét Sạch.lnk").exists()
        assert windows.run("wine", "reg", "query", UNINSTALL_KEY, code=None).code != 0
        assert kept.exists() is not purge
