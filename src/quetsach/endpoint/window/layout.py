"""Where the parts of a page stand: one arrangement for every renderer, size of window, language and scale.

A part never covers another and is never cut off: text that does not fit scrolls.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from quetsach.endpoint.window.page import Button, Page, Rank, Tone

WIDTH, HEIGHT = 660, 560
"""Of the window when it opens, in pixels of a screen of 96 to the inch; so are all lengths here."""
LEAST_WIDTH, LEAST_HEIGHT = 560, 440

_MARGIN, _GAP, _NEAR = 28, 16, 8
_HEADER = 68
_LINE = 1.45
"""Vietnamese letters carry marks above each other: lines need room between them."""
_SIGN = 34
_STROKE = 22
_LEAST_SCROLLED, _LEAST_LIST = 84, 88
_TICK = 22


class Face(StrEnum):
    """A kind of letters."""

    TITLE = "title"
    TEXT = "text"
    SMALL = "small"
    PRIMARY = "primary"
    BUTTON = "button"
    QUIET = "quiet"
    CODE = "code"


SIZES = {
    Face.TITLE: 24,
    Face.TEXT: 15,
    Face.SMALL: 13,
    Face.PRIMARY: 17,
    Face.BUTTON: 15,
    Face.QUIET: 14,
    Face.CODE: 13,
}
BOLD = frozenset({Face.TITLE, Face.PRIMARY})

type Measure = Callable[[str, Face], float]
"""Returns how wide a text is in some letters, in the same pixels as the window."""


class Part(StrEnum):
    """What stands somewhere."""

    WORDMARK = "wordmark"
    SIGN = "sign"
    TITLE = "title"
    PARAGRAPH = "paragraph"
    SCROLLED = "scrolled"
    """All paragraphs, where they do not fit."""
    TOLD = "told"
    PROGRESS = "progress"
    PLACE = "place"
    LABEL = "label"
    ROWS = "rows"
    DETAILS = "details"
    AGREEMENT = "agreement"
    BUTTON = "button"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in whole pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A part and its place. ``text`` is what is read of it, ``lines`` how it is broken."""

    part: Part
    box: Box
    text: str = ""
    lines: tuple[str, ...] = ()
    face: Face = Face.TEXT
    button: Button | None = None


def arrange(page: Page, width: int, height: int, scale: float, measure: Measure) -> tuple[Placed, ...]:
    """Return where the parts of a page stand, in the order in which they are read and reached by the key Tab.

    Args:
        page: the page.
        width: of the window's inside, in pixels.
        height: of the window's inside, in pixels.
        scale: pixels of this screen to one of 96 to the inch.
        measure: see ``Measure``.
    """
    sheet = _Sheet(width, height, scale, measure)
    head = sheet.head(page)
    foot, foot_top = sheet.foot(page)
    work = list(sheet.work(page))
    work_height = sum(one.box.height for one in work) + sheet.px(_NEAR) * len(work)
    has_middle = page.rows is not None or page.details is not None
    label_height = sheet.line(Face.SMALL) + sheet.px(_NEAR)
    least = (sheet.px(_LEAST_LIST) + label_height + sheet.px(_GAP)) if has_middle else 0
    top = head[-1].box.y + head[-1].box.height + sheet.px(_NEAR)
    body, top = sheet.paragraphs(page, top, foot_top - sheet.px(_GAP) - least - work_height)
    if page.details is not None and body and body[0].part is Part.SCROLLED:  # one text that scrolls, not two
        box = body[0].box
        scrolled = replace(body[0], box=replace(box, height=max(box.height, foot_top - sheet.px(_GAP) - box.y)))
        return (*head[1:], scrolled, *foot, head[0])
    moved = []
    for one in work:
        if one.text:  # the line of the place keeps its room while there is none to tell
            moved.append(_at(one, top + sheet.px(_NEAR)))
        top += sheet.px(_NEAR) + one.box.height
    if has_middle:
        middle = sheet.middle(page, top + sheet.px(_NEAR), foot_top - sheet.px(_GAP))
    else:
        middle, foot = [], _raised(foot, top + sheet.px(_GAP))
    return (*head[1:], *body, *moved, *middle, *foot, head[0])


def _raised(foot: list[Placed], top: int) -> list[Placed]:
    """Return the foot with what decides right below the text, where nothing stands between."""
    loud = [one for one in foot if one.part is Part.AGREEMENT or (one.button and one.button.rank is not Rank.QUIET)]
    lift = max(0, min((one.box.y for one in loud), default=top) - top)
    return [_at(one, one.box.y - lift) if one in loud else one for one in foot]


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> tuple[str, ...]:
    """Return a text broken between words into lines of some width; a word that is too long is broken too."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _pieces(paragraph, width, measure):
            longer = f"{line} {word}" if line else word
            if line and measure(longer) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return tuple(lines)


def _pieces(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    for word in text.split():
        rest = word
        while len(rest) > 1 and measure(rest) > width:
            fitting = next((n for n in range(len(rest) - 1, 1, -1) if measure(rest[:n]) <= width), 1)
            yield rest[:fitting]
            rest = rest[fitting:]
        yield rest


def shortened(text: str, width: float, measure: Callable[[str], float]) -> str:
    """Return a path that fits into a line: what is left out of its middle shows as ``…``."""
    if measure(text) <= width:
        return text
    for kept in range(len(text) - 1, 2, -1):
        told = f"{text[: kept // 3]}…{text[len(text) - (kept - kept // 3) :]}"
        if measure(told) <= width:
            return told
    return "…"


def _at(placed: Placed, y: int) -> Placed:
    return replace(placed, box=replace(placed.box, y=y))


@dataclass(slots=True)
class _Sheet:
    """Arranges the parts of one page."""

    width: int
    height: int
    scale: float
    measure: Measure
    left: int = field(init=False)
    inner: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.px(_MARGIN)
        self.inner = self.width - 2 * self.left

    def px(self, length: float) -> int:
        return round(length * self.scale)

    def line(self, face: Face) -> int:
        """Return the height of a line."""
        return self.px(SIZES[face] * _LINE)

    def lines_of(self, text: str, face: Face, width: int) -> tuple[str, ...]:
        return wrapped(text, width, lambda part: self.measure(part, face))

    def text(self, part: Part, text: str, face: Face, y: int, *, indent: int = 0) -> Placed:
        """Return a text of as many lines as it takes, from the left margin or so far from it."""
        width = self.inner - indent
        lines = self.lines_of(text, face, width)
        return Placed(part, Box(self.left + indent, y, width, len(lines) * self.line(face)), text, lines, face)

    def head(self, page: Page) -> list[Placed]:
        """Return the language button, the wordmark, and the title with its sign."""
        language = page.language
        wide = round(self.measure(language.name, Face.QUIET)) + self.px(24)
        box = Box(self.width - self.left - wide, self.px(16), wide, self.px(32))
        placed = [Placed(Part.BUTTON, box, language.name, face=Face.QUIET, button=language)]
        placed.append(Placed(Part.WORDMARK, Box(self.left, self.px(14), self.px(150), self.px(42)), "Quét Sạch"))
        y, indent = self.px(_HEADER + 14), 0
        if page.tone in {Tone.GOOD, Tone.ATTENTION}:
            placed.append(Placed(Part.SIGN, Box(self.left, y, self.px(_SIGN), self.px(_SIGN))))
            indent = self.px(_SIGN + 12)
        placed.append(self.text(Part.TITLE, page.title, Face.TITLE, y, indent=indent))
        return placed

    def paragraphs(self, page: Page, top: int, bottom: int) -> tuple[list[Placed], int]:
        """Return the text, scrolling where it does not fit (with the details then), and where it ends."""
        placed: list[Placed] = []
        y = top
        for paragraph in page.text:
            placed.append(self.text(Part.PARAGRAPH, paragraph, Face.TEXT, y))
            y += placed[-1].box.height + self.px(_NEAR)
        if y > bottom and placed:
            high = max(self.px(_LEAST_SCROLLED), bottom - top)
            rest = (f"{page.details.label}:\n{page.details.text}",) if page.details is not None else ()
            text = "\n\n".join((*page.text, *rest))
            return [Placed(Part.SCROLLED, Box(self.left, top, self.inner, high), text)], top + high
        return placed, y

    def work(self, page: Page) -> Iterator[Placed]:
        """Yield how far work is, from 0 down."""
        if page.progress is None:
            return
        told, place = page.progress.told, page.progress.place
        yield self.text(Part.TOLD, told, Face.TEXT, 0)
        yield Placed(Part.PROGRESS, Box(self.left, 0, self.inner, self.px(_STROKE)), page.progress.label)
        short = shortened(place, self.inner, lambda part: self.measure(part, Face.SMALL))
        box = Box(self.left, 0, self.inner, self.line(Face.SMALL))
        yield Placed(Part.PLACE, box, place, (short,), Face.SMALL)

    def middle(self, page: Page, top: int, bottom: int) -> list[Placed]:
        """Return the list, or the text that scrolls, with its label."""
        label = page.rows.label if page.rows is not None else page.details.label if page.details is not None else ""
        placed = [self.text(Part.LABEL, label, Face.SMALL, top)]
        y = top + placed[0].box.height + self.px(_NEAR) // 2
        box = Box(self.left, y, self.inner, max(self.px(_LEAST_LIST) // 2, bottom - y))
        if page.rows is not None:
            placed.append(Placed(Part.ROWS, box, label, face=Face.TEXT))
        elif page.details is not None:
            face = Face.CODE if page.details.is_code else Face.TEXT
            placed.append(Placed(Part.DETAILS, box, page.details.text, face=face))
        return placed

    def foot(self, page: Page) -> tuple[list[Placed], int]:
        """Return the agreement, the buttons and the note, set from the bottom up, and where they begin."""
        y = self.height - self.px(_MARGIN * 0.7)
        note: list[Placed] = []
        if page.note:
            placed = self.text(Part.NOTE, page.note, Face.SMALL, 0)
            y -= placed.box.height
            note = [_at(placed, y)]
            y -= self.px(_NEAR)
        quiet, y = self.row([one for one in page.buttons if one.rank is Rank.QUIET], y)
        loud, y = self.row([one for one in page.buttons if one.rank is not Rank.QUIET], y)
        agreement: list[Placed] = []
        if page.agreement is not None:
            lines = self.lines_of(page.agreement.text, Face.TEXT, self.inner - self.px(_TICK + 10))
            high = max(self.px(_TICK), len(lines) * self.line(Face.TEXT))
            y -= high
            box = Box(self.left, y, self.inner, high)
            agreement = [Placed(Part.AGREEMENT, box, page.agreement.text, lines, Face.TEXT)]
            y -= self.px(_NEAR)
        return [*agreement, *loud, *quiet, *note], y

    def row(self, buttons: list[Button], bottom: int) -> tuple[list[Placed], int]:
        """Return buttons side by side, in as many rows as they take, above ``bottom``, and where they begin."""
        rows: list[list[tuple[Button, Face, int, int]]] = [[]]
        x = 0
        for button in buttons:
            face = {Rank.PRIMARY: Face.PRIMARY, Rank.PLAIN: Face.BUTTON, Rank.QUIET: Face.QUIET}[button.rank]
            inside = {Rank.PRIMARY: 52, Rank.PLAIN: 32, Rank.QUIET: 12}[button.rank]
            wide = min(self.inner, round(self.measure(button.name, face)) + self.px(inside))
            if rows[-1] and x + wide > self.inner:
                rows.append([])
                x = 0
            rows[-1].append((button, face, x, wide))
            x += wide + self.px(12)
        placed: list[Placed] = []
        y = bottom
        for row in reversed(rows):
            high = max((self.px(30 if one[0].rank is Rank.QUIET else 46) for one in row), default=0)
            y -= high
            placed[:0] = [
                Placed(Part.BUTTON, Box(self.left + x, y, wide, high), button.name, face=face, button=button)
                for button, face, x, wide in row
            ]
            y -= self.px(_NEAR) if row else 0
        return placed, y
