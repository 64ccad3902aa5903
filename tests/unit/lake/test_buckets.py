"""Buckets: the engine and NumPy agree on them, names of files say them, and large days are divided by them."""

import hashlib
import ipaddress
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.lake.test_compaction import answers_of, rows
from tests.unit.lake.test_keeping import DAYS, HEADER, ingest

from quetsach.core.address import Address
from quetsach.lake import buckets, compacted, keeping
from quetsach.lake.lake import Lake
from quetsach.lake.queries import CountAddresses, parts_of
from quetsach.lake.verification import Kind, Verification

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(network="2000::/3"))
DAY = "2020-06-16"


def packed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    return Address.parse(str(address)).key.bytes


@given(st.lists(ADDRESSES, min_size=1, max_size=50))
def test_the_engine_finds_the_bucket_that_numpy_finds(addresses: list[ipaddress.IPv4Address]) -> None:
    found = buckets.buckets_of(b"".join(map(packed, addresses))).tolist()
    rows = ", ".join(f"('{packed(one).hex()}'::uuid, {one.version})" for one in addresses)
    asked = f"select {buckets.OF_ADDRESS} from (values {rows}) seen(address, ip_version)"
    assert [bucket for (bucket,) in duckdb.sql(asked).fetchall()] == found
    assert all(0 <= bucket < buckets.BUCKETS for bucket in found)


@given(st.ip_addresses(network="2000::/3"), st.integers(0, 2**64 - 1))
def test_a_64_is_in_one_bucket(address: ipaddress.IPv6Address, host: int) -> None:
    other = ipaddress.IPv6Address(int(address) >> 64 << 64 | host)
    assert buckets.buckets_of(packed(address)) == buckets.buckets_of(packed(other))


def test_neighbours_are_spread_evenly() -> None:
    line = b"".join(packed(ipaddress.IPv4Address(0x0EA00000 + n)) for n in range(1 << 16))
    sizes = [int((buckets.buckets_of(line) == bucket).sum()) for bucket in range(buckets.BUCKETS)]
    assert max(sizes) < 1.1 * min(sizes)


@pytest.mark.parametrize("divisions", buckets.DIVISIONS)
def test_names_of_divisions_say_each_bucket_once(divisions: int) -> None:
    made = compacted.Compacted(DAYS.first, "plain", "own", ("a", "b"), divisions)
    held = [bucket for path in made.paths for bucket in range(*_span(path))]
    assert held == list(range(buckets.BUCKETS))


def test_files_of_a_lake_that_is_there_keep_their_names() -> None:
    made = compacted.Compacted(DAYS.first, "plain", "own", ("a", "b"), 1)
    key = hashlib.sha256(b"a\nb").hexdigest()[:16]
    assert made.paths == (f"sightings/day={DAYS.first}/plain.own.{key}.parquet",)
    again = hashlib.sha256(b"a\nb\nrevision 2").hexdigest()[:16]
    assert replace(made, revision=2).paths == (f"sightings/day={DAYS.first}/plain.own.{again}.parquet",)
    assert buckets.name_of(1, 64) == ".004-007"


def _span(path: str) -> tuple[int, int]:
    first, last = buckets.buckets_in(path)
    return first, last + 1


def test_small_days_are_not_divided() -> None:
    assert [buckets.divisions_for(n) for n in (0, (1 << 22) - 1, 1 << 22, 1 << 24, 1 << 26)] == [1, 1, 16, 64, 256]


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake whose first day is large enough to be divided into 16, and was delivered at once."""
    monkeypatch.setattr(buckets, "_LEAST_ROWS", {16: 100})
    lake = Lake(tmp_path / "lake")
    seen = "".join(
        f"{DAY} {n % 24:02}:{n % 60:02}:00,14.160.{n % 7}.{n % 251},mirai,VN,b{n % 90}\n" for n in range(300)
    )
    more = "".join(f"{DAY} 0{n % 10}:00:00,2001:ee0:{n % 5}::{n},necurs,VN,\n" for n in range(60))
    ingest(lake, HEADER + seen + more)
    ingest(lake, HEADER + "2020-06-17 07:00:00,14.160.0.1,mirai,VN,b1\n")
    return lake


def files(lake: Lake, day: str = DAY) -> list[str]:
    return sorted(path.name for path in lake.folder.glob(f"sightings/day={day}/*"))


def test_a_large_day_is_divided_and_nothing_that_is_counted_changes(lake: Lake) -> None:
    before, counted = rows(lake), answers_of(lake.view())
    assert keeping.compact(lake) == keeping.Gathered(days=1, files=1)
    assert (len(files(lake)), len(files(lake, "2020-06-17"))) == (16, 1)
    assert {name: value for row in rows(lake) for name, value in row if name == "delivery"}
    assert sorted(map(_without_delivery, rows(lake).elements())) == sorted(map(_without_delivery, before.elements()))
    assert answers_of(lake.view()) == counted
    assert keeping.rebuild(lake).mended == 0
    assert keeping.compact(lake) == keeping.Gathered(0, 0)


def _without_delivery(row: tuple[object, ...]) -> list[str]:
    return [str(cell) for cell in row if "delivery" not in str(cell)]


def test_a_file_holds_only_what_its_name_says(lake: Lake) -> None:
    keeping.compact(lake)
    engine = duckdb.connect()
    for path in lake.folder.glob(f"sightings/day={DAY}/*"):
        asked = f"select distinct {buckets.OF_ADDRESS} from read_parquet('{path}')"
        first, last = buckets.buckets_in(path)
        assert all(first <= bucket <= last for (bucket,) in engine.sql(asked).fetchall())


def test_any_cut_of_a_divided_day_answers_the_same(lake: Lake) -> None:
    question = CountAddresses(("day", "family"))
    before = lake.view().ask(question, parts_of(lake.view().catalog.kept(DAYS)))
    keeping.compact(lake)
    with lake.view() as view:
        held = view.catalog.kept(DAYS)
        for count in (None, 1, 3, 7, 16, 40, 256):
            parts = parts_of(held, count=count)
            assert view.ask(question, parts) == before, count
            assert count or len(parts) == 1 + 15 * any(part.own for part in parts)


def test_a_part_opens_only_the_files_that_have_its_addresses(lake: Lake) -> None:
    keeping.compact(lake)
    with lake.view() as view:
        divided = [path for path in view.catalog.kept(DAYS) if buckets.buckets_in(path) != buckets.ALL_BUCKETS]
    parts = parts_of(divided, count=16)
    assert [len(part.own) for part in parts] == [1] * 16
    assert not any(part.files for part in parts)
    assert all(len(part.files) in {2, 1} for part in parts_of(divided, count=32))
    assert sorted(name for part in parts_of(divided, count=4) for name in part.own) == sorted(map(str, divided))


def test_a_later_file_of_a_divided_day_lies_beside_until_there_are_many(lake: Lake) -> None:
    keeping.compact(lake)
    for n in range(6):
        ingest(lake, HEADER + f"{DAY} 20:0{n}:00,14.160.0.{n},mirai,VN,late\n")
        assert len(files(lake)) == 17 + n
    ingest(lake, HEADER + f"{DAY} 21:00:00,14.160.0.9,mirai,VN,late\n")
    assert len(files(lake)) == 16, "gathered by the ingest that made it eight pieces"
    assert lake.view().sightings_count() == 300 + 60 + 7 + 1


def test_a_known_sighting_of_a_divided_day_stays_known(lake: Lake) -> None:
    keeping.compact(lake)
    ingest(lake, HEADER + f"{DAY} 00:00:00,14.160.0.0,mirai,VN,b0\n\n")
    last = lake.view().deliveries()[-1]
    assert (last.accepted, last.duplicates) == (0, 1)


def test_a_record_of_another_number_of_divisions_is_said(lake: Lake) -> None:
    keeping.compact(lake)
    path = lake.folder / compacted.FILE
    path.write_text(path.read_text().replace('"divisions": 16', '"divisions": 17'))
    with pytest.raises(Exception, match=r"compacted\.json"):
        lake.view()


def test_a_divided_lake_is_whole_and_a_row_in_another_file_is_found(lake: Lake) -> None:
    keeping.compact(lake)
    assert not Verification(lake, is_deep=True).run().faults
    first, last = sorted(lake.folder.glob(f"sightings/day={DAY}/*"))[0::15]
    content = first.read_bytes()
    first.write_bytes(last.read_bytes())
    last.write_bytes(content)
    assert {fault.kind for fault in Verification(lake, is_deep=True).run().faults} == {Kind.MISPLACED}
