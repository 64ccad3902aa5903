"""Sealed files come back whole, show nothing to other scanners, and cannot be forged."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from quetsach.endpoint import QuarantineError
from quetsach.endpoint.host.disk import hash_file
from quetsach.endpoint.host.posix.files import read_state
from quetsach.endpoint.store.quarantine import Sealed, SealedRecord, seal

KEY = b"k" * 32


def _seal(folder: Path, content: bytes, *, path: bytes = b"/bad\xff") -> Path:
    (folder / "file").write_bytes(content)
    fd = os.open(folder / "file", os.O_RDONLY)
    try:
        record = SealedRecord("s", 1, path, read_state(fd), hash_file(fd), "family", "rule (author)", "2026-11-25")
        seal(fd, record, folder / "sealed", KEY)
    finally:
        os.close(fd)
    return folder / "sealed"


def _restore(sealed: Sealed, to: Path) -> bytes:
    with to.open("wb+") as file:
        sealed.write_to(file.fileno())
    return to.read_bytes()


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 70000, bytes(range(256)) * 1000])
def test_content_and_record_come_back(tmp_path: Path, content: bytes) -> None:
    sealed = Sealed.open(_seal(tmp_path, content), KEY)
    assert _restore(sealed, tmp_path / "back") == content
    assert sealed.content(len(content)) == content
    assert (sealed.record.path, sealed.record.evidence) == (b"/bad\xff", "rule (author)")


def test_nothing_of_the_file_or_its_path_can_be_read_in_it(tmp_path: Path) -> None:
    raw = _seal(tmp_path, b"stratum+tcp://pool donate-level " * 50, path=b"/var/tmp/kswapd0").read_bytes()
    assert b"stratum" not in raw
    assert b"donate" not in raw
    assert b"kswapd0" not in raw


def test_the_same_file_never_looks_the_same_twice(tmp_path: Path) -> None:
    first = _seal(tmp_path, b"content" * 100).read_bytes()
    second = _seal(tmp_path, b"content" * 100).read_bytes()
    assert first[8:] != second[8:]
    assert first[40:200] != second[40:200]


def test_it_cannot_be_run_or_read_by_others(tmp_path: Path) -> None:
    assert _seal(tmp_path, b"#!/bin/sh\n").stat().st_mode & 0o777 == 0o600


def test_holes_of_a_sparse_file_take_no_room_and_stay_holes(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.seek(32 << 20)
        file.write(b"end")
        file.truncate(64 << 20)
    fd = os.open(tmp_path / "file", os.O_RDONLY)
    record = SealedRecord("s", 1, b"/f", read_state(fd), hash_file(fd), "f", "e", "t")
    seal(fd, record, tmp_path / "sealed", KEY)
    os.close(fd)
    assert (tmp_path / "sealed").stat().st_size < 1 << 20
    with (tmp_path / "back").open("wb+") as back:
        Sealed.open(tmp_path / "sealed", KEY).write_to(back.fileno())
    assert (tmp_path / "back").stat().st_blocks == (tmp_path / "file").stat().st_blocks
    assert (tmp_path / "back").stat().st_size == 64 << 20


def test_any_changed_byte_is_refused(tmp_path: Path) -> None:
    path = _seal(tmp_path, b"content")
    raw = path.read_bytes()
    for position in range(len(raw)):
        forged = bytearray(raw)
        forged[position] ^= 0x80
        path.write_bytes(forged)
        with pytest.raises(QuarantineError, match="damaged, or sealed by another"):
            Sealed.open(path, KEY)


def test_one_cut_short_is_refused(tmp_path: Path) -> None:
    path = _seal(tmp_path, b"content")
    raw = path.read_bytes()
    for length in (0, 7, 39, 40, 72, len(raw) - 1):
        path.write_bytes(raw[:length])
        with pytest.raises(QuarantineError):
            Sealed.open(path, KEY)


def test_one_sealed_by_another_installation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuarantineError, match="another installation"):
        Sealed.open(_seal(tmp_path, b"content"), b"other" * 8)


def test_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuarantineError, match="not there any more"):
        Sealed.open(tmp_path / "none", KEY)


def test_a_file_that_is_not_what_was_recorded_is_not_sealed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"now")
    fd = os.open(tmp_path / "file", os.O_RDONLY)
    record = SealedRecord("s", 1, b"/f", read_state(fd), hash_file(fd), "f", "e", "t")
    with pytest.raises(QuarantineError, match="changed while it was read"):
        seal(fd, replace(record, sha256="0" * 64), tmp_path / "sealed", KEY)
    os.close(fd)
    assert not list(tmp_path.glob("sealed*"))


def test_a_file_larger_than_the_limit_is_not_taken_into_memory(tmp_path: Path) -> None:
    with pytest.raises(QuarantineError, match="too large"):
        Sealed.open(_seal(tmp_path, b"content"), KEY).content(6)
