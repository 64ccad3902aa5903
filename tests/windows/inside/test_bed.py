"""The Windows that these tests run in is what they take it for."""

import ctypes
import os
import sys
import winreg
from pathlib import Path

import pytest
from tests.windows.state import changes, files, registry

FIXED, REMOVABLE = 3, 2
WRITTEN = "Software\\Quét Sạch"


@pytest.fixture
def _key():
    yield
    winreg.DeleteKey(winreg.HKEY_CURRENT_USER, WRITTEN)


def test_it_is_the_python_of_the_download() -> None:
    assert sys.version_info[:2] == (3, 13)
    assert "MSC" in sys.version
    assert sys.executable == r"C:\py\python.exe"


def test_nothing_of_linux_can_be_reached() -> None:
    assert Path.cwd() == Path("C:\\")
    assert not Path("/proc").exists()
    assert os.listdrives() == ["C:\\", "D:\\"]


def test_a_stick_is_plugged_in() -> None:
    kinds = [ctypes.windll.kernel32.GetDriveTypeW(drive) for drive in os.listdrives()]
    assert kinds == [FIXED, REMOVABLE]
    Path("D:/ảnh.txt").write_bytes(b"1")
    assert Path("D:/ảnh.txt").read_bytes() == b"1"


def test_the_code_page_is_that_of_the_language() -> None:
    language = ctypes.windll.kernel32.GetUserDefaultUILanguage()
    assert (language, ctypes.windll.kernel32.GetACP()) in [(0x409, 1252), (0x42A, 1258)]


@pytest.mark.parametrize("face", ["MS Shell Dlg", "MS Shell Dlg 2", "Segoe UI"])
def test_fonts_of_windows_have_the_letters_of_vietnamese(face: str) -> None:
    drawing = ctypes.WinDLL("gdi32")
    for name in ("CreateCompatibleDC", "CreateFontW", "SelectObject"):
        getattr(drawing, name).restype = ctypes.c_void_p
    context = ctypes.c_void_p(drawing.CreateCompatibleDC(None))
    drawing.SelectObject(context, ctypes.c_void_p(drawing.CreateFontW(16, *[0] * 12, face)))
    letters = "ộữẵợỷĐ"
    glyphs = (ctypes.c_uint16 * len(letters))()
    assert drawing.GetGlyphIndicesW(context, letters, len(letters), glyphs, 1) == len(letters)
    assert 0xFFFF not in glyphs


@pytest.mark.usefixtures("_key")
def test_a_value_that_comes_shows_in_the_state() -> None:
    before = registry()
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, WRITTEN) as key:
        winreg.SetValueEx(key, "khởi động", 0, winreg.REG_BINARY, bytes(range(100)))
    told = changes(before, registry())
    assert len(told) == 2
    assert told[1].count(",") == 99
    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, WRITTEN, access=winreg.KEY_WRITE) as key:
        winreg.DeleteValue(key, "khởi động")
    assert changes(before, registry()) == told[:1]


def test_a_file_that_changes_shows_in_the_state(tmp_path: Path) -> None:
    kept, gone = tmp_path / "giữ.txt", tmp_path / "mất.txt"
    kept.write_bytes(b"one")
    gone.write_bytes(b"one")
    before = files(tmp_path)
    time = kept.stat().st_mtime_ns
    kept.write_bytes(b"two")
    os.utime(kept, ns=(time, time))
    gone.unlink()
    assert len(before) == len(changes(before, files(tmp_path))) == 2
    kept.write_bytes(b"one")
    os.utime(kept, ns=(time, time))
    ctypes.windll.kernel32.SetFileAttributesW(str(kept), 2)
    (told,) = [told for told in changes(before, files(tmp_path)) if "giữ" in told]
    assert "0x22" in told
