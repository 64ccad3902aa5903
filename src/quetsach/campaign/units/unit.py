"""A unit and whom it reports to, through time, and whole numbers carried over to the units that succeeded it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quetsach.campaign.errors import UnitsError
from quetsach.core.text import LocalText, Text

# A unit and whom it reports to, through time.


class UnitKind(StrEnum):
    """What a unit is."""

    CENTRE = "centre"
    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"
    MINISTRY = "ministry"
    AGENCY = "agency"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """That a unit reports to another from ``first`` until ``until`` (exclusive; ``None``: still so)."""

    unit: str
    parent: str
    first: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit for as long as it is the same one.

    Args:
        key: names it for ever, such as ``31-2025``; official codes are used again with a new meaning.
        code: the official code while it exists.
        name_vi: name in Vietnamese, composed letters.
        name_en: name in English, may be empty.
        kind: what it is.
        opened: first day.
        closed: first day on which it is no more; ``None`` while it exists.
        decree: the act that made or ended it, may be empty.
        parents: whom it reports to and since when, in order of time, the first since ``opened``; empty at the top.
        exchange_code: its code in the exchange of electronic documents (Decision 20/2020, or QCVN 102:2016 before);
            empty where it is not known.
    """

    key: str
    code: str
    name_vi: str
    name_en: str
    kind: UnitKind
    opened: date
    closed: date | None = None
    decree: str = ""
    parents: tuple[tuple[date, str], ...] = ()
    exchange_code: str = ""

    def edges(self) -> Iterator[Edge]:
        """Yield whom it reports to, one span of days after the other without a gap."""
        ends = [*(first for first, _ in self.parents[1:]), self.closed]
        for (first, parent), until in zip(self.parents, ends, strict=False):
            yield Edge(self.key, parent, first, until)


@dataclass(frozen=True, slots=True)
class Succession:
    """That ``new`` took over from ``old`` on a day, all or a share: in millionths, so that shares add up exactly."""

    old: str
    new: str
    on: date
    millionths: int = 1_000_000
    decree: str = ""


def has_part(first: date, until: date | None, *, of_first: date, of_until: date | None) -> bool:
    """Whether the span ``first..until`` lies inside another one; ``until`` is exclusive, ``None`` has no end."""
    return of_first <= first and (of_until is None or (until is not None and until <= of_until))


def earlier(one: date | None, other: date | None) -> date | None:
    """Return the earlier of two ends; ``None`` has no end."""
    return min((day for day in (one, other) if day is not None), default=None)


# Carries whole numbers of units that are no more over to the units that followed them, without losing one.

WHOLE = 1_000_000
_UNKNOWN = Text("there is no such unit")
_BELOW_ZERO = Text("a figure is below zero")
_NO_HEIR = Text("closed, and nobody has what it had")


def succession_faults(
    successions: Iterable[Succession], units: Mapping[str, Unit]
) -> list[tuple[Succession, LocalText]]:
    """Return what is wrong with successions: unknown units, days that do not fit, shares that are not one whole."""
    faults: list[tuple[Succession, LocalText]] = []
    last: dict[str, Succession] = {}
    sums: dict[str, int] = defaultdict(int)
    for row in successions:
        old, new = units.get(row.old), units.get(row.new)
        if old is None or new is None:
            missing = row.old if old is None else row.new
            faults.append((row, Text("there is no unit {missing}", missing=missing)))
        elif old.closed != row.on:
            told = Text("{old} does not close on {on}", old=row.old, on=row.on.isoformat())
            faults.append((row, told))
        elif new.opened > row.on or (new.closed is not None and new.closed <= row.on):
            told = Text("{new} does not exist on {on}", new=row.new, on=row.on.isoformat())
            faults.append((row, told))
        last[row.old] = row
        sums[row.old] += row.millionths
    for old_key, total in sums.items():
        if total != WHOLE:
            whole = f"{total / WHOLE:g}"
            told = Text("the shares of {old_key} add up to {whole}, not to 1", old_key=old_key, whole=whole)
            faults.append((last[old_key], told))
    return faults


def heirs(units: Mapping[str, Unit], successions: Iterable[Succession]) -> dict[str, list[tuple[str, int]]]:
    """Return for every unit that closed who has what it had, in millionths.

    A unit that was abolished without a successor leaves what it had to the unit above it: the figures of a district to
    its province.
    """
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in successions:
        found[row.old].append((row.new, row.millionths))
    for unit in units.values():
        if unit.closed is not None and unit.key not in found and unit.parents:
            found[unit.key] = [(unit.parents[-1][1], WHOLE)]
    return dict(found)


def recast(
    figures: Mapping[str, int], units: Mapping[str, Unit], successions: Iterable[Succession], *, day: date
) -> dict[str, int]:
    """Return the figures on the tree of ``day``: same sum, whole numbers, every unit one that exists then.

    A figure of a unit that was split goes to its parts by share; the units left over by rounding go to the largest
    remainders, then to the part that is named first.

    Args:
        figures: whole numbers of units, of any time; never below zero.
        units: every unit by key.
        successions: who followed whom.
        day: the day whose units shall have the figures.

    Raises:
        UnitsError: an unknown unit, a figure below zero, a unit not opened yet on ``day``, a fault in the successions.
    """
    successions = list(successions)
    if faults := succession_faults(successions, units):  # they could lead round in a ring
        raise UnitsError(faults[0][1], where=faults[0][0].old)
    shares = heirs(units, successions)
    found: dict[str, int] = defaultdict(int)
    waiting = list(figures.items())
    while waiting:
        key, figure = waiting.pop()
        unit = units.get(key)
        if unit is None or figure < 0:
            raise UnitsError(_UNKNOWN if unit is None else _BELOW_ZERO, where=key[:60])
        if unit.closed is not None and unit.closed <= day:
            parts = shares.get(key)
            if parts is None:
                raise UnitsError(_NO_HEIR, where=key)
            waiting += zip((new for new, _ in parts), apportion(figure, [share for _, share in parts]), strict=True)
        elif unit.opened > day:
            told = Text("does not exist yet on {day}: figures are carried forward only", day=day.isoformat())
            raise UnitsError(told, where=key)
        else:
            found[key] += figure
    return dict(found)


def apportion(total: int, shares: list[int]) -> list[int]:
    """Divide a whole number by shares into whole numbers of the same sum: largest remainder, the earlier wins a tie."""
    whole = sum(shares)
    parts = [total * share // whole for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda n: -(total * shares[n] % whole))
    for n in by_remainder[: total - sum(parts)]:
        parts[n] += 1
    return parts
