"""What a machine lacks is said to whoever can install it."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from tests.windows_disk import RUN, SZ, plant

from quetsach.cli.main import main
from quetsach.endpoint.host import hive_worker
from quetsach.endpoint.look.archive import library

EICAR = Path(__file__).parents[3] / "packs" / "eicar"
RECIPE = """
[[trait]]
id = "start"
kind = "registry-value"
action = "remove-value"
why.vi = "Dòng này khởi động mã độc."
why.en = "This entry starts the malware."
match.data = "qzk"
"""


@pytest.fixture
def _without_libarchive(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(library._PLACES, "linux", "libarchive-that-is-not-there.so")
    library._library.cache_clear()
    yield
    library._library.cache_clear()


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A file in a format that is never opened."""
    file = tmp_path / "packed.lz4"
    file.write_bytes(b"\x04\x22\x4d\x18" + bytes(100))
    return file


@pytest.mark.usefixtures("_without_libarchive")
def test_without_libarchive_the_package_to_install_is_named(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["scan", str(packed), "--lang", "en"])
    assert "apt install libarchive13t64" in capsys.readouterr().out


def test_with_libarchive_nothing_is_to_be_installed(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["scan", str(packed), "--lang", "en"])
    out = capsys.readouterr().out
    assert "packed in a way this tool does not open here: 1" in out
    assert "libarchive" not in out


def _previewed(folder: Path) -> None:
    """Preview the clean-up of a Windows drive with one bad entry in its registry."""
    (folder / "disk").mkdir()
    plant(folder / "disk", software={RUN: {"x": (SZ, r"C:\qzk.exe")}})
    pack = copytree(EICAR, folder / "pack")
    (pack / "recipe.toml").write_text(RECIPE)
    assert main(["clean", "--dry-run", "--root", str(folder / "disk"), "--pack", str(pack), "--lang", "en"]) == 10


def test_a_plan_for_the_registry_says_before_consent_that_libhivex_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hive_worker, "LIBRARY", "libhivex-that-is-not-there.so")
    _previewed(tmp_path)
    assert "apt install libhivex0" in capsys.readouterr().out


def test_with_libhivex_a_plan_for_the_registry_has_no_such_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _previewed(tmp_path)
    out = capsys.readouterr().out
    assert "remove x" in out
    assert "libhivex" not in out
