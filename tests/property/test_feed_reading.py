"""Whatever bytes come: every record is accounted for, and nothing depends on how they were cut."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sinkhole_report import make_report

from quetsach.core.family import FamilyNames
from quetsach.feeds import csv_frames, reader
from quetsach.feeds.layout import FeedError, Layout
from quetsach.feeds.layout_files import layout_of, read_layouts
from quetsach.feeds.lines import Header, survey
from quetsach.feeds.record import Reason, as_csv, split_strictly
from quetsach.feeds.rows import Rows
from quetsach.feeds.table import REJECTS, SIGHTINGS, records
from quetsach.feeds.together import Delivered, read_together

NOW = datetime(2100, 1, 1, tzinfo=UTC)

FAMILIES = FamilyNames.of([], version="0")
HEADER = b"timestamp,address,malware,port,note,more\n"
LAYOUT = layout_of("plain", None, file_name="", head=HEADER)

TOKENS = st.sampled_from(
    [
        b"2020-06-16 07:30:00,14.160.0.1,mirai,1,,\n",
        b'"2020-06-16 07:30:00","2001:ee0::1","mi""rai",65535,"a, b",x\r\n',
        b"2020-06-16 07:30:00,14.160.0.1,mirai,",
        b"2020-06-16 07:30:00",
        b",",
        b'"',
        b'""',
        b"\n",
        b"\r\n",
        b"\r",
        b"\\",
        b'\\"',
        b"\x00",
        b"\xff",
        "ồ".encode(),
        b"x",
        HEADER,
        HEADER[:-1],
    ]
)
BODIES = st.lists(st.one_of(TOKENS, st.binary(max_size=6)), max_size=40).map(b"".join)


def read_all(
    chunks: list[bytes], *, slice_bytes: int = 32 << 20
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    batches = list(reader.read(chunks, LAYOUT, FAMILIES, slice_bytes=slice_bytes, now=NOW))
    sightings = pa.concat_tables([SIGHTINGS.empty_table(), *[batch.sightings for batch in batches]])
    rejects = pa.concat_tables([REJECTS.empty_table(), *[batch.rejects for batch in batches]])
    assert sightings.num_rows + rejects.num_rows == sum(batch.records for batch in batches)
    return sightings.to_pylist(), rejects.to_pylist(), sum(batch.blank for batch in batches)


@settings(max_examples=400)
@given(BODIES)
def test_every_line_is_a_record_or_blank_or_part_of_a_record(body: bytes) -> None:
    content = HEADER + body
    sightings, rejects, blank = read_all([content])
    whole = content if content.endswith(b"\n") else content + b"\n"
    taken = 0
    for record in (*sightings, *rejects):
        start, end = record["byte_offset"], record["byte_offset"] + record["byte_length"]
        assert content[:start].count(b"\n") + 1 == record["line"]
        assert content[start - 1 : start] == b"\n"
        assert whole[end : end + 1] == b"\n" or whole[end : end + 2] == b"\r\n"
        taken += 1 + content[start:end].count(b"\n")
    assert taken + blank == whole.count(b"\n") - 1
    assert all(reject["reason"] in set(Reason) and reject["excerpt"].isprintable() for reject in rejects)


@given(BODIES)
def test_every_row_that_was_taken_is_a_valid_sighting(body: bytes) -> None:
    batches = list(reader.read([HEADER + body], LAYOUT, FAMILIES, now=NOW))
    taken = [sighting for batch in batches for sighting in records(batch.sightings)]
    assert len(taken) == sum(batch.sightings.num_rows for batch in batches)
    assert all(sighting.feed == "plain" and sighting.address.version in {4, 6} for sighting in taken)


@settings(max_examples=300)
@given(BODIES, st.data())
def test_chunks_and_slices_do_not_matter(body: bytes, data: st.DataObject) -> None:
    content = HEADER + body
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    chunks = [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    assert read_all(chunks, slice_bytes=data.draw(st.integers(1, 200))) == read_all([content])


def test_neither_do_they_for_a_long_report() -> None:
    report = make_report(3000, 7, share_damaged=0.1, share_mended=0.1)
    layout = layout_of("shadowserver", None, file_name="", head=report.content)

    def read_at(slice_bytes: int) -> list[pa.Table]:
        batches = list(reader.read([report.content], layout, FAMILIES, slice_bytes=slice_bytes, now=NOW))
        return [
            pa.concat_tables([batch.sightings for batch in batches]).combine_chunks(),
            pa.concat_tables([batch.rejects for batch in batches]).combine_chunks(),
        ]

    assert read_at(1000) == read_at(32 << 20)


def test_the_number_of_lines_in_a_batch_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'2020-06-16 07:30:00,14.160.0.1,mirai,1,"a\nb",\n\nshort\n' * 50
    expected = read_all([HEADER + body])
    monkeypatch.setattr(csv_frames, "SLICE_LINES", 3)
    assert read_all([HEADER + body]) == expected


@settings(max_examples=300)
@given(BODIES)
def test_the_fast_path_and_the_path_line_by_line_agree(body: bytes) -> None:
    fast = read_all([HEADER + body])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_frames, "_doubtful", lambda _, first, stop: range(first, stop))
        slow = read_all([HEADER + body])
    assert slow == fast


@settings(max_examples=300)
@given(BODIES.map(lambda body: body + b"\n"), st.integers(2, 7))
def test_regular_lines_are_those_that_rfc_4180_allows(body: bytes, columns: int) -> None:
    found = survey(body, columns)
    lines = [line.removesuffix(b"\r") for line in body.split(b"\n")[:-1]]
    assert [body[s : s + n] for s, n in zip(found.starts, found.lengths, strict=True)] == lines
    assert found.blank.tolist() == [not line for line in lines]
    cells = [split_strictly(line) for line in lines]
    assert found.regular.tolist() == [
        bool(line) and split is not None and len(split) == columns and _is_plain(line)
        for line, split in zip(lines, cells, strict=True)
    ]


def _is_plain(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return b"\r" not in line


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=5))
def test_cells_survive_being_written_and_split(cells: list[bytes]) -> None:
    assert split_strictly(as_csv(tuple(cells))) == cells


@given(st.binary(max_size=200))
def test_a_header_is_read_or_refused(head: bytes) -> None:
    try:
        header = Header.parse(head)
    except FeedError:
        return
    assert header.names
    assert all(header.names)


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_every_damaged_row_is_set_aside_for_its_reason_and_every_other_taken(seed: int) -> None:
    report = make_report(120, seed, share_damaged=0.3, share_mended=0.3)
    layout = layout_of("shadowserver", None, file_name="", head=report.content)
    batches = list(reader.read([report.content], layout, replace(FAMILIES, version="1"), now=NOW))
    sightings = pa.concat_tables([batch.sightings for batch in batches])
    rejects = pa.concat_tables([batch.rejects for batch in batches])
    found = dict(zip(rejects.column("line").to_pylist(), rejects.column("reason").to_pylist(), strict=True))
    repairs = dict(zip(sightings.column("line").to_pylist(), sightings.column("repairs").to_pylist(), strict=True))
    assert found == report.rejects
    assert repairs == {
        line: "quotes" if kind in {"backslash", "inner"} else kind for line, kind in report.repairs.items()
    }
    assert sum(batch.repaired for batch in batches) == sum(bool(kind) for kind in repairs.values())
    assert len(found) + len(repairs) == report.records


def _other(framing: str) -> Layout:
    [made] = read_layouts(
        f"""
        feed = "other"
        title = {{ vi = "o", en = "o" }}
        framing = {{ {framing} }}
        [[report]]
        name = "bots"
        summary = {{ vi = "o", en = "o" }}
        columns = {{ observed_at = "at", address = "ip", malware = ["bot", "name"] }}
        """.encode(),
        where="other.toml",
    )
    return made


OTHERS = [
    _other('syntax = "json"'),
    _other('syntax = "json", each = "addresses"'),
    _other('syntax = "json-lines"'),
    _other('syntax = "words", names = ["at", "ip", "bot", "more"], comment = "#"'),
    _other('delimiter = "tab", unquoted = true, comment = "//", names = ["at", "ip", "bot", "name"]'),
    _other('delimiter = "semicolon", names = ["ip", "at", "name", "bot"]'),
]
PIECES = st.sampled_from(
    [
        b'{"at": "2026-11-01 00:30:00", "ip": "14.160.0.1", "bot": "x"}',
        b'{"ip": "14.160.0.2", "addresses": [{"a": 1}, {"a": 2}], "at": "2026-11-01 00:30:00"}',
        b"2026-11-01T00:30:00 14.160.0.1 mirai",
        b'2026-11-01 00:30:00\t14.160.0.1\tmi"rai\t\n',
        b'"14.160.0.1";"2026-11-01 00:30:00";"mi""rai";\r\n',
        *(b"[", b"]", b"{", b"}", b",", b", {", b":", b'"', b"\\", b"\n", b"\r\n", b" ", b"\t", b";", b"#", b"//"),
        *(b"\r", b"null", b"7", b"\xff", b"\x00", b'"at"', "ồ".encode()),
    ]
)


@settings(max_examples=500)
@given(st.sampled_from(OTHERS), st.lists(PIECES, max_size=30).map(b"".join), st.data())
def test_other_files_are_read_alike_however_they_are_cut(layout: Layout, body: bytes, data: st.DataObject) -> None:
    expected = _read_other(layout, [body], 32 << 20)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert _read_other(layout, chunks, data.draw(st.integers(1, 200))) == expected


WELL_FORMED = st.sampled_from(
    [
        b"2020-06-16 07:30:00,14.160.0.1,mirai,1,,\n",
        b"2020-06-16 07:30:00,14.160.0.2,mirai,2,x,y\r\n",
        b"2020-06-18 23:00:00,14.160.0.3,mirai,3,of the future to some,\n",
        b"2020-06-16 07:30:00,10.0.0.1,mirai,1,,\n",
        b'2020-06-16 07:30:00,no address,"mi""rai",1,,\n',
        b"\n",
        HEADER,
        b"address,timestamp,malware,port,note,more\n",
        b"14.160.0.4,2020-06-16 07:30:00,mirai,1,,\n",
    ]
)
HEADS = st.sampled_from(
    [HEADER, b"\xef\xbb\xbf" + HEADER, b"address,timestamp,malware,port,note,more\n", HEADER[:-1], b"timestamp\n", b""]
)
FILES = st.one_of(
    st.lists(WELL_FORMED, max_size=8).map(lambda rows: HEADER + b"".join(rows)),
    st.lists(WELL_FORMED, max_size=8).map(lambda rows: HEADER + b"".join(rows).removesuffix(b"\n")),
    st.tuples(HEADS, BODIES).map(b"".join),
)


@settings(max_examples=100)
@given(st.lists(st.tuples(FILES, st.integers(0, 2)), max_size=7), st.sampled_from([LAYOUT, LAYOUT, *OTHERS]))
def test_files_that_are_read_together_are_read_as_each_alone(files: list[tuple[bytes, int]], layout: Layout) -> None:
    delivered = [Delivered(body, layout, EARLY + timedelta(days=days)) for body, days in files]
    try:
        expected = [
            _told(list(reader.read([one.content], layout, FAMILIES, now=one.now, slice_bytes=32 << 20)))
            for one in delivered
        ]
    except FeedError as error:
        with pytest.raises(FeedError) as refused:
            read_together(delivered, FAMILIES)
        assert len(delivered) > 1 or str(refused.value) == str(error)
        return
    assert [_told([batch]) for batch in read_together(delivered, FAMILIES)] == expected


EARLY = datetime(2020, 6, 16, 8, tzinfo=UTC)


def test_well_formed_files_are_judged_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []
    former = Rows.judge

    def judge(self: Any, columns: Any, places: Any, rest: Any = None) -> Any:
        judged.append(len(places.line))
        return former(self, columns, places, rest)

    monkeypatch.setattr(Rows, "judge", judge)
    row = b"2020-06-16 07:30:00,14.160.0.%d,mirai,1,,\n"
    contents = [HEADER + row % n + row % (100 + n) for n in range(20)] + [HEADER + b"damaged\n" + row % 9]
    batches = read_together([Delivered(content, LAYOUT, NOW) for content in contents], FAMILIES)
    assert sorted(judged) == [1, 40]
    assert [batch.records for batch in batches] == [2] * 21


def _told(batches: list[reader.Batch]) -> tuple[Any, ...]:
    """Return what was read of a file."""
    sightings = [row for batch in batches for row in batch.sightings.to_pylist()]
    rejects = [row for batch in batches for row in batch.rejects.to_pylist()]
    counts = (sum(getattr(batch, name) for batch in batches) for name in ("records", "repaired", "blank", "context"))
    return sightings, rejects, *counts


def _read_other(layout: Layout, chunks: list[bytes], slice_bytes: int) -> tuple[Any, ...]:
    """Return what was read; every record lies where it says, and nothing but blanks and marks lies between them."""
    try:
        batches = list(reader.read(chunks, layout, FAMILIES, slice_bytes=slice_bytes, now=NOW))
    except FeedError as error:
        return (str(error),)
    sightings = [row for batch in batches for row in batch.sightings.to_pylist()]
    rejects = [row for batch in batches for row in batch.rejects.to_pylist()]
    content = b"".join(chunks)
    outside = bytearray(content)
    for record in (*sightings, *rejects):
        start, end = record["byte_offset"], record["byte_offset"] + record["byte_length"]
        assert end <= len(content) + 1
        assert record["line"] == content[:start].count(b"\n") + 1
        outside[start:end] = b" " * (min(end, len(content)) - start)
    if layout.framing.has_objects:
        assert not outside.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n,[]")
    return sightings, rejects, sum(batch.blank for batch in batches)
