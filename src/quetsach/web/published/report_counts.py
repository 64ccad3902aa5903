"""What of a tool report is kept and counted, as rules without a database (ADR 0081).

Anybody can send a report, also one that no tool made. So what a report may name, how much one source adds on a day and
how much a day adds is bounded, and no bound is so near to honest use that a village behind one address meets it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median

from quetsach.web.client_address import Source

type Row = tuple[str, str, str, str]
"""Family, kind of trace, action, outcome."""

OTHER = "other"
"""The family of all that names none of a pack of this centre; it is never shown by name."""
OTHER_ROW: Row = (OTHER, "", "", "")

MOST_ROWS_A_REPORT = 100
"""A machine with every family of the shelf has some forty; the form allows 1,000."""
MOST_ROWS_A_DAY = 1_000_000
"""Of all reports: ten times the average day of 2020 (16,000 scans), each with six rows."""
MOST_REPORTS_A_DAY = 1_000_000
"""Of all sources: sixty times the average day of 2020."""

_CLEANED_CODES = frozenset({11, 12})


class State(StrEnum):
    """What a report says about its machine. Only findings of families that the centre has packs of are looked at."""

    NONE = "none"
    """No finding."""
    FOUND = "found"
    """Something was found, and not all of it was dealt with."""
    CLEANED = "cleaned"
    """A clean-up was completed and everything found was removed; what a pack only reports is not removed."""
    RESTORED = "restored"
    """Something that was removed has been put back."""


WITH_FINDING = (State.FOUND, State.CLEANED, State.RESTORED)
"""What says that malware was found; a report that was not judged yet says nothing."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Reports of one source on one day: so many are counted in public figures, so many are kept at all."""

    counted: int
    kept: int


IPV4 = Ceiling(counted=100, kept=1_000)
LINE_OF_IPV6 = Ceiling(counted=50, kept=500)
SITE_OF_IPV6 = Ceiling(counted=500, kept=5_000)


def ceilings_of(source: Source) -> tuple[tuple[str, Ceiling], ...]:
    """Return the names that a source is counted under, and the ceiling of each."""
    line = ((source.line, LINE_OF_IPV6 if source.is_ipv6 else IPV4),) if source.line else ()
    return (*line, (source.site, SITE_OF_IPV6)) if source.site else line


def kept_rows(rows: Mapping[Row, int], *, known: Collection[str]) -> dict[Row, int]:
    """Return what is kept of a report's findings: all of unknown families in one row, and not too many rows.

    Args:
        rows: how often each combination was found.
        known: families that the centre has packs of.
    """
    kept = _added(((row if row[0] in known else OTHER_ROW), count) for row, count in rows.items())
    if len(kept) > MOST_ROWS_A_REPORT:
        kept = _added(((family, "", "", ""), count) for (family, *_), count in kept.items())
    if len(kept) > MOST_ROWS_A_REPORT:
        most = dict(sorted(kept.items(), key=lambda entry: -entry[1])[: MOST_ROWS_A_REPORT - 1])
        kept = _added(((row if row in most else OTHER_ROW), count) for row, count in kept.items())
    return kept


def _added(rows: Iterable[tuple[Row, int]]) -> dict[Row, int]:
    totals: Counter[Row] = Counter()
    for row, count in rows:
        totals[row] += count
    return dict(totals)


def state_of(*, kind: str, exit_code: int, rows: Iterable[Row], known: Collection[str]) -> State:
    """Return what a report says about its machine.

    Args:
        kind: ``scan`` or ``clean``.
        exit_code: of the tool.
        rows: its findings.
        known: families that the centre has packs of; no tool of ours finds another.
    """
    outcomes = {outcome for family, _, _, outcome in rows if family in known}
    if not outcomes:
        return State.NONE
    if "restored" in outcomes:
        return State.RESTORED
    is_completed = kind == "clean" and exit_code in _CLEANED_CODES
    return State.CLEANED if is_completed and outcomes == {"removed"} else State.FOUND


BOUND_FLOOR = 1_000
"""Machines that a day may always add."""
BOUND_FACTOR = 4
BOUND_DAYS = 7


def held_days(machines: Mapping[date, int], *, released: Collection[date]) -> tuple[date, ...]:
    """Return the days that stand out, in order: they do not count until the centre has looked at them.

    A day stands out when more machines reported than 1,000 and than four times the median of the seven days before
    it. Days that stand out do not enter that median, unless they were released; days without reports are zeros.

    Args:
        machines: distinct installations within the ceilings of their sources, by UTC day of arrival.
        released: days that the centre has let count.
    """
    held: list[date] = []
    for day in sorted(machines):
        bound = day_bound(day, machines, held=held)
        if machines[day] > bound and day not in released:
            held.append(day)
    return tuple(held)


def day_bound(day: date, machines: Mapping[date, int], *, held: Collection[date]) -> int:
    """Return how many machines may report on a day before it stands out."""
    before = (day - timedelta(days=n) for n in range(1, BOUND_DAYS + 1))
    usual = [machines.get(earlier, 0) for earlier in before if earlier not in held]
    return max(BOUND_FLOOR, round(BOUND_FACTOR * median(usual)) if usual else 0)
