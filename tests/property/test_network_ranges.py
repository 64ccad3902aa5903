import io
import ipaddress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.country import Places
from quetsach.core.errors import InputError
from quetsach.network import (
    HOLDER_COLUMNS,
    AddressRange,
    AddressRanges,
    Isps,
    NetworkError,
    NetworkTables,
    RegionNames,
    annotate,
    read_holders,
)
from quetsach.network.published import TEXT_FORMS, read_lines
from quetsach.network.ranges import MAPPED_FIRST, key_of

EDGES = st.sampled_from([0, 1, 2, 255, 256, 257, 1 << 64, (1 << 64) + 1, (1 << 128) - 2, (1 << 128) - 1, MAPPED_FIRST])
NUMBERS = st.one_of(EDGES, st.integers(0, 40), st.integers(0, (1 << 128) - 1))


@st.composite
def ranges(draw: st.DrawFn) -> list[AddressRange]:
    pairs = draw(st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(1, 5)), max_size=12))
    return [AddressRange(min(a, b), max(a, b), asn) for a, b, asn in pairs]


def _brute_force(over: list[AddressRange], number: int) -> int:
    holding = [(r.last - r.first, r.asn) for r in over if r.first <= number <= r.last]
    return min(holding)[1] if holding else 0


@given(ranges(), st.lists(NUMBERS, min_size=1, max_size=20))
def test_flat_stretches_answer_as_the_smallest_range_does(over: list[AddressRange], asked: list[int]) -> None:
    flat = AddressRanges.of(over, {})
    found = flat.asns[flat.find(np.array([key_of(n) for n in asked], dtype="S16"))]
    assert found.tolist() == [_brute_force(over, n) for n in asked]


@given(ranges(), st.randoms(use_true_random=False))
def test_the_order_of_lines_decides_nothing(over: list[AddressRange], random) -> None:
    shuffled = list(over)
    random.shuffle(shuffled)
    assert AddressRanges.of(shuffled, {}).to_table() == AddressRanges.of(over, {}).to_table()


@given(ranges())
def test_stretches_ascend_and_neighbours_differ(over: list[AddressRange]) -> None:
    table = AddressRanges.of(over, {}).to_table()
    flat = list(zip(table["start"].to_pylist(), table["asn"].to_pylist(), strict=True))
    assert flat[0][0] == bytes(16)
    assert all(a[0] < b[0] and a[1] != b[1] for a, b in pairwise(flat))


@given(
    st.one_of(st.binary(max_size=200), st.text('0123456789.:,af\n"|\t/', max_size=120).map(str.encode)),
    st.sampled_from(sorted(TEXT_FORMS)),
)
def test_any_bytes_are_a_table_or_a_network_error(content: bytes, form: str) -> None:
    try:
        assert len(read_lines(io.BytesIO(content), form, where="t.csv").ranges.starts) >= 1
    except NetworkError as error:
        assert error.where.startswith("t.csv")


FIRST_DAY = date(2026, 1, 1)
DAYS = st.integers(0, 9).map(lambda n: FIRST_DAY + timedelta(days=n))
WORDS = st.one_of(
    st.tuples(st.integers(0x0E_A0_00_00, 0x0E_A0_0F_FF), st.sampled_from([20, 24, 28, 31, 32])),
    st.tuples(
        st.integers(0x2001_0EE0 << 96, (0x2001_0EE0 << 96) + (0xFF << 64)), st.sampled_from([32, 48, 56, 60, 64])
    ),
)

type Line = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, date | None, date | None, str]


@st.composite
def holder_lines(draw: st.DrawFn) -> list[Line]:
    found: list[Line] = []
    for _ in range(draw(st.integers(0, 12))):
        number, length = draw(WORDS)
        address = ipaddress.ip_address(number)
        prefix = ipaddress.ip_network((address, length), strict=False)
        ends = sorted((draw(DAYS), draw(DAYS)))
        first, last = (end if draw(st.booleans()) else None for end in ends)
        found.append((prefix, first, last, draw(st.sampled_from(["tax", "post", "bank"]))))
    return found


def is_valid(line: Line, day: date) -> bool:
    return (line[1] or date.min) <= day <= (line[2] or date.max)


def has_two_owners(lines: list[Line]) -> bool:
    days = [date.min, date.max, *(FIRST_DAY + timedelta(days=n) for n in range(-1, 11))]
    prefixes = {line[0] for line in lines}
    return any(sum(one[0] == prefix and is_valid(one, day) for one in lines) > 1 for prefix in prefixes for day in days)


def written(lines: list[Line]) -> bytes:
    rows = (f"{p},{first or ''},{last or ''},{who},Thuế,Tax,government,letter" for p, first, last, who in lines)
    return "\n".join((",".join(HOLDER_COLUMNS), *rows)).encode()


@given(holder_lines(), st.lists(st.tuples(WORDS, DAYS), min_size=1, max_size=20))
def test_the_longest_prefix_of_the_day_says_who_holds_an_address(
    lines: list[Line], asked: list[tuple[tuple[int, int], date]]
) -> None:
    if has_two_owners(lines):
        with pytest.raises(InputError, match="at one time") as refused:
            read_holders(written(lines), where="h.csv")
        assert refused.value.where.startswith("h.csv:")
        assert refused.value.advice
        return
    tables = NetworkTables.of(
        AddressRanges.of([AddressRange(0, (1 << 128) - 1, 64500)], {}),
        Isps.of([]),
        RegionNames.of(Places.of([])),
        dated=FIRST_DAY,
        holders=read_holders(written(lines), where="h.csv"),
    )
    expected, addresses = [], []
    for (number, _), day in asked:
        address = ipaddress.ip_address(number)
        addresses.append((number | MAPPED_FIRST if address.version == 4 else number).to_bytes(16))
        over = [line for line in lines if line[0].version == address.version and address in line[0]]
        valid = [line for line in over if is_valid(line, day)]
        expected.append(f"government:{max(valid, key=lambda line: line[0].prefixlen)[3]}" if valid else "AS64500")
    moments = [datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC) for _, day in asked]
    sightings = pa.table(
        {
            "address": pa.array(addresses, pa.binary(16)).cast(pa.uuid()),
            "observed_at": pa.array(moments, pa.timestamp("us", tz="UTC")),
            "claimed_region": pa.array([""] * len(asked)),
        }
    )
    assert annotate(sightings, tables)["isp"].to_pylist() == expected
