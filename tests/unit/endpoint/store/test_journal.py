"""The journal gives back what was written, forgives an end cut short, and refuses everything else."""

from pathlib import Path

import pytest

from quetsach.endpoint import JournalError
from quetsach.endpoint.store.journal import MAGIC, Journal, read_journal

KEY = b"k" * 32


def _written(path: Path, *records: dict[str, object]) -> bytes:
    with Journal(path, KEY) as journal:
        for record in records:
            journal.append(record)
    return path.read_bytes()


def test_records_come_back_in_order(tmp_path: Path) -> None:
    data = _written(tmp_path / "j", {"a": 1}, {"b": "ế"})
    assert read_journal(data, KEY).records == ({"a": 1}, {"b": "ế"})


def test_a_journal_is_continued(tmp_path: Path) -> None:
    _written(tmp_path / "j", {"n": 1})
    data = _written(tmp_path / "j", {"n": 2})
    assert [r["n"] for r in read_journal(data, KEY).records] == [1, 2]


def test_a_journal_is_private(tmp_path: Path) -> None:
    _written(tmp_path / "j", {"n": 1})
    assert (tmp_path / "j").stat().st_mode & 0o777 == 0o600


def test_an_end_cut_short_anywhere_drops_the_last_record_only(tmp_path: Path) -> None:
    first = _written(tmp_path / "j", {"n": 1})
    whole = _written(tmp_path / "j", {"n": 2})
    for length in range(len(first), len(whole)):
        reading = read_journal(whole[:length], KEY)
        assert (reading.records, reading.length) == (({"n": 1},), len(first))


def test_a_start_cut_short_is_an_empty_journal() -> None:
    for length in range(len(MAGIC) + 1):
        assert read_journal(MAGIC[:length], KEY).records == ()


def test_space_that_was_reserved_and_not_written_is_no_record(tmp_path: Path) -> None:
    data = _written(tmp_path / "j", {"n": 1})
    assert read_journal(data + bytes(4096), KEY).records == ({"n": 1},)


def test_a_last_record_whose_content_never_reached_the_disk_is_dropped(tmp_path: Path) -> None:
    first = _written(tmp_path / "j", {"n": 1})
    whole = _written(tmp_path / "j", {"n": 2, "long": "x" * 100})
    torn = whole[: len(first) + 60] + bytes(len(whole) - len(first) - 60)
    assert read_journal(torn, KEY).records == ({"n": 1},)


def test_what_was_cut_short_is_overwritten_by_the_next_record(tmp_path: Path) -> None:
    _written(tmp_path / "j", {"n": 1})
    with (tmp_path / "j").open("ab") as file:
        file.write(b"\x05\0\0")
    data = _written(tmp_path / "j", {"n": 2})
    assert [r["n"] for r in read_journal(data, KEY).records] == [1, 2]


def test_a_byte_changed_before_the_last_record_is_refused_with_its_place(tmp_path: Path) -> None:
    first = _written(tmp_path / "j", {"n": 1})
    whole = bytearray(_written(tmp_path / "j", {"n": 2}))
    for position in range(len(MAGIC), len(first)):
        forged = bytearray(whole)
        forged[position] ^= 1
        with pytest.raises(JournalError, match="damaged or changed at byte 8"):
            read_journal(bytes(forged), KEY)


def test_records_in_another_order_are_refused(tmp_path: Path) -> None:
    first = _written(tmp_path / "j", {"n": 1})
    whole = _written(tmp_path / "j", {"n": 2}, {"n": 3})
    size = len(first) - len(MAGIC)
    swapped = whole[: len(MAGIC)] + whole[len(first) : len(first) + size] + whole[len(MAGIC) : len(first)]
    with pytest.raises(JournalError, match="damaged"):
        read_journal(swapped + whole[len(first) + size :], KEY)


def test_a_journal_of_another_key_is_refused(tmp_path: Path) -> None:
    data = _written(tmp_path / "j", {"n": 1}, {"n": 2})
    with pytest.raises(JournalError, match="damaged or changed"):
        read_journal(data, b"other" * 8)


def test_a_file_that_is_no_journal_is_refused() -> None:
    with pytest.raises(JournalError, match="not a session journal"):
        read_journal(b"#!/bin/sh\n", KEY)


def test_a_record_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", KEY) as journal, pytest.raises(JournalError, match="larger"):
        journal.append({"x": "y" * (17 << 20)})


def test_the_caller_hears_of_each_record_when_it_is_on_disk(tmp_path: Path) -> None:
    sizes: list[int] = []
    path = tmp_path / "j"
    with Journal(path, KEY, lambda: sizes.append(len(read_journal(path.read_bytes(), KEY).records))) as journal:
        journal.append({"n": 1})
        journal.append({"n": 2})
    assert sizes == [1, 2]


def test_reading_a_journal_that_is_being_written_changes_nothing(tmp_path: Path) -> None:
    _written(tmp_path / "j", {"n": 1})
    with (tmp_path / "j").open("ab") as file:
        file.write(b"\x05\0\0")
    before = (tmp_path / "j").read_bytes()
    with Journal(tmp_path / "j", KEY) as journal:
        assert journal.records == ({"n": 1},)
    assert (tmp_path / "j").read_bytes() == before


def test_a_journal_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    _written(tmp_path / "real", {"n": 1})
    (tmp_path / "j").symlink_to("real")
    with pytest.raises(JournalError, match="symbolic links"):
        Journal(tmp_path / "j", KEY)


def test_a_journal_that_cannot_be_written_stops_everything(tmp_path: Path) -> None:
    with Journal(tmp_path / "gone" / "j", KEY) as journal, pytest.raises(JournalError, match="cannot be written"):
        journal.append({"n": 1})
