"""A whole file: what is accepted, where it lay, what is kept of it."""

import json
import random
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from bench.conformance import Case, Mapped, compare
from tests.sinkhole_report import HEADER, Report, cells, encode

from quetsach.core.address import Address
from quetsach.core.family import Family, FamilyNames
from quetsach.feeds.layout import FeedError
from quetsach.feeds.layout_files import layout_of
from quetsach.feeds.reader import read
from quetsach.feeds.record import MAX_RECORD_BYTES, MAX_RECORD_LINES
from quetsach.feeds.table import REJECTS, SIGHTINGS

NOW = datetime(2100, 1, 1, tzinfo=UTC)

FAMILIES = FamilyNames.of([Family("andromeda", "Andromeda", "windows", ("avalanche-andromeda",))], version="1")
PLAIN = b"timestamp,address,malware,port,note\n"
ROW = b"2020-06-16 07:30:00,14.160.0.1,mirai,1024,\n"


def read_all(
    content: bytes, feed: str = "plain", *, report: str | None = None, **limits: int
) -> tuple[list[dict[str, Any]], ...]:
    layout = layout_of(feed, report, file_name="x.csv", head=content[: 1 << 16])
    batches = list(read([content], layout, FAMILIES, now=NOW, **limits))
    sightings = pa.concat_tables([SIGHTINGS.empty_table(), *[batch.sightings for batch in batches]])
    rejects = pa.concat_tables([REJECTS.empty_table(), *[batch.rejects for batch in batches]])
    return sightings.to_pylist(), rejects.to_pylist()


def reasons(content: bytes, feed: str = "plain") -> list[tuple[int, str]]:
    return [(reject["line"], reject["reason"]) for reject in read_all(content, feed)[1]]


def test_a_row_becomes_a_sighting_with_its_place_in_the_file() -> None:
    row = cells(1, random.Random(1)) | {"infection": "Avalanche-Andromeda", "tag": 'a "b"', "src_hostname": "h.example"}
    body = encode(list(row.values()))
    [sighting], [] = read_all(HEADER + body + b"\n", "shadowserver")
    assert sighting["address"] == Address.parse(row["src_ip"]).key
    assert sighting["observed_at"].isoformat(sep=" ") == row["timestamp"] + "+00:00"
    assert (sighting["family"], sighting["malware"]) == ("andromeda", "Avalanche-Andromeda")
    assert (sighting["port"], sighting["destination_port"]) == (int(row["src_port"]), 80)
    assert (sighting["hostname"], sighting["claimed_asn"], sighting["ip_version"]) == ("h.example", 45899, 4)
    assert (sighting["line"], sighting["byte_offset"], sighting["byte_length"]) == (2, len(HEADER), len(body))
    assert json.loads(sighting["extra"]) == {"tag": 'a "b"', "event_id": row["event_id"]}


def test_columns_are_found_by_name_in_any_order() -> None:
    first, _ = read_all(PLAIN + ROW)
    second, _ = read_all(b"note,Malware,port,address,timestamp\n,mirai,1024,14.160.0.1,2020-06-16T07:30:00Z\n")
    assert first[0]["sighting_id"] == second[0]["sighting_id"]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_endings_marks_and_a_missing_last_newline_change_nothing(ending: bytes, mark: bytes) -> None:
    content = mark + (PLAIN + ROW + ROW).replace(b"\n", ending)
    content = content.removesuffix(ending)
    sightings, rejects = read_all(content)
    assert not rejects
    assert [sighting["line"] for sighting in sightings] == [2, 3]
    last = sightings[-1]
    assert content[last["byte_offset"] : last["byte_offset"] + last["byte_length"]] == ROW[:-1]
    assert len({sighting["sighting_id"] for sighting in sightings}) == 1


def test_blank_lines_are_not_records_but_count_as_lines() -> None:
    layout = layout_of("plain", None, file_name="", head=PLAIN)
    [batch] = read([PLAIN + b"\n\r\n" + ROW + b"\n"], layout, FAMILIES, now=NOW)
    assert (batch.records, batch.blank) == (1, 3)
    assert batch.sightings.column("line").to_pylist() == [4]


def test_a_column_says_the_same_whatever_it_held_before() -> None:
    """Those that were empty, or told nothing twice, are read in another way from then on (``csv_frames``)."""
    rows = [
        b"2020-06-16 07:%02d:%02d,14.160.%d.%d,mirai,,%s\n"
        % (n // 60 % 60, n % 60, n // 250, n % 250, b"" if n < 2400 else b"nothing" if n % 2 else b"x%d" % n)
        for n in range(3600)
    ]
    rows[3000:3000] = [b"2020-06-16 07:30:00,14.160.0.1,mirai,80,only here\n"] * 1500
    content = PLAIN + b"".join(rows)
    cut = read_all(content, slice_bytes=1 << 16)
    assert cut == read_all(content, slice_bytes=1 << 30)
    assert [sighting["port"] for sighting in cut[0]].count(80) == 1500
    assert [json.loads(sighting["extra"]).get("note", "") for sighting in cut[0]] == [
        row.split(b",")[4].strip().decode() for row in rows
    ]


def test_a_file_with_nothing_but_a_header_has_no_records() -> None:
    assert read_all(PLAIN) == ([], [])
    assert read_all(PLAIN[:-1]) == ([], [])


def test_empty_malware_is_the_unknown_family() -> None:
    [sighting], _ = read_all(PLAIN + b"2020-06-16 07:30:00,14.160.0.1,,,\n")
    assert (sighting["family"], sighting["malware"], sighting["port"]) == ("unknown", "", None)


def test_a_claimed_as_number_that_is_none_is_kept_as_written() -> None:
    content = b"timestamp,address,malware,asn\n2020-06-16 07:30:00,14.160.0.1,mirai,VNPT\n"
    [sighting], _ = read_all(content)
    assert sighting["claimed_asn"] is None
    assert json.loads(sighting["extra"]) == {"asn": "VNPT"}


def test_a_record_may_have_newlines_in_a_quoted_cell() -> None:
    content = PLAIN + b'2020-06-16 07:30:00,14.160.0.1,mirai,1,"two\nlines, and\n\r\nmore"\n' + ROW
    sightings, rejects = read_all(content)
    assert not rejects
    assert json.loads(sightings[0]["extra"]) == {"note": "two\nlines, and\n\r\nmore"}
    assert [(sighting["line"], sighting["repairs"]) for sighting in sightings] == [(2, ""), (6, "")]


def test_a_row_cut_inside_a_quote_does_not_swallow_the_next() -> None:
    content = PLAIN + b'2020-06-16 07:30:00,14.160.0.1,mirai,1,"cut he\n' + ROW + ROW
    sightings, rejects = read_all(content)
    assert [sighting["line"] for sighting in sightings] == [3, 4]
    assert [(reject["line"], reject["reason"]) for reject in rejects] == [(2, "bad_quotes")]


def test_a_quote_that_stays_open_takes_only_its_own_line() -> None:
    lines = b"short\n" * (MAX_RECORD_LINES + 5)
    found = reasons(PLAIN + b'2020-06-16 07:30:00,14.160.0.1,mirai,1,"open\n' + lines + b'"\n')
    assert found[0] == (2, "bad_quotes")
    assert [reason for _, reason in found[1:-1]] == ["short_row"] * (MAX_RECORD_LINES + 5)


def test_a_carriage_return_within_a_line_is_part_of_its_cell() -> None:
    [sighting], [] = read_all(PLAIN + b"2020-06-16 07:30:00,14.160.0.1,mirai,1,a\rb\n")
    assert json.loads(sighting["extra"]) == {"note": "a\rb"}


def test_the_first_fault_names_the_record_and_its_column() -> None:
    _, [reject] = read_all(PLAIN + b"yesterday,999.1.2.3,mirai,x,\n")
    assert (reject["reason"], reject["column"], reject["excerpt"]) == ("bad_timestamp", "timestamp", "yesterday")


def test_a_repeated_header_is_set_aside_as_such() -> None:
    assert reasons(PLAIN + ROW + PLAIN + ROW) == [(3, "repeated_header")]


@pytest.mark.parametrize("slice_bytes", [1, 64, 1 << 20])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_what_follows_a_header_of_other_columns_is_read_by_it(slice_bytes: int, ending: bytes) -> None:
    other = b'destination_address,"address",timestamp,malware' + ending
    swapped = b"8.8.4.4,14.160.0.2,2020-06-17 07:30:00,mozi" + ending
    said = b'2020-06-16 07:30:00,14.160.0.3,mirai,1,"the timestamp, address and malware"' + ending
    content = PLAIN.replace(b"\n", ending) + ROW.replace(b"\n", ending) + said + other + swapped + other + swapped[:-9]
    sightings, rejects = read_all(content, slice_bytes=slice_bytes)
    assert [(str(one["address"])[-4:], one["malware"], one["line"]) for one in sightings] == [
        ("0001", "mirai", 2),
        ("0003", "mirai", 3),
        ("0002", "mozi", 5),
    ]
    assert [(one["line"], one["reason"]) for one in rejects] == [
        (4, "repeated_header"),
        (6, "repeated_header"),
        (7, "short_row"),
    ]
    assert sightings[-1]["byte_offset"] == content.index(swapped)


def test_a_header_that_changes_without_end_refuses_the_file() -> None:
    changes = [b"timestamp,address,malware\n", b"address,timestamp,malware\n"] * 51
    with pytest.raises(FeedError, match="changes more than 100 times") as refusal:
        read_all(PLAIN + b"".join(changes))
    assert refusal.value.hint


def test_a_line_of_some_names_of_columns_is_a_row() -> None:
    assert reasons(PLAIN + b"timestamp,x,malware,1,2\n" + ROW) == [(2, "bad_timestamp")]


def test_an_excerpt_is_printable_and_short() -> None:
    _, [reject] = read_all(PLAIN + b"2020-06-16 07:30:00," + b"\x1b[31m" * 100 + b",mirai,1,\n")
    assert reject["excerpt"].startswith("\\x1b[31m")
    assert reject["excerpt"].isprintable()
    assert len(reject["excerpt"]) == 80


@pytest.mark.parametrize("limit", [16, 1 << 20, 32 << 20])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_a_line_longer_than_any_record_is_set_aside_without_its_neighbours(limit: int, ending: bytes) -> None:
    long_line = b"x" * (2 * MAX_RECORD_BYTES)
    content = PLAIN + ROW + long_line + ending + (ROW if ending else b"")
    sightings, [reject] = read_all(content, slice_bytes=limit)
    assert (reject["line"], reject["reason"]) == (3, "too_long")
    assert (reject["byte_offset"], reject["byte_length"]) == (len(PLAIN + ROW), len(long_line))
    assert [sighting["line"] for sighting in sightings] == ([2, 4] if ending else [2])


def test_short_rows_are_padded_only_behind_a_delimiter() -> None:
    content = PLAIN + b"2020-06-16 07:30:00,14.160.0.1,mirai,1024\n"
    assert reasons(content) == [(2, "short_row")]  # the port may have been cut
    content = b"timestamp,address,malware,port,note,more\n2020-06-16 07:30:00,14.160.0.1,mirai,1024,\n"
    [sighting], [] = read_all(content)
    assert sighting["repairs"] == "padded"


def test_a_row_without_the_event_s_number_is_padded_and_says_so() -> None:
    row = cells(1, random.Random(1)) | {"infection": "mirai", "tag": "mirai"}
    names = HEADER.decode().replace('"', "").strip().split(",")
    short = encode([row[name] for name in names[: names.index("event_id")]])
    [sighting], [] = read_all(HEADER + short + b"\n", "shadowserver")
    assert (sighting["malware"], sighting["repairs"]) == ("mirai", "padded")
    cut = encode([row[name] for name in names[: names.index("infection") + 1]])
    assert reasons(HEADER + cut + b"\n", "shadowserver") == [(2, "short_row")]  # the name may have been cut


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"severity": "low", "src_region": "X", "src_asn": "1", "tag": "x"}, True),
        ({"timestamp": "2020-06-16 00:00:01"}, False),
        ({"src_ip": "14.160.0.2"}, False),
        ({"src_port": "1"}, False),
        ({"src_port": ""}, False),
        ({"protocol": "sctp"}, False),
        ({"infection": "Mirai"}, False),
        ({"dst_ip": "198.51.100.8"}, False),
        ({"dst_ip": ""}, False),
        ({"dst_port": "81"}, False),
        ({"dst_hostname": "c2.example"}, False),
        ({"event_id": "2"}, False),
    ],
)
def test_identity_is_what_happened_not_what_was_said_about_it(change: dict[str, str], *, same: bool) -> None:
    row = cells(1, random.Random(1)) | {"infection": "mirai"}
    report = Report()
    report.add(encode(list(row.values())))
    report.add(encode(list((row | change).values())))
    [first, second], [] = read_all(report.content, "shadowserver")
    assert (first["sighting_id"] == second["sighting_id"]) is same


def test_identity_is_the_same_in_every_version_of_the_program() -> None:
    [sighting], _ = read_all(PLAIN + ROW)
    assert sighting["sighting_id"] == UUID("146e3bb7-e31b-630b-d485-4398795b25e5")


def test_a_missing_column_refuses_the_file() -> None:
    layout = layout_of("plain", None, file_name="", head=PLAIN)
    with pytest.raises(FeedError):
        list(read([b"timestamp,malware\n" + ROW], layout, FAMILIES, now=NOW))


def test_the_comparison_with_a_peer_tells_equal_from_different_and_missing() -> None:
    content = b"timestamp,address,malware,port,note,seen\n2020-06-16 07:30:00,14.160.0.1,mirai,1024,yes,\n"
    event = {
        "raw": b64encode(content).decode(),
        "classification.type": "c2-server",
        "time.source": "2020-06-16T07:30:00+00:00",
        "source.ip": "14.160.0.1",
        "source.port": 1025,
        "malware.name": "Mirai",
        "extra.note": True,
        "extra.seen": "often",
        "protocol.application": "http",
    }
    case = Case("made.up", "x.csv", content, [event], Counter([0]))
    tally, found = compare(case, layout_of("plain", None, file_name="", head=content), Mapped())
    assert tally.cells == {"equal": 4, "different": 1, "only theirs": 2}
    assert {(one.verdict, one.key) for one in found if one.verdict != "only theirs"} == {
        ("subject", "c2-server"),
        ("different", "source.port"),
    }
    assert (tally.rows, tally.read, tally.pinned, tally.reproduced) == (1, 1, 1, 0)
    same = event | {"source.port": 1024, "extra.seen": "07:30"}
    mapped = Mapped({"extra.seen": ["timestamp"]}, {"extra.seen"}, {"protocol.application"})
    told, _ = compare(
        Case("made.up", "x.csv", content, [same], Counter([0])),
        layout_of("plain", None, file_name="", head=content),
        mapped,
    )
    assert (told.reproduced, told.cells["constant of theirs"], told.cells["made of ours"]) == (1, 1, 1)
