"""Many values at once are what they are one by one."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quetsach.feeds.bulk import Bulk, epoch_times, file_times, ipv4_addresses, ports, utc_times, written_times
from quetsach.feeds.layout import Clock
from quetsach.feeds.values import parse_address, parse_port, parse_timestamp, time_reader

TIMES = st.builds(
    "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}".format,
    st.integers(1995, 2105),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from(["T", " ", "t"]),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.sampled_from(["", "", "", "Z", "+00:00", ".5", "\n", " "])
    | st.builds(
        "{}{}{:02}:{:02}".format,
        st.sampled_from(["", ".5", ".123456", ".1234567899"]),
        st.sampled_from("+-"),
        st.integers(0, 25),
        st.integers(0, 61),
    ),
)
NUMBERS = st.integers(940_000_000, 4_200_000_000) | st.integers(125_900_000_000_000_000, 157_800_000_000_000_000)
BYTES = st.integers(0, 300).map(str) | st.sampled_from(["00", "01", "٣", "", " 1", "1\n"])
ADDRESSES = st.lists(BYTES, min_size=3, max_size=5).map(".".join)


def agrees(texts: list[str], bulk: Callable[[pa.StringArray], Bulk], one: Callable[[str], int | bytes | None]) -> None:
    is_read, values = bulk(pa.array(["skipped", *texts], pa.string())[1:])
    found = iter(values)
    for text, was_read in zip(texts, is_read.tolist(), strict=True):
        if was_read:
            value = next(found)
            assert one(text) == (value.tobytes() if value.dtype.kind == "V" else int(value))
    assert next(found, None) is None


@settings(max_examples=500)
@given(st.lists(TIMES | st.text(max_size=25), max_size=8))
@example(["2024-02-29 00:00:00", "2023-02-29 00:00:00", "2000-02-29 00:00:00", "2099-12-31 23:59:59"])
def test_times(texts: list[str]) -> None:
    agrees(texts, utc_times, parse_timestamp)


@settings(max_examples=500)
@given(st.lists(TIMES | st.text(max_size=25), max_size=8))
@example(["2000-01-01T00:00:00+00:01", "2000-01-01T00:00:00-00:01", "2099-12-31T23:59:59.9999999Z"])
@example(["2100-12-31T23:59:59-23:59", "2026-11-01T00:00:00+24:00", "2026-11-01T00:00:00+07:60"])
def test_times_that_say_their_zone(texts: list[str]) -> None:
    agrees(texts, written_times, time_reader(Clock(zone="written")))
    agrees(texts, written_times, time_reader(Clock("mail")))


@settings(max_examples=500)
@given(st.lists(NUMBERS.map(str) | st.text(max_size=20), max_size=8))
@example(["949999999", "950000000", "3999999999", "4133980799", "4133980800"])
@example(["125911583999999999", "125911584000000000", "157784543999999999", "157784544000000000"])
def test_times_that_are_numbers(texts: list[str]) -> None:
    agrees(texts, epoch_times, time_reader(Clock("epoch")))
    agrees(texts, file_times, time_reader(Clock("filetime")))


@settings(max_examples=500)
@given(st.lists(ADDRESSES | st.text(max_size=20), max_size=8))
@example(["255.255.255.255", "0.0.0.0", "1.2.3.04", "1.2.3.4\n", "256.1.1.1"])
def test_addresses(texts: list[str]) -> None:
    agrees(texts, ipv4_addresses, parse_address)


@given(st.lists(st.integers(0, 70_000).map(str) | BYTES | st.text(max_size=8), max_size=8))
@example(["65535", "65536", "0", "00080", "99999", "100000", "80\n", "", "-1"])
def test_ports(texts: list[str]) -> None:
    agrees(texts, ports, parse_port)


@pytest.mark.parametrize(
    ("text", "bulk"),
    [
        ("65535", ports),
        *(("2020-06-16 07:30:00", utc_times), ("2020-06-16T07:30:00", utc_times), ("1.2.3.4", ipv4_addresses)),
        *(("2020-06-16T07:30:00Z", written_times), ("2020-06-16T07:30:00.000001+07:00", written_times)),
        *(("1592292600", epoch_times), ("132367662000000000", file_times)),
    ],
)
def test_what_feeds_write_is_read_at_once(text: str, bulk: Callable[[pa.StringArray], Bulk]) -> None:
    assert bulk(pa.array([text]))[0].all()
