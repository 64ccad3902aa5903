"""The programs are the same bytes each time, and say what they are."""

from pathlib import Path

import pefile
import pytest
from release.windows.icon import SIZES, write_icon
from release.windows.programs import CONSOLE, WINDOW, build_programs, version_numbers


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    build_programs(folder, "0.1.0")
    return folder


def test_built_twice_they_are_the_same(programs: Path, tmp_path: Path) -> None:
    build_programs(tmp_path, "0.1.0")
    for name in (CONSOLE, WINDOW):
        assert (programs / name).read_bytes() == (tmp_path / name).read_bytes()


def test_their_names_differ_where_case_does_not_count() -> None:
    assert CONSOLE.lower() != WINDOW.lower()


@pytest.mark.parametrize(
    ("name", "level", "subsystem"), [(CONSOLE, b"asInvoker", 3), (WINDOW, b"requireAdministrator", 2)]
)
def test_they_say_what_rights_and_screen_they_are_for(programs: Path, name: str, level: bytes, subsystem: int) -> None:
    content = (programs / name).read_bytes()
    image = pefile.PE(data=content)
    assert image.OPTIONAL_HEADER.Subsystem == subsystem
    for word in (
        level,
        b"PerMonitorV2",
        b">UTF-8<",
        b"longPathAware",
        b"Common-Controls",
        "Quét Sạch".encode("utf-16-le"),
    ):
        assert word in content
    assert image.FILE_HEADER.TimeDateStamp == 0
    assert image.OPTIONAL_HEADER.DllCharacteristics & 0x160 == 0x160  # at any address, high ones too; no code in data


def test_they_load_at_once_only_what_windows_protects(programs: Path) -> None:
    known = {"kernel32.dll", "msvcrt.dll", "shell32.dll", "user32.dll"}
    for name in (CONSOLE, WINDOW):
        image = pefile.PE(str(programs / name))
        assert {entry.dll.decode().lower() for entry in image.DIRECTORY_ENTRY_IMPORT} <= known


def test_the_icon_has_every_size_and_is_the_same_twice(tmp_path: Path) -> None:
    for name in ("one.ico", "two.ico"):
        write_icon(tmp_path / name)
    content = (tmp_path / "one.ico").read_bytes()
    assert content == (tmp_path / "two.ico").read_bytes()
    assert content.count(b"\x89PNG\r\n") == len(SIZES)


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("0.1.0", ("0", "1", "0", "0")), ("2.10", ("2", "10", "0", "0")), ("1.2rc1+x", ("1", "0", "0", "0"))],
)
def test_a_version_has_four_numbers(version: str, numbers: tuple[str, ...]) -> None:
    assert version_numbers(version) == numbers
