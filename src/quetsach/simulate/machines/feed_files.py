"""The files of one feed: a day or more each, by report; rows that come late or once more are in the next."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from quetsach.simulate.machines.days import Day
from quetsach.simulate.machines.feed_rows import HEADERS, FeedRows
from quetsach.simulate.machines.folder import Folder, OpenFile
from quetsach.simulate.machines.scenario import Country, FeedForm
from quetsach.simulate.machines.sinkholes import comes_late
from quetsach.simulate.machines.truth import is_home

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
