"""The random order in which units begin: drawn once from a public seed, so that anyone can draw it again.

A unit's place follows from SHA-256 over the seed and its name: no generator of random numbers has to be trusted, or
to stay the same from one version to the next.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from quetsach.assess.estimate import AssessError
from quetsach.assess.sealed import digest_of
from quetsach.core.errors import QuetsachError
from quetsach.core.period import parse_day
from quetsach.core.table import read_rows
from quetsach.core.text import Text

UNITS_AT_MOST: Final = 10_000
SEED_AT_LEAST: Final = 8
"""Characters of a seed: a word that few would choose, such as the numbers of a public draw."""
_MAX_LABEL: Final = 200
_NOT_ONE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, QuetsachError)


@dataclass(frozen=True, slots=True)
class RollOut:
    """Which units begin when: ``steps`` in order, the first on ``first``, each next one ``every_days`` later.

    ``strata`` are the units that the steps were shared out among at a time, in order; empty where all were at once, and
    of an order by size that was drawn before they were recorded.
    """

    campaign: str
    seed: str
    first: date
    every_days: int
    is_by_size: bool
    steps: tuple[tuple[str, ...], ...]
    drawn_at: datetime
    strata: tuple[tuple[str, ...], ...] = ()

    @property
    def days(self) -> tuple[date, ...]:
        """The first day of each step."""
        return tuple(self.first + timedelta(days=self.every_days * index) for index in range(len(self.steps)))

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the canonical content."""
        return digest_of(self.content())

    def refuse_before(self, start: date, *, where: str) -> None:
        """Refuse an order that begins before the campaign does.

        Raises:
            AssessError: the effect of its first step would be known before the analysis has to be registered.
        """
        if self.first < start:
            raise AssessError(
                Text(
                    "the order of roll-out begins on {first}, before the start {start}",
                    first=str(self.first),
                    start=str(start),
                ),
                where=where,
                hint=Text("the start of the plan is the first day of the first step, or earlier"),
            )

    def content(self) -> dict[str, object]:
        """Return what is recorded."""
        return {
            "campaign": self.campaign,
            "seed": self.seed,
            "first": str(self.first),
            "every_days": self.every_days,
            "by_size": self.is_by_size,
            "drawn_at": self.drawn_at.astimezone(UTC).isoformat(),
            "steps": [
                {"first_day": str(day), "units": list(units)} for day, units in zip(self.days, self.steps, strict=True)
            ],
            **({"strata": [list(units) for units in self.strata]} if self.strata else {}),
        }

    def to_json(self) -> bytes:
        """Return the record: the content and its seal."""
        sealed = {"roll_out": self.content(), "sha256": self.digest}
        return json.dumps(sealed, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def read_units(content: bytes, *, where: str) -> dict[str, float]:
    """Read the units of a roll-out from CSV ``unit`` or ``unit,size``; without sizes each has 1.

    Raises:
        AssessError: a unit is there twice, or a size is no number; InputError: it is no such table.
    """
    has_size = content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"unit,size")
    units: dict[str, float] = {}
    for at, row in read_rows(content, ("unit", "size") if has_size else ("unit",), where=where):
        unit, size = row["unit"], row.get("size", "1")
        if not unit or len(unit) > _MAX_LABEL or not unit.isprintable():
            raise AssessError(Text("no name that can be printed"), where=at)
        if unit in units:
            raise AssessError(Text("the unit {unit} is there twice", unit=repr(unit)), where=at)
        if not (size.isascii() and size.replace(".", "", 1).isdigit()):
            raise AssessError(
                Text("not a size: {text}", text=repr(size[:40])),
                where=at,
                hint=Text("a plain number, such as of subscribers"),
            )
        units[unit] = float(size)
    if len(units) > UNITS_AT_MOST:
        raise AssessError(Text("more than {number} units", number=f"{UNITS_AT_MOST:,}"), where=where)
    return units


def draw_roll_out(
    units: dict[str, float],
    *,
    campaign: str,
    seed: str,
    steps: int,
    first: date,
    every_days: int,
    is_by_size: bool,
    now: datetime,
) -> RollOut:
    """Draw the order.

    By size, units are put in blocks of as many as there are steps, the largest first, and each block gives one unit to
    every step: the steps then begin with alike units. A last block that is not full gives its units to steps that are
    drawn too.

    Raises:
        AssessError: fewer units than steps, fewer than two steps, a seed too short, or the first day is not to come.
    """
    if not 2 <= steps <= len(units):
        raise AssessError(
            Text("{steps} steps for {units} units", steps=steps, units=len(units)),
            hint=Text("two steps at least, and a unit for each"),
        )
    if len(seed.strip()) < SEED_AT_LEAST:
        raise AssessError(
            Text("the seed is too short"), hint=Text("name a public draw that is still to come, and take its numbers")
        )
    if every_days < 1:
        raise AssessError(Text("the steps need at least one day between them"), hint="--every 21d")
    if now.astimezone(UTC).date() >= first:
        raise AssessError(
            Text("the roll-out began on {day}: its order must be drawn before", day=str(first)), hint="--first DATE"
        )
    strata = _by_size(units, steps) if is_by_size else ()
    shared = _shared_out(strata or (tuple(units),), seed, steps)
    return RollOut(campaign, seed, first, every_days, is_by_size, shared, now, strata)


def read_roll_out(content: bytes, *, where: str) -> RollOut:
    """Read a recorded order and check its seal.

    Raises:
        AssessError: it is damaged, or not what was sealed.
    """
    try:
        sealed: dict[str, Any] = json.loads(content)
        found: dict[str, Any] = sealed["roll_out"]
        read = RollOut(
            str(found["campaign"]),
            str(found["seed"]),
            parse_day(found["first"]),
            int(found["every_days"]),
            bool(found["by_size"]),
            tuple(tuple(map(str, step["units"])) for step in found["steps"]),
            datetime.fromisoformat(found["drawn_at"]),
            tuple(tuple(map(str, units)) for units in found.get("strata", ())),
        )
        is_whole = read.digest == sealed["sha256"] and read.content() == found
    except _NOT_ONE as error:
        raise AssessError(Text("not a roll-out order: {reason}", reason=error), where=where) from error
    if not is_whole:
        raise AssessError(
            Text("the order is not what was drawn: it was changed"), where=where, hint=Text("restore the file")
        )
    if read.strata and _shared_out(read.strata, read.seed, len(read.steps)) != read.steps:
        what = Text("the order is not what its seed draws within its strata")
        raise AssessError(what, where=where, hint=Text("draw it by quetsach center assess rollout --by-size"))
    return read


def _by_size(units: dict[str, float], steps: int) -> tuple[tuple[str, ...], ...]:
    """Return blocks of as many units as there are steps, the largest first."""
    by_size = sorted(units, key=lambda unit: (-units[unit], unit))
    return tuple(tuple(sorted(by_size[index : index + steps])) for index in range(0, len(by_size), steps))


def _shared_out(strata: Sequence[Sequence[str]], seed: str, steps: int) -> tuple[tuple[str, ...], ...]:
    """Return the units of each step: every stratum is shared out among the steps by lot."""
    found: list[list[str]] = [[] for _ in range(steps)]
    for number, stratum in enumerate(strata):
        numbers = list(range(steps))
        if len(stratum) < steps:
            numbers = [int(name) for name in by_lot(f"{seed}\n{number}", [str(step) for step in range(steps)])]
        for index, unit in enumerate(by_lot(seed, stratum)):
            found[numbers[index % steps]].append(unit)
    return tuple(tuple(sorted(step)) for step in found)


def by_lot(seed: str, names: Sequence[str]) -> list[str]:
    """Return names in the order of SHA-256 over the seed, a line break and the name."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}\n{name}".encode()).digest())
