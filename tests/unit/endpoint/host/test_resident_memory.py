"""A large mapped file does not stay in memory."""

import mmap
import re
import time
from pathlib import Path

import pytest
from tests.waiting import until

from quetsach.endpoint.host.posix import workers
from quetsach.endpoint.host.posix.workers import little_resident


def _resident_kb() -> int:
    found = re.search(r"RssFile:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1])


def test_pages_that_were_read_are_given_back_and_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MOST_RESIDENT_KB", 0)
    content = b"0123456789abcdef" * (1 << 20)
    (tmp_path / "file").write_bytes(content)
    state = (tmp_path / "file").stat()
    with (
        (tmp_path / "file").open("rb") as file,
        little_resident(state.st_dev, state.st_ino),
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
    ):
        before = _resident_kb()
        assert mapped[:] == content
        until(lambda: _resident_kb() <= before + 1024)
        assert mapped[:] == content


def test_what_was_mapped_before_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MOST_RESIDENT_KB", 0)
    (tmp_path / "file").write_bytes(b"x" * (16 << 20))
    state = (tmp_path / "file").stat()
    with (tmp_path / "file").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        before = _resident_kb()
        with little_resident(state.st_dev, state.st_ino):
            assert mapped[:].count(b"x") == 16 << 20
            time.sleep(0.1)
            assert _resident_kb() >= before + 15 * 1024
