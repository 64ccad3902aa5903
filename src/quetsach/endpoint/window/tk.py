"""Draws the window with Tk, for Linux. Tk has no names for screen readers: who needs them uses the terminal."""

import shutil
import subprocess
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from tkinter import font as tk_font
from tkinter import ttk
from typing import Any

from quetsach.endpoint.window.appearance import DARK, LIGHT, Palette, outline, sweep
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
    shortened,
)
from quetsach.endpoint.window.page import Choice, Page, Progress, Rank, Tone
from quetsach.endpoint.window.state import Agreed, Event, Pressed, Ticked
from quetsach.endpoint.window.use_cases import UseCases

_FAMILIES = ("Noto Sans", "Segoe UI", "Liberation Sans", "DejaVu Sans")
_CODE_FAMILIES = ("Noto Sans Mono", "Liberation Mono", "DejaVu Sans Mono")
_SWEEP_MILLISECONDS, _SWEEP_STEPS = 60, 50
_POLL_MILLISECONDS = 50
_PROGRESS = "progress"
_AIR = 0.9


def run(
    tool_of: Callable[[], UseCases], language: str, *, scale: float | None = None, fills_screen: bool = False
) -> None:
    """Show the window until it is closed.

    Args:
        tool_of: makes the use cases.
        language: ``vi`` or ``en``.
        scale: see ``TkView``.
        fills_screen: see ``TkView``.

    Raises:
        tkinter.TclError: there is no screen.
    """
    waiting: list[Callable[[], None]] = []  # appending and popping are atomic
    view = TkView(scale=scale, palette=DARK if _prefers_dark() else LIGHT, fills_screen=fills_screen)
    controller = Controller(tool_of, language, post=waiting.append, show=view.show, close=view.root.quit)
    view.on_event = controller.take

    def deliver() -> None:
        while waiting:
            waiting.pop(0)()
        view.root.after(_POLL_MILLISECONDS, deliver)

    deliver()
    controller.open()
    view.root.mainloop()
    controller.wait()
    view.root.destroy()


def _prefers_dark() -> bool:
    """Return whether the desktop is set to dark; where it does not say so, it is not."""
    program = shutil.which("gsettings", path="/usr/bin:/bin")
    if program is None:
        return False
    words = [program, "get", "org.gnome.desktop.interface", "color-scheme"]
    try:
        said = subprocess.run(words, capture_output=True, timeout=2, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"dark" in said.stdout


class TkView:
    """A window that shows one page at a time.

    Args:
        scale: pixels to one of a screen of 96 to the inch; that of the screen if not given.
        palette: its colours.
        fills_screen: whether there is nothing beside it, so that it and its letters are as large as the screen allows.
    """

    def __init__(self, *, scale: float | None = None, palette: Palette, fills_screen: bool = False) -> None:
        self.root = tk.Tk(className="QuetSach")
        self.on_event: Callable[[Event], None] = lambda _event: None
        self._colours = palette
        self.scale = scale or max(1.0, self._screen_scale() if fills_screen else self.root.winfo_fpixels("1i") / 96)
        self._page: Page | None = None
        self._turn = 0
        self._placed: tuple[Placed, ...] = ()
        self._buttons: dict[str, tk.Button] = {}
        self._list: ttk.Treeview | None = None
        self._fonts = self._made_fonts()
        self._ticks = {is_on: self._tick_image(is_on=is_on) for is_on in (False, True)}
        self._canvas = tk.Canvas(self.root, background=palette.paper, highlightthickness=0)
        self._canvas.pack(fill="both", expand=True)
        self.root.title("Quét Sạch")
        if fills_screen:
            self.root.attributes("-fullscreen", True)
        self.root.geometry(f"{self._px(WIDTH)}x{min(self._px(HEIGHT), self.root.winfo_screenheight() - 80)}")
        self.root.minsize(self._px(LEAST_WIDTH), min(self._px(LEAST_HEIGHT), self.root.winfo_screenheight() - 80))
        self.root.protocol("WM_DELETE_WINDOW", lambda: self.on_event(Pressed("close")))
        self.root.bind("<Return>", self._on_return)
        self.root.bind("<Escape>", self._on_escape)
        self.root.bind("<Alt-Key>", self._on_letter)
        self._canvas.bind("<Configure>", lambda _: self._draw())
        self._style()
        self._sweep()

    def show(self, page: Page) -> None:
        """Show a page; of one that only went on, only its progress is drawn anew."""
        former, self._page = self._page, page
        if former is not None and replace(former, progress=None) == replace(page, progress=None) and page.progress:
            self._draw_progress()
        elif former != page:
            self._draw()

    def _screen_scale(self) -> float:
        """Return how much larger the screen is than the window that the pages were made for, with some air."""
        root = self.root
        return _AIR * min(root.winfo_screenwidth() / WIDTH, root.winfo_screenheight() / HEIGHT)

    def _px(self, length: float) -> int:
        return round(length * self.scale)

    def _made_fonts(self) -> dict[Face, tk_font.Font]:
        known = set(tk_font.families(self.root))
        family = next((name for name in _FAMILIES if name in known), "TkDefaultFont")
        code = next((name for name in _CODE_FAMILIES if name in known), "TkFixedFont")
        return {
            face: tk_font.Font(
                self.root,
                family=code if face is Face.CODE else family,
                size=-self._px(size),
                weight="bold" if face in BOLD else "normal",
            )
            for face, size in SIZES.items()
        }

    def _style(self) -> None:
        colours, style = self._colours, ttk.Style(self.root)
        style.theme_use("clam")
        style.configure(
            "Treeview",
            background=colours.sheet,
            fieldbackground=colours.sheet,
            foreground=colours.ink,
            bordercolor=colours.line,
            lightcolor=colours.line,
            darkcolor=colours.line,
            font=self._fonts[Face.TEXT],
            rowheight=self._px(30),
        )
        style.map("Treeview", background=[("selected", colours.link)], foreground=[("selected", colours.paper)])
        bar = {"background": colours.line, "troughcolor": colours.sheet, "bordercolor": colours.sheet}
        style.configure("Vertical.TScrollbar", arrowcolor=colours.ink, arrowsize=self._px(14), **bar)

    def _draw(self) -> None:
        page, canvas = self._page, self._canvas
        if page is None or canvas.winfo_width() < 2:
            return
        focused = next((action for action, button in self._buttons.items() if button is canvas.focus_get()), None)
        row = self._list.focus() if self._list is not None and self._list is canvas.focus_get() else None
        seen = self._rows_seen()
        canvas.delete("all")
        for child in canvas.winfo_children():
            child.destroy()
        self._buttons, self._list = {}, None
        size = canvas.winfo_width(), canvas.winfo_height()
        self._placed = arrange(page, *size, self.scale, lambda text, face: self._fonts[face].measure(text))
        for placed in self._placed:
            self._draw_part(placed, page)
        self._see_rows(seen)
        if row is not None and self._focus_row(row):
            return
        target = self._buttons.get(focused or "") or self._buttons.get(page.primary.action if page.primary else "")
        if target is not None:
            target.focus_set()

    def _rows_seen(self) -> float:
        """Return how far down the list is scrolled."""
        return float(self._list.yview()[0]) if self._list is not None else 0.0

    def _see_rows(self, part: float) -> None:
        if self._list is not None:
            self._list.yview_moveto(part)

    def _focus_row(self, row: str) -> bool:
        """Give the list the keys back that it had, at a row; whether it is still there."""
        if self._list is None or not self._list.exists(row):
            return False
        self._list.focus(row)
        self._list.focus_set()
        return True

    def _draw_part(self, placed: Placed, page: Page) -> None:
        colours = self._colours
        match placed.part:
            case Part.WORDMARK:
                self._draw_wordmark(placed.box)
            case Part.SIGN:
                self._draw_sign(placed.box, page.tone)
            case Part.PROGRESS | Part.TOLD | Part.PLACE:
                self._draw_work(placed, page.progress)
            case Part.SCROLLED | Part.DETAILS:
                self._put_text(placed)
            case Part.ROWS:
                self._put_rows(placed.box, page)
            case Part.AGREEMENT:
                self._put_agreement(placed, page)
            case Part.BUTTON:
                self._put_button(placed)
            case Part.LABEL | Part.NOTE:
                self._draw_lines(placed, colours.quiet)
            case _:
                self._draw_lines(placed, colours.ink)

    def _draw_lines(self, placed: Placed, colour: str, tag: str = "text") -> None:
        high = placed.box.height / max(1, len(placed.lines))
        for number, line in enumerate(placed.lines):
            y = placed.box.y + round((number + 0.5) * high)
            font = self._fonts[placed.face]
            self._canvas.create_text(placed.box.x, y, text=line, anchor="w", font=font, fill=colour, tags=tag)

    def _draw_wordmark(self, box: Box) -> None:
        font = tk_font.Font(
            self.root, family=self._fonts[Face.TITLE].actual("family"), size=-self._px(23), weight="bold"
        )
        self._canvas.create_text(box.x, box.y, text="Quét Sạch", anchor="nw", font=font, fill=self._colours.ink)
        self._wordmark_font = font  # Tk forgets a font that nobody holds
        wide, high = font.measure("Quét Sạch"), self._px(7)
        corners = [(box.x + x, box.y + box.height - high + y) for x, y in outline(wide, high)]
        self._canvas.create_polygon(*corners, fill=self._colours.brand)

    def _draw_sign(self, box: Box, tone: Tone) -> None:
        colour = self._colours.good if tone is Tone.GOOD else self._colours.attention
        x, y, size = box.x, box.y, box.width

        def at(*points: tuple[float, float]) -> list[float]:
            return [part for px, py in points for part in (x + px * size, y + py * size)]

        if tone is Tone.GOOD:
            self._canvas.create_oval(x, y, x + size, y + size, fill=colour, outline="")
            tick = at((0.26, 0.53), (0.44, 0.70), (0.75, 0.34))
            self._canvas.create_line(*tick, fill=self._colours.paper, width=self._px(4), capstyle="round")
            return
        self._canvas.create_polygon(*at((0.5, 0.04), (0.98, 0.94), (0.02, 0.94)), fill=colour)
        self._canvas.create_line(*at((0.5, 0.38), (0.5, 0.66)), fill=self._colours.paper, width=self._px(4))
        self._canvas.create_line(*at((0.5, 0.74), (0.5, 0.84)), fill=self._colours.paper, width=self._px(4))

    def _draw_work(self, placed: Placed, progress: Progress | None) -> None:
        if progress is None:
            return
        if placed.part is not Part.PROGRESS:
            self._draw_lines(placed, self._colours.ink if placed.part is Part.TOLD else self._colours.quiet, _PROGRESS)
            return
        box = placed.box
        whole = [(box.x + x, box.y + y) for x, y in outline(box.width, box.height)]
        self._canvas.create_polygon(*whole, fill=self._colours.line, tags=_PROGRESS)
        if progress.share is None:
            part = [] if progress.is_still else sweep(box.width, box.height, self._turn / _SWEEP_STEPS)
        else:
            part = outline(box.width, box.height, progress.share)
        if len(part) > 2:
            corners = [(box.x + x, box.y + y) for x, y in part]
            self._canvas.create_polygon(*corners, fill=self._colours.brand, tags=_PROGRESS)

    def _draw_progress(self) -> None:
        page, canvas = self._page, self._canvas
        if page is None or canvas.winfo_width() < 2:
            return
        size = canvas.winfo_width(), canvas.winfo_height()
        self._placed = arrange(page, *size, self.scale, lambda text, face: self._fonts[face].measure(text))
        canvas.delete(_PROGRESS)
        for placed in self._placed:
            self._draw_work(placed, page.progress if placed.part in {Part.PROGRESS, Part.TOLD, Part.PLACE} else None)

    def _sweep(self) -> None:
        """Let the stroke travel while nobody knows how much there is to do."""
        self._turn = (self._turn + 1) % _SWEEP_STEPS
        progress = self._page.progress if self._page is not None else None
        if progress is not None and progress.share is None and not progress.is_still:
            self._draw_progress()
        self.root.after(_SWEEP_MILLISECONDS, self._sweep)

    def _put(self, widget: tk.Widget, box: Box) -> None:
        self._canvas.create_window(box.x, box.y, width=box.width, height=box.height, anchor="nw", window=widget)

    def _put_button(self, placed: Placed) -> None:
        button, colours = placed.button, self._colours
        if button is None:
            return
        is_calm = self._page is not None and self._page.tone is Tone.WORKING
        looks: dict[str, Any] = {"background": colours.paper, "foreground": colours.link}
        looks |= {"activebackground": colours.sheet, "activeforeground": colours.link}
        if button.rank is Rank.PRIMARY and not is_calm:
            looks |= {"background": colours.brand, "foreground": colours.on_brand}
            looks |= {"activebackground": colours.brand_deep, "activeforeground": colours.on_brand}
        edge = colours.paper if placed.face is Face.QUIET else colours.line
        made = tk.Button(
            self._canvas,
            text=button.name,
            underline=button.label.find("&"),
            font=self._fonts[placed.face],
            relief="flat",
            borderwidth=0,
            highlightthickness=max(1, self._px(1.5)),
            highlightbackground=edge,
            highlightcolor=colours.link,
            disabledforeground=colours.quiet,
            state="normal" if button.is_enabled else "disabled",
            command=lambda: self.on_event(Pressed(button.action)),
            **looks,
        )
        if not button.is_enabled:
            made.configure(background=colours.line)
        self._buttons[button.action] = made
        self._put(made, placed.box)

    def _put_text(self, placed: Placed) -> None:
        colours, frame = self._colours, tk.Frame(self._canvas, background=self._colours.line)
        bar = ttk.Scrollbar(frame)
        text = tk.Text(
            frame,
            wrap="word",
            font=self._fonts[placed.face],
            background=colours.sheet,
            foreground=colours.ink,
            relief="flat",
            padx=self._px(10),
            pady=self._px(8),
            spacing3=self._px(1),
            highlightthickness=self._px(1),
            highlightbackground=colours.line,
            highlightcolor=colours.link,
            yscrollcommand=bar.set,
        )
        bar.configure(command=text.yview)
        bar.pack(side="right", fill="y")
        text.pack(side="left", fill="both", expand=True)
        text.insert("1.0", placed.text)
        text.configure(state="disabled")
        self._put(frame, placed.box)

    def _put_rows(self, box: Box, page: Page) -> None:
        rows = page.rows
        if rows is None:
            return
        frame = tk.Frame(self._canvas, background=self._colours.line)
        bar = ttk.Scrollbar(frame)
        made = ttk.Treeview(frame, columns=("where",), show="tree", selectmode="browse", yscrollcommand=bar.set)
        bar.configure(command=made.yview)
        bar.pack(side="right", fill="y")
        made.pack(side="left", fill="both", expand=True)
        made.column("#0", width=round(box.width * 0.4), stretch=False)
        made.column("where", width=round(box.width * 0.56))
        for row in rows.rows:
            image: Any = self._ticks[row.is_chosen] if rows.choice is Choice.ANY else ""
            where = shortened(row.where, box.width * 0.53, self._fonts[Face.TEXT].measure)
            made.insert("", "end", iid=row.key, text=f" {row.what}", image=image, values=(where,))
        if rows.choice is Choice.ONE:
            chosen = [row.key for row in rows.rows if row.is_chosen]
            made.selection_set(chosen)
            made.focus(chosen[0] if chosen else "")
            made.bind("<<TreeviewSelect>>", lambda _: self._on_chosen(made))
        else:
            made.bind("<ButtonRelease-1>", lambda event: self._on_tick(made.identify_row(event.y)))
            made.bind("<space>", lambda _: self._on_tick(made.focus()))
        self._list = made
        self._put(frame, box)

    def _on_chosen(self, made: ttk.Treeview) -> None:
        rows = self._page.rows.rows if self._page is not None and self._page.rows is not None else ()
        for key in made.selection():
            if not any(row.key == key and row.is_chosen for row in rows):
                self.on_event(Ticked(key, is_chosen=True))

    def _on_tick(self, key: str) -> None:
        rows = self._page.rows.rows if self._page is not None and self._page.rows is not None else ()
        for row in rows:
            if row.key == key:
                self.on_event(Ticked(key, is_chosen=not row.is_chosen))

    def _put_agreement(self, placed: Placed, page: Page) -> None:
        agreement, colours = page.agreement, self._colours
        if agreement is None:
            return
        made = tk.Checkbutton(
            self._canvas,
            text="\n".join(placed.lines),
            font=self._fonts[placed.face],
            image=self._ticks[agreement.is_given],
            compound="left",
            indicatoron=False,
            offrelief="flat",
            overrelief="flat",
            relief="flat",
            borderwidth=0,
            justify="left",
            anchor="w",
            padx=0,
            selectcolor=colours.paper,
            background=colours.paper,
            foreground=colours.ink,
            activebackground=colours.sheet,
            activeforeground=colours.ink,
            highlightthickness=self._px(1),
            highlightbackground=colours.paper,
            highlightcolor=colours.link,
            command=lambda: self.on_event(Agreed(is_given=not agreement.is_given)),
        )
        self._put(made, placed.box)

    def _tick_image(self, *, is_on: bool) -> tk.PhotoImage:
        """Return a box with a tick, or without, beside which there is some room."""
        size, room, edge = self._px(18), self._px(26), max(1, self._px(1.4))
        image = tk.PhotoImage(master=self.root, width=room, height=size)
        image.put(self._colours.link if is_on else self._colours.quiet, to=(0, 0, size, size))
        if not is_on:
            image.put(self._colours.paper, to=(edge, edge, size - edge, size - edge))
            return image
        thick = max(2, self._px(2.4))
        steps = [(0.22 + n / 100, 0.50 + n / 100) for n in range(22)]
        steps += [(0.44 + n / 100, 0.72 - n / 100 * 1.15) for n in range(36)]
        for x, y in steps:
            left, top = round(x * size), round(y * size) - thick // 2
            image.put(self._colours.paper, to=(left, top, left + thick, top + thick))
        return image

    def _on_return(self, _event: Any) -> None:
        focused = self._canvas.focus_get()
        if isinstance(focused, tk.Button):
            focused.invoke()
        elif self._page is not None and self._page.primary is not None and self._page.primary.is_enabled:
            self.on_event(Pressed(self._page.primary.action))

    def _on_escape(self, _event: Any) -> None:
        if self._page is not None and self._page.escape:
            self.on_event(Pressed(self._page.escape))

    def _on_letter(self, event: Any) -> None:
        for button in self._page.buttons if self._page is not None else ():
            if button.is_enabled and button.mnemonic == str(event.char).casefold() != "":
                self.on_event(Pressed(button.action))
                return
