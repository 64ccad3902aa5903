"""Shadowserver's published schema becomes layouts: what is counted of it, what left out, and what stays as written."""

import json
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report_schema import ALL_FUNCTIONS, INFECTED, OPEN, as_bytes, event, made_schema, report

from quetsach.core.family import FamilyNames
from quetsach.feeds.layout import NAME, FeedError, Layout, Origin, Subject
from quetsach.feeds.layout_files import bundled_layouts
from quetsach.feeds.reader import read
from quetsach.feeds.report_schema import FUNCTIONS, MAX_BYTES, ReportSchema, read_report_schema

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def schema_of(content: object) -> ReportSchema:
    return read_report_schema(as_bytes(content), where="s.json")


def layout_of(one: object) -> Layout:
    [layout] = schema_of({"one": one}).layouts
    return layout


def rows_of(layout: Layout, text: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    accepted, rejected = [], []
    for batch in read([text.encode()], layout, FamilyNames.of([], version="t"), now=NOW):
        accepted += batch.sightings.to_pylist()
        rejected += batch.rejects.to_pylist()
    return accepted, rejected


def test_every_report_is_a_layout_or_left_out_by_name() -> None:
    made = made_schema()
    schema = schema_of(made)
    assert len(made) - 1 == len(schema.layouts) + len(schema.left_out) == 40
    assert [(name, reason.in_language("en")) for name, reason in schema.left_out] == [
        ("no_address", "no column tells address")
    ]
    assert schema.version == "2026-10-02"
    assert {layout.origin for layout in schema.layouts} == {Origin.SCHEMA}
    assert not schema.left_raw


def test_every_function_of_the_published_schema_is_known() -> None:
    used = {
        field[2]
        for one in list(made_schema().values())[1:]
        for fields in (one["required_fields"], one["optional_fields"])
        for field in fields  # type: ignore[attr-defined]
        if len(field) > 2
    }
    assert used == set(ALL_FUNCTIONS) == set(FUNCTIONS) - {""}


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("event4_newly_seized", Subject.HOST),
        ("event4_honeypot_new_scan", Subject.ATTACKER),
        ("event4_honeypot_ddos_target", Subject.OTHER),
        ("scan_exchange", Subject.OTHER),
        ("scan_backdoor", Subject.OTHER),
        ("referring_pages", Subject.SITE),
        ("scan_everything", Subject.EXPOSED),
        ("scan_service_7", Subject.EXPOSED),
        ("command_servers", Subject.CONTROL),
        ("device_id", Subject.OTHER),
    ],
)
def test_only_what_nothing_speaks_against_is_an_infected_machine(name: str, subject: Subject) -> None:
    found = {layout.report: layout.subject for layout in schema_of(made_schema()).layouts}
    assert found[name] is subject


@pytest.mark.parametrize(
    "one",
    [
        report("scan6_http", INFECTED, ["malware.name", "tag"]),
        report("population_bgp", INFECTED, ["malware.name", "tag"]),
        report("device_id6", INFECTED, ["malware.name", "tag"]),
        report("events", INFECTED),
        event("events", {**INFECTED, "classification.taxonomy": "vulnerable"}),
        event("events", INFECTED, ["classification.type", "tag"]),
        event("events", {"classification.type": "system-compromise", "classification.taxonomy": "intrusions"}),
        event("events", OPEN),
    ],
)
def test_what_is_open_answers_a_scan_or_names_no_malware_is_never_counted(one: object) -> None:
    assert layout_of(one).subject is not Subject.HOST


def test_a_row_is_read_by_the_mapping_and_the_rest_stays_as_written() -> None:
    layout = layout_of(event("event4_newly_seized", INFECTED, ["extra.", "ok", "convert_bool"]))
    head = (
        "timestamp,src_ip,src_port,protocol,src_hostname,src_asn,src_geo,severity,src_sector,infection,dst_ip,dst_port"
    )
    accepted, rejected = rows_of(
        layout,
        f"{head},http_host,http_url,event_id,ok,new_column\n"
        "2026-11-01 10:00:00,14.160.0.1,4001,TCP,a.example.vn,45899,VN,high,Communications,mirai,192.0.2.9,80,"
        "c2.example,/x,7,Y,z\n"
        "2026-11-01 10:00:00,300.1.1.1,4001,tcp,,,,,,mirai,,,,,,,\n",
    )
    [row] = accepted
    assert (row["port"], row["transport"], row["hostname"], row["claimed_asn"]) == (4001, "tcp", "a.example.vn", 45899)
    assert (row["claimed_country"], row["severity"], row["sector"]) == ("VN", "high", "communications")
    assert (row["malware"], row["destination_port"]) == ("mirai", 80)
    assert orjson.loads(str(row["extra"])).items() >= {"http_url": "/x", "ok": "Y", "new_column": "z"}.items()
    assert layout.identifying == ("http_host", "event_id")
    assert [one["reason"] for one in rejected] == ["bad_ip"]


def test_an_open_service_is_read_whatever_functions_its_columns_have() -> None:
    [layout] = [one for one in schema_of(made_schema()).layouts if one.report == "scan_everything"]
    accepted, _ = rows_of(
        layout, "timestamp,ip,port,handshake_ok,banner,tor\n2026-11-01 10:00:00,14.160.0.1,443,N,aGk=,1\n"
    )
    assert orjson.loads(str(accepted[0]["extra"])) == {"handshake_ok": "N", "banner": "aGk=", "tor": "1"}
    assert layout.required == ("observed_at", "address")


def test_a_column_with_an_unknown_function_stays_raw_and_is_told() -> None:
    one = event("event4_newly_seized", INFECTED, ["extra.", "x", "decode_more"])
    for field in one["required_fields"]:  # type: ignore[attr-defined]
        field[2] = f"{field[2]}_v2"
    schema = schema_of({"one": one})
    [layout] = schema.layouts
    assert {raw.column for raw in schema.left_raw} == {"timestamp", "src_ip", "src_port", "x"}
    assert "port" not in layout.columns, "nothing says what the function makes of it"
    assert layout.columns["address"] == ("src_ip",), "its own reader refuses what is no address"
    accepted, _ = rows_of(layout, "timestamp,src_ip,src_port,infection\n2026-11-01 10:00:00,14.160.0.1,odd,mirai\n")
    assert orjson.loads(str(accepted[0]["extra"])) == {"src_port": "odd"}


def test_malware_told_by_an_unknown_function_is_not_counted_as_told() -> None:
    one = report("event4_x", INFECTED, ["malware.name", "infection", "guess"])
    assert layout_of(one).subject is Subject.OTHER


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"file_name": "../../etc/passwd"}, "not a name of a report"),
        ({"file_name": "x" * 49}, "not a name of a report"),
        ({"file_name": None}, "not a name of a report"),
        ({"required_fields": "all"}, "its fields are no list"),
        ({"required_fields": [["source.ip", "ip"]] * 600}, "its fields are no list"),
        ({"optional_fields": [["source.ip"]]}, "not a key, a column and a function"),
        ({"optional_fields": [["source.ip", 7]]}, "not a key, a column and a function"),
        ({"optional_fields": [["source.ip", "a\nb"]]}, "a name that is none"),
        ({"optional_fields": [["source.ip", "ip", "os.system('x')"]]}, "a name that is none"),
        ({"optional_fields": [["source ip", "ip"]]}, "a name that is none"),
        ({"constant_fields": []}, "its constants are no object"),
        ({"constant_fields": {"classification.type": ["x"]}}, "no plain text"),
        ({"constant_fields": {"classification.type": "a\x1b[2J"}}, "no plain text"),
    ],
)
def test_a_damaged_report_is_left_out_and_the_others_are_read(change: dict[str, object], said: str) -> None:
    schema = schema_of({"bad": report("bad", OPEN) | change, "good": report("good", OPEN)})
    assert [layout.report for layout in schema.layouts] == ["good"]
    [(name, reason)] = schema.left_out
    assert name == "bad"
    assert said in reason.in_language("en")
    assert reason.in_language("vi") != reason.in_language("en")


def test_the_second_report_of_a_name_is_left_out() -> None:
    schema = schema_of({"a": event("event4_x", INFECTED), "b": report("event4_x", OPEN)})
    assert [layout.subject for layout in schema.layouts] == [Subject.HOST]
    assert [name for name, _ in schema.left_out] == ["b"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b'{"_meta": {}}',
        b"[" * 100_000,
        b'{"a":' * 2_000,
        b" " * (MAX_BYTES + 1),
        b"\xff",
        b'{"a": 1}',
    ],
)
def test_what_is_no_schema_is_refused_whole(raw: bytes) -> None:
    with pytest.raises(FeedError) as refusal:
        read_report_schema(raw, where="s.json")
    assert refusal.value.hint
    assert "s.json" in refusal.value.where


def test_a_deep_or_large_value_is_neither_followed_nor_shown() -> None:
    deep = json.loads("[" * 200 + "]" * 200)
    schema = schema_of({"deep": report("deep", OPEN, [deep, "x" * 100_000]), "good": report("good", OPEN)})
    assert len(schema.left_out[0][1].in_language("en")) < 200


def test_layouts_of_the_build_stand_before_those_of_the_schema() -> None:
    known = bundled_layouts().supplemented(schema_of(made_schema()).layouts)
    by_name = {layout.report: layout for layout in known.of_feed("shadowserver")}
    assert by_name["event4_sinkhole"].origin is Origin.BUILD
    assert by_name["scan_service_3"].origin is Origin.SCHEMA
    assert len({(one.feed, one.report) for one in known}) == len(known.all)
    name = "2026-11-01-scan_service_3-vn.csv"
    found = known.layout_of("shadowserver", None, file_name=name, head=b"timestamp,ip,port\n")
    assert found.report == "scan_service_3"


_words = st.sampled_from(["", "a", "timestamp", "src_ip", "time.source", "source.ip", "malware.name", *ALL_FUNCTIONS])
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | _words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | _words, inner, max_size=4),
    max_leaves=12,
)
_fields = st.lists(st.lists(_words | _json, max_size=4) | _json, max_size=6)
_reports = st.fixed_dictionaries(
    {"file_name": st.sampled_from(["scan_x", "event4_x", "x"]) | st.text(max_size=60)},
    optional={
        "required_fields": st.just([["time.source", "timestamp"], ["source.ip", "src_ip"]]) | _fields,
        "optional_fields": _fields,
        "constant_fields": st.just(dict(INFECTED)) | _json,
        "feed_name": _json,
    },
)


@given(st.dictionaries(st.text(max_size=12), _reports | _json, max_size=5))
def test_any_schema_is_refused_or_accounted_for(content: dict[str, object]) -> None:
    try:
        schema = schema_of(content)
    except FeedError as refusal:
        assert refusal.hint
        return
    content.pop("_meta", None)
    assert len(schema.layouts) + len(schema.left_out) == len(content)
    for layout in schema.layouts:
        assert NAME.fullmatch(layout.report)
        assert layout.columns.keys() >= {"observed_at", "address"}
        assert layout.summary.en.isprintable()
        if layout.subject is Subject.HOST:
            assert "malware" in layout.columns
            assert not layout.report.startswith("scan")
