"""How a partner counts, declared before the first row and dated, and what its rows add up to."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from quetsach.campaign.errors import PartnerError
from quetsach.campaign.section import Section
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text

# The window that a row counts over: a day, an ISO week or a month, as its first column writes it.

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII)
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Window(StrEnum):
    """Windows of one kind never overlap each other; windows of two kinds do."""

    DAY = "day"  # 2020-10-06
    WEEK = "week"  # 2020-W41, Monday to Sunday
    MONTH = "month"  # 2020-10


def window_of(text: str) -> tuple[Window, Period] | None:
    """Return kind and days of a window; ``None`` for what is none."""
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return Window.DAY, Period(day, day)
        if found := _WEEK.fullmatch(text):
            return Window.WEEK, week_from(date.fromisocalendar(int(found[1]), int(found[2]), 1))
        if found := _MONTH.fullmatch(text):
            return Window.MONTH, month_from(date(int(found[1]), int(found[2]), 1))
    except (ValueError, OverflowError):
        return None
    return None


def week_from(monday: date) -> Period:
    """Return the week that begins on a day."""
    return Period(monday, monday + timedelta(days=6))


def month_from(first: date) -> Period:
    """Return the month that begins on a day."""
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


_FROM: Mapping[Window, Callable[[date], Period]] = {
    Window.DAY: lambda day: Period(day, day),
    Window.WEEK: week_from,
    Window.MONTH: month_from,
}


def days_of(window: Window, first: date) -> Period:
    """Return the days of the window of a kind that begins on ``first``."""
    return _FROM[window](first)


# How a partner counts: declared before the first row, dated, never changed backwards.
#
# One declaration fixes one kind of window, one level of places, and whether versions are told apart. So two rows that
# both hold can never cover the same machines twice under one name (a day inside a week, a commune inside its province):
# the row that would is not of the declared form and is set aside.

MAX_VERSION = 1000


class CountedAs(StrEnum):
    """What a figure counts. The two are never added to each other."""

    TURNS = "turns"
    MACHINES = "machines"


class MachineKey(StrEnum):
    """By what the partner tells one machine from another."""

    INSTALLATION = "installation"
    HARDWARE = "hardware"
    LICENCE = "licence"
    ACCOUNT = "account"
    ADDRESS = "address"  # the weakest: many machines share one, and one machine has many
    NONE = "none"  # machines are not told apart


class Level(StrEnum):
    """The level of the tree that every place of the report is on."""

    COUNTRY = "country"
    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"
    ORGANISATION = "organisation"


class Versions(StrEnum):
    """Whether rows tell versions of a product apart."""

    SPLIT = "split"
    TOGETHER = "together"


class Overlap(StrEnum):
    """Whether one machine may be counted under two products of the partner."""

    NONE = "none"
    POSSIBLE = "possible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One version of a partner's method.

    Attributes:
        version: 1, 2, 3 … without a gap.
        first: it holds for windows that begin on this day or later, until a later declaration does.
        window: what every row counts over.
        level: which level the places are on.
        outcomes: whether infected, cleaned and counts of families are machines or turns.
        key: by what one machine is told from another within one window.
        versions: whether versions are told apart.
        products: whether a machine may be counted under two products.
        method: how it is counted, in the partner's words.
        deduplication: how the partner removed repeats before it sent the rows.
    """

    version: int
    first: date
    window: Window
    level: Level
    outcomes: CountedAs
    key: MachineKey
    versions: Versions
    products: Overlap
    method: LocalText
    deduplication: LocalText


def read_declaration(content: bytes, *, file: str) -> Declaration:
    """Read a declaration from TOML.

    Raises:
        CampaignError: with file and field, what is wrong and what belongs there.
    """
    top = Section.parse(content, file=file)
    declaration = Declaration(
        version=top.integer("version", least=1, most=MAX_VERSION),
        first=top.day("first"),
        window=top.one_of("window", Window),
        level=top.one_of("level", Level),
        outcomes=top.one_of("outcomes", CountedAs),
        key=top.one_of("key", MachineKey),
        versions=top.one_of("versions", Versions),
        products=top.one_of("products", Overlap),
        method=top.local_text("method"),
        deduplication=top.local_text("deduplication"),
    )
    top.finish()
    if declaration.key is MachineKey.NONE and declaration.outcomes is CountedAs.MACHINES:
        raise top.error("outcomes", Text("must be turns: without a key, machines are not told apart"))
    return declaration


def declared_on(declarations: Sequence[Declaration], day: date) -> Declaration | None:
    """Return the declaration that holds for a window that begins on ``day``; they are in order of time."""
    return next((d for d in reversed(declarations) if d.first <= day), None)


def check_successor(declarations: Sequence[Declaration], new: Declaration, *, newest_row: date | None) -> None:
    """Refuse a declaration that would change how rows that were taken in are read.

    Args:
        declarations: those of the partner, in order.
        new: the one to add.
        newest_row: first day of the newest window that the partner has reported, if any.

    Raises:
        PartnerError: its version or its first day does not follow.
    """
    wanted = len(declarations) + 1
    if new.version != wanted:
        raise PartnerError(
            Text(
                "this is version {version}, the next one of the partner is {wanted}", version=new.version, wanted=wanted
            ),
            code="version",
            where="version",
            hint=Text("write version = {wanted}", wanted=wanted),
        )
    if declarations and new.first <= declarations[-1].first:
        raise PartnerError(
            Text(
                "it begins on {first}, not after the one before ({before})",
                first=new.first,
                before=declarations[-1].first,
            ),
            code="first",
            where="first",
            hint=Text("a declaration holds from a later day on"),
        )
    if newest_row is not None and new.first <= newest_row:
        raise PartnerError(
            Text("rows up to {day} were already taken in under the declaration before", day=newest_row),
            code="retroactive",
            where="first",
            hint=Text("let it begin after that day: what was counted in one way is not relabelled"),
        )


# What rows add up to: a figure where that is known, and bounds where the same machine may be counted twice.
#
# Turns are events and add up. Machines add up over the places of one window of one product, because a partner counts a
# machine in one place; over windows, versions, and products that overlap, the same machine may stand in both. Then the
# true number lies between the largest part and the sum, and both are said.


MEASURES = ("turns", "machines", "infected", "cleaned", "count")


@dataclass(frozen=True, slots=True)
class Part:
    """The sums over all places of one product, version and window.

    ``sums`` and ``given`` have one number for each of ``MEASURES``: the sum, and in how many of the ``rows`` a value
    was given.
    """

    declaration: int
    product: str
    version: str
    first: date
    rows: int
    sums: tuple[int, ...]
    given: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A total. The true number is at least ``least`` and at most ``most``; ``given`` of ``rows`` rows had a value."""

    measure: str
    counted_as: CountedAs
    least: int
    most: int
    rows: int
    given: int

    @property
    def is_exact(self) -> bool:
        """Whether nothing can have been counted twice."""
        return self.least == self.most


def totals(parts: Iterable[Part], declarations: Mapping[int, Declaration]) -> tuple[Figure, ...]:
    """Return the totals of one partner: one figure for each measure and what it counts, in the order of ``MEASURES``.

    Args:
        parts: sums by declaration, product, version and window.
        declarations: the partner's, by version.
    """
    found: dict[tuple[int, CountedAs], list[tuple[Part, Declaration]]] = defaultdict(list)
    for part in parts:
        declaration = declarations[part.declaration]
        for place, measure in enumerate(MEASURES):
            if part.given[place]:
                found[place, _counted_as(measure, declaration)].append((part, declaration))
    return tuple(_figure(place, kind, found[place, kind]) for place, kind in sorted(found))


def across(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Return bounds over partners. How far their machines overlap nobody knows: the largest, and the sum."""
    found: dict[tuple[int, CountedAs], list[Figure]] = defaultdict(list)
    for figure in figures:
        found[MEASURES.index(figure.measure), figure.counted_as].append(figure)
    return tuple(
        Figure(
            MEASURES[place],
            kind,
            max(f.least for f in found[place, kind]),
            sum(f.most for f in found[place, kind]),
            sum(f.rows for f in found[place, kind]),
            sum(f.given for f in found[place, kind]),
        )
        for place, kind in sorted(found)
    )


def _counted_as(measure: str, declaration: Declaration) -> CountedAs:
    if measure == "turns":
        return CountedAs.TURNS
    return CountedAs.MACHINES if measure == "machines" else declaration.outcomes


def _figure(place: int, kind: CountedAs, parts: list[tuple[Part, Declaration]]) -> Figure:
    most = sum(part.sums[place] for part, _ in parts)
    return Figure(
        MEASURES[place],
        kind,
        most if kind is CountedAs.TURNS else _least(place, parts),
        most,
        sum(part.rows for part, _ in parts),
        sum(part.given[place] for part, _ in parts),
    )


def _least(place: int, parts: list[tuple[Part, Declaration]]) -> int:
    """The most machines that cannot be the same ones: those of the fullest window."""
    windows: dict[tuple[int, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    overlap: dict[int, Overlap] = {}
    for part, declaration in parts:
        products = windows[part.declaration, part.first]
        products[part.product] = max(products[part.product], part.sums[place])
        overlap[part.declaration] = declaration.products
    return max(
        sum(products.values()) if overlap[declaration] is Overlap.NONE else max(products.values())
        for (declaration, _), products in windows.items()
    )
