"""JSON and words into records: every one accounted for, with its place, whatever is around or inside it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from quetsach.core.family import FamilyNames
from quetsach.feeds import document_frames, object_frames
from quetsach.feeds.layout import FeedError, Layout
from quetsach.feeds.layout_files import layout_of, read_layouts
from quetsach.feeds.reader import read
from quetsach.feeds.record import MAX_RECORD_BYTES
from quetsach.feeds.table import REJECTS, SIGHTINGS

NOW = datetime(2026, 12, 1, tzinfo=UTC)
FAMILIES = FamilyNames.of([], version="0")
EVENT = {
    "time.source": "2026-11-01T07:30:00+07:00",
    "source.ip": "14.160.0.1",
    "source.port": 40001,
    "classification.type": "infected-system",
    "malware.name": "mirai",
    "destination.fqdn": "cc.example",
    "extra": {"tag": "iot", "empty": ""},
    "raw": "",
}
INTELMQ = layout_of("intelmq", "sensor", file_name="", head=b"{}")


def layout(framing: str, columns: str = "") -> Layout:
    [made] = read_layouts(
        f"""
        feed = "watchpost"
        title = {{ vi = "w", en = "w" }}
        framing = {{ {framing} }}
        [[report]]
        name = "bots"
        summary = {{ vi = "w", en = "w" }}
        columns.observed_at = "at"
        columns.address = "ip"
        columns.malware = "bot"
        {columns}
        """.encode(),
        where="w.toml",
    )
    return made


LIST = layout('syntax = "json"')
WORDS = layout('syntax = "words", names = ["ip", "at", "bot", "more"], comment = "#"')
AT = "2026-11-01T00:30:00Z"


def taken(content: bytes, by: Layout, **how: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    batches = list(read([content], by, FAMILIES, now=NOW, **how))
    sightings = pa.concat_tables([SIGHTINGS.empty_table(), *[batch.sightings for batch in batches]])
    rejects = pa.concat_tables([REJECTS.empty_table(), *[batch.rejects for batch in batches]])
    return sightings.to_pylist(), rejects.to_pylist(), sum(batch.blank for batch in batches)


def shown(content: bytes, by: Layout, **how: Any) -> list[tuple[str, bytes]]:
    """What was taken by its malware, what was set aside by its reason, each with its bytes, in the file's order."""
    sightings, rejects, _ = taken(content, by, **how)
    both = (*sightings, *rejects)
    records = sorted((row["byte_offset"], row.get("reason") or row["malware"], row["byte_length"]) for row in both)
    return [(told, content[offset : offset + length]) for offset, told, length in records]


def test_an_event_of_intelmq_becomes_a_sighting() -> None:
    [row], rejects, _ = taken(json.dumps(EVENT).encode() + b"\n", INTELMQ)
    assert rejects == []
    assert row["observed_at"] == datetime(2026, 11, 1, 0, 30, tzinfo=UTC), "its offset is obeyed"
    assert (row["port"], row["malware"], row["report"], row["line"]) == (40001, "mirai", "sensor", 1)
    assert json.loads(row["extra"]) == {
        "classification.type": "infected-system",
        "destination.fqdn": "cc.example",
        "extra": {"tag": "iot", "empty": ""},
    }


def test_the_rest_of_an_object_stays_what_it_is() -> None:
    content = json.dumps({"at": AT, "ip": "14.160.0.1", "bot": "x", "n": 1.5, "list": [1, {"a": None}], "no": None})
    [row], _, _ = taken(content.encode(), LIST)
    assert json.loads(row["extra"]) == {"n": 1.5, "list": [1, {"a": None}]}


def test_events_of_other_kinds_are_set_aside_as_such() -> None:
    events = [EVENT, EVENT | {"classification.type": "scanner", "source.ip": "not an address"}]
    _, [reject], _ = taken("\n".join(map(json.dumps, events)).encode(), INTELMQ)
    assert (reject["reason"], reject["column"], reject["excerpt"]) == ("other_kind", "classification.type", "scanner")


def test_each_address_of_an_event_of_n6_is_a_sighting() -> None:
    event = {
        "time": "2026-11-01T07:30:00Z",
        "category": "bots",
        "name": "virut",
        "address": [{"ip": "14.160.0.1", "asn": 45899, "cc": "VN"}, {"ip": "14.160.0.2"}, {"ip": "10.0.0.1"}],
    }
    for report, content in (("events", json.dumps([event], indent=1)), ("stream", json.dumps(event))):
        head = content.encode()
        by = layout_of("n6", None, file_name="today.json", head=head)
        assert by.report == report
        rows, [reject], _ = taken(head, by)
        assert [(str(row["address"])[-4:], row["claimed_asn"]) for row in rows] == [("0001", 45899), ("0002", None)]
        assert reject["reason"] == "reserved_ip"
    [empty] = taken(json.dumps(event | {"address": []}).encode(), by)[1]
    assert empty["reason"] == "empty_ip"


def one(number: int) -> str:
    return f'{{"at": "{AT}", "ip": "14.160.0.{number}", "bot": "b{number}"}}'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"[{one(1)},{one(2)}]", ["b1", "b2"]),
        (f"\ufeff [\n {one(1)}\n,\n{one(2)}\n]\n\n", ["b1", "b2"]),
        (f"{one(1)}\n{one(2)}{one(3)}", ["b1", "b2", "b3"]),
        (one(1), ["b1"]),
        ("[]", []),
        ("", []),
        (f"[{one(1)}, 7, null, {one(2)}]", ["b1", "bad_json", "bad_json", "b2"]),
        (f"[{one(1)}, [{one(3)}], {one(2)}]", ["b1", "bad_json", "b2"]),
        (f"[{one(1)}, {{'at': 1}}, {one(2)}]", ["b1", "bad_json", "b2"]),
        (f"[{one(1)},\n{one(2)[:-1]},\n{one(3)}]", ["b1", "bad_json", "b3"]),
        (f"[{one(1)},\n{one(2)[:-3]},\n{one(3)}]", ["b1", "bad_json", "b3"]),
        (f"[{one(1)},\n{one(2)}", ["b1", "b2", "bad_json"]),
        (f"[{one(1)},\n{one(2)[:20]}", ["b1", "bad_json", "bad_json"]),
        (f"[{one(1)}],{one(2)}", ["b1", "b2"]),
        ('[{"at": "' + AT + '", "ip": "14.160.0.1", "bot": "a \\"}, {\\" b"}]', ['a "}, {" b']),
        ('[{"at": "' + AT + '", "ip": "14.160.0.1", "bot": "back\\\\"}]', ["back\\"]),
    ],
)
def test_objects_are_found_one_by_one(content: str, expected: list[str]) -> None:
    raw = content.encode()
    assert [told for told, _ in shown(raw, LIST)] == expected
    for size in (1, 7, 40):
        assert shown(raw, LIST, slice_bytes=size) == shown(raw, LIST)


def test_a_record_is_where_it_says() -> None:
    content = f"[\n\n{one(1)},\n   {one(2)} ,7]".encode()
    assert [place for _, place in shown(content, LIST)] == [one(1).encode(), one(2).encode(), b"7"]
    sightings, [reject], _ = taken(content, LIST)
    assert [row["line"] for row in (*sightings, reject)] == [3, 4, 4]


def test_bytes_that_are_no_text_spoil_one_record() -> None:
    content = b"[" + one(1).encode() + b"," + one(2).encode().replace(b"b2", b"\xff") + b"," + one(3).encode() + b"]"
    assert [told for told, _ in shown(content, LIST)] == ["b1", "bad_utf8", "b3"]


def test_an_object_that_does_not_end_does_not_swallow_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_frames, "MAX_RECORD_BYTES", 2000)
    rows = [one(n) for n in range(1, 200)]
    rows[50] = rows[50][:-1]
    found = [told for told, _ in shown(f"[{','.join(rows)}]".encode(), LIST)]
    assert found == [*(f"b{n}" for n in range(1, 51)), "bad_json", *(f"b{n}" for n in range(52, 200))]


def test_a_list_of_nothing_but_opened_objects_is_refused_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_frames, "MAX_RECORD_BYTES", 1 << 14)
    monkeypatch.setattr(object_frames, "_FREE_LOOKS", 0)
    with pytest.raises(FeedError, match="do not end"):
        taken(b"[" + b'{"a":{},{' * 20_000, LIST)


@pytest.mark.parametrize("by", [LIST, layout('syntax = "json-lines"')], ids=["list", "lines"])
def test_an_object_nested_too_deeply_is_no_error_of_ours(by: Layout) -> None:
    deep = f'{{"at": "{AT}", "ip": "14.160.0.1", "bot": "x", "deep": {"[" * 5000}{"]" * 5000}}}'
    assert [told for told, _ in shown(deep.encode(), by)] == ["bad_json"]
    flat = f'{{"at": "{AT}", "ip": "14.160.0.1", "bot": "x", "deep": {"[" * 300}{"]" * 300}}}'
    assert [told for told, _ in shown(flat.encode(), by)] == ["bad_json"]


def test_a_line_that_is_too_long_is_set_aside_whole() -> None:
    by = layout('syntax = "json-lines"')
    content = f"{one(1)}\n{'x' * (MAX_RECORD_BYTES + 5)}\n{one(2)}\n".encode()
    assert [told for told, _ in shown(content, by)] == ["b1", "too_long", "b2"]
    assert shown(content, by, slice_bytes=1000) == shown(content, by)


def test_a_list_inside_a_document_is_found_by_its_path() -> None:
    by = layout('syntax = "json", path = "feed.items"')
    rows, _, _ = taken(f'{{"feed": {{"items": [{one(1)}, {one(2)}]}}}}'.encode(), by)
    assert [row["malware"] for row in rows] == ["b1", "b2"]
    for content, message in ((b"{}", "no list feed.items"), (b'{"feed":', "no JSON"), (b"[1]", "no list")):
        with pytest.raises(FeedError, match=message) as refusal:
            taken(content, by)
        assert refusal.value.hint


def test_a_document_that_is_read_whole_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_frames, "MAX_DOCUMENT_BYTES", 100)

    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 50

    with pytest.raises(FeedError, match="MiB"):
        list(read(endless(), layout('syntax = "json", path = "items"'), FAMILIES, now=NOW))


def test_words_stand_between_blanks_and_the_last_takes_the_rest() -> None:
    content = f"# list\n14.160.0.1  {AT}\tmirai  seen by  two\n\n14.160.0.2 {AT} b2\n14.160.0.3\n14.160.0.4 {AT} \xff\n"
    raw = content.encode("latin-1")
    assert [told for told, _ in shown(raw, WORDS)] == ["mirai", "b2", "short_row", "bad_utf8"]
    [first, second], _, blank = taken(raw, WORDS)
    assert (json.loads(first["extra"]), first["repairs"], second["repairs"]) == ({"more": "seen by  two"}, "", "")
    assert blank == 2


def test_values_that_are_no_text_are_read_as_what_they_say() -> None:
    content = json.dumps({"at": AT, "ip": "14.160.0.1", "bot": None, "p": 80, "h": True, "c": [1, 2]})
    by = layout('syntax = "json"', 'columns.port = "p"\ncolumns.hostname = "h"\ncolumns.claimed_city = "c"')
    [row], _, _ = taken(content.encode(), by)
    assert (row["port"], row["hostname"], row["claimed_city"], row["malware"]) == (80, "true", "[1,2]", "")


def test_a_file_that_is_packed_is_called_so() -> None:
    with pytest.raises(FeedError, match="gzip"):
        taken(b"\x1f\x8b\x08\0", INTELMQ)
