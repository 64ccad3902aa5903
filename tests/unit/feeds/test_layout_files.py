"""Layouts as data: what a file may say, and how its mistakes are told."""

import pytest
from tests.sinkhole_report import COLUMNS

from quetsach.feeds.layout import Clock, FeedError, Framing, Layout, Subject, Syntax
from quetsach.feeds.layout_files import bundled_layouts, layout_of, read_layouts

TOP = 'feed = "watchpost"\ntitle = { vi = "Trạm", en = "Watchpost" }\n'
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
