"""A sighting is annotated by the table of its day."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.address import Address
from quetsach.core.country import Places
from quetsach.core.errors import InputError
from quetsach.core.sighting import LATER
from quetsach.network import (
    AddressRange,
    AddressRanges,
    Isps,
    NetworkHistory,
    NetworkTables,
    RegionNames,
    annotate,
    annotate_by_day,
)
from quetsach.network.history import Difference, Move, difference
from quetsach.network.ranges import MAPPED_FIRST

DAYS = (date(2020, 6, 10), date(2020, 6, 20), date(2020, 7, 1))
START = Address.parse("14.160.0.0").number


def _tables(day: date) -> NetworkTables:
    ranges = AddressRanges.of([AddressRange(START, START + 255, 64496 + DAYS.index(day))], {})
    return NetworkTables.of(ranges, Isps.of([]), RegionNames.of(Places.of([])), dated=day)


HISTORY = NetworkHistory(DAYS, _tables)


def _sightings(days: list[date]) -> pa.Table:
    address = pa.array([(START + n % 300).to_bytes(16, "big") for n, _ in enumerate(days)], pa.binary(16))
    moments = [datetime(d.year, d.month, d.day, 23, 59, tzinfo=UTC) for d in days]
    return pa.table(
        {
            "address": pa.ExtensionArray.from_storage(pa.uuid(), address),
            "observed_at": pa.array(moments, pa.timestamp("us", tz="UTC")),
            "claimed_region": pa.array([""] * len(days), pa.string()),
        }
    )


@pytest.mark.parametrize(
    ("day", "valid"),
    [("2020-06-10", 0), ("2020-06-19", 0), ("2020-06-20", 1), ("2020-06-30", 1), ("2020-07-01", 2), ("2026-01-01", 2)],
)
def test_the_newest_table_that_is_not_later_is_valid(day: str, valid: int) -> None:
    tables = HISTORY.on(date.fromisoformat(day))
    assert tables.version.startswith(str(DAYS[valid]))
    assert not tables.version.endswith(LATER)


def test_before_the_first_table_the_first_is_used_and_says_so() -> None:
    tables = HISTORY.on(date(2020, 6, 9))
    assert tables.version == f"{_tables(DAYS[0]).version}{LATER}"
    assert tables.home is tables.ranges


def test_a_table_is_read_when_it_is_needed_and_once() -> None:
    read: list[date] = []
    history = NetworkHistory(DAYS, lambda day: (read.append(day), _tables(day))[1])
    annotate_by_day(_sightings([DAYS[1], DAYS[1], DAYS[1] + timedelta(1)]), history)
    assert read == [DAYS[1]]


def test_a_history_of_nothing_is_refused() -> None:
    with pytest.raises(InputError):
        NetworkHistory((), _tables)


@given(st.lists(st.dates(date(2020, 6, 1), date(2020, 7, 9)), max_size=30))
def test_rows_keep_their_order_and_each_has_what_its_day_says(days: list[date]) -> None:
    table = _sightings(days)
    found = annotate_by_day(table, HISTORY)
    alone = [annotate(table.slice(n, 1), HISTORY.on(day)) for n, day in enumerate(days)]
    assert found.to_pylist() == [row for one in alone for row in one.to_pylist()]


def test_moves_are_counted_in_addresses_of_ipv4() -> None:
    whole = AddressRanges.of([AddressRange(MAPPED_FIRST, MAPPED_FIRST + 2**32 - 1, 1)], {})
    part = AddressRanges.of([AddressRange(START, START + 9, 2), AddressRange(1 << 120, 1 << 121, 3)], {})
    assert difference(whole, part) == Difference(0, (Move(1, 0, 2**32 - 10), Move(1, 2, 10)))
    assert difference(part, whole).announced == 2**32 - 10
    assert difference(whole, whole) == Difference(2**32, ())
