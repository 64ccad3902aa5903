"""What a cell's text means."""

from datetime import UTC, datetime

import pytest

from quetsach.feeds.rows import Memory
from quetsach.feeds.values import parse_address, parse_asn, parse_destination, parse_port, parse_timestamp

MOMENT = int(datetime(2020, 6, 16, 7, 30, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2020-06-16 07:30:00", MOMENT),
        (" 2020-06-16T07:30:00Z ", MOMENT),
        ("2020-06-16T07:30:00+00:00", MOMENT),
        ("2020-06-16 07:30:00.25", MOMENT + 250_000),
        ("2020-06-16 07:30:00.123456789", MOMENT + 123_456),
    ],
)
def test_reads_times_in_utc(text: str, microseconds: int) -> None:
    assert parse_timestamp(text) == microseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2020-06-16",
        "2020-06-16 07:30",
        "16/06/2020 07:30:00",
        "2020-02-30 00:00:00",
        "2020-13-45 99:00:00",
        "2020-06-16 24:00:00",
        "2020-06-16 07:30:60",
        "2020-06-16T07:30:00+07:00",
        "1999-12-31 23:59:59",
        "2101-01-01 00:00:00",
        "2020-W25-2 07:30:00",
        "٢٠٢٠-06-16 07:30:00",
    ],
)
def test_refuses_what_is_no_time_in_utc(text: str) -> None:
    assert parse_timestamp(text) is None


def test_addresses_of_both_versions_are_16_bytes() -> None:
    assert parse_address("14.160.0.1") == bytes(10) + b"\xff\xff\x0e\xa0\x00\x01"
    assert parse_address("2001:ee0::1") == bytes.fromhex("20010ee0000000000000000000000001")


@pytest.mark.parametrize("text", ["999.1.2.3", "14.160.0.01", "14.160.0.0/16", "fe80::1%eth0", "x", "1.2.3"])
def test_refuses_what_is_no_address(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("65535", 65535), (" 80 ", 80), ("0080", 80)])
def test_reads_ports(text: str, port: int) -> None:
    assert parse_port(text) == port


@pytest.mark.parametrize("text", ["65536", "-1", "8_0", "+80", "eighty", "٨٠", "8.0", "99999999999"])
def test_refuses_what_is_no_port(text: str) -> None:
    assert parse_port(text) is None


def test_reads_as_numbers_with_or_without_their_letters() -> None:
    assert parse_asn("45899") == parse_asn("AS45899") == 45899
    assert parse_asn("4294967294") == 4294967294
    assert parse_asn("4294967296") is None
    assert parse_asn("0") is parse_asn("AS0") is None, "AS 0 is nobody's"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3.4, 1.2.3.4", "1.2.3.4"),
        ("1.2.3.4,1.2.3.5", None),
        ("", None),
        (",1.2.3.4", None),
    ],
)
def test_a_destination_may_be_written_twice(text: str, address: str | None) -> None:
    assert parse_destination(text) == (address and parse_address(address))
    assert parse_destination(", ".join([text] * 500)) is None, "a long list is none"


def test_each_distinct_text_is_decided_once() -> None:
    asked: list[str] = []

    def decide(text: str) -> str:
        asked.append(text)
        return text.upper()

    memory = Memory(decide)
    assert memory.all_of(["a", "b", "a"]) == ["A", "B", "A"]
    assert memory.all_of(["b"]) == ["B"]
    assert asked == ["a", "b"]
