"""A file is read again when it was replaced, and only then."""

import os
from pathlib import Path

import pytest

from quetsach import storage
from quetsach.storage import LastRead


def test_a_file_is_read_once_until_it_is_replaced(tmp_path: Path) -> None:
    read: list[str] = []
    last = LastRead(lambda path: read.append(path.read_text()) or read[-1])
    path = tmp_path / "figures.json"
    for text in ("one", "two"):
        storage.write(path, text)
        os.utime(path, (1, 1))  # the clock alone does not tell
        assert [last.of(path), last.of(path)] == [text, text]
    assert read == ["one", "two"]


def test_what_cannot_be_read_is_tried_again(tmp_path: Path) -> None:
    last = LastRead(lambda path: int(path.read_text()))
    path = tmp_path / "figures.json"
    with pytest.raises(FileNotFoundError):
        last.of(path)
    path.write_text("x")
    for _ in range(2):
        with pytest.raises(ValueError, match="x"):
            last.of(path)
