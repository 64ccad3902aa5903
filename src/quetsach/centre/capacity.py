"""What a centre of a size needs: time, cores, machines, disk and memory, along slopes that were measured.

Every figure is an estimate. It says from which measurement it comes, and whether the size lies beyond what was run.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from quetsach import storage
from quetsach.core.errors import InputError
from quetsach.core.text import Text
from quetsach.core.toml_table import Table, read_toml

KINDS = ("taking-in", "rolling-up", "machines", "addresses", "disk", "memory")
SHARE_USED = 0.8
"""Of the cores, by questions in parts: research measured 1.7 on two cores."""
MOST_SIGHTINGS, MOST_DAYS = 10**12, 10_000
_MILLION = 1_000_000
_LEAST_MEMORY = 2 << 30
"""A machine of a centre has this for the engine (1 GB) and the processes beside it, whatever the size."""


@dataclass(frozen=True, slots=True)
class Slope:
    """What a million sightings cost, in CPU milliseconds or bytes, up to how many that was measured, and where."""

    per_million: int
    measured_to: int
    source: str

    def of(self, sightings: float) -> float:
        """Return what so many cost along the line."""
        return self.per_million * sightings / _MILLION

    def seconds(self, sightings: float) -> float:
        """Return the CPU seconds of so many."""
        return self.of(sightings) / 1000


@dataclass(frozen=True, slots=True)
class Size:
    """How much a centre shall hold, and by when it shall be done.

    ``sightings`` of all ``days`` together, which come as ``reports`` reports; ``cores`` of a machine. A day shall be
    taken in within ``intake_seconds``, and a question answered within ``question_seconds``.
    """

    sightings: int
    days: int
    reports: int = 1
    cores: int = 16
    intake_seconds: int = 3600
    question_seconds: int = 60

    def check(self) -> None:
        """Refuse what is no size.

        Raises:
            InputError: a number is too small or too large.
        """
        bounds = {"sightings": (self.sightings, MOST_SIGHTINGS), "days": (self.days, MOST_DAYS)}
        bounds |= {"reports": (self.reports, 1000), "cores": (self.cores, 1024)}
        for name, (value, most) in bounds.items():
            if not 1 <= value <= most:
                raise InputError(Text("{name} is from 1 to {most}", name=name, most=most))


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure: ``unit`` is ``s``, ``bytes``, ``cores`` or ``machines``."""

    what: str
    value: float
    unit: str
    source: str
    is_beyond: bool


def load_slopes(path: Path) -> Mapping[str, Slope]:
    """Return the slopes of a table.

    Raises:
        InputError: it is damaged.
    """
    table = read_toml(storage.read_input(path), where=path.name)
    table.take_text("version")
    slopes = {kind: _slope(table.take_table(kind)) for kind in KINDS}
    table.finish()
    return slopes


def _slope(table: Table) -> Slope:
    slope = Slope(table.take_number("per_million"), table.take_number("measured_to"), table.take_text("source"))
    if not (slope.per_million > 0 and slope.measured_to > 0):
        table.fail(Text("a slope is above 0"))
    table.finish()
    return slope


def estimates(size: Size, slopes: Mapping[str, Slope]) -> tuple[Estimate, ...]:
    """Return what a size needs, from the slopes.

    Raises:
        InputError: the size is none.
    """
    size.check()
    a_day = size.sightings / size.days
    intake, question = slopes["taking-in"].seconds(a_day), slopes["machines"].seconds(size.sightings)
    cores = max(1, math.ceil(intake / size.intake_seconds), math.ceil(question / SHARE_USED / size.question_seconds))
    machines = math.ceil(cores / size.cores)
    at_once = min(machines * size.cores, size.reports)  # a report has one committer at a time
    asking = SHARE_USED * machines * size.cores

    is_asking = question / SHARE_USED / size.question_seconds > intake / size.intake_seconds

    def line(what: str, kind: str, value: float, unit: str) -> Estimate:
        seen = a_day / size.reports if kind == "memory" else size.sightings
        return Estimate(what, value, unit, slopes[kind].source, seen > slopes[kind].measured_to)

    held = slopes["memory"].of(a_day / size.reports) * at_once / machines
    return (
        line("machines", "machines" if is_asking else "taking-in", machines, "machines"),
        line("cores", "machines" if is_asking else "taking-in", cores, "cores"),
        line("memory", "memory", max(_LEAST_MEMORY, held), "bytes"),
        line("disk", "disk", slopes["disk"].of(size.sightings), "bytes"),
        line("intake", "taking-in", intake / at_once, "s"),
        line("rolling_up", "rolling-up", slopes["rolling-up"].seconds(size.sightings), "s"),
        line("question_machines", "machines", max(1.0, question / asking), "s"),
        line("question_addresses", "addresses", max(1.0, slopes["addresses"].seconds(size.sightings) / asking), "s"),
    )
