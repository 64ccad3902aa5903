"""Reads the outcomes of a trial: one line a customer, from the day on which it was found infected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from quetsach.assess.effect.panel import Bools, Floats
from quetsach.assess.estimate import AssessError
from quetsach.assess.rows import Line, read_rows
from quetsach.assess.trial.lot import UNITS_AT_MOST
from quetsach.assess.trial.registration import Outcome
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.table import unguarded
from quetsach.core.text import Text

COLUMNS: Final = ("customer", "found", "cleaned", "until")
OPTIONAL: Final = ("again", "stratum", "arm", "received", "before")
_FLAGS: Final = {"": np.nan, "0": 0.0, "false": 0.0, "no": 0.0, "1": 1.0, "true": 1.0, "yes": 1.0}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each customer (customers).

    ``found``: the day from which its time counts. ``cleaned`` and ``again`` are days since ``found``, NaN for never;
    ``until`` is the last day watched, since ``found``. ``arm`` and ``received`` are what the provider says was drawn
    and given (1, 0, NaN where it does not say), ``before`` a figure of the time before (NaN).
    """

    strata: Mapping[str, str]
    found: tuple[date, ...]
    cleaned: Floats
    again: Floats
    until: Floats
    arm: Floats
    received: Floats
    before: Floats

    def __len__(self) -> int:
        return len(self.found)

    def success(self, outcome: Outcome, *, within_days: int, again_days: int) -> Floats:
        """Return 1 for a success, 0 for a failure, NaN for a customer that was lost sight of too early to tell."""
        in_time = self.cleaned <= within_days
        known_not = ~in_time & ((self.until >= within_days) | (self.cleaned > within_days))
        made = np.where(in_time, 1.0, np.where(known_not, 0.0, np.nan))
        if outcome is Outcome.CLEANED:
            return made
        free = self.again - self.cleaned
        is_back = in_time & (free <= again_days)
        is_open = in_time & ~is_back & (self.until - self.cleaned < again_days) & ~(free > again_days)
        return np.where(is_back, 0.0, np.where(is_open, np.nan, made))

    @property
    def spells(self) -> tuple[Floats, Bools]:
        """How long each was infected under watch, in days, and whether it ended by being clean."""
        is_clean = ~np.isnan(self.cleaned)
        return np.maximum(np.where(is_clean, self.cleaned, self.until), 0.5), is_clean


def read_outcomes(content: bytes, *, where: str) -> Outcomes:
    """Read outcomes from CSV with ``COLUMNS`` and any of ``OPTIONAL``; days are ISO days, an empty cell is never.

    Raises:
        AssessError: it is no such table, a customer is there twice, or days are out of order.
    """
    strata: dict[str, str] = {}
    found: list[date] = []
    cells: list[tuple[float, ...]] = []
    for line in read_rows(content, COLUMNS, optional=OPTIONAL, where=where):
        customer = unguarded(line.text("customer"))
        if customer in strata:
            raise AssessError(Text("the customer {customer} is there twice", customer=repr(customer)), where=line.where)
        if len(strata) == UNITS_AT_MOST:
            raise AssessError(Text("more than {number} units", number=f"{UNITS_AT_MOST:,}"), where=where)
        strata[customer] = unguarded(line.cells["stratum"])
        day = _day(line, "found")
        if day is None:
            raise AssessError(Text("found is empty"), where=line.where)
        found.append(day)
        cells.append(_cells(line, day))
    if not cells:
        raise AssessError(Text("there are no customers"), where=where)
    columns = np.array(cells, dtype=np.float64).T
    return Outcomes(strata, tuple(found), *columns)


def _cells(line: Line, found: date) -> tuple[float, ...]:
    cleaned, again, until = (_since(line, column, found) for column in ("cleaned", "again", "until"))
    if np.isnan(until):
        raise AssessError(Text("until is empty"), where=line.where, hint=Text("the last day on which it was watched"))
    if cleaned < 0 or until < 0 or cleaned > until or again > until or again <= cleaned:
        raise AssessError(Text("days are out of order"), where=line.where, hint=Text("found, cleaned, again, until"))
    if not np.isnan(again) and np.isnan(cleaned):
        raise AssessError(Text("infected again without having been clean"), where=line.where)
    before = line.number("before") if line.cells["before"] else np.nan
    return cleaned, again, until, _flag(line, "arm"), _flag(line, "received"), before


def _day(line: Line, column: str) -> date | None:
    try:
        return parse_day(line.cells[column]) if line.cells[column] else None
    except InputError as error:
        raise AssessError(error.text or error.what, where=line.where, hint=error.advice or error.hint) from error


def _since(line: Line, column: str, found: date) -> float:
    day = _day(line, column)
    return np.nan if day is None else float((day - found).days)


def _flag(line: Line, column: str) -> float:
    text = line.cells[column].casefold()
    if text not in _FLAGS:
        raise AssessError(
            Text("{column} is neither 0 nor 1: {text}", column=column, text=repr(text[:40])), where=line.where
        )
    return _FLAGS[text]
