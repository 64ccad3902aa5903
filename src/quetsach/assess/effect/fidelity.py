"""How far a roll-out was kept: when each unit really began, how much of it was reached, and who was reached too early.

The analysis stays that of the order that was drawn (intention to treat). What is told here says how much of the effect
it can still see: units that begin late or never, and units that are reached before their turn, make it smaller.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from quetsach.assess.effect.analysis import Design, analyse
from quetsach.assess.effect.finding import Scale
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.roll_out import RollOut
from quetsach.assess.estimate import AssessError, NotEstimable
from quetsach.assess.rows import Line, read_rows
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.text import Text

COLUMNS: Final = ("unit", "started", "source", "noted")
OPTIONAL: Final = ("reached_percent", "reached_before")
ON_TIME_DAYS: Final = 7
"""A unit that begins within a week of its day begins as planned: figures are of weeks."""
_WHOLE: Final = 100


class Kept(StrEnum):
    """How a unit kept its day."""

    AS_PLANNED = "as-planned"
    EARLY = "early"
    LATE = "late"
    NEVER = "never"
    NOT_NOTED = "not-noted"


@dataclass(frozen=True, slots=True)
class Note:
    """What was noted of a unit on a day (``noted``), and by whom (``source``).

    ``started`` is None where it had not begun by then. ``reached`` is the share of it that was reached, ``spilled`` the
    first day on which it was reached before its turn, such as by national television; None where nobody says.
    """

    unit: str
    started: date | None
    source: str
    noted: date
    reached: float | None = None
    spilled: date | None = None


@dataclass(frozen=True, slots=True)
class StepKept:
    """How many units of a step kept its first day, by ``Kept``; ``spilled`` were reached before their turn."""

    first: date
    units: int
    kept: Mapping[Kept, int]
    spilled: int


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How far an order was kept.

    ``steps`` in order. ``reached`` is the share of the weeks under the measure, as drawn, in which a unit was really
    reached; ``too_early`` that of the weeks before its turn in which it was reached already. Both are shares of what
    was noted, weighted by how much of a unit was reached, and None where nothing was.
    """

    steps: tuple[StepKept, ...]
    reached: float | None
    too_early: float | None

    @property
    def total(self) -> Mapping[Kept, int]:
        """How many units of all steps kept their day."""
        return {kind: sum(step.kept[kind] for step in self.steps) for kind in Kept}

    @property
    def spilled(self) -> int:
        """Units that were reached before their turn."""
        return sum(step.spilled for step in self.steps)

    def as_json(self) -> dict[str, object]:
        """Return it for machines."""
        return {
            "steps": [
                {
                    "first": str(step.first),
                    "units": step.units,
                    **{kind.value: step.kept[kind] for kind in Kept},
                    "reached_before": step.spilled,
                }
                for step in self.steps
            ],
            "reached": self.reached,
            "reached_too_early": self.too_early,
        }


def read_notes(content: bytes, order: RollOut, *, where: str) -> tuple[Note, ...]:
    """Read the record of a roll-out from CSV: ``COLUMNS`` and any of ``OPTIONAL``; planned days are the order's.

    Raises:
        AssessError: it is no such table, a unit was not drawn or is there twice, or days are out of order.
    """
    planned = planned_days(order)
    notes: dict[str, Note] = {}
    for line in read_rows(content, COLUMNS, optional=OPTIONAL, where=where):
        unit = line.text("unit")
        if unit not in planned:
            raise AssessError(Text("the unit {unit} was not drawn", unit=repr(unit)), where=line.where)
        if unit in notes:
            raise AssessError(Text("the unit {unit} is there twice", unit=repr(unit)), where=line.where)
        notes[unit] = _note(line, unit, planned[unit])
    return tuple(notes.values())


def _note(line: Line, unit: str, planned: date) -> Note:
    started, noted, spilled = (_day(line, column) for column in ("started", "noted", "reached_before"))
    if noted is None:
        raise AssessError(Text("noted is empty"), where=line.where, hint=Text("the day on which this was known"))
    if (started and started > noted) or (spilled and spilled > noted):
        raise AssessError(Text("something is noted that was still to come"), where=line.where)
    if spilled and spilled >= planned:
        raise AssessError(
            Text("reached_before is not before the turn of the unit on {day}", day=str(planned)), where=line.where
        )
    reached = line.number("reached_percent") if line.cells["reached_percent"] else None
    if reached is not None and not 0 <= reached <= _WHOLE:
        raise AssessError(Text("must be from 0 to 100"), where=f"{line.where} (reached_percent)")
    share = None if reached is None else reached / _WHOLE
    return Note(unit, started, line.text("source"), noted, share, spilled)


def _day(line: Line, column: str) -> date | None:
    try:
        return parse_day(line.cells[column]) if line.cells[column] else None
    except InputError as error:
        raise AssessError(error.text or error.what, where=line.where, hint=error.advice or error.hint) from error


def planned_days(order: RollOut) -> dict[str, date]:
    """Return the first day of each unit by the order that was drawn."""
    return {unit: day for day, units in zip(order.days, order.steps, strict=True) for unit in units}


def kept_of(planned: date, note: Note | None) -> Kept:
    """Say how a unit kept its day; one whose turn had not come when it was noted is not noted yet."""
    if note is None or (note.started is None and note.noted < planned + timedelta(ON_TIME_DAYS)):
        return Kept.NOT_NOTED
    if note.started is None:
        return Kept.NEVER
    if note.started < planned:
        return Kept.EARLY
    return Kept.AS_PLANNED if note.started < planned + timedelta(ON_TIME_DAYS) else Kept.LATE


def fidelity_of(order: RollOut, notes: tuple[Note, ...], *, last: date) -> Fidelity:
    """Return how far an order was kept until the last day of its figures."""
    noted = {note.unit: note for note in notes}
    steps = []
    for first, units in zip(order.days, order.steps, strict=True):
        counts = Counter(kept_of(first, noted.get(unit)) for unit in units)
        spilled = sum(_was_early(noted.get(unit), first) for unit in units)
        steps.append(StepKept(first, len(units), {kind: counts[kind] for kind in Kept}, spilled))
    own, early = (_shares(order, noted, last, is_turn=is_turn) for is_turn in (True, False))
    return Fidelity(tuple(steps), own, early)


def _was_early(note: Note | None, planned: date) -> bool:
    return note is not None and (note.spilled is not None or (note.started is not None and note.started < planned))


def _shares(order: RollOut, noted: Mapping[str, Note], last: date, *, is_turn: bool) -> float | None:
    """Return the share of days, of units that were noted, that were reached: from their turn on, or before it.

    Days before are counted from the first day of the order on: before that, nobody is compared with them.
    """
    reached = days = 0.0
    for unit, planned in planned_days(order).items():
        note = noted.get(unit)
        if note is None or (is_turn and kept_of(planned, note) is Kept.NOT_NOTED):
            continue
        begin, end = (planned, last + timedelta(1)) if is_turn else (order.first, planned)
        came = _came(note)
        days += max((end - begin).days, 0)
        if came:
            share = 1.0 if note.reached is None else note.reached
            reached += share * max((end - max(came, begin)).days, 0)
    return reached / days if days else None


def share_seen(panel: Panel, design: Design, order: RollOut, notes: tuple[Note, ...]) -> float | None:
    """Return how much of the effect an analysis by the drawn days can see: what it makes of who was really reached.

    The same analysis is given the share of each unit that was reached in each period instead of its figures. Units
    without a note count as begun on their day. On logarithms a weighted sum of cells sees as much of an effect that is
    whole at once. None where periods are no days, or the method makes nothing of it.
    """
    planned, noted = planned_days(order), {note.unit: note for note in notes}
    try:
        days = [parse_day(label) for label in panel.periods.labels]
    except InputError:
        return None
    came, share = np.full(len(panel.units), np.inf), np.ones(len(panel.units))
    for at, unit in enumerate(panel.units):
        note = noted.get(unit)
        if unit in planned:
            first = _came(note) if note and kept_of(planned[unit], note) is not Kept.NOT_NOTED else planned[unit]
            came[at] = first.toordinal() if first else np.inf
            share[at] = 1.0 if note is None or note.reached is None else note.reached
    at_day = np.array([day.toordinal() for day in days])
    reached = np.where(at_day >= came[:, None], share[:, None], 0.0)
    moved = panel.with_outcome(np.where(np.isnan(panel.outcome), np.nan, reached))
    answer = analyse(moved, replace(design, scale=Scale.LEVEL))
    if isinstance(answer, NotEstimable):
        return answer.measured.get("effect")  # what is there without any noise
    return float(answer.effect.value)


def _came(note: Note) -> date | None:
    return min((day for day in (note.started, note.spilled) if day), default=None)


@dataclass(frozen=True, slots=True)
class StepFlow:
    """A step of the flow of a stepped wedge (CONSORT): its units, how they began, and how many have figures.

    ``kept`` is None where nothing was recorded. ``analysed`` units have a figure before and after their turn, ``lost``
    ones do not.
    """

    first: date
    units: int
    kept: Mapping[Kept, int] | None
    analysed: int
    lost: int


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow of units through a roll-out: ``drawn`` into steps; ``fidelity`` is None where nothing was recorded."""

    drawn: int
    steps: tuple[StepFlow, ...]
    fidelity: Fidelity | None


def flow_of(order: RollOut, panel: Panel, fidelity: Fidelity | None) -> Flow:
    """Return the flow of the units that were drawn into a panel."""
    rows = {unit: number for number, unit in enumerate(panel.units)}
    has = ~np.isnan(panel.outcome)
    steps = []
    for number, units in enumerate(order.steps):
        places = [rows[unit] for unit in units if unit in rows]
        whole = sum(bool(has[at, : panel.starts[at]].any() and has[at, panel.starts[at] :].any()) for at in places)
        kept = fidelity.steps[number].kept if fidelity else None
        steps.append(StepFlow(order.days[number], len(units), kept, whole, len(units) - whole))
    return Flow(sum(map(len, order.steps)), tuple(steps), fidelity)
