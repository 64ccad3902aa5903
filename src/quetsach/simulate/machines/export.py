"""Plays a country into a folder.

::

    manifest.json                   what was played, and every file with rows, size and SHA-256
    scenario.toml                   the scenario as it was given
    feeds/<feed>/<day>-<report>-vn.csv   what the feeds deliver
    dashboard.csv                   distinct addresses a day of the country and its neighbours
    truth/*.parquet                 truth_tables has the columns

Memory does not grow with the days. A run that was killed is simply run again: files appear whole or not at all, and the
same scenario, seed and scale give the same bytes. A folder that is complete and as its manifest says is left alone.
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from quetsach import __version__
from quetsach.network import AddressRanges
from quetsach.simulate.fields import SimulateError
from quetsach.simulate.machines import truth
from quetsach.simulate.machines.days import HEADER, Dashboard, Day, country
from quetsach.simulate.machines.feed_files import FeedFiles
from quetsach.simulate.machines.folder import Folder, OpenTable
from quetsach.simulate.machines.scenario import Country
from quetsach.simulate.machines.truth import Truth

FORM = 1
"""Version of the folder's layout."""


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
            raise SimulateError("seed must be 0 or more")
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
            raise SimulateError("the folder has another simulation", where=str(out), hint="name an empty folder")
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
        self._shown.write(HEADER, 0)
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
