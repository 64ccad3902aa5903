"""A unit and whom it reports to, through time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


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
