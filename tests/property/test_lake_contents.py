"""However files come, the lake holds the same sightings, each once."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lake_reader import TESTER
from tests.unit.lake.test_lake_ingest import HEADER, annotate

from quetsach.core.address import Address
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.lake import listed
from quetsach.lake.lake import Lake

JUNE = Period(date(2020, 6, 1), date(2020, 6, 30))
FAMILIES = FamilyNames.of([], version="0")

ADDRESSES = st.one_of(
    st.integers(0, 3).map(lambda n: f"14.160.0.{n}"), st.integers(0, 3).map(lambda n: f"2001:ee0:0:{n % 2}::{n}")
)
ROWS = st.tuples(st.integers(16, 18), ADDRESSES, st.sampled_from(["mirai", "virut", ""]))
FILES = st.lists(st.lists(ROWS, max_size=12), min_size=1, max_size=4)


def content_of(rows: list[tuple[int, str, str]]) -> bytes:
    return HEADER + "".join(f"2020-06-{day} 00:00:00,{address},{name},1\n" for day, address, name in rows).encode()


def fill(folder: str, files: list[list[tuple[int, str, str]]]) -> Lake:
    lake = Lake(Path(folder))
    for rows in files:
        result = lake.ingest(
            content_of(rows), feed="plain", families=FAMILIES, annotate=annotate, now=datetime(2020, 6, 20, tzinfo=UTC)
        )
        assert result.records == len(rows) == result.accepted + result.duplicates
    return lake


@settings(max_examples=25)
@given(FILES, st.randoms())
def test_neither_order_nor_repetition_of_files_matters(files: list[list[tuple[int, str, str]]], rng: object) -> None:
    again = [*files, *files]
    rng.shuffle(again)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        lake, other = fill(first, files), fill(second, again)
        for by in ((), ("family", "ip_version")):
            assert lake.view().daily_addresses(JUNE, by) == other.view().daily_addresses(JUNE, by)
            assert lake.view().distinct_addresses(JUNE, by) == other.view().distinct_addresses(JUNE, by)
        assert lake.view().days_with_data(JUNE) == other.view().days_with_data(JUNE)


@settings(max_examples=25)
@given(FILES)
def test_counts_are_those_of_sets(files: list[list[tuple[int, str, str]]]) -> None:
    distinct = {row for rows in files for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        lake = fill(folder, files)
        assert lake.view().sightings_count() == len(distinct)
        assert lake.view().count_addresses(JUNE) == len({address for _, address, _ in distinct})
        daily = lake.view().daily_addresses(JUNE, ("family",)).to_pylist()
    assert {(row["day"].day, row["family"]): row["addresses"] for row in daily} == {
        (day, name or "unknown"): len({a for d, a, n in distinct if (d, n) == (day, name)}) for day, _, name in distinct
    }


@settings(max_examples=25)
@given(FILES, ADDRESSES)
def test_the_look_up_says_what_the_lake_holds(files: list[list[tuple[int, str, str]]], asked: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = fill(folder, files)
        path = Path(folder) / "listed"
        listed.build(lake.view(), path, as_of=date(2020, 6, 18), days=3, coverage=(), by=TESTER)
        found = listed.Listed.open(path).look_up(Address.parse(asked))
    network = Address.parse(asked).network_number
    seen = [(n or "unknown", d) for rows in files for d, a, n in rows if Address.parse(a).network_number == network]
    assert [(listing.family, listing.last_day.day) for listing in found] == [
        (name, max(day for other, day in seen if other == name)) for name in sorted({name for name, _ in seen})
    ]
