"""What tests plant on Windows is there, is what it should be, and leaves nothing behind."""

import subprocess
import unicodedata
import winreg
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.windows import planting
from tests.windows.state import changes, files, registry

SERVICES = r"SYSTEM\CurrentControlSet\Services"
SHARING_VIOLATION, ACCESS_DENIED = 32, 5


@pytest.fixture
def _leaves_nothing(tmp_path: Path) -> Iterator[None]:
    before = files(Path("C:/users")) | registry()
    yield
    assert changes(before, files(Path("C:/users")) | registry()) == []


def _tasks() -> str:
    return subprocess.run(["tasklist"], capture_output=True, text=True, check=True).stdout


def test_a_running_program_cannot_be_removed(tmp_path: Path) -> None:
    path = planting.program(tmp_path / "sâu.exe", b"mark")
    with planting.running(path) as process:
        assert process.poll() is None
        with pytest.raises(PermissionError) as refused:
            path.unlink()
    assert refused.value.winerror == ACCESS_DENIED
    assert path.read_bytes().endswith(b"mark")
    path.unlink()


@pytest.mark.usefixtures("_leaves_nothing")
def test_a_service_runs_until_it_is_taken_away(tmp_path: Path) -> None:
    path = planting.program(tmp_path / "qzkresident.exe")
    with planting.service("qzk", path, display="Dịch vụ giả"):
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, f"{SERVICES}\\qzk") as key:
            assert winreg.QueryValueEx(key, "ImagePath")[0] == str(path)
            assert winreg.QueryValueEx(key, "DisplayName")[0] == "Dịch vụ giả"
            assert winreg.QueryValueEx(key, "Start")[0] == 2
        assert "qzkresident.exe" in _tasks()
    assert "qzkresident.exe" not in _tasks()


@pytest.mark.usefixtures("_leaves_nothing")
def test_a_value_is_there_for_a_while() -> None:
    planted = planting.value(winreg.HKEY_CURRENT_USER, planting.RUN, "Cập nhật", "C:\\sâu.exe")
    with planted, winreg.OpenKey(winreg.HKEY_CURRENT_USER, planting.RUN) as key:
        assert winreg.QueryValueEx(key, "Cập nhật")[0] == "C:\\sâu.exe"


@pytest.mark.usefixtures("_leaves_nothing")
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_profile_has_the_letters_that_it_was_made_with(form: str) -> None:
    name = unicodedata.normalize(form, "Nguyễn Văn Ổn")
    with planting.profile(name, "S-1-5-21-1-2-3-1001", {"": {}}) as folder:
        assert name in [path.name for path in Path("C:/users").iterdir()]
        assert (folder / "NTUSER.DAT").read_bytes().startswith(b"regf")


def test_a_held_file_cannot_be_opened(tmp_path: Path) -> None:
    path = planting.program(tmp_path / "giữ.exe")
    with planting.held(path), pytest.raises(PermissionError) as refused:
        path.read_bytes()
    assert refused.value.errno == 13
    path.unlink()
