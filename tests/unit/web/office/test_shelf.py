"""Files under their checksum: kept once, never handed out in another form; a lost one is told as such."""

import dataclasses
import hashlib
import logging
from pathlib import Path

import pytest

from quetsach.web.office.blob_store import KITS, LETTERS, BlobError


@pytest.fixture(autouse=True)
def data(settings, tmp_path: Path) -> Path:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    return tmp_path


def test_files_are_kept_once_and_read_again(data: Path) -> None:
    one, two, again = LETTERS.put([b"one", b"two", b"one"])
    assert (one, LETTERS.read(two)) == (again, b"two")
    assert {path.name for path in data.glob("letters/??/*")} == {one, two}
    assert not list((data / "letters" / "incoming").iterdir())


def test_the_archive_of_a_kit_is_a_zip_by_its_name(data: Path) -> None:
    (sha256,) = KITS.put([b"PK"])
    assert (data / "publicity" / sha256[:2] / f"{sha256}.zip").read_bytes() == b"PK"


def test_a_file_that_was_changed_is_not_handed_out_and_stands_in_the_log(data: Path, caplog) -> None:
    (sha256,) = LETTERS.put([b"one"])
    (data / "letters" / sha256[:2] / sha256).write_bytes(b"two")
    with caplog.at_level(logging.ERROR), pytest.raises(BlobError, match="was changed"):
        LETTERS.read(sha256)
    assert sha256 in caplog.text


def test_a_file_that_is_gone_is_said_to_be_missing() -> None:
    with pytest.raises(BlobError, match="missing"):
        LETTERS.read(hashlib.sha256(b"never").hexdigest())


def test_without_a_data_folder_nothing_is_kept(settings) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=None)
    with pytest.raises(BlobError, match="no data folder"):
        LETTERS.put([b"one"])
