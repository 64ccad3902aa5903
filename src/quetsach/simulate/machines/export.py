"""Plays a country into a folder.

::

    manifest.json                   what was played, and every file with rows, size and SHA-256
    scenario.toml                   the scenario as it was given
    feeds/<feed>/<day>-<report>-vn.csv   what the feeds deliver
    dashboard.csv                   distinct addresses a day of the country and its neighbours
    truth/*.parquet                 truth_tables has the columns

Rows of a feed that come late or once more are in the next file of their report. Memory does not grow with the days. A
run that was killed is simply run again: files appear whole or not at all, and the same scenario, seed and scale give
the same bytes. A folder that is complete and as its manifest says is left alone.
"""

import hashlib
import ipaddress
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quetsach import __version__
from quetsach.core.sighting import UNKNOWN_SECTOR
from quetsach.core.text import Text
from quetsach.network import AddressRanges
from quetsach.simulate.fields import HEADER, SINKHOLE_PORTS, SINKHOLES, SimulateError
from quetsach.simulate.machines import truth
from quetsach.simulate.machines.checkins import comes_late
from quetsach.simulate.machines.days import PANEL_HEADER, Dashboard, Day, country
from quetsach.simulate.machines.folder import Folder, OpenFile, OpenTable
from quetsach.simulate.machines.population import DAY, Population
from quetsach.simulate.machines.random_streams import Integers, RandomStreams, distinct
from quetsach.simulate.machines.scenario import Country, FeedForm
from quetsach.simulate.machines.truth import Truth, hex_texts, is_home

# Check-ins as rows of a feed, written by the column: no Python for single rows.

PLAIN_COLUMNS = (
    *("timestamp", "address", "port", "transport", "asn", "country", "region"),
    *("destination_address", "destination_port", "malware", "sector", "bot_id", "event_id"),
)
HEADERS = {FeedForm.SHADOWSERVER: HEADER, FeedForm.PLAIN: (",".join(PLAIN_COLUMNS) + "\n").encode()}

_CHUNK_ROWS = 250_000
_EVENTS_A_DAY = 1_000_000_000
_OCTETS = pa.array([str(n) for n in range(256)])
_PLAIN_TEXTS = ("", ",", pa.array([f",{n}" for n in range(1 << 16)]), "\n")
_QUOTED_TEXTS = ('"', '","tcp","', pa.array([f'",{n}' for n in range(1 << 16)]), ",,\n")
"""What stands before the clock, between clock and address, between address and what follows the port, and last."""
FORM = 1
"""Version of the folder's layout."""


class FeedRows:
    """Writes the rows of one feed.

    A row is: clock, address, port, what is the same for all machines of a family, provider, province and sector, the
    bot ID in plain rows, the event's number. Each is taken from a table of texts with the commas and quotes about it.
    """

    def __init__(self, country: Country, number: int) -> None:
        self._country = country
        self._feed = country.feeds[number]
        self._form = self._feed.form
        self._people = Population(country, RandomStreams(country.seed))
        self._sectors = ["" if sector == UNKNOWN_SECTOR else sector for sector in country.sectors] or [""]
        self._fixed = _PLAIN_TEXTS if self._form is FeedForm.PLAIN else _QUOTED_TEXTS
        self._tails = pa.array(list(self._write_tails(number)))

    def write(self, day: Day, chosen: Integers) -> Iterator[tuple[pa.Buffer, int]]:
        """Yield the rows of some events of a day, in pieces with the number of rows.

        ``chosen`` are positions in ``day.events``.
        """
        if not len(chosen):
            return
        used, of = distinct(day.events.stretches[chosen], len(day.stretches))
        addresses, tails = _addresses(day, used), self._tails_of(day, used)
        bots = _bots(day, used) if self._form is FeedForm.PLAIN else None
        head, middle, port_texts, end = self._fixed
        ahead = self._feed.clock_error(day.date)
        dates = pa.array([f"{head}{day.date + timedelta(days=n)} " for n in (-1, 0, 1)])
        for start in range(0, len(chosen), _CHUNK_ROWS):
            part = slice(start, start + _CHUNK_ROWS)
            at, stretch = chosen[part], pa.array(of[part])
            stamped = day.events.seconds[at] + ahead
            cells = [
                dates.take(pa.array(stamped // DAY + 1)) if ahead else dates[1],
                _clock().take(pa.array(stamped % DAY)),
                middle,
                addresses.take(stretch),
                port_texts.take(pa.array(day.events.ports[at])),
                tails.take(stretch),
                *([bots.take(stretch)] if bots is not None else []),
                pa.array(at + day.date.toordinal() * _EVENTS_A_DAY).cast(pa.string()),
            ]
            rows = pc.binary_join_element_wise(*cells, end, "")
            _, offsets, text = rows.buffers()
            yield text.slice(0, int(np.frombuffer(offsets, dtype=np.int32)[len(rows)])), len(rows)

    def _tails_of(self, day: Day, used: Integers) -> pa.Array:
        infections = day.levels.infections[day.stretches.infections[used]]
        cells = (infections.families * len(self._country.isps) + infections.isps) * (len(self._country.provinces) + 1)
        nowhere = (infections.provinces < 0) | self._people.regionless(infections.lines)
        cells += np.where(nowhere, len(self._country.provinces), infections.provinces)
        return self._tails.take(pa.array(cells * len(self._sectors) + self._people.sectors(infections.lines)))

    def _write_tails(self, number: int) -> Iterator[str]:
        """Yield what comes after the port for each family, provider, province and sector; the last province is none."""
        address = SINKHOLES[number % len(SINKHOLES)]
        for at, family in enumerate(self._country.families):
            port = SINKHOLE_PORTS[at % len(SINKHOLE_PORTS)]
            for isp in self._country.isps:
                asn = str(isp.asn or "")
                for province, sector in product((*self._country.provinces, ""), self._sectors):
                    if self._form is FeedForm.SHADOWSERVER:
                        region, told = (f'"{text}"' if text else "" for text in (province, sector))
                        yield (
                            f',{asn},"{isp.country}",{region},,,,{told},,,,"high","{address}",{port},,,,,,,,,'
                            f'"{family.spelling}",,"simulated",,,'
                        )
                    else:
                        yield f",tcp,{asn},{isp.country},{province},{address},{port},{family.spelling},{sector},"


def _bots(day: Day, used: Integers) -> pa.Array:
    """Return the bot IDs of stretches as text, with the comma after."""
    return pc.binary_join_element_wise(hex_texts(day.bots[day.stretches.infections[used]]), ",", "")


@cache
def _clock() -> pa.Array:
    return pa.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY)])


def _addresses(day: Day, used: Integers) -> pa.Array:
    """Return the addresses of stretches as text."""
    upper, is_ipv6 = day.sources.upper[used], day.sources.is_ipv6[used]
    octets = [
        _OCTETS.take(pa.array(((upper >> np.uint64(shift)) & np.uint64(255)).astype(np.int64)))
        for shift in (24, 16, 8, 0)
    ]
    texts = pc.binary_join_element_wise(*octets, ".")
    if not is_ipv6.any():
        return texts
    halves = zip(upper[is_ipv6].tolist(), day.sources.lower[used][is_ipv6].tolist(), strict=True)
    return pc.replace_with_mask(
        texts, is_ipv6, pa.array([str(ipaddress.IPv6Address(u << 64 | low)) for u, low in halves])
    )


# The files of one feed: a day or more each, by report; rows that come late or once more are in the next.

_DELIVERY = 6
IPV4, IPV6, PLAIN = "event4_sinkhole", "event6_sinkhole", "sightings"


class FeedFiles:
    """Writes what one feed delivers, day by day, under ``feeds/<feed>/``."""

    def __init__(self, country: Country, number: int, folder: Folder) -> None:
        self._country = country
        self._number = number
        self._feed = country.feeds[number]
        self._rows = FeedRows(country, number)
        self._folder = folder
        self._home = is_home(country)
        has_ipv6 = any(isp.ipv6_share for isp in country.isps) and any(f.uses_ipv6 for f in country.families)
        if self._feed.form is FeedForm.PLAIN:
            self._reports: tuple[str, ...] = (PLAIN,)
        else:
            self._reports = (IPV4, IPV6) if has_ipv6 else (IPV4,)
        self._open: dict[str, OpenFile] = {}
        self._kept: dict[str, list[tuple[pa.Buffer, int]]] = {report: [] for report in self._reports}

    def take(self, day: Day) -> None:
        """Write a day."""
        seen = day.seen[self._feed.id]
        stretch = day.events.stretches[seen]
        at_home = self._home[day.levels.infections.isps[day.stretches.infections[stretch]]]
        is_ipv6 = day.sources.is_ipv6[stretch]
        rng = np.random.default_rng([self._country.seed, _DELIVERY, self._number, day.number])
        is_late = rng.random(len(seen)) < self._feed.late
        comes_again = is_late | (rng.random(len(seen)) < self._feed.repeated)
        for report in self._reports:
            of_report = at_home & (self._feed.form is FeedForm.PLAIN or is_ipv6 == (report == IPV6))
            file = self._file(report, day)
            for piece, rows in self._kept[report]:
                file.write(piece, rows)
            for piece, rows in self._rows.write(day, seen[of_report & ~is_late]):
                file.write(piece, rows)
            self._kept[report] = list(self._rows.write(day, seen[of_report & comes_again]))
        if (day.number + 1) % self._feed.days_a_file == 0:
            self._close(rng)

    def finish(self) -> None:
        """Deliver what is left after the last day."""
        rng = np.random.default_rng([self._country.seed, _DELIVERY, self._number, self._country.days])
        self._close(rng)
        for report, pieces in self._kept.items():
            if pieces:
                self._start(report, self._country.period.last + timedelta(days=1))
                for piece, rows in pieces:
                    self._open[report].write(piece, rows)
        self._close(rng)

    def _file(self, report: str, day: Day) -> OpenFile:
        if report not in self._open:
            self._start(report, day.date)
        return self._open[report]

    def _start(self, report: str, day: date) -> None:
        is_late = comes_late(self._country, self._number, self._country.day(day))
        name = f"feeds/{self._feed.id}/{day}-{report}-{self._country.code.lower()}{'.late' if is_late else ''}.csv"
        self._open[report] = self._folder.open(name)
        self._open[report].write(HEADERS[self._feed.form], 0)

    def _close(self, rng: np.random.Generator) -> None:
        for file in self._open.values():
            file.finish()
            if rng.random() < self._feed.sent_again:
                self._folder.repeat(file.name, file.name.removesuffix(".csv") + ".again.csv")
        self._open.clear()


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be played: the scenario's own bytes, what they say, and what the operator changed."""

    content: bytes
    country: Country
    scale: int = 1
    seed: int | None = None
    has_leases: bool = False

    def played(self) -> Country:
        """Return the country as it is played.

        Raises:
            SimulateError: the scale leaves nothing, or the seed is negative.
        """
        if self.seed is not None and self.seed < 0:
            raise SimulateError(Text("seed must be 0 or more"))
        scaled = self.country.scaled(self.scale)
        return scaled if self.seed is None else replace(scaled, seed=self.seed)

    def about(self) -> dict[str, Any]:
        """Return what tells this run from another."""
        return {
            "form": FORM,
            "quetsach": __version__,
            "scenario": self.country.id,
            "scenario_sha256": hashlib.sha256(self.content).hexdigest(),
            "seed": self.country.seed if self.seed is None else self.seed,
            "scale": self.scale,
            "leases": self.has_leases,
        }


def write_country(
    order: Order, ranges: AddressRanges, out: Path, *, progress: Callable[[str], None] = lambda _: None
) -> tuple[dict[str, Any], bool]:
    """Play a country into a folder; return its manifest and whether anything had to be written.

    Args:
        order: what to play.
        ranges: the address space of its providers.
        out: the folder; it is made.
        progress: is told of each day.

    Raises:
        SimulateError: the folder has another simulation, or the scenario cannot be played.
        OSError: the folder cannot be written.
    """
    played, about = order.played(), order.about()
    folder = Folder(out)
    found = folder.manifest()
    if found is not None:
        if {name: found.get(name) for name in about} != about:
            raise SimulateError(
                Text("the folder has another simulation"), where=str(out), hint=Text("name an empty folder")
            )
        if found["complete"] and folder.is_as_written(found):
            return found, False
    folder.seal(about, is_complete=False)
    folder.copy("scenario.toml", order.content)
    with folder:
        writers = _Writers(played, folder, has_leases=order.has_leases)
        _write_days(writers, country(played, ranges), progress)
        reduction = writers.finish()
    folder.seal({**about, "true_reduction": reduction}, is_complete=True)
    return folder.manifest() or {}, True


def _write_days(writers: "_Writers", days: Iterator[Day], progress: Callable[[str], None]) -> None:
    """Write days, each while the next is played."""
    with ThreadPoolExecutor(1) as hand:
        written: Future[None] | None = None
        for day in days:
            if written is not None:
                written.result()
            written = hand.submit(writers.take, day)
            progress(str(day.date))
        if written is not None:
            written.result()


class _Writers:
    """Everything that is written of a country."""

    def __init__(self, played: Country, folder: Folder, *, has_leases: bool) -> None:
        self._played = played
        self._truth = Truth(played)
        self._feeds = [FeedFiles(played, number, folder) for number in range(len(played.feeds))]
        self._dashboard, self._shown = Dashboard(played), folder.open("dashboard.csv")
        self._shown.write(PANEL_HEADER, 0)
        self._folder = folder
        makers: dict[str, tuple[pa.Schema, Callable[[Day], pa.Table]]] = {
            "hours": (truth.HOURS, self._truth.hours),
            "days": (truth.DAYS, self._truth.days),
            "infections": (truth.INFECTIONS, self._truth.infections),
            "feeds": (truth.FEEDS, self._truth.feeds),
        }
        if has_leases:
            makers["leases"] = (truth.LEASES, self._truth.leases)
        self._tables = [(self._open(name, schema), make) for name, (schema, make) in makers.items()]

    def take(self, day: Day) -> None:
        """Write a day."""
        for feed in self._feeds:
            feed.take(day)
        for table, make in self._tables:
            table.write(make(day))
        self._shown.write(self._dashboard.rows(day), len(self._played.countries))

    def finish(self) -> dict[str, float | None]:
        """Write what is known after the last day and put everything into its place; return the true reduction."""
        for feed in self._feeds:
            feed.finish()
        for table, _ in self._tables:
            table.finish()
        reduction = self._truth.reduction()
        for name, rows in (("measures", self._truth.measures()), ("reduction", reduction)):
            table = self._open(name, rows.schema)
            table.write(rows)
            table.finish()
        self._shown.finish()
        return {row["level"]: row["reduction"] for row in reduction.to_pylist() if row["by"] == "country"}

    def _open(self, name: str, schema: pa.Schema) -> OpenTable:
        return self._folder.open_table(f"truth/{name}.parquet", schema)
