"""What of a tool report is kept and counted, as rules without a database (ADR 0081), and how people are told.

Anybody can send a report, also one that no tool made. So what a report may name, how much one source adds on a day and
how much a day adds is bounded, and no bound is so near to honest use that a village behind one address meets it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median
from typing import Any

from quetsach.core.text import LocalText, Number, Text
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


# How a figure on the portal is counted, in both languages.


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition; ``id`` is its anchor on the page of definitions and its name in open data."""

    id: str
    title: LocalText
    paragraphs: tuple[LocalText, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


TOOL_REPORTS = Definition(
    "tool-reports",
    Text("Reports of the tool"),
    (
        Text(
            "A run is one report that a user of the tool has seen and agreed to send. A report that is sent again "
            "counts once, by its code; a correction takes its place. Runs are not machines."
        ),
        Text(
            "Machines are the distinct installations that sent a report, by a random code of the installation in "
            "each campaign. Installing the tool anew makes a new installation."
        ),
        Text(
            "A machine counts as reported as cleaned when a report says that a clean-up was completed and that "
            "everything found was removed, also where a restart is still to come. It does not count if a report says "
            "that malware was put back by undo since, or was found again on a later day."
        ),
        Text(
            "Anyone can send a report, also an invented one. So in a day (UTC) an IPv4 address counts with {ipv4} "
            "reports, an IPv6 /64 with {line}, a /48 with {site}. A day on which more machines report than {floor} and "
            "than {times} times the median of the {days} days before does not count until somebody has looked at it. "
            "Reports that were withdrawn do not count. These figures are the word of those who sent them, not what we "
            "measured, and do not stand for all machines of the country.",
            ipv4=IPV4.counted,
            line=LINE_OF_IPV6.counted,
            site=SITE_OF_IPV6.counted,
            floor=Number(BOUND_FLOOR),
            times=BOUND_FACTOR,
            days=BOUND_DAYS,
        ),
        Text(
            "Only families that the centre has a pack of are named: ten at most, machines to the nearest ten, none "
            "of fewer than 10. National totals are exact. The figures are counted anew about once a minute."
        ),
    ),
)

RETURNS = Definition(
    "unit-returns",
    Text("Returns of the units"),
    (
        Text(
            "Units report on the campaign's form, and the unit above approves. Only approved returns are added up. "
            "Beside the totals always stands how many of the units that owe a return are in approved ones; a unit that "
            "has not reported is not taken for zero."
        ),
        Text(
            "Figures to date, such as machines, are those of the newest period, which holds the ones before it. "
            "Figures of a period, such as scan turns, are added over the periods. Machines, scan turns, addresses and "
            "devices are different things and are not added to each other. Under the name of each figure stands how "
            "it is counted. A unit whose machines are in the return of the unit above does not report by itself, so "
            "no machine counts twice."
        ),
        Text(
            "National totals are exact. In the table by province and ministry figures under 10 are hidden, and as "
            "many others as keep those from being worked out. Totals are published when two people agree, and do not "
            "change with later returns; they would have to be published anew."
        ),
    ),
)
