"""CSV of other kinds: delimiters, comments, files without header or quotes; and what a layout makes of its columns."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from quetsach.core.family import FamilyNames
from quetsach.feeds.layout import FeedError, Layout, Subject
from quetsach.feeds.layout_files import bundled_layouts, read_layouts
from quetsach.feeds.lines import Header
from quetsach.feeds.reader import read

NOW = datetime(2026, 12, 1, tzinfo=UTC)
FAMILIES = FamilyNames.of([], version="0")


def layout(more: str = "", columns: str = 'observed_at = "at", address = "ip", malware = "bot"') -> Layout:
    [made] = read_layouts(
        f"""
        feed = "watchpost"
        title = {{ vi = "w", en = "w" }}
        [[report]]
        name = "bots"
        summary = {{ vi = "w", en = "w" }}
        columns = {{ {columns} }}
        {more}
        """.encode(),
        where="w.toml",
    )
    return made


def taken(content: bytes, by: Layout) -> tuple[list[dict[str, Any]], list[tuple[int, str]], int]:
    [batch] = read([content], by, FAMILIES, now=NOW)
    rejects = [(row["line"], row["reason"]) for row in batch.rejects.to_pylist()]
    return batch.sightings.to_pylist(), rejects, batch.blank


def test_comments_are_no_records_and_the_header_may_stand_behind_them() -> None:
    content = b"# made today\n# more\nat,ip,bot\n# here\n2026-11-01 00:30:00,14.160.0.1,x\n#\n"
    [row], rejects, blank = taken(content, layout('framing.comment = "#"'))
    assert (row["line"], rejects, blank) == (5, [], 2)
    assert content[row["byte_offset"] :].startswith(b"2026")


def test_a_header_can_be_the_last_comment() -> None:
    by = layout('framing = { comment = "#", commented_header = true }')
    [row], _, _ = taken(b"# a list\n# at, ip, bot\n2026-11-01 00:30:00,14.160.0.1,x\n", by)
    assert (row["malware"], row["line"]) == ("x", 3)
    with pytest.raises(FeedError, match="no header"):
        taken(b"2026-11-01 00:30:00,14.160.0.1,x\n", by)


def test_a_file_without_a_header_begins_with_its_first_record() -> None:
    by = layout('framing.names = ["at", "ip", "bot", "more"]')
    rows, rejects, _ = taken(b'\xef\xbb\xbf2026-11-01 00:30:00,14.160.0.1,x,"a,b"\nshort\n', by)
    assert [(row["line"], row["byte_offset"], row["extra"]) for row in rows] == [(1, 3, '{"more":"a,b"}')]
    assert rejects == [(2, "short_row")]


def test_tabs_without_quotes_keep_quotes_as_they_are() -> None:
    by = layout('framing = { delimiter = "tab", unquoted = true }')
    rows, rejects, _ = taken(b'at\tip\tbot\n2026-11-01 00:30:00\t14.160.0.1\t"x"y,\n"\t"\n', by)
    assert [row["malware"] for row in rows] == ['"x"y,']
    assert rejects == [(3, "short_row")]


def test_a_line_end_that_no_quotes_hold_sets_its_row_aside() -> None:
    by = layout('framing = { delimiter = "tab", unquoted = true }')
    rows, rejects, _ = taken(b"at\tip\tbot\n2026-11-01 00:30:00\t14.160.0.1\tx\ry\nalone\r\r\n", by)
    assert (rows, rejects) == ([], [(2, "bad_quotes"), (3, "bad_quotes")])


@pytest.mark.parametrize(("name", "mark"), [("semicolon", ";"), ("bar", "|"), ("tab", "\t"), ("comma", ",")])
def test_every_delimiter_is_quoted_alike(name: str, mark: str) -> None:
    content = 'at;ip;bot\n"2026-11-01 00:30:00";14.160.0.1;"a;""b"\n2026-11-01 00:30:00;14.160.0.1;"a\\"b"\n'
    rows, rejects, _ = taken(content.replace(";", mark).encode(), layout(f'framing.delimiter = "{name}"'))
    assert [(row["malware"], row["repairs"]) for row in rows] == [(f'a{mark}"b', ""), ('a"b', "quotes")]
    assert rejects == []


def test_the_first_column_that_says_something_tells_and_the_others_are_kept() -> None:
    by = layout(columns='observed_at = "at", address = ["ip", "ipv6"], malware = ["bot", "family"]')
    content = (
        b"at,ip,ipv6,bot,family\n"
        b"2026-11-01 00:30:00,14.160.0.1,2405:4800::1,x,y\n"
        b"2026-11-01 00:30:00,,2405:4800::2,,y\n"
    )
    rows, rejects, _ = taken(content, by)
    assert [(row["ip_version"], row["malware"], json.loads(row["extra"])) for row in rows] == [
        (4, "x", {"ipv6": "2405:4800::1", "family": "y"}),
        (6, "y", {}),
    ]
    assert rejects == []


def test_a_file_of_an_older_layout_may_lack_all_but_one_of_them() -> None:
    by = layout(columns='observed_at = ["timestamp", "at"], address = ["src_ip", "ip"], malware = "bot"')
    assert len(taken(b"at,ip,bot\n2026-11-01 00:30:00,14.160.0.1,x\n", by)[0]) == 1
    with pytest.raises(FeedError, match="lacks src_ip"):
        taken(b"at,bot\n2026-11-01 00:30:00,x\n", by)


def test_constants_are_the_same_in_every_row() -> None:
    by = layout('constants = { malware = "badbox", transport = "TCP" }', 'observed_at = "at", address = "ip"')
    [row], _, _ = taken(b"at,ip\n2026-11-01 00:30:00,14.160.0.1\n", by)
    assert (row["malware"], row["family"], row["transport"], row["extra"]) == ("badbox", "badbox", "tcp", "{}")


def test_rows_of_another_kind_are_set_aside_before_anything_else_is_asked() -> None:
    by = layout('only = { kind = ["bot", "drone"], note = "*" }')
    content = (
        b"at,ip,bot,kind,note\n"
        b"2026-11-01 00:30:00,14.160.0.1,x, BOT ,n\n"
        b"never,nowhere,x,scan,n\n"
        b"2026-11-01 00:30:00,14.160.0.1,x,drone,\n"
        b"never,14.160.0.1,x,bot,n\n"
    )
    rows, rejects, _ = taken(content, by)
    assert len(rows) == 1
    assert rejects == [(3, "other_kind"), (4, "other_kind"), (5, "bad_timestamp")]


def test_a_range_of_addresses_is_nobody_s() -> None:
    _, rejects, _ = taken(b"at,ip,bot\n2026-11-01 00:30:00,14.160.0.0/24,x\n2026-11-01 00:30:00,x/24,x\n", layout())
    assert rejects == [(2, "ip_range"), (3, "bad_ip")]


def test_local_times_are_those_of_their_zone() -> None:
    [row], _, _ = taken(b"at,ip,bot\n2026-11-01 07:30:00,14.160.0.1,x\n", layout('clock.zone = "Asia/Ho_Chi_Minh"'))
    assert row["observed_at"] == datetime(2026, 11, 1, 0, 30, tzinfo=UTC)


def test_the_header_of_words_is_words() -> None:
    assert Header.of(b"at  ip bot\n", layout('framing.syntax = "words"').framing).names == ("at", "ip", "bot")


XARF = {one.report: one for one in bundled_layouts() if one.feed == "xarf"}
BOT = """---
Reported-From: cert@example.org
Category: abuse
Report-Type: bot-infection
Report-ID: '1234567@example.org'
Date: Sun, 01 Nov 2026 07:30:00 +0700
Source: 14.160.0.1
Source-Type: ip-address
Source-Port: 40001
Malware-Name: "mirai"
Version: 0.2
"""


def test_a_report_of_x_arf_in_yaml_is_a_sighting_where_it_lies() -> None:
    content = f"# made by a tool\n{BOT}...\r\n\n{BOT.replace('bot-infection', 'login-attack')}".encode()
    [row], rejects, blank = taken(content, XARF["v0"])
    assert (row["malware"], row["port"], row["observed_at"]) == (
        "mirai",
        40001,
        datetime(2026, 11, 1, 0, 30, tzinfo=UTC),
    )
    assert (row["line"], rejects, blank) == (3, [(16, "other_kind")], 5)
    lies = content[row["byte_offset"] :][: row["byte_length"]]
    assert lies.startswith(b"Reported-From")
    assert lies.endswith(b"Version: 0.2")
    assert json.loads(row["extra"])["Report-ID"] == "1234567@example.org"
    [attacker], rejects, _ = taken(content, XARF["v0-attacks"])
    assert (attacker["line"], rejects) == (16, [(3, "other_kind")])
    assert XARF["v0-attacks"].subject is Subject.ATTACKER


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *(("mirai", "mirai"), ("  mi rai  # x", "mi rai"), ("mi#rai", "mi#rai"), ("'it''s' # x", "it's"), ("# x", "")),
        *(('"a\\u0062\\"c"', 'ab"c'), ("~", ""), ("null", ""), ("", ""), ("mirai:x", "mirai:x"), ("-x", "-x")),
        *(("[a]", None), ("{a: b}", None), ("&a b", None), ("*a", None), ("!!python/object:x", None), ("|", None)),
        *((">-", None), ("'a", None), ('"a', None), ("'a' b", None), ('"\\x41"', None), ("a: b", None), ("a:", None)),
        *(("- a", None), ("? a", None), ("@a", None), ("`a`", None), ("%a", None), ("'a'# x", None)),
    ],
)
def test_a_value_of_yaml_is_read_on_one_line_or_not_at_all(written: str, expected: str | None) -> None:
    content = BOT.replace('"mirai"', written).encode()
    rows, rejects, _ = taken(content, XARF["v0"])
    assert ([row["malware"] for row in rows], rejects) == (
        ([], [(2, "bad_yaml")]) if expected is None else ([expected], [])
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        *((b" Indented: x", "bad_yaml"), (b"- x", "bad_yaml"), (b"x", "bad_yaml"), (b"No:blank", "bad_yaml")),
        *((b"Source: 1.1.1.1", "bad_yaml"), (b"Name: \xff", "bad_utf8"), (b"Name: " + b"x" * (1 << 20), "too_long")),
        *((b"%YAML 1.1", "bad_yaml"), (b"\xc3\xb6: x", "bad_yaml"), (b"--- x", "bad_yaml")),
    ],
)
def test_a_document_of_anything_else_is_set_aside_whole_and_the_next_is_read(line: bytes, reason: str) -> None:
    content = BOT.encode() + line + b"\n" + BOT.encode()
    rows, rejects, _ = taken(content, XARF["v0"])
    assert (len(rows), rejects) == (1, [(2, reason)])
    [batch] = read([content], XARF["v0"], FAMILIES, now=NOW)
    [place] = batch.rejects.to_pylist()
    assert content[place["byte_offset"] :][: place["byte_length"]].endswith(line)


def test_yaml_has_neither_names_nor_a_path() -> None:
    for more in ('names = ["a"]', 'path = "a"', 'each = "a"'):
        with pytest.raises(FeedError, match="yaml"):
            layout(f'framing = {{ syntax = "yaml", {more} }}')
