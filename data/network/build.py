"""Make prefixes-<date>.csv from the two npm packages named in SOURCE.md.

By hand, with network:  npm pack @ip-location-db/asn @ip-location-db/asn-country
                        python data/network/build.py ip-location-db-asn-*.tgz ip-location-db-asn-country-*.tgz
"""

import csv
import io
import ipaddress
import sys
import tarfile
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

COUNTRY = "VN"
ABROAD = {133606}
"""AS that announce the country's delegations for customers elsewhere: 133606 is Viettel's company in Timor-Leste."""


class Announced(NamedTuple):
    """One line of the source: an inclusive range of numbers, and whose it is."""

    first: int
    last: int
    asn: int
    name: str


def read(archive: Path, member: str) -> Iterator[list[str]]:
    """Yield the rows of one CSV inside an npm package."""
    with tarfile.open(archive) as package:
        found = package.extractfile(f"package/{member}")
        if found is None:
            raise SystemExit(f"{archive} has no {member}")
        with io.TextIOWrapper(found, encoding="utf-8", newline="") as text:
            yield from csv.reader(text)


def country_ranges(archive: Path, version: int) -> list[tuple[int, int]]:
    """Return the inclusive ranges of the country, neighbours joined, in order."""
    joined: list[tuple[int, int]] = []
    for first, last, country in read(archive, f"asn-country-ipv{version}-num.csv"):
        if country != COUNTRY:
            continue
        if joined and int(first) <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], int(last)))
        else:
            joined.append((int(first), int(last)))
    return joined


def announced(archive: Path, version: int, country: list[tuple[int, int]]) -> Iterator[Announced]:
    """Yield what is announced inside the country's ranges, cut at their edges."""
    starts = [first for first, _ in country]
    for first_text, last_text, asn, name in read(archive, f"asn-ipv{version}-num.csv"):
        if int(asn) in ABROAD:
            continue
        first, last = int(first_text), int(last_text)
        at = max(0, bisect_right(starts, first) - 1)
        while at < len(country) and country[at][0] <= last:
            start, end = max(first, country[at][0]), min(last, country[at][1])
            if start <= end:
                yield Announced(start, end, int(asn), name)
            at += 1


def join_neighbours(ranges: list[Announced]) -> list[Announced]:
    """Join ranges that touch and belong to one AS."""
    joined: list[Announced] = []
    for found in ranges:
        if joined and joined[-1].asn == found.asn and joined[-1].last + 1 == found.first:
            joined[-1] = joined[-1]._replace(last=found.last)
        else:
            joined.append(found)
    return joined


def main(asn_archive: Path, country_archive: Path) -> None:
    """Write the table beside this script, dated as the package is (its version ends in year, month, day, hour)."""
    dated = f"{datetime.strptime(asn_archive.stem.rpartition('.')[2], '%Y%m%d%H').replace(tzinfo=UTC):%Y-%m-%d}"
    with Path(__file__).with_name(f"prefixes-{dated}.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        for version, kind in ((4, ipaddress.IPv4Address), (6, ipaddress.IPv6Address)):
            ranges = sorted(announced(asn_archive, version, country_ranges(country_archive, version)))
            kept = join_neighbours(ranges)
            table.writerows((kind(r.first), kind(r.last), r.asn, r.name.strip()) for r in kept)
            addresses = sum(r.last - r.first + 1 for r in kept)
            print(f"IPv{version}: {len(kept)} ranges, {len({r.asn for r in kept})} AS, {addresses:,} addresses")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
