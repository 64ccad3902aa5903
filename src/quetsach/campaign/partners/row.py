"""One record of a partner's file, checked against what was declared, and what becomes of it beside what is held."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quetsach.campaign.partners.declaration import (
    CountedAs,
    Declaration,
    Level,
    MachineKey,
    Versions,
    Window,
    declared_on,
    window_of,
)
from quetsach.campaign.partners.record import Cells, Fault, Reason
from quetsach.core.period import Period

# One record of a partner's file, checked against what the partner declared.

MAX_TEXT = 80
MAX_COUNT = 2**31 - 1
MAX_REVISION = 32_767
EARLIEST = date(2000, 1, 1)
_MOST_REMEMBERED = 20_000

type Figures = tuple[int | None, int | None, int | None, int | None, int | None]
"""Turns, machines, infected, cleaned, count; ``None`` is not given, which is not zero."""


@dataclass(frozen=True, slots=True)
class PlaceOnDay:
    """A unit that a code names on a day; ``id`` is the caller's own name for it."""

    id: int
    level: Level


@dataclass(frozen=True, slots=True)
class Line:
    """What a row is about, but for day and place. ``family`` is empty where the row tells of the product as a whole."""

    declaration: int
    product: str
    version: str
    family: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row that fits its declaration. Line, first day and place are what makes it itself."""

    line: Line
    first: date
    place: int
    revision: int
    figures: Figures


class RowReader:
    """Reads cells into rows.

    Args:
        declarations: the partner's, in order of time.
        place_on: the unit that a code or key names on a day.
        today: the day in Viet Nam: a window that has not ended has no final figures.
    """

    def __init__(
        self,
        declarations: Sequence[Declaration],
        *,
        place_on: Callable[[str, date], PlaceOnDay | None],
        today: date,
    ) -> None:
        self._declarations = declarations
        self._place_on = place_on
        self._today = today
        self._windows: dict[str, tuple[Declaration, date] | Fault] = {}
        self._lines: dict[tuple[int, str, str, str], Line | Fault] = {}

    def read(self, cells: Cells) -> Row | Fault:
        """Return the row, or why it is set aside."""
        when = self._windows.get(cells[0])
        if when is None:
            when = _keep(self._windows, cells[0], self._window(cells[0].strip()))
        if isinstance(when, Fault):
            return when
        declaration, first = when
        place = self._place_on(cells[1].strip(), first)
        if place is None or place.level is not declaration.level:
            return Fault.of(Reason.LEVEL if place else Reason.PLACE, "place", cells[1])
        name = (declaration.version, cells[2], cells[3], cells[4])
        line = self._lines.get(name) or _keep(self._lines, name, _line(declaration, *cells[2:5]))
        if isinstance(line, Fault):
            return line
        numbers = _numbers(cells)
        if isinstance(numbers, Fault):
            return numbers
        revision, figures = numbers
        if fault := _fault(declaration, line, figures):
            return fault
        return Row(line, first, place.id, revision, figures)

    def _window(self, text: str) -> tuple[Declaration, date] | Fault:
        found = window_of(text)
        if found is None or found[1].first < EARLIEST:
            return Fault.of(Reason.DAY, "day", text)
        window, period = found
        if period.last >= self._today:
            return Fault.of(Reason.FUTURE, "day", text)
        declaration = declared_on(self._declarations, period.first)
        if declaration is None:
            return Fault.of(Reason.UNDECLARED, "day", text)
        return self._declared(declaration, window, period, text)

    def _declared(
        self, declaration: Declaration, window: Window, period: Period, text: str
    ) -> tuple[Declaration, date] | Fault:
        if window is not declaration.window:
            return Fault.of(Reason.WINDOW, "day", text)
        if declared_on(self._declarations, period.last) is not declaration:
            return Fault.of(Reason.ACROSS, "day", text)
        return declaration, period.first


def _keep[K, V](memory: dict[K, V], key: K, value: V) -> V:
    """Remember a value; a file of nothing but new ones must not fill the memory."""
    if len(memory) >= _MOST_REMEMBERED:
        memory.clear()
    memory[key] = value
    return value


def _line(declaration: Declaration, product: str, version: str, family: str) -> Line | Fault:
    texts = {"product": product, "version": version, "family": family}
    for column, text in texts.items():
        texts[column] = unicodedata.normalize("NFC", text.strip())
        if len(texts[column]) > MAX_TEXT or not texts[column].isprintable():
            return Fault.of(Reason.TEXT, column, text)
    if not texts["product"]:
        return Fault.of(Reason.TEXT, "product")
    if bool(texts["version"]) is not (declaration.versions is Versions.SPLIT):
        return Fault.of(Reason.VERSION, "version", version)
    return Line(declaration.version, **texts)


def _numbers(cells: Cells) -> tuple[int, Figures] | Fault:
    numbers: list[int | None] = []
    for text in cells[5:]:
        if not text:
            numbers.append(None)
        elif text.isascii() and text.isdigit() and len(text) <= 10 and (number := int(text)) <= MAX_COUNT:
            numbers.append(number)
        else:
            return _bad_number(cells)
    revision, turns, machines, infected, cleaned, count = numbers
    if revision is not None and revision > MAX_REVISION:
        return Fault.of(Reason.NUMBER, "revision", revision)
    return revision or 0, (turns, machines, infected, cleaned, count)


def _bad_number(cells: Cells) -> tuple[int, Figures] | Fault:
    """Name the first cell that holds no number; spaces around one are no reason to set a row aside."""
    names = ("revision", "turns", "machines", "infected", "cleaned", "count")
    stripped = tuple(cell.strip() for cell in cells)
    if stripped != cells:
        return _numbers(stripped)
    for column, text in zip(names, cells[5:], strict=True):
        if text and not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MAX_COUNT):
            return Fault.of(Reason.NUMBER, column, text)
    raise AssertionError(cells)  # pragma: no cover  (one of them is bad)


def _fault(declaration: Declaration, line: Line, figures: Figures) -> Fault | None:
    return _fault_of_family(line, figures) if line.family else _fault_of_product(declaration, figures)


def _fault_of_family(line: Line, figures: Figures) -> Fault | None:
    """A row of a family counts that family and nothing else: totals beside it would be counted once a family."""
    turns, machines, infected, cleaned, count = figures
    if count is None:
        return Fault.of(Reason.NO_FIGURE, "count")
    if turns is not None or machines is not None or infected is not None:
        return Fault.of(Reason.MIXED, "family", line.family)
    return _exceeds("cleaned", cleaned, count)


def _fault_of_product(declaration: Declaration, figures: Figures) -> Fault | None:
    turns, machines, infected, cleaned, count = figures
    if count is not None:
        return Fault.of(Reason.MIXED, "count", count)
    if turns is None and machines is None and infected is None and cleaned is None:
        return Fault.of(Reason.NO_FIGURE)
    if machines is not None and declaration.key is MachineKey.NONE:
        return Fault.of(Reason.MACHINES, "machines", machines)
    whole = machines if declaration.outcomes is CountedAs.MACHINES else turns
    pairs = (("machines", machines, turns), ("infected", infected, whole), ("cleaned", cleaned, infected))
    return next((fault for pair in pairs if (fault := _exceeds(*pair))), None)


def _exceeds(column: str, part: int | None, whole: int | None) -> Fault | None:
    if part is not None and whole is not None and part > whole:
        return Fault.of(Reason.CONTRADICTION, column, f"{part} > {whole}")
    return None


# What becomes of a row: new, the same again, a correction, or set aside beside what is held.


class Verdict(StrEnum):
    """The row is taken, known already, or takes the place of an earlier revision."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Held:
    """What is held under a row's identity."""

    revision: int
    figures: Figures


def judge(row: Held, held: Held | None) -> Verdict | Reason:
    """Compare a row with what is held. A correction may arrive before what it corrects.

    Returns:
        ``Reason.CONFLICT`` for other figures under the same revision (which of the two is right is not ours to say),
        ``Reason.OUTDATED`` for a revision before the one that is held.
    """
    if held is None:
        return Verdict.ACCEPTED
    if row == held:
        return Verdict.DUPLICATE
    if row.revision > held.revision:
        return Verdict.REPLACED
    return Reason.CONFLICT if row.revision == held.revision else Reason.OUTDATED


@dataclass(slots=True)
class Tally:
    """What became of the records of a file; they add up."""

    accepted: int = 0
    duplicates: int = 0
    replaced: int = 0
    set_aside: int = 0

    @property
    def records(self) -> int:
        """All records that were looked at."""
        return self.accepted + self.duplicates + self.replaced + self.set_aside

    def add(self, verdict: Verdict) -> None:
        """Count one row that was not set aside."""
        match verdict:
            case Verdict.ACCEPTED:
                self.accepted += 1
            case Verdict.DUPLICATE:
                self.duplicates += 1
            case Verdict.REPLACED:
                self.replaced += 1
