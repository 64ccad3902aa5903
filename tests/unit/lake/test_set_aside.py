"""Records that were set aside: with their bytes, and read again."""

import base64
import csv
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lake_reader import TESTER, landed_bytes, watch_layouts
from tests.unit.lake.test_keeping import HEADER, NOW, TWO_DAYS, annotate, ingest

from quetsach.core.errors import QuetsachError
from quetsach.core.family import FamilyNames
from quetsach.core.period import parse_day
from quetsach.core.table import unguarded
from quetsach.feeds.layout import Framing, Syntax
from quetsach.feeds.record import Reason
from quetsach.lake import LakeError, keeping, readers, set_aside
from quetsach.lake.lake import Lake
from quetsach.lake.retry import Retried, retry
from quetsach.lake.set_aside import COLUMNS, SetAside, as_csv, as_json_lines, record_at, records_set_aside
from quetsach.lake.verification import Kind, Verification

HOSTILE = "2020-06-17 07:00:00,\"=cmd|' /C calc'!A0\",mirai,VN,\n"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with one delivery without fault, one with a formula and bytes that are no text, one with a bad time."""
    lake = Lake(tmp_path / "lake")
    ingest(lake, TWO_DAYS)
    content = (TWO_DAYS + HOSTILE).encode() + b"2020-06-17 07:00:00,14.160.0.1,\xff\x1b[2J,VN,\n"
    ingest_bytes(lake, content + b"=1+1,14.160.0.1,mirai,VN,\n")
    ingest(lake, HEADER + "yesterday,14.160.0.1,mirai,VN,\n")
    return lake


def ingest_bytes(lake: Lake, content: bytes) -> None:
    names = FamilyNames.of([], version="f")
    lake.ingest(content, feed="plain", families=names, annotate=annotate, now=NOW, name="f.csv")


def all_of(lake: Lake, **which: str) -> list[SetAside]:
    with lake.view() as view:
        return list(records_set_aside(view, by=TESTER, **which))


def test_each_record_comes_with_the_bytes_that_were_delivered(lake: Lake) -> None:
    with lake.view() as view:
        found = all_of(lake)
        for one in found:
            whole = landed_bytes(view, one.delivery)
            assert one.content == whole[one.byte_offset :][: one.byte_length]
    assert sorted(one.reason for one in found) == ["bad_ip", "bad_timestamp", "bad_timestamp", "bad_utf8"]


@settings(max_examples=60)
@given(st.data())
def test_records_are_cut_out_of_a_file_however_it_is_chunked(data: st.DataObject) -> None:
    content = data.draw(st.binary(min_size=1, max_size=200))
    edges = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    chunks = [content[a:b] for a, b in zip([0, *edges], [*edges, len(content)], strict=True) if a < b]
    offsets = sorted(data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)))
    places = [(offset, data.draw(st.integers(0, len(content) - offset))) for offset in offsets]
    rows = [{"line": 2, "byte_offset": o, "byte_length": n, "reason": "bad_ip", "column": ""} for o, n in places]
    found = set_aside._with_bytes(iter(chunks), rows, None)  # type: ignore[arg-type]
    assert [one.content for one in found] == [content[o : o + n] for o, n in places]


def test_a_long_record_is_cut_and_says_so(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_aside, "MOST_BYTES", 8)
    assert {(len(one.content), one.is_cut) for one in all_of(lake)} == {(8, True)}


def test_one_record_is_found_by_its_place(lake: Lake) -> None:
    wanted = all_of(lake)[1]
    with lake.view() as view:
        one = record_at(view, delivery=wanted.delivery.id[:8], offset=wanted.byte_offset, by=TESTER)
        assert one == wanted
        with pytest.raises(LakeError, match="byte 1 "):
            record_at(view, delivery=wanted.delivery.id, offset=1, by=TESTER)
        with pytest.raises(LakeError, match="no delivery"):
            record_at(view, delivery="00000000", offset=1, by=TESTER)


def test_reading_is_logged_before_the_first_record(lake: Lake) -> None:
    with lake.view() as view:
        records = records_set_aside(view, feed="plain", by=TESTER)
        next(records)
        assert [(r.what, r.of) for r, _ in readers.readings(lake.folder) if r] == [("quarantine", "plain")]
    assert all_of(lake, feed="shadowserver") == []
    assert len(list(readers.readings(lake.folder))) == 1


def test_without_the_log_nothing_is_read(lake: Lake) -> None:
    (lake.folder / readers.ACCESS_FILE).mkdir()
    with pytest.raises(LakeError, match="not shown"):
        all_of(lake)


def test_a_csv_file_holds_every_byte_and_no_formula(lake: Lake) -> None:
    found = all_of(lake)
    header, *rows = csv.reader("".join(as_csv(found)).splitlines(keepends=True))
    assert tuple(header) == COLUMNS
    assert [bytes_of(dict(zip(COLUMNS, row, strict=True))) for row in rows] == [one.content for one in found]
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    assert any(cell.startswith("'=1+1") for row in rows for cell in row)


def test_lines_of_json_hold_every_byte_and_nothing_that_a_terminal_obeys(lake: Lake) -> None:
    found = all_of(lake)
    lines = list(as_json_lines(found))
    rows = [json.loads(line) for line in lines]
    assert [base64.b64decode(r["base64"]) if r["base64"] else r["text"].encode() for r in rows] == [
        one.content for one in found
    ]
    assert all(line.isascii() and line.endswith("\n") and line[:-1].isprintable() for line in lines)


def bytes_of(row: dict[str, str]) -> bytes:
    return base64.b64decode(row["base64"]) if row["base64"] else unguarded(row["text"]).encode()


def test_records_of_expired_deliveries_are_gone(lake: Lake) -> None:
    keeping.expire(lake, before=parse_day("2020-06-19"))
    assert all_of(lake) == []


def test_a_file_that_ends_too_early_is_said(lake: Lake) -> None:
    rows = [{"line": 2, "byte_offset": 5, "byte_length": 9, "reason": Reason.BAD_IP, "column": ""}]
    with pytest.raises(LakeError, match="ends before"):
        list(set_aside._with_bytes(iter([b"short"]), rows, lake.view().deliveries()[0]))


def test_records_out_of_the_order_of_their_file_are_said(lake: Lake) -> None:
    rows = [{"line": 2, "byte_offset": at, "byte_length": 2, "reason": Reason.BAD_IP, "column": ""} for at in (5, 1)]
    with pytest.raises(LakeError, match="not in the order"):
        list(set_aside._with_bytes(iter([b"d", b"e", b"livered"]), rows, lake.view().deliveries()[0]))


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"PAR1")])
def test_a_quarantine_that_is_gone_or_damaged_is_said(lake: Lake, damage: Callable[[Path], object]) -> None:
    damage(lake.folder / lake.view().deliveries()[1].quarantine_path)
    with pytest.raises(LakeError, match="quarantine cannot be read") as told:
        all_of(lake)
    assert "quarantine/" in str(told.value)


def test_a_file_is_read_no_further_than_the_last_record_asked_for() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"first,second"
        raise AssertionError("read on")

    rows = [{"line": 2, "byte_offset": 0, "byte_length": 5, "reason": "bad_ip", "column": ""}]
    [one] = set_aside._with_bytes(chunks(), rows, None)  # type: ignore[arg-type]
    assert one.content == b"first"


WATCH = "at,ip,bot,kind\n"
ROWS = (
    "2020-06-16 07:00:00,14.160.0.1,mirai,bot\n2020-06-17 07:00:00,14.160.0.2,mirai,c2\n"
    "2020-06-16 07:00:00,14.160.0.1,mirai,c2\n2020-06-17 07:00:00,nowhere,mirai,c2\n"
)


@pytest.fixture
def watch(tmp_path: Path) -> Lake:
    """A lake whose layout is mended since: a record is new, one is there already, one has another fault."""
    lake = Lake(tmp_path / "watch", layouts=watch_layouts("bot"))
    ingest_watch(lake, WATCH + ROWS)
    return Lake(lake.folder, layouts=watch_layouts("bot", "c2"))


def ingest_watch(lake: Lake, content: str, *, named: str = "2020-06-17-bots.csv") -> None:
    names = FamilyNames.of([], version="f")
    lake.ingest(content.encode(), feed="watch", families=names, annotate=annotate, now=NOW, name=named)


def retried(lake: Lake, *, is_dry_run: bool = False) -> Retried:
    [one] = lake.view().deliveries()
    names = FamilyNames.of([], version="f")
    return retry(lake, one.id, families=names, annotate=annotate, now=NOW, is_dry_run=is_dry_run)


def counts(lake: Lake) -> tuple[int, int, int, int]:
    [one] = lake.view().deliveries()
    return one.records, one.accepted, one.duplicates, one.quarantined


def test_what_is_understood_now_is_taken_in_once_and_the_rest_has_its_reason_of_today(watch: Lake) -> None:
    assert [one.reason for one in all_of(watch)] == ["other_kind"] * 3
    done = retried(watch)
    assert (done.records, done.accepted, done.duplicates, done.quarantined) == (3, 1, 1, 1)
    assert (counts(watch), done.reasons) == ((4, 2, 1, 1), {"bad_ip": 1})
    [left] = all_of(watch)
    assert (left.reason, left.line, left.content) == ("bad_ip", 5, ROWS.splitlines()[3].encode())
    state = watch.view().state
    again = retried(watch)
    assert (again.accepted, again.quarantined, again.is_written) == (0, 1, False)
    assert watch.view().state == state
    ingest_watch(watch, WATCH + ROWS)
    assert counts(watch) == (4, 2, 1, 1)


def test_a_dry_run_says_the_same_and_changes_nothing(watch: Lake) -> None:
    before = {path: path.read_bytes() for path in watch.folder.rglob("*.*") if path.is_file()}
    told = retried(watch, is_dry_run=True)
    assert {path: path.read_bytes() for path in watch.folder.rglob("*.*") if path.is_file()} == before
    assert (told.accepted, told.is_written) == (1, False)
    assert retried(watch).reasons == told.reasons


def test_a_place_without_a_record_of_today_keeps_its_reason(watch: Lake) -> None:
    other = watch_layouts("bot", "c2")
    framing = other.all[0].framing
    [layout] = [replace(one, framing=replace(framing, comment="2020-06-17")) for one in other]
    done = retried(Lake(watch.folder, layouts=replace(other, all=(layout,))))
    assert (done.accepted, done.duplicates, done.reasons) == (0, 1, {"other_kind": 2})


def test_a_record_of_an_expired_day_keeps_its_reason_while_the_file_is_kept(watch: Lake) -> None:
    lake = Lake(watch.folder.parent / "both", layouts=watch_layouts("bot"))
    ingest_watch(lake, WATCH + ROWS + "2020-06-17 08:00:00,14.160.0.3,mirai,bot\n")
    keeping.expire(lake, before=parse_day("2020-06-17"))
    done = retried(Lake(lake.folder, layouts=watch.layouts))
    assert (done.accepted, done.duplicates, done.reasons) == (1, 0, {"other_kind": 1, "bad_ip": 1})


def test_retries_and_ingests_at_once_take_each_record_once(watch: Lake) -> None:
    errors: list[QuetsachError] = []

    def work(run: Callable[[Lake], object]) -> None:
        try:
            run(Lake(watch.folder, layouts=watch.layouts))
        except QuetsachError as error:
            errors.append(error)

    names, [one] = FamilyNames.of([], version="f"), watch.view().deliveries()
    again = WATCH + ROWS.splitlines(keepends=True)[1]
    runs = [
        *[lambda lake: retry(lake, one.id, families=names, annotate=annotate, now=NOW)] * 2,
        lambda lake: ingest_watch(lake, again, named="2020-06-18-bots.csv"),
    ]
    threads = [threading.Thread(target=work, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with watch.view() as view:
        assert (view.sightings_count(), sum(d.accepted for d in view.deliveries())) == (2, 2)
        assert sum(d.duplicates for d in view.deliveries()) == 2
        assert len(view.catalog.commits) == 3


def test_records_that_share_a_place_are_not_read_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    bundle = b'{"response": {"report": [{"ip": "nowhere"}]}}'
    layouts = watch_layouts("bot")
    shared = replace(layouts.all[0], framing=Framing(syntax=Syntax.JSON, path="response.report"), header=frozenset())
    lake = Lake(tmp_path / "lake", layouts=replace(layouts, all=(shared,)))
    ingest_watch(lake, bundle.decode(), named="2020-06-17-bots.json")
    assert counts(lake) == (1, 0, 0, 1)
    with pytest.raises(LakeError, match="in one place"):
        retried(lake)


def test_a_retry_without_its_delivery_is_a_fault(watch: Lake) -> None:
    [one] = watch.view().deliveries()
    retried(watch)
    assert Verification(watch, is_deep=True).run().faults == ()
    (watch.folder / "deliveries" / f"{one.id}.json").unlink()
    with pytest.raises(LakeError, match="does not follow"):
        Lake(watch.folder).view()
    [fault] = Verification(Lake(watch.folder)).run().faults
    assert (fault.kind, "does not follow" in fault.what.en) == (Kind.RECORD, True)
