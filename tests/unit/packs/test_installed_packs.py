import os
from pathlib import Path

import pytest

from quetsach.packs import PackError
from quetsach.packs.installed import install, installed_folder, installed_or_none


def content(folder: Path | None) -> dict[str, bytes]:
    assert folder is not None
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_nothing_is_installed_at_first(tmp_path: Path) -> None:
    assert installed_folder(tmp_path) is None


def test_what_was_installed_last_counts(tmp_path: Path) -> None:
    install(tmp_path, {"a.qsp": b"1", "b.qsp": b"2"})
    install(tmp_path, {"a.qsp": b"3"})
    assert content(installed_folder(tmp_path)) == {"a.qsp": b"3"}


def test_the_former_generation_stays_for_a_scan_that_reads_it_and_older_ones_go(tmp_path: Path) -> None:
    folders = [install(tmp_path, {"a.qsp": bytes([n])}) for n in range(3)]
    assert [folder.is_dir() for folder in folders] == [False, True, True]


@pytest.mark.parametrize("name", ["", "..", "../elsewhere", "generation-9", "generation-1/../..", "x" * 200])
def test_a_pointer_to_anything_but_a_generation_is_refused_and_an_update_mends_it(tmp_path: Path, name: str) -> None:
    install(tmp_path, {"a.qsp": b"1"})
    (tmp_path / "packs" / "current").write_text(name)
    with pytest.raises(PackError, match="damaged"):
        installed_folder(tmp_path)
    assert installed_or_none(tmp_path) is None
    install(tmp_path, {"a.qsp": b"2"})
    assert content(installed_folder(tmp_path)) == {"a.qsp": b"2"}


def test_a_state_that_cannot_be_written_is_an_explained_error(tmp_path: Path) -> None:
    (tmp_path / "packs").write_text("in the way")
    with pytest.raises(PackError, match="cannot be installed"):
        install(tmp_path, {})


def test_half_of_a_generation_does_not_stay_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, {"a.qsp": b"1"})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        for _ in range(3):
            with pytest.raises(PackError, match="cannot be installed"):
                install(tmp_path, {"a.qsp": b"2"})
    assert [path.name for path in (tmp_path / "packs").glob("generation-*")] == ["generation-1"]
    assert content(installed_folder(tmp_path)) == {"a.qsp": b"1"}
