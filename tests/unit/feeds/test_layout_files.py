"""Layouts as data: what a file may say, and how its mistakes are told."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.sinkhole_report import COLUMNS

from quetsach.core.family import FamilyNames
from quetsach.feeds.layout import Clock, FeedError, Framing, Layout, Subject, Syntax
from quetsach.feeds.layout_files import bundled_layouts, layout_of, read_layouts
from quetsach.feeds.proposal import propose_layout
from quetsach.feeds.reader import read

TOP = 'feed = "watchpost"\ntitle = { vi = "Trạm", en = "Watchpost" }\n'
CYMRU, SPAMHAUS = (bundled_layouts().of_feed(feed)[0] for feed in ("cymru", "spamhaus"))
REPORT = """
[[report]]
name = "bots"
summary.vi = "Máy có hành vi của bot"
summary.en = "Hosts that behave as bots"
columns.observed_at = "seen_at"
columns.address = ["ip", "ipv6"]
columns.malware = "bot"
"""


def layouts(report: str = REPORT, top: str = TOP) -> tuple[Layout, ...]:
    return read_layouts((top + report).encode(), where="w.toml")


def taken(content: bytes, layout: Layout) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    [batch] = read([content], layout, FamilyNames.of([], version="0"), now=datetime(2026, 12, 1, tzinfo=UTC))
    return batch.sightings.to_pylist(), batch.rejects.to_pylist()


def test_a_report_needs_little() -> None:
    [layout] = layouts()
    assert (layout.feed, layout.report, layout.subject, layout.title.en) == (
        "watchpost",
        "bots",
        Subject.HOST,
        "Watchpost",
    )
    assert (layout.framing, layout.clock) == (Framing(), Clock())
    assert layout.columns["address"] == ("ip", "ipv6")
    assert layout.required_names() == {"seen_at", "ip", "ipv6", "bot"}
    assert layout.lacking(frozenset({"ipv6", "bot"})) == ["seen_at"]


def test_a_report_can_be_like_another() -> None:
    first, second = layouts(
        REPORT
        + """
subject = "site"
identifying.event = "n"
header = ["seen_at", "ip", "bot", "n", "old"]
[[report]]
name = "more"
like = "bots"
summary = { vi = "x", en = "x" }
adds = ["new"]
lacks = ["old"]
constants.transport = "tcp"
""",
        TOP + '[framing]\ndelimiter = "semicolon"\n[clock]\nform = "epoch"\n',
    )
    assert second.header == (first.header | {"new"}) - {"old"}
    assert (second.identifying, second.subject, second.columns) == ((None, "n"), Subject.SITE, first.columns)
    assert (second.framing.delimiter, second.clock.form, second.constants) == (";", "epoch", {"transport": "tcp"})


def test_framing_and_clock_of_a_report_stand_before_those_of_the_feed() -> None:
    [layout] = layouts(
        REPORT + 'framing = { syntax = "words", names = ["seen_at", "ip", "bot"] }\nclock = { zone = "Asia/Tokyo" }\n',
        TOP + '[framing]\ncomment = "#"\n',
    )
    assert layout.framing == Framing(Syntax.WORDS, names=("seen_at", "ip", "bot"))
    assert layout.clock == Clock(zone="Asia/Tokyo")


@pytest.mark.parametrize(
    ("change", "message", "line"),
    [
        (("columns.address", "columns.adress"), "unknown field 'adress'", 9),
        (('columns.malware = "bot"', ""), "no column tells malware", 8),
        (("columns.observed_at", "columns.hostname"), "no column tells observed_at", 8),
        (('"bots"', '"Bots"'), "field 'name' is 'Bots'", 5),
        (("summary.vi", "summary.fr"), "field 'vi' is missing", 6),
        (('"bot"', '"Bot"'), "'Bot' is not in small letters", 8),
        (('name = "bots"', 'name = "bots"\nlike = "none"'), "no report before it is called 'none'", 6),
        (('name = "bots"', 'name = "bots"\nsubject = "victim"'), "field 'subject' is 'victim'", 6),
        (('name = "bots"', 'name = "bots"\nheader = ["seen_at", "ip"]'), "the header has no column 'bot'", 9),
        (('name = "bots"', 'name = "bots"\nconstants.malware = "x"'), "malware has a column and a constant", 6),
        (('name = "bots"', 'name = "bots"\nconstants.port = "1"'), "unknown field 'port'", 6),
        (('name = "bots"', 'name = "bots"\nclock.zone = "Asia/Saigonn"'), "no time zone 'Asia/Saigonn'", 6),
        (('name = "bots"', 'name = "bots"\nclock.zone = "../../etc/passwd"'), "no time zone", 6),
        (('name = "bots"', 'name = "bots"\nclock.form = "%d/%m"'), "'%d/%m' is no form of times", 6),
        (('name = "bots"', 'name = "bots"\nframing.syntax = "xml"'), "field 'syntax' is 'xml'", 6),
        (('name = "bots"', 'name = "bots"\nframing.delimiter = "x"'), "field 'delimiter' is 'x'", 6),
        (('name = "bots"', 'name = "bots"\nframing.names = ["a", "a"]'), "two columns have one name", 6),
        (('name = "bots"', 'name = "bots"\nframing = {syntax = "json", comment = "#"}'), "neither comments", 6),
        (('name = "bots"', 'name = "bots"\nonly = 7'), "field 'only' must be a table", 6),
        (('name = "bots"', 'name = "bots"\nonly.bot = [7]'), "must be a text", 6),
    ],
)
def test_mistakes_are_told_with_their_line(change: tuple[str, str], message: str, line: int) -> None:
    assert change[0] in REPORT
    with pytest.raises(FeedError) as refusal:
        layouts(REPORT.replace(*change))
    assert message in refusal.value.what
    assert f"w.toml:{line}" in refusal.value.where
    assert refusal.value.hint
    assert refusal.value.in_language("vi") != refusal.value.in_language("en")


def test_two_reports_of_one_name_are_refused() -> None:
    with pytest.raises(FeedError, match="two reports are called 'bots'"):
        layouts(REPORT + REPORT)


def test_a_report_that_is_of_no_machines_need_not_name_malware() -> None:
    [layout] = layouts(REPORT.replace('columns.malware = "bot"', 'subject = "resolver"'))
    assert layout.required == ("observed_at", "address")


def test_a_centre_s_own_layout_stands_for_that_of_the_build() -> None:
    [own] = read_layouts((TOP.replace("watchpost", "plain") + REPORT).encode(), where="w.toml")
    [same] = read_layouts(
        (TOP.replace("watchpost", "plain") + REPORT.replace('"bots"', '"sightings"')).encode(), where="w.toml"
    )
    joined = bundled_layouts().joined([own, same])
    assert [layout.report for layout in joined.of_feed("plain")] == ["sightings", "bots"]
    assert joined.of_feed("plain")[0].columns == own.columns


def test_every_layout_of_the_build_says_what_it_is() -> None:
    for layout in bundled_layouts():
        assert layout.summary.vi
        assert layout.summary.en
        assert layout.version
    assert len({(layout.feed, layout.report) for layout in bundled_layouts()}) == len(bundled_layouts().all) >= 34
    assert len(COLUMNS) == 33


@pytest.mark.parametrize("report", ["event4_sinkhole_dns", "event4_sinkhole_http_referer", "event4_honeypot_rdp_scan"])
def test_what_is_no_infected_machine_is_never_counted_as_one(report: str) -> None:
    [layout] = [one for one in bundled_layouts() if one.report == report]
    assert layout.subject is not Subject.HOST


def test_a_file_without_a_header_has_the_columns_of_its_layout() -> None:
    [layout] = layouts(REPORT + 'framing.names = ["seen_at", "ip", "bot"]\n')
    with pytest.raises(FeedError, match="unknown feed"):
        layout_of("watchpost", None, file_name="", head=b"")
    known = bundled_layouts().joined([layout])
    assert known.layout_of("watchpost", None, file_name="x.txt", head=b"2020-06-16,x,y\n") == layout


PARTED = """
feed = "watchpost"
title.vi = "x"
title.en = "x"
[[report]]
name = "bots"
summary.vi = "x"
summary.en = "x"
nothing = ["none"]
columns.observed_at = "seen_at"
columns.address = "ip"
columns.port = "note.port"
columns.malware = ["bot", "note.family"]
parts.note = ["family", "port"]
header = ["seen_at", "ip", "bot", "note"]
"""


def test_a_field_may_stand_within_a_cell_and_a_text_may_say_nothing() -> None:
    [layout] = read_layouts(PARTED.encode(), where="x.toml")
    content = b"seen_at,ip,bot,note\n2026-11-01 00:30:00,14.160.0.1,none,FAMILY: mirai; port: 23\n"
    [row], [] = taken(content, layout)
    assert (row["malware"], row["port"]) == ("mirai", 23)
    assert json.loads(row["extra"]) == {"note": "FAMILY: mirai; port: 23"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("parts.note", "parts.remark"), "the header has no column 'note.port'"),
        (('"note.family"]', '"note.kind"]\ncolumns.transport = "note.kind"'), "the header has no column 'note.kind'"),
        (("header = [", 'framing.syntax = "json"\nheader = ['), "objects of JSON have fields of their own"),
    ],
)
def test_parts_of_a_cell_are_checked_as_columns_are(change: tuple[str, str], message: str) -> None:
    with pytest.raises(FeedError, match=re.escape(message)):
        read_layouts(PARTED.replace(*change).encode(), where="x.toml")


def test_a_column_is_proposed_by_the_name_that_most_reports_have() -> None:
    head = b"time,timestamp,ip\n2026-10-01 00:00:00,2026-11-01 00:30:00,14.160.0.1\n"
    assert 'columns.observed_at = "timestamp"' in propose_layout(head, feed="watchpost", report="clocks")


@pytest.mark.parametrize("column", ["tag", "name", "signature", "type"])
def test_a_report_of_open_services_is_not_proposed_as_one_of_infections(column: str) -> None:
    head = f"timestamp,ip,port,{column}\n2026-11-01 00:30:00,14.160.0.1,445,smb\n".encode()
    text = propose_layout(head, feed="watchpost", report="open")
    with pytest.raises(FeedError, match="no column tells malware") as refusal:
        read_layouts(text.encode(), where="open.toml")
    assert "subject" in str(refusal.value.hint)
    [layout] = read_layouts(text.replace('# subject = "exposed"', 'subject = "exposed"').encode(), where="open.toml")
    [row], [] = taken(head, layout)
    assert (layout.subject, row["port"], row["malware"]) == (Subject.EXPOSED, 445, "")
    assert json.loads(row["extra"]) == {column: "smb"}


@pytest.mark.parametrize(
    ("cell", "malware", "port", "destination"),
    [
        ("family: Conficker;", "Conficker", None, None),
        ("family:  b 1 ;dest_addr:8.8.4.4; dest_port: 80;port: 15390;protocol: 6;", "b 1", 15390, 80),
        ("srcport 1337 mwtype Mirai dstaddr 8.8.4.4 and more", "Mirai", 1337, None),
        ("additional_family: x; ports: 9", "bot", None, None),
        ("", "bot", None, None),
    ],
)
def test_what_stands_within_a_cell_of_team_cymru_is_read(
    cell: str, malware: str, port: int | None, destination: int | None
) -> None:
    line = f"bot|14.160.0.1|45899|2026-11-01 00:30:00|{cell}|VNPT\n"
    [row], [] = taken(line.encode(), CYMRU)
    assert (row["malware"], row["port"], row["destination_port"]) == (malware, port, destination)
    assert (row["destination_address"] is None) is ("8.8.4.4" not in cell)
    assert json.loads(row["extra"]).get("optional_information", "") == cell


def test_a_row_cut_within_what_names_the_family_is_none() -> None:
    [], [reject] = taken(b"bot|14.160.0.1|45899|2026-11-01 00:30:00|family: Conf", CYMRU)
    assert reject["reason"] == "short_row"


def test_what_spamhaus_does_not_know_is_empty_and_what_names_no_malware_is_of_another_kind() -> None:
    known = b"14.160.0.1,AS45899,VN,1761957000,iotmirai,-,?,?,?,?\n"
    [row], [] = taken(known, SPAMHAUS)
    assert (row["malware"], row["port"], row["destination_address"], row["transport"]) == ("iotmirai", None, None, "")
    others = b"".join(known.replace(b"iotmirai", name) for name in (b"sshauth", b"OpenRelay", b"iotscan"))
    rows, rejects = taken(others, SPAMHAUS)
    assert (rows, [one["reason"] for one in rejects]) == ([], ["other_kind"] * 3)
