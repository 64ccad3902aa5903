"""The window of what the setup installed: opened by its program, read and pressed through oleacc; and what is said
where it cannot open."""

import getpass
import json
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.windows.bed import build
from tests.windows.bed.wine import Windows

from quetsach.packs.downloads import read_downloads

PLACE = "C:\\Program Files\\QuetSach"
WINDOW = f"{PLACE}\\QuetSachWindow.exe"
PYTHON = "C:\\get\\python"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SECONDS = 90

type Shown = dict[str, object]


@dataclass
class Driven:
    """The installed tool in a Windows, and a Python beside it that reads and presses what is on the screen."""

    windows: Windows
    started: subprocess.Popen[bytes] | None = None

    def open(self, *words: str) -> None:
        self.started = self.windows.start("wine", WINDOW, *words)

    def wait(self, *texts: str, seconds: int = SECONDS) -> Shown:
        told = self._driver("wait", str(seconds), *texts, seconds=seconds + 60)
        shown: Shown = json.loads(told)
        return shown

    def press(self, name: str) -> None:
        self._driver("press", name)

    def closed(self) -> int:
        """Close the window, and return how the program ended."""
        self._driver("close")
        return self.ended()

    def ended(self) -> int:
        assert self.started is not None
        return self.started.wait(SECONDS)

    def _driver(self, *words: str, seconds: int = 60) -> str:
        program = ("wine", f"{PYTHON}\\python.exe", f"{PYTHON}\\window_driver.py")
        return self.windows.run(*program, *words, seconds=seconds).told

    @property
    def runtime(self) -> Path:
        current = self.windows.inside(f"{PLACE}\\current").read_text()
        return self.windows.inside(f"{PLACE}\\{current}\\runtime")


def _names(shown: Shown, role: str) -> list[str]:
    controls = shown["controls"]
    assert isinstance(controls, list)
    return [one["name"] for one in controls if one["role"] == role]


@pytest.fixture(scope="module")
def installation(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    """A Windows on which the setup was run in silence."""
    windows = Windows(tmp_path_factory.mktemp("window") / "windows")
    subprocess.run(["cp", "--archive", build.prefix(), windows.folder], check=True)
    try:
        windows.boot()
        name = next(e.name for e in read_downloads(release) if (e.system, e.kind) == ("windows", "setup"))
        windows.inside("C:\\get").mkdir()
        shutil.copy(release / name, windows.inside(f"C:\\get\\{name}"))
        windows.run("wine", f"C:\\get\\{name}", "/S")
        subprocess.run(["cp", "--archive", build.python(), windows.inside(PYTHON)], check=True)
        here = Path(__file__).parent
        for path in (here / "window_driver.py", here.parent / "windows" / "inside" / "window" / "accessible.py"):
            shutil.copy(path, windows.inside(PYTHON))
        yield windows
    finally:
        windows.stop()


@pytest.fixture
def driven(installation: Windows) -> Iterator[Driven]:
    driven = Driven(installation)
    yield driven
    if driven.started is not None and driven.started.poll() is None:
        installation.run("wine", "taskkill", "/f", "/im", "QuetSachWindow.exe", code=None)
        driven.started.wait(SECONDS)


def test_opened_by_its_program_it_scans_and_finds_nothing(driven: Driven) -> None:
    driven.open()
    home = driven.wait("Quét nhanh")
    assert home["title"] == "Kiểm tra máy tính này – Quét Sạch"
    assert {"Quét nhanh", "Quét toàn bộ", "Cập nhật", "English"} <= set(_names(home, "button"))
    assert "Kiểm tra máy tính này" in _names(home, "text")
    driven.press("Quét nhanh")
    result = driven.wait("KHÔNG PHÁT HIỆN", "CHƯA ĐẦY ĐỦ")
    assert "Xem báo cáo" in _names(result, "button")
    driven.press("English")
    assert "See the report" in _names(driven.wait("See the report"), "button")
    assert driven.closed() == 0


def test_what_lies_there_is_found_and_cleaned_by_its_buttons(driven: Driven) -> None:
    home = driven.windows.inside(f"C:\\users\\{getpass.getuser()}")
    bait = home / "Downloads" / "hóa đơn.exe"
    bait.parent.mkdir(exist_ok=True)
    bait.write_bytes(EICAR)
    driven.open()
    driven.wait("Quét nhanh")
    driven.press("Quét nhanh")
    found = driven.wait("Bóc gỡ")
    assert any("EICAR" in name for name in _names(found, "text"))
    driven.press("Bóc gỡ")
    driven.wait("ĐÃ BÓC GỠ")
    assert not bait.exists()
    assert driven.closed() == 0


def _without_a_module(runtime: Path) -> None:
    old = runtime / "tool.zip"
    new = runtime / "tool.new"
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w") as target:
        for entry in source.infolist():
            if entry.filename != "quetsach/endpoint/window/native.pyc":
                target.writestr(entry, source.read(entry))
    new.replace(old)


def _without_the_tool(runtime: Path) -> None:
    (runtime / "tool.zip").unlink()


def _without_modules_of_python(runtime: Path) -> None:
    (runtime / "python313.zip").write_bytes(b"cut")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_without_a_module, "ModuleNotFoundError: No module named 'quetsach.endpoint.window.native'"),
        (_without_the_tool, "Bản này có thể thiếu hoặc hỏng tệp, hãy tải và cài lại."),
        (_without_modules_of_python, "Bản này có thể thiếu hoặc hỏng tệp, hãy tải và cài lại."),
    ],
)
def test_where_it_cannot_open_a_box_says_so_once(driven: Driven, damage: Callable[[Path], None], told: str) -> None:
    runtime = driven.runtime
    kept = runtime.with_name("kept")
    shutil.copytree(runtime, kept)
    try:
        damage(runtime)
        driven.open()
        box = driven.wait("không mở được")
        assert box["title"] == "Quét Sạch"
        text = " ".join(_names(box, "text"))
        assert told in text
        assert "tải và cài lại" in text
        driven.press("OK")
        assert driven.ended() == 1  # and no second box waits for somebody
    finally:
        shutil.rmtree(runtime)
        kept.rename(runtime)


def test_words_without_a_window_wait_for_nobody(driven: Driven) -> None:
    """Fleets start it in silence: what is wrong there is told by the exit code, and by no box."""
    driven.open("no-such-command")
    started = time.monotonic()
    assert driven.ended() == 1
    assert time.monotonic() - started < SECONDS
