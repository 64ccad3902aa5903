"""A surface in memory: what a native window would show, and what a person could do with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from quetsach.endpoint.host.nt.window_calls import Colours, Control, Handler, Rectangle, Theme
from quetsach.endpoint.window.layout import SIZES, Face


@dataclass
class DrawnControl:
    kind: str
    name: str = ""
    text: str = ""
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    is_enabled: bool = True
    rows: Sequence[tuple[str, str]] = ()
    ticks: dict[int | None, bool] = field(default_factory=dict)
    share: float | None = None


class DrawnCanvas:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.texts: list[str] = []
        self.colours: list[str] = []
        self.shapes: list[tuple[Sequence[tuple[float, float]], str]] = []
        self.has_focus = False

    def fill(self, colour: str) -> None:
        self.colours.append(colour)

    def polygons(self, shapes, background: str) -> None:
        self.shapes += shapes

    def text(self, text: str, box: Rectangle, face: str, colour: str, *, is_centred: bool, has_mnemonic: bool) -> None:
        self.texts.append(text)
        self.colours.append(colour)

    def focus(self, box: Rectangle, colour: str) -> None:
        self.has_focus = True


class DrawnSurface:
    """Satisfies ``Surface``."""

    def __init__(self, size: tuple[int, int] = (660, 560), scale: float = 1.0, theme: Theme = "light") -> None:
        self.size, self.scale, self.theme = size, scale, theme
        self.system_colours: Mapping[str, str] = dict.fromkeys(
            ("window", "text", "highlight", "on-highlight", "link", "grey"), "#00ff00"
        )
        self.controls: dict[Control, DrawnControl] = {}
        self.order: list[Control] = []
        self.title = ""
        self.colours: Colours | None = None
        self.is_turning = False
        self.has_focus: Control | None = None
        self.handler: Handler | None = None
        self.calls: list[Callable[[], None]] = []
        self.made = 0
        self.redrawn: list[Control] = []

    def measure(self, text: str, face: str) -> float:
        return len(text) * SIZES[Face(face)] * self.scale * 0.56

    def set_title(self, title: str) -> None:
        self.title = title

    def set_colours(self, colours: Colours) -> None:
        self.colours = colours

    def redraw_window(self) -> None:
        self.order = []

    def post(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def run(self, handler: Handler) -> None:
        self.handler = handler

    def close(self) -> None:
        self.controls = {}

    def _make(self, kind: str, **more) -> Control:
        self.made += 1
        self.controls[self.made] = DrawnControl(kind, **more)
        return self.made

    def make_text(self) -> Control:
        return self._make("text")

    def make_button(self) -> Control:
        return self._make("button")

    def make_box(self, *, is_code: bool) -> Control:
        return self._make("box")

    def make_tick(self) -> Control:
        return self._make("tick")

    def make_progress(self) -> Control:
        return self._make("progress")

    def make_list(self, rows: Sequence[tuple[str, str]], *, has_ticks: bool) -> Control:
        return self._make("list", rows=rows)

    def place(self, control: Control, box: Rectangle, name: str, *, is_enabled: bool = True) -> None:
        one = self.controls[control]
        one.name, one.is_enabled = name, is_enabled
        one.box = box.x, box.y, box.width, box.height
        self.order.append(control)

    def set_text(self, control: Control, text: str) -> None:
        self.controls[control].text = text

    def set_tick(self, control: Control, row: int | None, *, is_on: bool) -> None:
        self.controls[control].ticks[row] = is_on

    def set_progress(self, control: Control, share: float | None) -> None:
        self.controls[control].share = share

    def redraw(self, control: Control) -> None:
        self.redrawn.append(control)

    def remove(self, control: Control) -> None:
        del self.controls[control]
        if self.has_focus == control:
            self.has_focus = None

    def focus(self, control: Control) -> None:
        self.has_focus = control

    def focused(self) -> Control | None:
        return self.has_focus

    def set_turning(self, *, is_on: bool) -> None:
        self.is_turning = is_on

    def of_kind(self, kind: str) -> list[Control]:
        return [control for control in self.order if self.controls[control].kind == kind]

    def named(self, name: str) -> Control:
        return next(control for control in self.order if self.controls[control].name.replace("&", "") == name)

    def painted(self, control: Control | None, handler: Handler, *, has_focus: bool = False) -> DrawnCanvas:
        size = self.size if control is None else self.controls[control].box[2:]
        canvas = DrawnCanvas(*size)
        handler.paint(control, canvas, is_pressed=False, has_focus=has_focus)
        return canvas
