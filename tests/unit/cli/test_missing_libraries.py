"""What a machine lacks is said to whoever can install it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.cli.main import main
from quetsach.endpoint.scanner.archive import library


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
