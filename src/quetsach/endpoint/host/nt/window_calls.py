"""What a native window is drawn with: controls of Windows, and a canvas for what it does not know.

``ffi.surface`` is the real one; tests draw on one in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

type Point = tuple[float, float]
type Theme = Literal["light", "dark", "contrast"]

type Control = int
"""A control of the system."""


class Rectangle(Protocol):
    """A place in whole pixels."""

    @property
    def x(self) -> int:
        """Of the left side."""

    @property
    def y(self) -> int:
        """Of the upper side."""

    @property
    def width(self) -> int:
        """To the right side."""

    @property
    def height(self) -> int:
        """To the lower side."""


@dataclass(frozen=True, slots=True)
class Letters:
    """A kind of letters: how high they are on a screen of 96 pixels to the inch, and of which sort."""

    size: int
    is_bold: bool = False
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours (``#rrggbb``) of controls that the system draws."""

    paper: str
    sheet: str
    ink: str
    mark: str
    """Of ticks."""


class Canvas(Protocol):
    """Draws inside one control, whose upper left corner is (0, 0)."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def height(self) -> int:
        """In pixels."""

    def fill(self, colour: str) -> None:
        """Fill everything."""

    def polygons(self, shapes: Sequence[tuple[Sequence[Point], str]], background: str) -> None:
        """Draw polygons over a background, one above the other, with smooth edges."""

    def text(self, text: str, box: Rectangle, face: str, colour: str, *, is_centred: bool, has_mnemonic: bool) -> None:
        """Write one line in the middle of a box's height."""

    def focus(self, box: Rectangle, colour: str) -> None:
        """Draw the frame of what has the focus."""


class Handler(Protocol):
    """What the window's system tells."""

    def pressed(self, control: Control) -> None:
        """A button was pressed."""

    def paint(self, control: Control | None, canvas: Canvas, *, is_pressed: bool, has_focus: bool) -> None:
        """Draw a control that is drawn by us; ``None`` for the window behind all of them."""

    def ticked(self, row: int | None, *, is_on: bool) -> None:
        """A tick was set or taken away, or a row chosen; ``row`` is ``None`` for a tick that stands alone."""

    def escaped(self) -> None:
        """The key Esc was pressed."""

    def closed(self) -> None:
        """The window shall close."""

    def changed(self) -> None:
        """Size, scale or colours changed: draw anew."""

    def default(self) -> Control | None:
        """Return the button that Enter presses where no button has the focus."""

    def turned(self) -> None:
        """Some time passed (see ``Surface.set_turning``)."""


class Surface(Protocol):
    """A native window. Controls are told in the order in which they are read: the last made or moved comes last."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the inside, in pixels."""

    @property
    def scale(self) -> float:
        """Pixels of this screen to one of 96 to the inch."""

    @property
    def theme(self) -> Theme:
        """What the person has chosen for all programs."""

    @property
    def system_colours(self) -> Mapping[str, str]:
        """The colours of high contrast: ``window``, ``text``, ``highlight``, ``on-highlight``, ``link``, ``grey``."""

    def set_colours(self, colours: Colours) -> None:
        """Have what the system draws in these colours."""

    def measure(self, text: str, face: str) -> float:
        """Return how wide a text is."""

    def post(self, call: Callable[[], None]) -> None:
        """Have something called in the window's thread; from whatever thread."""

    def run(self, handler: Handler) -> None:
        """Show the window and tell its handler what happens, until ``close``."""

    def close(self) -> None:
        """Take the window away."""

    def set_title(self, title: str) -> None:
        """Name the window."""

    def redraw_window(self) -> None:
        """Have the window behind all controls drawn anew."""

    def make_text(self) -> Control:
        """Make a text that is drawn by us and read by its name."""

    def make_button(self) -> Control:
        """Make a button that is drawn by us."""

    def make_box(self, *, is_code: bool) -> Control:
        """Make a box with text that scrolls and can be copied."""

    def make_tick(self) -> Control:
        """Make a tick."""

    def make_progress(self) -> Control:
        """Make a progress bar that is drawn by us."""

    def make_list(self, rows: Sequence[tuple[str, str]], *, has_ticks: bool) -> Control:
        """Make a list of rows of two columns."""

    def place(self, control: Control, box: Rectangle, name: str, *, is_enabled: bool = True) -> None:
        """Place a control behind the one placed before, and name it; the name of a box of text is its label."""

    def set_text(self, control: Control, text: str) -> None:
        """Fill a box of text."""

    def set_tick(self, control: Control, row: int | None, *, is_on: bool) -> None:
        """Set or take away a tick, or choose a row."""

    def set_progress(self, control: Control, share: float | None) -> None:
        """Say how far work is, for who cannot see it."""

    def redraw(self, control: Control) -> None:
        """Have a control drawn anew."""

    def remove(self, control: Control) -> None:
        """Take a control away."""

    def focus(self, control: Control) -> None:
        """Give a control the focus."""

    def focused(self) -> Control | None:
        """Return what has the focus."""

    def set_turning(self, *, is_on: bool) -> None:
        """Have ``Handler.turned`` called a few times a second, or no more."""
