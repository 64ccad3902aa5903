"""The window of what the setup installed: opened by its program, read and pressed through oleacc; and what is said
where it cannot open."""

import getpass
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.release.driven import CONSOLE, PLACE, SECONDS, WINDOW, Driven, bring_driver, names_of
from tests.windows.bed import build
from tests.windows.bed.wine import Windows

from quetsach.packs.downloads import read_downloads

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


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
        bring_driver(windows)
        yield windows
    finally:
        windows.stop()


@pytest.fixture
def driven(installation: Windows) -> Iterator[Driven]:
    driven = Driven(installation)
    yield driven
    if driven.started is not None and driven.started.poll() is None:
        for program in (WINDOW, CONSOLE):
            installation.run("wine", "taskkill", "/f", "/im", program.rpartition("\\")[2], code=None)
        driven.started.wait(SECONDS)


def test_opened_by_its_program_it_scans_and_says_that_nothing_is_there(driven: Driven) -> None:
    driven.open()
    home = driven.wait("Quét nhanh")
    assert home["title"] == "Kiểm tra máy tính này – Quét Sạch"
    assert {"Quét nhanh", "Quét toàn bộ", "Cập nhật", "English"} <= set(names_of(home, "button"))
    assert "Kiểm tra máy tính này" in names_of(home, "text")
    driven.press("Quét nhanh")
    result = driven.wait("Không phát hiện mã độc nào")
    assert "Xem báo cáo" in names_of(result, "button")
    driven.press("English")
    assert "Show the report" in names_of(driven.wait("Show the report"), "button")
    assert driven.closed() == 0


@pytest.fixture
def bait(installation: Windows) -> Iterator[Path]:
    """The EICAR file where a quick scan looks."""
    path = installation.inside(f"C:\\users\\{getpass.getuser()}\\Downloads\\hóa đơn.exe")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(EICAR)
    yield path
    path.unlink(missing_ok=True)


def test_what_lies_there_is_found_and_told(driven: Driven, bait: Path) -> None:
    driven.open()
    driven.wait("Quét nhanh")
    driven.press("Quét nhanh")
    found = driven.wait("nên xem lại", "dấu vết mã độc", "Không phát hiện")
    assert any("EICAR" in name for name in names_of(found, "text"))
    assert {"Bóc gỡ", "Xem từng mục…", "Để sau"} <= set(names_of(found, "button"))
    assert driven.closed() == 0
    assert bait.exists()


def test_what_was_found_is_cleaned_by_its_buttons(driven: Driven, bait: Path) -> None:
    """Opened by the console's program: Wine keeps no owner of folders, and an elevated tool trusts no other's."""
    driven.open("gui", program=CONSOLE)
    driven.wait("Quét nhanh")
    driven.press("Quét nhanh")
    driven.wait("nên xem lại", "dấu vết mã độc", "Không phát hiện")
    driven.press("Bóc gỡ")
    done = driven.wait("Đã bóc gỡ", "Chưa làm được")
    assert "Hoàn tác…" in names_of(done, "button")
    assert not bait.exists()
    assert driven.closed() == 0


def _runtime(windows: Windows) -> Path:
    current = windows.inside(f"{PLACE}\\current").read_text()
    return windows.inside(f"{PLACE}\\{current}\\runtime")


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
        (_without_a_module, "ImportError: cannot import name 'native' from 'quetsach.endpoint.window'"),
        (_without_the_tool, "Bản này có thể thiếu hoặc hỏng tệp, hãy tải và cài lại."),
        (_without_modules_of_python, "Bản này có thể thiếu hoặc hỏng tệp, hãy tải và cài lại."),
    ],
    ids=["a module", "the tool", "python's modules"],
)
def test_where_it_cannot_open_a_box_says_so_once(driven: Driven, damage: Callable[[Path], None], told: str) -> None:
    runtime = _runtime(driven.windows)
    kept = runtime.with_name("kept")
    shutil.copytree(runtime, kept)
    try:
        damage(runtime)
        driven.open()
        box = driven.wait("không mở được")
        assert box["title"] == "Quét Sạch"
        text = " ".join(names_of(box, "text"))
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
