"""Which report a file is, and what its header must have."""

import gzip
from datetime import UTC, datetime

import pytest
from tests.sinkhole_report import HEADER

from quetsach.core.family import FamilyNames
from quetsach.feeds.layout import FeedError, Subject
from quetsach.feeds.layout_files import layout_of
from quetsach.feeds.lines import MAX_COLUMNS, MAX_HEADER_BYTES, Header
from quetsach.feeds.reader import read

HTTP = b",".join([HEADER[:-1], b"http_url,http_host,http_agent,forwarded_by,http_referer,machine_name\n"])


@pytest.mark.parametrize("report", ["event4_sinkhole", "event6_sinkhole"])
def test_the_file_name_says_which_report_it_is(report: str) -> None:
    assert layout_of("shadowserver", None, file_name=f"2020-06-16-{report}-vn.csv", head=HEADER).report == report


def test_the_header_says_it_where_the_name_does_not() -> None:
    assert layout_of("shadowserver", None, file_name="today.csv", head=HTTP).report == "event4_sinkhole_http"
    assert layout_of("shadowserver", None, file_name="today.csv", head=HEADER).report == "event4_sinkhole"


def test_the_named_report_wins() -> None:
    name = "2020-06-16-event4_sinkhole-vn.csv"
    assert layout_of("shadowserver", "event6_sinkhole", file_name=name, head=HEADER).report == "event6_sinkhole"


def test_a_report_of_something_else_is_never_taken_for_infections() -> None:
    with pytest.raises(FeedError, match="no known report 'scan_telnet'") as refusal:
        layout_of("shadowserver", None, file_name="2020-06-16-scan_telnet-vn.csv", head=HEADER)
    assert "feeds map" in str(refusal.value.hint)
    asked = layout_of("shadowserver", None, file_name="2020-06-16-event4_sinkhole_dns-vn.csv", head=HEADER)
    assert asked.subject is Subject.RESOLVER


@pytest.mark.parametrize(
    ("feed", "report", "head", "message"),
    [
        ("nobody", None, HEADER, "unknown feed"),
        ("shadowserver", None, b"timestamp,src_ip,infection\n", "neither the file's name nor its header"),
        ("shadowserver", "event4_sinkhole", b"timestamp,src_ip\n", "lacks infection"),
        ("plain", None, b"timestamp,malware\n", "lacks address"),
        ("plain", "../etc", b"timestamp,address,malware\n", "not a name of a report"),
    ],
)
def test_refuses_what_it_cannot_read(feed: str, report: str | None, head: bytes, message: str) -> None:
    with pytest.raises(FeedError, match=message) as refusal:
        layout_of(feed, report, file_name="x.csv", head=head)
    assert refusal.value.hint


def test_a_source_of_plain_csv_has_its_own_name() -> None:
    head = b"timestamp,address,malware\n"
    assert layout_of("plain", None, file_name="2020-06-16-x.csv", head=head).report == "sightings"
    assert layout_of("plain", "honeypot-hn", file_name="x.csv", head=head).report == "honeypot-hn"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n",
        b"\r\n",
        b"\xff\xfet\x00",
        b"a,b,a\n",
        b"a,,b\n",
        b'a,"b\n',
        b"a,\xff\n",
        b"x" * MAX_HEADER_BYTES,
        b",".join(b"c%d" % n for n in range(MAX_COLUMNS + 1)),
        "timestamp,address,malware\n".encode("utf-16-le"),
    ],
)
def test_refuses_an_unreadable_header(head: bytes) -> None:
    with pytest.raises(FeedError):
        Header.parse(head)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (gzip.compress(b"timestamp,address,malware\n", mtime=0), "gzip"),
        (b"PK\x03\x04\x14\0\0\0 x.csv", "zip archive"),
        ("timestamp,address\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(head: bytes, message: str) -> None:
    with pytest.raises(FeedError, match=message) as refusal:
        Header.parse(head)
    assert refusal.value.hint


def test_records_between_carriage_returns_are_not_taken_for_names_of_columns() -> None:
    with pytest.raises(FeedError, match="carriage return"):
        Header.parse(b"timestamp,address,malware,port\r2020-06-16 01:00:00,14.160.0.1,mirai,80\r")


def test_columns_that_are_not_separated_by_commas_are_told() -> None:
    with pytest.raises(FeedError, match="lacks") as refusal:
        layout_of("plain", None, file_name="x.csv", head=b"timestamp;address;malware\n")
    assert "commas" in refusal.value.hint


def test_header_names_are_read_without_mark_case_spaces_and_line_ending() -> None:
    assert Header.parse(b'\xef\xbb\xbf"Timestamp", SRC_IP \r\nrest') == Header(("timestamp", "src_ip"), 25)


@pytest.mark.parametrize(
    ("report", "head"),
    [
        ("sinkhole_http_drone", b"timestamp,ip,asn,geo,url,type,http_agent,src_port,hostname,dst_port,http_host\n"),
        ("sinkhole_http_drone", HTTP),
        ("microsoft_sinkhole", b"timestamp,ip,asn,geo,url,type,http_agent,tor,src_port,hostname,dst_ip,dst_port\n"),
        ("sinkhole6_http", b"timestamp,src_ip,src_asn,src_geo,dst_ip,dst_port,protocol,tag,hostname,http_host\n"),
        ("botnet_drone", b"timestamp,ip,port,asn,geo,hostname,type,infection,url,agent,cc_ip,cc_port,cc_dns\n"),
    ],
)
def test_reports_of_old_names_are_infections_by_their_names(report: str, head: bytes) -> None:
    layout = layout_of("shadowserver", None, file_name=f"2019-06-16-{report}-vn.csv", head=head)
    assert (layout.report, layout.subject) == (report, Subject.HOST)


@pytest.mark.parametrize("added", [b"", b",machine_name", b",machine_name,detail"])
def test_a_header_is_known_in_each_of_its_editions(added: bytes) -> None:
    head = HEADER.removesuffix(b"\n") + added + b"\n"
    assert layout_of("shadowserver", None, file_name="today.csv", head=head).report == "event4_sinkhole"


def test_a_header_with_other_columns_is_none_that_is_known() -> None:
    head = HEADER.removesuffix(b"\n") + b",machine_name,price\n"
    with pytest.raises(FeedError, match="neither the file's name nor its header"):
        layout_of("shadowserver", None, file_name="today.csv", head=head)


def test_senders_of_spam_among_the_old_drones_are_no_infections() -> None:
    head = b"timestamp,ip,port,type,infection\n"
    layout = layout_of("shadowserver", "botnet_drone", file_name="", head=head)
    rows = b"".join(b"2019-06-16 10:00:00,14.160.0.%d,1,tcp,%s\n" % n for n in enumerate((b"mirai", b"Spam", b"")))
    [batch] = read([head + rows], layout, FamilyNames.of([], version="t"), now=datetime(2026, 12, 1, tzinfo=UTC))
    assert batch.sightings["malware"].to_pylist() == ["mirai"]
    assert batch.rejects["reason"].to_pylist() == ["other_kind", "other_kind"]
