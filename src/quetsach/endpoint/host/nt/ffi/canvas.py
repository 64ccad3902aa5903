"""Letters and shapes on the screen, by gdi32, in the scale and colours that a person has chosen."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import winreg
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from ctypes import POINTER, byref, c_int, c_void_p, wintypes

from quetsach.endpoint.host.nt.ffi.user import HighContrast, comctl32, load, user32
from quetsach.endpoint.host.nt.window_calls import Colours, Point, Rectangle, Theme

# Letters and shapes on the screen, by gdi32; the ``Canvas`` of the window.
#
# GDI draws no smooth edges: shapes are drawn several times as large and shrunk.

_TIMES = 4
_WINDING, _NULL_PEN, _HALFTONE, _COPY = 2, 8, 4, 0x00CC0020
_TRANSPARENT = 1
_SINGLE_LINE, _CENTRED, _MIDDLE, _NO_PREFIX, _ELLIPSIS = 0x20, 0x1, 0x4, 0x800, 0x8000
_CLEAR_TYPE = 5
_COLOURS_32 = 0x20  # ILC_COLOR32

_HDC, _OBJECT, _BOOL = wintypes.HDC, wintypes.HANDLE, wintypes.BOOL

gdi32 = load(
    "gdi32",
    {
        "CreateFontW": (wintypes.HFONT, *(c_int,) * 5, *(wintypes.DWORD,) * 8, wintypes.LPCWSTR),
        "CreateSolidBrush": (wintypes.HBRUSH, wintypes.DWORD),
        "SelectObject": (_OBJECT, _HDC, _OBJECT),
        "DeleteObject": (_BOOL, _OBJECT),
        "GetStockObject": (_OBJECT, c_int),
        "SetTextColor": (wintypes.DWORD, _HDC, wintypes.DWORD),
        "SetBkColor": (wintypes.DWORD, _HDC, wintypes.DWORD),
        "SetBkMode": (c_int, _HDC, c_int),
        "SetPolyFillMode": (c_int, _HDC, c_int),
        "Polygon": (_BOOL, _HDC, c_void_p, c_int),
        "CreateCompatibleDC": (_HDC, _HDC),
        "CreateCompatibleBitmap": (wintypes.HBITMAP, _HDC, c_int, c_int),
        "DeleteDC": (_BOOL, _HDC),
        "StretchBlt": (_BOOL, _HDC, *(c_int,) * 4, _HDC, *(c_int,) * 4, wintypes.DWORD),
        "SetStretchBltMode": (c_int, _HDC, c_int),
        "SetBrushOrgEx": (_BOOL, _HDC, c_int, c_int, c_void_p),
        "GetTextExtentPoint32W": (_BOOL, _HDC, wintypes.LPCWSTR, c_int, POINTER(wintypes.SIZE)),
    },
)


def colour_number(colour: str) -> int:
    """Return a colour (``#rrggbb``) as GDI has it."""
    return int(colour[5:7] + colour[3:5] + colour[1:3], 16)


def colour_name(number: int) -> str:
    """Return a colour of GDI as ``#rrggbb``."""
    return f"#{number & 0xFF:02x}{number >> 8 & 0xFF:02x}{number >> 16 & 0xFF:02x}"


def make_font(pixels: int, family: str, *, is_bold: bool) -> int:
    """Make a font whose letters are so high; the caller deletes it."""
    weight = 600 if is_bold else 400
    return int(gdi32.CreateFontW(-pixels, 0, 0, 0, weight, 0, 0, 0, 1, 0, 0, _CLEAR_TYPE, 0, family))


class Brushes:
    """Brushes by colour, each made once."""

    def __init__(self) -> None:
        self._made: dict[str, int] = {}

    def __getitem__(self, colour: str) -> int:
        if colour not in self._made:
            self._made[colour] = int(gdi32.CreateSolidBrush(colour_number(colour)))
        return self._made[colour]


def text_width(font: int, text: str) -> int:
    """Return how wide a text is in a font, in pixels."""
    context = user32.GetDC(None)
    try:
        former = gdi32.SelectObject(context, font)
        size = wintypes.SIZE()
        raw = text.encode("utf-16-le", "surrogatepass")
        gdi32.GetTextExtentPoint32W(context, text, len(raw) // 2, ctypes.byref(size))
        gdi32.SelectObject(context, former)
        return int(size.cx)
    finally:
        user32.ReleaseDC(None, context)


def tick_images(size: int, room: int, row: int, colours: Colours, brushes: Brushes) -> int:
    """Return a list of two images for rows, an empty box and one with a tick, which the caller gives to a list.

    A box is ``size`` high and wide, in the middle of a row that is ``row`` high, with ``room`` for it.

    Those of the system keep their size on a screen of another scale, and their colours by night.
    """
    images = int(comctl32.ImageList_Create(room, row, _COLOURS_32, 2, 0))
    context = user32.GetDC(None)
    memory, bitmap = gdi32.CreateCompatibleDC(context), gdi32.CreateCompatibleBitmap(context, 2 * room, row)
    former = gdi32.SelectObject(memory, bitmap)
    canvas = GdiCanvas(memory, (0, 0, 2 * room, row), {}, brushes)
    canvas.fill(colours.sheet)
    for left, is_on in ((0, False), (room, True)):
        canvas.polygons(_tick_shapes((left, (row - size) / 2), size, colours, is_on=is_on), colours.sheet)
    gdi32.SelectObject(memory, former)
    comctl32.ImageList_Add(images, bitmap, None)
    gdi32.DeleteObject(bitmap)
    gdi32.DeleteDC(memory)
    user32.ReleaseDC(None, context)
    return images


def _tick_shapes(corner: Point, size: int, colours: Colours, *, is_on: bool) -> list[tuple[list[Point], str]]:
    def at(*points: Point) -> list[Point]:
        return [(corner[0] + x * size, corner[1] + y * size) for x, y in points]

    box = at((0.04, 0.04), (0.96, 0.04), (0.96, 0.96), (0.04, 0.96))
    inside = at((0.12, 0.12), (0.88, 0.12), (0.88, 0.88), (0.12, 0.88))
    if not is_on:
        return [(box, colours.ink), (inside, colours.paper)]
    tick = at((0.20, 0.52), (0.29, 0.43), (0.43, 0.57), (0.72, 0.26), (0.81, 0.35), (0.43, 0.75))
    return [(box, colours.mark), (tick, colours.paper)]


class GdiCanvas:
    """Draws into a device context at some place of it; satisfies ``Canvas``.

    Args:
        context: the device context.
        box: left, top, width and height, in pixels.
        fonts: by face.
        brushes: for all colours.
    """

    def __init__(
        self, context: int, box: tuple[int, int, int, int], fonts: Mapping[str, int], brushes: Brushes
    ) -> None:
        self._context = context
        self._left, self._top, self.width, self.height = box
        self._fonts = fonts
        self._brushes = brushes

    def fill(self, colour: str) -> None:
        """Fill everything."""
        user32.FillRect(self._context, ctypes.byref(self._rect(0, 0, self.width, self.height)), self._brushes[colour])

    def polygons(self, shapes: Sequence[tuple[Sequence[Point], str]], background: str) -> None:
        """Draw polygons over a background, one above the other, with smooth edges."""
        if not shapes:
            return
        points = [point for shape, _ in shapes for point in shape]
        left, top = (max(0, int(min(point[axis] for point in points))) for axis in (0, 1))
        right = min(self.width, int(max(x for x, _ in points)) + 2)
        bottom = min(self.height, int(max(y for _, y in points)) + 2)
        if right <= left or bottom <= top:
            return
        wide, high = right - left, bottom - top
        with self._large(wide * _TIMES, high * _TIMES) as large:
            whole = wintypes.RECT(0, 0, wide * _TIMES, high * _TIMES)
            user32.FillRect(large, ctypes.byref(whole), self._brushes[background])
            gdi32.SelectObject(large, gdi32.GetStockObject(_NULL_PEN))
            gdi32.SetPolyFillMode(large, _WINDING)
            for shape, colour in shapes:
                places = ((round((x - left) * _TIMES), round((y - top) * _TIMES)) for x, y in shape)
                corners = (wintypes.POINT * len(shape))(*(wintypes.POINT(x, y) for x, y in places))
                gdi32.SelectObject(large, self._brushes[colour])
                gdi32.Polygon(large, corners, len(shape))
            gdi32.SetStretchBltMode(self._context, _HALFTONE)
            gdi32.SetBrushOrgEx(self._context, 0, 0, None)
            place = self._left + left, self._top + top, wide, high
            gdi32.StretchBlt(self._context, *place, large, 0, 0, wide * _TIMES, high * _TIMES, _COPY)

    def text(self, text: str, box: Rectangle, face: str, colour: str, *, is_centred: bool, has_mnemonic: bool) -> None:
        """Write one line in the middle of a box's height."""
        gdi32.SelectObject(self._context, self._fonts[face])
        gdi32.SetBkMode(self._context, _TRANSPARENT)
        gdi32.SetTextColor(self._context, colour_number(colour))
        style = _SINGLE_LINE | _MIDDLE | (_CENTRED if is_centred else 0) | (0 if has_mnemonic else _NO_PREFIX)
        user32.DrawTextW(
            self._context,
            text,
            -1,
            ctypes.byref(self._placed(box)),
            style,
        )

    def focus(self, box: Rectangle, colour: str) -> None:
        """Draw the frame of what has the focus."""
        gdi32.SetTextColor(self._context, colour_number(colour))
        user32.DrawFocusRect(self._context, ctypes.byref(self._placed(box)))

    def _placed(self, box: Rectangle) -> wintypes.RECT:
        return self._rect(box.x, box.y, box.x + box.width, box.y + box.height)

    def _rect(self, left: int, top: int, right: int, bottom: int) -> wintypes.RECT:
        return wintypes.RECT(self._left + left, self._top + top, self._left + right, self._top + bottom)

    @contextmanager
    def _large(self, wide: int, high: int) -> Iterator[int]:
        """Yield a device context in memory."""
        context = gdi32.CreateCompatibleDC(self._context)
        bitmap = gdi32.CreateCompatibleBitmap(self._context, wide, high)
        former = gdi32.SelectObject(context, bitmap)
        try:
            yield context
        finally:
            gdi32.SelectObject(context, former)
            gdi32.DeleteObject(bitmap)
            gdi32.DeleteDC(context)


# What a person has chosen for all programs: scale, dark or light, high contrast; and the room that a screen has.
#
# Source: Microsoft Learn, "High DPI", "SystemParametersInfoW", "HIGHCONTRASTW"; the key of dark mode is undocumented.

_PER_MONITOR_2 = -4  # DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2
_WORK_AREA, _HIGH_CONTRAST, _IS_ON = 0x30, 0x42, 0x1  # SPI_*, HCF_HIGHCONTRASTON
_SYSTEM_COLOURS = {"window": 5, "text": 8, "highlight": 13, "on-highlight": 14, "grey": 17, "link": 26}  # COLOR_*
_THEMES = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"


def become_aware_of_scale() -> None:
    """Say that we draw for each screen in its own scale; the manifest of the download says it too."""
    if not user32.SetProcessDpiAwarenessContext(_PER_MONITOR_2):
        user32.SetProcessDPIAware()


def chosen_theme() -> Theme:
    """Return what the person has chosen for all programs."""
    contrast = HighContrast(ctypes.sizeof(HighContrast))
    if user32.SystemParametersInfoW(_HIGH_CONTRAST, contrast.size, byref(contrast), 0) and contrast.flags & _IS_ON:
        return "contrast"
    with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, _THEMES) as key:
        return "light" if winreg.QueryValueEx(key, "AppsUseLightTheme")[0] else "dark"
    return "light"


def chosen_colours() -> Mapping[str, str]:
    """Return the colours of high contrast, by name."""
    return {name: colour_name(user32.GetSysColor(number)) for name, number in _SYSTEM_COLOURS.items()}


def work_area() -> tuple[int, int, int, int]:
    """Return left, top, width and height of what programs may cover of the screen."""
    area = wintypes.RECT()
    user32.SystemParametersInfoW(_WORK_AREA, 0, byref(area), 0)
    return area.left, area.top, area.right - area.left, area.bottom - area.top
