"""Draws the window with controls of Windows itself: what they are called and where the focus is, its readers tell."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import cos, pi, sin

from quetsach.endpoint.host.nt.window_calls import Canvas, Colours, Control, Letters, Surface
from quetsach.endpoint.window.appearance import DARK, LIGHT, Palette, Point, outline, sweep
from quetsach.endpoint.window.controller import Controller
from quetsach.endpoint.window.layout import (
    BOLD,
    HEIGHT,
    LEAST_HEIGHT,
    LEAST_WIDTH,
    SIZES,
    WIDTH,
    Box,
    Face,
    Part,
    Placed,
    arrange,
)
from quetsach.endpoint.window.page import Choice, Page, Rank, Tone
from quetsach.endpoint.window.state import Agreed, Event, Pressed, Ticked
from quetsach.endpoint.window.use_cases import UseCases

LETTERS = {str(face): Letters(size, face in BOLD, face is Face.CODE) for face, size in SIZES.items()}
"""All kinds of letters that a page is written in."""

_TURNS = 40
_CORNERS = 8
"""Points of a rounded corner."""

type _Key = tuple[object, ...]


def run(tool_of: Callable[[], UseCases], language: str) -> None:
    """Show the window until it is closed; on Windows only."""
    if sys.platform == "win32":
        from quetsach.endpoint.host.nt.ffi.surface import NativeSurface  # noqa: PLC0415  (which only Windows can import)

        surface = NativeSurface("Quét Sạch", (WIDTH, HEIGHT), (LEAST_WIDTH, LEAST_HEIGHT), LETTERS)
        view = NativeView(surface)
        controller = Controller(tool_of, language, post=surface.post, show=view.show, close=surface.close)
        view.on_event = controller.take
        surface.post(controller.open)
        surface.run(view)
        controller.wait()


class NativeView:
    """Shows one page at a time; the ``Handler`` of a surface.

    Args:
        surface: what it is drawn with.
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self.on_event: Callable[[Event], None] = lambda _event: None
        self._page: Page | None = None
        self._placed: dict[Control, Placed] = {}
        self._controls: dict[_Key, Control] = {}
        self._head: tuple[Placed, ...] = ()
        self._turn = 0
        self._palette = LIGHT

    def show(self, page: Page) -> None:
        """Show a page. Controls of the page that was shown stay where they still stand, and with them the focus."""
        former, self._page = self._page, page
        if former == page:
            return
        if former is not None and page.progress and replace(former, progress=None) == replace(page, progress=None):
            self._arrange(page)
            return
        self._surface.set_title(f"{page.title} – Quét Sạch")
        self._arrange(page)
        is_new = former is None or former.name != page.name
        if is_new or self._surface.focused() not in self._placed:
            self._focus_first(page)

    def changed(self) -> None:
        """Draw everything anew, in the size, scale and colours of now."""
        if self._page is not None:
            self._arrange(self._page)
            for control in self._placed:
                self._surface.redraw(control)

    def pressed(self, control: Control) -> None:
        """Tell which button was pressed."""
        placed = self._placed.get(control)
        if placed is not None and placed.button is not None:
            self.on_event(Pressed(placed.button.action))

    def ticked(self, row: int | None, *, is_on: bool) -> None:
        """Tell what was ticked."""
        rows = self._page.rows.rows if self._page is not None and self._page.rows is not None else ()
        if row is None:
            self.on_event(Agreed(is_on))
        elif row < len(rows) and rows[row].is_chosen is not is_on:
            self.on_event(Ticked(rows[row].key, is_on))

    def escaped(self) -> None:
        """Do what Esc does on this page."""
        if self._page is not None and self._page.escape:
            self.on_event(Pressed(self._page.escape))

    def closed(self) -> None:
        """Tell that the window shall close."""
        self.on_event(Pressed("close"))

    def default(self) -> Control | None:
        """Return the button that Enter presses."""
        primary = self._page.primary if self._page is not None else None
        found = (control for control, placed in self._placed.items() if primary and placed.button == primary)
        return next(found, None)

    def turned(self) -> None:
        """Let the stroke travel on."""
        self._turn = (self._turn + 1) % _TURNS
        for control, placed in self._placed.items():
            if placed.part is Part.PROGRESS:
                self._surface.redraw(control)

    def paint(self, control: Control | None, canvas: Canvas, *, is_pressed: bool, has_focus: bool) -> None:
        """Draw a control that is drawn by us, or the window behind all."""
        placed = self._placed.get(control) if control is not None else None
        if control is None:
            self._paint_window(canvas)
        elif placed is None:
            canvas.fill(self._palette.paper)
        elif placed.button is not None:
            self._paint_button(canvas, placed, is_pressed=is_pressed, has_focus=has_focus)
        elif placed.part is Part.PROGRESS:
            self._paint_progress(canvas)
        else:
            self._paint_lines(canvas, placed)

    def _arrange(self, page: Page) -> None:
        surface = self._surface
        self._palette = palette_of(surface)
        surface.set_colours(Colours(self._palette.paper, self._palette.sheet, self._palette.ink, self._palette.link))
        arranged = arrange(page, *surface.size, surface.scale, surface.measure)
        self._head = tuple(one for one in arranged if one.part in {Part.WORDMARK, Part.SIGN})
        surface.redraw_window()
        former, self._controls, self._placed = self._controls, {}, {}
        for number, placed in enumerate(one for one in arranged if one not in self._head):
            key = self._key(page, placed, number)
            control = former.pop(key, None) or self._made(placed, page)
            self._controls[key], self._placed[control] = control, placed
            self._fill(control, placed, page)
        for control in former.values():
            surface.remove(control)
        progress = page.progress
        surface.set_turning(is_on=progress is not None and progress.share is None and not progress.is_still)

    def _key(self, page: Page, placed: Placed, number: int) -> _Key:
        """Return what a control is known by: the same one serves again on the same page."""
        if placed.button is not None:
            return (page.name, placed.button.action) if placed.button != page.language else ("language",)
        if placed.part is Part.ROWS and page.rows is not None:
            return (page.name, tuple((row.key, row.what, row.where) for row in page.rows.rows))
        return (page.name, placed.part, number if placed.part is Part.PARAGRAPH else 0)

    def _made(self, placed: Placed, page: Page) -> Control:
        surface = self._surface
        match placed.part:
            case Part.BUTTON:
                made = surface.make_button()
            case Part.SCROLLED | Part.DETAILS:
                made = surface.make_box(is_code=placed.face is Face.CODE)
            case Part.AGREEMENT:
                made = surface.make_tick()
            case Part.PROGRESS:
                made = surface.make_progress()
            case Part.ROWS if page.rows is not None:
                rows = [(row.what, row.where) for row in page.rows.rows]
                made = surface.make_list(rows, has_ticks=page.rows.choice is Choice.ANY)
            case _:
                made = surface.make_text()
        return made

    def _fill(self, control: Control, placed: Placed, page: Page) -> None:
        """Give a control its place, its name and what it shows."""
        surface, name = self._surface, placed.text
        if placed.button is not None:
            name = placed.button.label
        elif placed.part is Part.DETAILS and page.details is not None:
            name = page.details.label
        elif placed.part is Part.SCROLLED:
            name = page.title
        is_enabled = placed.button is None or placed.button.is_enabled
        surface.place(control, placed.box, name, is_enabled=is_enabled)
        if placed.part in {Part.SCROLLED, Part.DETAILS}:
            surface.set_text(control, placed.text)
        elif placed.part is Part.AGREEMENT and page.agreement is not None:
            surface.set_tick(control, None, is_on=page.agreement.is_given)
        elif placed.part is Part.PROGRESS and page.progress is not None:
            surface.set_progress(control, page.progress.share)
        elif placed.part is Part.ROWS and page.rows is not None:
            for number, row in enumerate(page.rows.rows):
                surface.set_tick(control, number, is_on=row.is_chosen)
        surface.redraw(control)

    def _focus_first(self, page: Page) -> None:
        """Give the focus to the one thing to do, or to what has to be chosen or agreed to before it."""
        wanted = self.default()
        is_to_choose = page.rows is not None and page.rows.choice is Choice.ONE
        if is_to_choose or (page.primary is not None and not page.primary.is_enabled):
            ticks = (control for control, placed in self._placed.items() if placed.part in {Part.AGREEMENT, Part.ROWS})
            wanted = next(ticks, wanted)
        if wanted is not None:
            self._surface.focus(wanted)

    def _paint_lines(self, canvas: Canvas, placed: Placed) -> None:
        palette = self._palette
        is_quiet = placed.part in {Part.LABEL, Part.NOTE, Part.PLACE}
        canvas.fill(palette.paper)
        high = canvas.height / max(1, len(placed.lines))
        for number, line in enumerate(placed.lines):
            box = Box(0, round(number * high), canvas.width, round(high))
            colour = palette.quiet if is_quiet else palette.ink
            canvas.text(line, box, placed.face, colour, is_centred=False, has_mnemonic=False)

    def _paint_button(self, canvas: Canvas, placed: Placed, *, is_pressed: bool, has_focus: bool) -> None:
        button, palette = placed.button, self._palette
        if button is None or self._page is None:
            return
        is_loud = button.rank is Rank.PRIMARY and self._page.tone is not Tone.WORKING
        edge, inside, ink = _looks(palette, is_loud=is_loud, is_enabled=button.is_enabled, is_pressed=is_pressed)
        if placed.face is Face.QUIET:
            edge, inside = palette.paper, palette.sheet if is_pressed else palette.paper
        radius, thin = 5 * self._surface.scale, max(1.0, self._surface.scale)
        shapes = [(_rounded(0, canvas.width, canvas.height, radius), edge)]
        shapes.append((_rounded(thin, canvas.width, canvas.height, radius - thin), inside))
        canvas.polygons(shapes, palette.paper)
        box = Box(0, 0, canvas.width, canvas.height)
        canvas.text(button.label, box, placed.face, ink, is_centred=True, has_mnemonic=True)
        if has_focus:
            inset = round(3 * self._surface.scale)
            canvas.focus(Box(inset, inset, canvas.width - 2 * inset, canvas.height - 2 * inset), ink)

    def _paint_progress(self, canvas: Canvas) -> None:
        palette, progress = self._palette, self._page.progress if self._page is not None else None
        if progress is None:
            return
        shapes: list[tuple[Sequence[Point], str]] = [(outline(canvas.width, canvas.height), palette.line)]
        if progress.share is not None:
            shapes.append((outline(canvas.width, canvas.height, progress.share), palette.brand))
        elif not progress.is_still:
            shapes.append((sweep(canvas.width, canvas.height, self._turn / _TURNS), palette.brand))
        canvas.polygons([shape for shape in shapes if len(shape[0]) > 2], palette.paper)

    def _paint_window(self, canvas: Canvas) -> None:
        palette = self._palette
        canvas.fill(palette.paper)
        shapes: list[tuple[Sequence[Point], str]] = []
        for placed in self._head:
            box = placed.box
            if placed.part is Part.WORDMARK:
                wide, high = self._surface.measure(placed.text, Face.TITLE), 7 * self._surface.scale
                base = box.y + box.height - high
                shapes.append(([(box.x + x, base + y) for x, y in outline(wide, high)], palette.brand))
            elif self._page is not None:
                shapes += _sign(box, self._page.tone, palette)
        canvas.polygons(shapes, palette.paper)
        for placed in self._head:
            if placed.part is Part.WORDMARK:
                box = Box(placed.box.x, placed.box.y, placed.box.width * 2, round(placed.box.height * 0.78))
                canvas.text(placed.text, box, Face.TITLE, palette.ink, is_centred=False, has_mnemonic=False)


def palette_of(surface: Surface) -> Palette:
    """Return the colours that the person has chosen for all programs."""
    if surface.theme != "contrast":
        return DARK if surface.theme == "dark" else LIGHT
    chosen = surface.system_colours
    window, text, highlight = chosen["window"], chosen["text"], chosen["highlight"]
    return Palette(
        paper=window,
        sheet=window,
        ink=text,
        quiet=text,
        line=text,
        brand=highlight,
        brand_deep=text,
        on_brand=chosen["on-highlight"],
        link=chosen["link"],
        good=text,
        attention=text,
        attention_paper=window,
    )


def _looks(palette: Palette, *, is_loud: bool, is_enabled: bool, is_pressed: bool) -> tuple[str, str, str]:
    """Return the colours of a button: its edge, its inside, its letters."""
    if not is_enabled:
        return palette.line, palette.sheet, palette.quiet
    if is_loud:
        inside = palette.brand_deep if is_pressed else palette.brand
        return inside, inside, palette.on_brand
    return palette.line, palette.sheet if is_pressed else palette.paper, palette.link


def _rounded(inset: float, width: float, height: float, radius: float) -> list[Point]:
    """Return the corners of a rectangle with rounded corners, so far inside another."""
    left, top, right, bottom = inset, inset, width - inset, height - inset
    centres = ((right, top, -1, 1), (right, bottom, -1, -1), (left, bottom, 1, -1), (left, top, 1, 1))
    points: list[Point] = []
    for quarter, (x, y, to_x, to_y) in enumerate(centres):
        for step in range(_CORNERS + 1):
            angle = (quarter - 1) * pi / 2 + step * pi / 2 / _CORNERS
            points.append((x + to_x * radius + radius * cos(angle), y + to_y * radius + radius * sin(angle)))
    return points


def _sign(box: Box, tone: Tone, palette: Palette) -> list[tuple[Sequence[Point], str]]:
    """Return the shape of a tone: a tick in a circle, or a mark in a triangle."""
    size = box.width

    def at(*points: Point) -> list[Point]:
        return [(box.x + x * size, box.y + y * size) for x, y in points]

    if tone is Tone.GOOD:
        circle = [(box.x + x, box.y + y) for x, y in _rounded(0, size, size, size / 2)]
        tick = at((0.22, 0.52), (0.31, 0.43), (0.44, 0.56), (0.70, 0.28), (0.79, 0.37), (0.44, 0.74))
        return [(circle, palette.good), (tick, palette.paper)]
    triangle = at((0.5, 0.04), (0.98, 0.92), (0.02, 0.92))
    mark = at((0.45, 0.34), (0.55, 0.34), (0.54, 0.65), (0.46, 0.65))
    dot = at((0.45, 0.72), (0.55, 0.72), (0.55, 0.82), (0.45, 0.82))
    return [(triangle, palette.attention), (mark, palette.paper), (dot, palette.paper)]
