"""A log that was changed, cut or put together anew is found out, with the first entry that is wrong."""

import copy
import dataclasses
from pathlib import Path

import pytest
from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.web.office.conftest import NOW

from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.log.services import (
    BEGINNING,
    FILE,
    Head,
    LogError,
    all_entries,
    digest_of,
    head_note,
    head_read,
    log_append,
    verify,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def chain(details: list[dict]) -> list[LogEntry]:
    """Make a log that was kept nowhere."""
    entries, previous = [], BEGINNING
    for number, detail in enumerate(details, start=1):
        entry = LogEntry(number=number, at=NOW, act="act", subject=f"x:{number}", detail=detail, previous=previous)
        entry.digest = previous = digest_of(entry)
        entries.append(entry)
    return entries


CHAINS = st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=3), min_size=1, max_size=6).map(chain)


@given(CHAINS)
def test_a_log_as_it_was_written_is_whole(entries: list[LogEntry]) -> None:
    verdict = verify(entries, heads=[Head(entries[-1].number, entries[-1].digest)])
    assert (verdict.fault, verdict.entries) == ("", len(entries))


@given(CHAINS, st.data())
def test_a_changed_entry_is_named(entries: list[LogEntry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    changes = {"act": "other", "subject": "x:99", "person_name": "Q", "person_id": 7, "unit_id": 3, "detail": {"n": -1}}
    name = data.draw(st.sampled_from(sorted(changes)))
    changed = copy.deepcopy(entries)
    setattr(changed[at], name, changes[name])
    if getattr(changed[at], name) != getattr(entries[at], name):
        assert verify(changed).number == at + 1


@given(CHAINS, st.data())
def test_an_entry_that_was_changed_and_sealed_anew_breaks_the_next_or_the_noted_head(entries, data) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    changed = copy.deepcopy(entries)
    changed[at].act = "other"
    changed[at].digest = digest_of(changed[at])
    verdict = verify(changed, heads=[Head(entries[-1].number, entries[-1].digest)])
    assert verdict.number == min(at + 2, len(entries))


@given(CHAINS, st.data())
def test_a_missing_entry_is_named(entries: list[LogEntry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    left = entries[:at] + entries[at + 1 :]
    assert verify(left, heads=[Head(entries[-1].number, entries[-1].digest)]).number == at + 1


def test_without_a_noted_head_a_cut_log_looks_whole() -> None:
    assert verify(chain([{}, {}, {}])[:2]).fault == ""


def test_a_noted_head_that_the_log_has_outgrown_is_checked_all_the_same() -> None:
    entries = chain([{}, {}, {}])
    assert verify(entries, heads=[Head(2, entries[1].digest)]).fault == ""
    assert verify(entries, heads=[Head(2, "0" * 64)]).number == 2


def test_the_stored_log_is_whole(db) -> None:
    for number in range(3):
        detail = {"một": [1, None, "Hải Phòng"], "n": number, "x": {"y": 0.25}}
        log_append(by=None, act="begin", subject="x:1", unit=None, detail=detail, now=NOW)
    assert verify(all_entries()).entries == 3


def test_the_head_is_noted_once_the_entry_is_kept(db, settings, tmp_path: Path) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    with TestCase.captureOnCommitCallbacks(execute=True):
        entry = log_append(by=None, act="begin", subject="x:1", unit=None, detail={}, now=NOW)
        assert head_read(tmp_path) is None
    assert head_read(tmp_path) == Head(1, entry.digest)


def test_an_earlier_head_never_replaces_a_later_one(tmp_path: Path) -> None:
    head_note(tmp_path, Head(5, "a" * 64))
    head_note(tmp_path, Head(4, "b" * 64))
    assert head_read(tmp_path) == Head(5, "a" * 64)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"number": "x", "digest": 1}', b"\xff", b"{" * 9000])
def test_a_damaged_note_is_said_to_be_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(LogError, match="damaged"):
        head_read(tmp_path)
