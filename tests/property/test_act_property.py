"""Whatever the bytes: what is removed comes back exactly, and what is hostile is refused as an error of ours."""

import json
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.infection import file_anchor, finding
from tests.snapshot import snapshot

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint import JournalError
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.rewrite import reinsert_lines, remove_lines, split_lines
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.host.registry import (
    MULTI_SZ,
    SZ,
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
)
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import Outcome, edits_as_json, edits_from_json
from quetsach.endpoint.plan.windows import without_entries
from quetsach.endpoint.store.journal import MAGIC, Journal, read_journal
from quetsach.endpoint.store.state import State

KEY = b"k" * 32
NOW = datetime(2026, 11, 25, tzinfo=UTC)
names = st.binary(min_size=1, max_size=255).filter(lambda n: not set(n) & set(b"/\0") and n not in (b".", b".."))
times = st.integers(-(2**31) * 10**9, 2**33 * 10**9)
attributes = st.dictionaries(st.text("abz.é", min_size=1, max_size=20), st.binary(max_size=100), max_size=3)


@settings(max_examples=60)
@given(
    name=names,
    content=st.binary(max_size=300) | st.integers(0, 3).map(lambda n: b"\xc3\0block" * (20_000 * n)),
    mode=st.integers(0, 0o7777),
    owner=st.tuples(st.integers(0, 70_000), st.integers(0, 70_000)),
    file_times=st.tuples(times, times),
    folder_times=st.tuples(times, times),
    xattrs=attributes,
)
def test_a_file_comes_back_with_all_that_it_had(
    name: bytes,
    content: bytes,
    mode: int,
    owner: tuple[int, int],
    file_times: tuple[int, int],
    folder_times: tuple[int, int],
    xattrs: dict[str, bytes],
) -> None:
    with tempfile.TemporaryDirectory() as work:
        root = Path(work, "root")
        (root / "d").mkdir(parents=True)
        there = root / "d" / os.fsdecode(name)
        there.write_bytes(content)
        for key, value in xattrs.items():
            os.setxattr(there, f"user.{key}", value)
        if os.geteuid() == 0:
            os.chown(there, *owner)
        there.chmod(mode)
        os.utime(there, ns=file_times)
        os.utime(root / "d", ns=folder_times)
        anchor = file_anchor(root, b"/d/" + name)
        before = snapshot(root)
        state, host = State.open(Path(work, "state")), mounted_host(root)
        plan = make_plan([finding(anchor, ArtefactKind.FILE, Action.QUARANTINE)], host, state.folder)
        result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
        assert not os.path.lexists(there)
        undone = undo(state, host, result.session, now=NOW)
        assert [step.outcome for step in undone.steps] == [Outcome.RESTORED]
        assert snapshot(root) == before


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda data: MAGIC + data))
def test_no_bytes_are_anything_but_a_journal_or_refused(data: bytes) -> None:
    with suppress(JournalError):
        read_journal(data, KEY)


@settings(max_examples=40)
@given(
    st.lists(
        st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=20), max_size=3), min_size=1, max_size=5
    ),
    st.data(),
)
def test_a_journal_with_any_damage_gives_a_beginning_of_it_or_is_refused(
    records: list[dict[str, object]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as work:
        path = Path(work, "j")
        with Journal(path, KEY) as journal:
            for record in records:
                journal.append(record)
        raw = bytearray(path.read_bytes())
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    with suppress(JournalError):
        found = read_journal(bytes(raw), KEY).records
        assert list(found) == records[: len(found)]


texts = st.lists(st.sampled_from([b"a\n", b"b\n", b"evil\n", b"\n", b"x\r\n", b"\xff\0\n"]), max_size=12).map(b"".join)


@given(texts, st.sampled_from([b"", b"tail"]), st.data())
def test_removed_lines_put_back_give_the_original(text: bytes, tail: bytes, data: st.DataObject) -> None:
    original = text + tail
    lines = split_lines(original)
    assert b"".join(lines) == original
    chosen = data.draw(st.sets(st.integers(1, len(lines)))) if lines else set()
    edited = remove_lines(original, {n: lines[n - 1].rstrip(b"\r\n") for n in chosen})
    assert edited is not None
    assert reinsert_lines(edited, original, chosen) == original


@given(texts, texts, st.sets(st.integers(1, 12)))
def test_putting_lines_back_never_loses_a_line_of_what_is_there(
    current: bytes, original: bytes, removed: set[int]
) -> None:
    merged = reinsert_lines(current, original, removed)
    if merged is not None:
        left = split_lines(merged)
        for line in split_lines(current):
            assert line in left
            left.remove(line)
        expected = [line for number, line in enumerate(split_lines(original), 1) if number in removed]
        assert sorted(left) == sorted(expected)


_NAMES = st.text(st.characters(exclude_characters=",; \0", exclude_categories=["Cs"]), min_size=1, max_size=5)


@given(entries=st.lists(_NAMES, min_size=1, max_size=8), data=st.data(), separator=st.sampled_from([",", ";", " ", ""]))
def test_an_entry_taken_out_of_a_list_leaves_exactly_the_others(
    entries: list[str], data: st.DataObject, separator: str
) -> None:
    taken = data.draw(st.sampled_from(entries))
    left = [entry for entry in entries if entry != taken]
    if separator:
        value = RegistryValue("v", SZ, f"{separator.join(entries)}\0".encode("utf-16-le"))
        expected = f"{separator.join(left)}\0".encode("utf-16-le")
    else:
        value = RegistryValue("v", MULTI_SZ, "".join(f"{entry}\0" for entry in [*entries, ""]).encode("utf-16-le"))
        expected = "".join(f"{entry}\0" for entry in [*left, ""]).encode("utf-16-le")
    assert without_entries(value, [taken]) == RegistryValue("v", value.type, expected)


@given(data=st.binary(max_size=40), type_=st.sampled_from([0, 1, 2, 3, 4, 7, 11, 99]), entry=st.text(max_size=4))
def test_taking_an_entry_out_of_any_bytes_is_no_error(data: bytes, type_: int, entry: str) -> None:
    taken = without_entries(RegistryValue("v", type_, data), [entry])
    assert taken is None or taken.type == type_


_VALUES = st.builds(RegistryValue, st.text(max_size=5), st.integers(0, 2**32 - 1), st.binary(max_size=20))
_CONTENT = st.recursive(
    st.builds(KeyContent, st.lists(_VALUES, max_size=2).map(tuple)),
    lambda below: st.builds(
        KeyContent, st.lists(_VALUES, max_size=2).map(tuple), st.dictionaries(st.text(max_size=5), below, max_size=3)
    ),
    max_leaves=6,
)
_EDITS = st.one_of(
    st.builds(SetValue, st.text(max_size=9), _VALUES),
    st.builds(DeleteValue, st.text(max_size=9), st.text(max_size=5)),
    st.builds(DeleteKey, st.text(max_size=9)),
    st.builds(PutKey, st.text(max_size=9), _CONTENT),
)


@given(edits=st.lists(_EDITS, max_size=5).map(tuple))
def test_edits_of_the_registry_come_back_from_their_journal_form(edits: tuple[RegistryEdit, ...]) -> None:
    assert edits_from_json(json.loads(json.dumps(edits_as_json(edits)))) == edits
