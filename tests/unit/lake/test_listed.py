"""The look-up behind "check my address"."""

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.lake_reader import TESTER
from tests.unit.lake.test_lake_ingest import HEADER, ingest, row

from quetsach.core.address import Address
from quetsach.lake import LakeError, listed
from quetsach.lake.lake import Lake
from quetsach.lake.listed import Listed, Listing

JUNE_16 = date(2020, 6, 16)
COVERAGE = (
    Address.parse("14.160.0.0").number,
    Address.parse("14.192.0.0").number,
    Address.parse("2001:ee0::").number,
    Address.parse("2001:ee1::").number,
)


def build(tmp_path: Path, content: bytes, *, as_of: date = JUNE_16, days: int = 7) -> Listed:
    lake = Lake(tmp_path / "lake")
    if content:
        ingest(lake, HEADER + content)
    listed.build(lake.view(), tmp_path / "listed", as_of=as_of, days=days, coverage=COVERAGE, by=TESTER)
    return Listed.open(tmp_path / "listed")


def test_finds_every_family_of_an_address_with_its_last_day(tmp_path: Path) -> None:
    found = build(tmp_path, row(day="2020-06-14") + row() + row(malware="virut", day="2020-06-15"))
    assert found.look_up(Address.parse("14.160.0.1")) == (
        Listing("mirai", JUNE_16),
        Listing("virut", JUNE_16 - timedelta(days=1)),
    )


@pytest.mark.parametrize("address", ["14.160.0.0", "14.160.0.2", "0.0.0.0", "255.255.255.255", "::", "::e:a000:1"])
def test_finds_nothing_at_the_neighbours(tmp_path: Path, address: str) -> None:
    assert build(tmp_path, row()).look_up(Address.parse(address)) == ()


def test_an_ipv6_visitor_is_found_by_the_64_bits_of_the_line(tmp_path: Path) -> None:
    found = build(tmp_path, row("2001:ee0:1:2:aaaa::1") + row("2001:ee0:1:2:bbbb::1"))
    assert len(found) == 1
    assert found.look_up(Address.parse("2001:ee0:1:2::ffff")) == (Listing("mirai", JUNE_16),)
    assert found.look_up(Address.parse("2001:ee0:1:3::ffff")) == ()


def test_only_the_window_is_listed_and_its_newest_day_is_told(tmp_path: Path) -> None:
    found = build(
        tmp_path, row(day="2020-06-09") + row("14.160.0.2", day="2020-06-10") + row("14.160.0.3", day="2020-06-17")
    )
    assert len(found) == 1
    assert found.newest_day == date(2020, 6, 10)
    assert (found.first_day, found.as_of) == (date(2020, 6, 10), JUNE_16)


@pytest.mark.parametrize(
    ("address", "covered"),
    [
        ("14.159.255.255", False),
        ("14.160.0.0", True),
        ("14.191.255.255", True),
        ("14.192.0.0", False),
        ("8.8.8.8", False),
        ("2001:ee0:1::9", True),
        ("2001:ee1::", False),
        ("::", False),
    ],
)
def test_it_knows_what_the_feeds_cover(tmp_path: Path, address: str, *, covered: bool) -> None:
    assert build(tmp_path, row()).covers(Address.parse(address)) is covered


def test_an_empty_window_has_no_newest_day(tmp_path: Path) -> None:
    found = build(tmp_path, b"")
    assert (len(found), found.newest_day) == (0, None)
    assert found.look_up(Address.parse("14.160.0.1")) == ()


def test_one_that_is_open_stays_readable_when_it_is_replaced(tmp_path: Path) -> None:
    former = build(tmp_path, row())
    newer = build(tmp_path, row("14.160.0.2"))
    assert former.look_up(Address.parse("14.160.0.1")) == newer.look_up(Address.parse("14.160.0.1"))
    assert former.look_up(Address.parse("14.160.0.2")) == ()
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"listed", "lake.heads.pem"}


def test_a_look_up_takes_less_than_50_microseconds(tmp_path: Path) -> None:
    found = build(tmp_path, b"".join(row(f"14.160.{n >> 8}.{n & 255}") for n in range(5000)))
    addresses = [Address.parse(f"14.160.{n >> 8}.{n & 255}") for n in range(0, 5000, 5)]
    best = 1.0
    for _ in range(5):
        started = time.process_time()
        assert all(found.look_up(address) for address in addresses)
        best = min(best, (time.process_time() - started) / len(addresses))
    assert best < 50e-6


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    build(tmp_path, row())
    content = (tmp_path / "listed").read_bytes()
    header_end = content.index(b"}")
    for damaged in (
        b"",
        content[:20],
        content[:-1],
        content + b"x",
        b"X" + content[1:],
        content[: header_end - 5] + b"x" + content[header_end - 4 :],
        content.replace(b'"entries": 1', b'"entries": 9'),
        content.replace(b'"entries": 1', b'"entries":-1'),
    ):
        (tmp_path / "listed").write_bytes(damaged)
        with pytest.raises(LakeError):
            Listed.open(tmp_path / "listed")
    (tmp_path / "listed").unlink()
    with pytest.raises(LakeError):
        Listed.open(tmp_path / "listed")
