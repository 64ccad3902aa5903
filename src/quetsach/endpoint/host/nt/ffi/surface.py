"""The native window and its controls; satisfies ``Surface``.

Source: Microsoft Learn, "Using Windows", "Button", "Edit", "List-View", "Progress Bar", "WM_DPICHANGED", "WM_DRAWITEM".
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from ctypes import byref, wintypes

from quetsach.endpoint.host.nt.ffi.canvas import (
    Brushes,
    GdiCanvas,
    become_aware_of_scale,
    chosen_colours,
    chosen_theme,
    colour_number,
    gdi32,
    make_font,
    text_width,
    tick_images,
    work_area,
)
from quetsach.endpoint.host.nt.ffi.user import (
    PROCEDURE,
    Column,
    DrawItem,
    Item,
    LeastSize,
    Message,
    Notice,
    PaintRecord,
    WindowClass,
    comctl32,
    dwmapi,
    kernel32,
    user32,
    uxtheme,
)
from quetsach.endpoint.host.nt.window_calls import Colours, Control, Handler, Letters, Rectangle, Theme

_CLASS = "QuetSach"
_OVERLAPPED, _CHILD, _TAB_STOP, _BORDER, _SCROLLS = 0x00CF0000, 0x50000000, 0x10000, 0x800000, 0x200000
_CLIP_CHILDREN, _CONTROL_PARENT = 0x02000000, 0x10000
_OWN_BUTTON, _OWN_TEXT, _TICK = 0xB, 0xD, 0x2003  # BS_OWNERDRAW, SS_OWNERDRAW, BS_AUTOCHECKBOX | BS_MULTILINE
_EDIT = 0x0004 | 0x0800  # ES_MULTILINE, ES_READONLY
_LIST = 0x1 | 0x4 | 0x8 | 0x4000  # LVS_REPORT, SINGLESEL, SHOWSELALWAYS, NOCOLUMNHEADER
_LIST_LOOKS, _LIST_TICKS = 0x20 | 0x4000 | 0x10000, 0x4  # FULLROWSELECT, LABELTIP, DOUBLEBUFFER; CHECKBOXES
_NO_SIZE_MOVE, _NO_ORDER, _NO_ACTIVATE = 0x3, 0x4, 0x10
_SELECTED, _FOCUSED, _STATE_IMAGE = 0x1, 0x2, 0xF000  # LVIS_*
_CHANGED, _CLICKED, _CANCEL, _HAS_DEFAULT = -101, 0, 2, 0x534B  # LVN_ITEMCHANGED, BN_CLICKED, IDCANCEL, DC_HASDEFID
_PRESSED, _HAS_FOCUS, _TEXT_KIND = 0x1, 0x10, 5  # ODS_SELECTED, ODS_FOCUS, ODT_STATIC
_PROCEDURE = -4  # GWLP_WNDPROC
_DARK_TITLE, _ARROW, _OWN_ICON = 20, 32512, 1  # DWMWA_USE_IMMERSIVE_DARK_MODE, IDC_ARROW
_SHOW, _STEPS, _FIRST_ID = 5, 1000, 100
_TURN_MILLISECONDS, _TURN_TIMER = 60, 1
_AS_ITS_TEXT, _STATE_IMAGES = -1, 2  # LVSCW_AUTOSIZE, LVSIL_STATE
_ROW, _TICK_SIZE, _TICK_ROOM = 26, 17, 24
_FAMILY, _CODE_FAMILY = "Segoe UI", "Consolas"


class NativeSurface:
    """A window of Windows.

    Args:
        title: its first name.
        size: width and height of its inside on a screen of 96 pixels to the inch; it is no larger than the screen.
        least: the same, below which it cannot be made smaller.
        letters: by face.
    """

    def __init__(
        self, title: str, size: tuple[int, int], least: tuple[int, int], letters: Mapping[str, Letters]
    ) -> None:
        become_aware_of_scale()
        comctl32.InitCommonControls()
        self._letters, self._least, self._wanted = letters, least, size
        self._handler: Handler | None = None
        self._calls: deque[Callable[[], None]] = deque()
        self._brushes = Brushes()
        self._colours = Colours("#ffffff", "#ffffff", "#000000", "#000000")
        self._kinds: dict[Control, str] = {}
        self._ids: dict[int, Control] = {}
        self._faces: dict[Control, str] = {}
        self._last: Control | None = None
        self._is_filling = False
        self._next_id = _FIRST_ID
        self._procedure = PROCEDURE(self._on_message)  # kept: Windows calls it
        self._of_progress = PROCEDURE(self._on_progress)
        self._usual_progress: int | None = None
        self._window = self._made_window(title)
        self._scale = int(user32.GetDpiForWindow(self._window)) / 96
        self._fonts: dict[str, int] = {}
        self._make_fonts()
        self._to_work_area()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the inside, in pixels."""
        box = wintypes.RECT()
        user32.GetClientRect(self._window, byref(box))
        return box.right, box.bottom

    @property
    def scale(self) -> float:
        """Pixels of this screen to one of 96 to the inch."""
        return self._scale

    @property
    def theme(self) -> Theme:
        """What the person has chosen for all programs."""
        return chosen_theme()

    @property
    def system_colours(self) -> Mapping[str, str]:
        """The colours of high contrast."""
        return chosen_colours()

    def set_colours(self, colours: Colours) -> None:
        """Have what the system draws in these colours."""
        if colours == self._colours:
            return
        self._colours = colours
        is_dark = wintypes.BOOL(self.theme == "dark")
        dwmapi.DwmSetWindowAttribute(self._window, _DARK_TITLE, byref(is_dark), ctypes.sizeof(is_dark))
        for control, kind in self._kinds.items():
            self._dress(control, kind)

    def measure(self, text: str, face: str) -> float:
        """Return how wide a text is."""
        return text_width(self._fonts[face], text)

    def post(self, call: Callable[[], None]) -> None:
        """Have something called in the window's thread; from whatever thread."""
        self._calls.append(call)
        user32.PostMessageW(self._window, Message.POSTED, 0, 0)

    def run(self, handler: Handler) -> None:
        """Show the window and tell its handler what happens, until ``close``."""
        self._handler = handler
        handler.changed()
        user32.ShowWindow(self._window, _SHOW)
        message = wintypes.MSG()
        while user32.GetMessageW(byref(message), None, 0, 0) > 0:
            if not user32.IsDialogMessageW(self._window, byref(message)):
                user32.TranslateMessage(byref(message))
                user32.DispatchMessageW(byref(message))

    def close(self) -> None:
        """Take the window away."""
        user32.DestroyWindow(self._window)

    def set_title(self, title: str) -> None:
        """Name the window."""
        user32.SetWindowTextW(self._window, title)

    def redraw_window(self) -> None:
        """Have the window behind all controls drawn anew, and begin their order."""
        self._last = None
        user32.InvalidateRect(self._window, None, True)

    def set_turning(self, *, is_on: bool) -> None:
        """Have ``Handler.turned`` called a few times a second, or no more."""
        if is_on:
            user32.SetTimer(self._window, _TURN_TIMER, _TURN_MILLISECONDS, None)
        else:
            user32.KillTimer(self._window, _TURN_TIMER)

    def make_text(self) -> Control:
        """Make a text that is drawn by us and read by its name."""
        return self._make("STATIC", _OWN_TEXT, "text")

    def make_button(self) -> Control:
        """Make a button that is drawn by us."""
        return self._make("BUTTON", _OWN_BUTTON | _TAB_STOP, "button")

    def make_box(self, *, is_code: bool) -> Control:
        """Make a box with text that scrolls and can be copied; a hidden label before it says what it is."""
        made = self._make("EDIT", _EDIT | _TAB_STOP | _BORDER | _SCROLLS, "box", face="code" if is_code else "text")
        user32.SendMessageW(made, Message.LIMIT_TEXT, 0x7FFFFFFE, 0)
        margin = round(8 * self._scale)
        user32.SendMessageW(made, Message.MARGINS, 3, margin << 16 | margin)
        return made

    def make_tick(self) -> Control:
        """Make a tick."""
        return self._make("BUTTON", _TICK | _TAB_STOP, "tick", face="text")

    def make_progress(self) -> Control:
        """Make a progress bar that is drawn by us."""
        made = self._make("msctls_progress32", 0, "progress")
        user32.SendMessageW(made, Message.SET_RANGE, 0, _STEPS)
        own = ctypes.cast(self._of_progress, ctypes.c_void_p)
        self._usual_progress = user32.SetWindowLongPtrW(made, _PROCEDURE, own)
        return made

    def make_list(self, rows: Sequence[tuple[str, str]], *, has_ticks: bool) -> Control:
        """Make a list of rows of two columns."""
        made = self._make("SysListView32", _LIST | _TAB_STOP | _BORDER, "list", face="text")
        looks = _LIST_LOOKS | (_LIST_TICKS if has_ticks else 0)
        user32.SendMessageW(made, Message.LIST_STYLE, looks, looks)
        self._dress(made, "list")
        self._is_filling = True
        for number in range(2):
            column = Column(mask=0xF, width=100, text="", sub=number)
            user32.SendMessageW(made, Message.LIST_COLUMN, number, ctypes.addressof(column))
        for number, (what, where) in enumerate(rows):
            item = Item(mask=0x1, row=number, text=what)
            user32.SendMessageW(made, Message.LIST_INSERT, 0, ctypes.addressof(item))
            item = Item(mask=0x1, row=number, column=1, text=where)
            user32.SendMessageW(made, Message.LIST_SET_TEXT, number, ctypes.addressof(item))
        spacer = comctl32.ImageList_Create(1, round(_ROW * self._scale), 0, 0, 1)  # there is no other way to high rows
        user32.SendMessageW(made, Message.LIST_IMAGES, 1, spacer)
        self._is_filling = False
        return made

    def place(self, control: Control, box: Rectangle, name: str, *, is_enabled: bool = True) -> None:
        """Place a control behind the one placed before, and name it."""
        after = self._last if self._last is not None else 0  # HWND_TOP: the first that is read
        user32.SetWindowPos(control, after, box.x, box.y, box.width, box.height, _NO_ACTIVATE)
        self._last = control
        kind = self._kinds[control]
        if kind == "list":
            user32.SendMessageW(control, Message.LIST_WIDTH, 0, _AS_ITS_TEXT)
            first = user32.SendMessageW(control, Message.LIST_GET_WIDTH, 0, 0) + round(_TICK_ROOM * self._scale)
            user32.SendMessageW(control, Message.LIST_WIDTH, 0, first)
            user32.SendMessageW(control, Message.LIST_WIDTH, 1, max(100, box.width - first - round(24 * self._scale)))
            user32.SetWindowTextW(user32.SendMessageW(control, Message.LIST_HEADER, 0, 0), name)
        if kind != "box":
            user32.SetWindowTextW(control, name)
        user32.EnableWindow(control, is_enabled)

    def set_text(self, control: Control, text: str) -> None:
        """Fill a box of text."""
        user32.SetWindowTextW(control, text.replace("\n", "\r\n"))

    def set_tick(self, control: Control, row: int | None, *, is_on: bool) -> None:
        """Set or take away a tick, or choose a row."""
        if row is None:
            user32.SendMessageW(control, Message.SET_CHECK, is_on, 0)
            return
        has_ticks = user32.SendMessageW(control, Message.LIST_GET_STYLE, 0, 0) & _LIST_TICKS
        mask = _STATE_IMAGE if has_ticks else _SELECTED | _FOCUSED
        state = ((2 if is_on else 1) << 12) if has_ticks else (mask if is_on else 0)
        if user32.SendMessageW(control, Message.LIST_GET_STATE, row, mask) != state:
            self._is_filling = True
            item = Item(state=state, state_mask=mask)
            user32.SendMessageW(control, Message.LIST_STATE, row, ctypes.addressof(item))
            self._is_filling = False

    def set_progress(self, control: Control, share: float | None) -> None:
        """Say how far work is, for who cannot see it."""
        user32.SendMessageW(control, Message.SET_POSITION, round((share or 0) * _STEPS), 0)

    def redraw(self, control: Control) -> None:
        """Have a control drawn anew."""
        user32.InvalidateRect(control, None, False)

    def remove(self, control: Control) -> None:
        """Take a control away."""
        for known in (self._kinds, self._faces):
            known.pop(control, None)
        self._ids = {number: other for number, other in self._ids.items() if other != control}
        user32.DestroyWindow(control)

    def focus(self, control: Control) -> None:
        """Give a control the focus."""
        user32.SetFocus(control)

    def focused(self) -> Control | None:
        """Return what has the focus."""
        found = user32.GetFocus()
        return found if found in self._kinds else None

    def _made_window(self, title: str) -> int:
        instance = kernel32.GetModuleHandleW(None)
        known = WindowClass(
            size=ctypes.sizeof(WindowClass),
            procedure=self._procedure,
            instance=instance,
            icon=user32.LoadIconW(instance, _OWN_ICON),
            cursor=user32.LoadCursorW(None, _ARROW),
            name=_CLASS,
        )
        user32.RegisterClassExW(byref(known))
        style = _OVERLAPPED | _CLIP_CHILDREN
        return int(
            user32.CreateWindowExW(_CONTROL_PARENT, _CLASS, title, style, 0, 0, 100, 100, None, None, instance, None)
        )

    def _make(self, kind: str, style: int, ours: str, *, face: str = "") -> Control:
        self._next_id += 1
        made = int(
            user32.CreateWindowExW(0, kind, "", _CHILD | style, 0, 0, 0, 0, self._window, self._next_id, None, None)
        )
        self._kinds[made], self._ids[self._next_id] = ours, made
        if face:
            self._faces[made] = face
            user32.SendMessageW(made, Message.SET_FONT, self._fonts[face], 0)
        self._dress(made, ours)
        return made

    def _dress(self, control: Control, kind: str) -> None:
        """Give a control of the system the colours of now, as far as it takes them."""
        if kind == "list":
            for message, colour in (
                (Message.LIST_COLOUR, self._colours.sheet),
                (Message.LIST_TEXT_BACK, self._colours.sheet),
                (Message.LIST_TEXT, self._colours.ink),
            ):
                user32.SendMessageW(control, message, 0, colour_number(colour))
            if user32.SendMessageW(control, Message.LIST_GET_STYLE, 0, 0) & _LIST_TICKS:
                self._set_tick_images(control)
        if kind in {"list", "box"}:
            uxtheme.SetWindowTheme(control, "DarkMode_Explorer" if self.theme == "dark" else "Explorer", None)
        elif kind == "tick":  # a tick of a theme writes in the colour of the theme, whatever it is told
            uxtheme.SetWindowTheme(control, *(("", "") if self.theme == "dark" else (None, None)))

    def _set_tick_images(self, control: Control) -> None:
        """Give a list the boxes that its rows are ticked in."""
        size, room, row = (round(length * self._scale) for length in (_TICK_SIZE, _TICK_ROOM, _ROW))
        former = user32.SendMessageW(
            control, Message.LIST_IMAGES, _STATE_IMAGES, tick_images(size, room, row, self._colours, self._brushes)
        )
        if former:
            comctl32.ImageList_Destroy(former)

    def _make_fonts(self) -> None:
        for font in self._fonts.values():
            gdi32.DeleteObject(font)
        self._fonts = {
            face: make_font(
                round(one.size * self._scale), _CODE_FAMILY if one.is_code else _FAMILY, is_bold=one.is_bold
            )
            for face, one in self._letters.items()
        }
        for control, face in self._faces.items():
            user32.SendMessageW(control, Message.SET_FONT, self._fonts[face], 1)

    def _frame(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the size of the window around an inside of some size."""
        box = wintypes.RECT(0, 0, *(round(length * self._scale) for length in size))
        user32.AdjustWindowRectExForDpi(byref(box), _OVERLAPPED, False, _CONTROL_PARENT, round(self._scale * 96))
        return box.right - box.left, box.bottom - box.top

    def _to_work_area(self) -> None:
        """Put the window into the middle of the screen, no larger than that."""
        left, top, wide, high = work_area()
        frame = self._frame(self._wanted)
        width, height = min(frame[0], wide), min(frame[1], high)
        place = left + (wide - width) // 2, top + (high - height) // 2
        user32.SetWindowPos(self._window, None, *place, width, height, _NO_ORDER)

    def _on_message(self, window: int, message: int, word: int, value: int) -> int:
        handler = self._handler
        answer = self._answers.get(message)
        if handler is None or answer is None:
            return int(user32.DefWindowProcW(window, message, word, value))
        told = answer(self, handler, word, value)
        return int(user32.DefWindowProcW(window, message, word, value)) if told is None else told

    def _on_size(self, handler: Handler, _word: int, _value: int) -> int:
        handler.changed()
        return 0

    def _on_settings(self, handler: Handler, _word: int, _value: int) -> int | None:
        handler.changed()
        return None

    def _on_scale(self, handler: Handler, word: int, value: int) -> int:
        """Take the scale of another screen (WM_DPICHANGED), and the place that the system proposes there."""
        self._scale = (word & 0xFFFF) / 96
        self._make_fonts()
        box = wintypes.RECT.from_address(value)
        size = box.right - box.left, box.bottom - box.top
        user32.SetWindowPos(self._window, None, box.left, box.top, *size, _NO_ORDER | _NO_ACTIVATE)
        handler.changed()
        return 0

    def _on_least_size(self, _handler: Handler, _word: int, value: int) -> int:
        width, height = self._frame(self._least)
        _, _, wide, high = work_area()
        least = LeastSize.from_address(value).least
        least.x, least.y = min(width, wide), min(height, high)
        return 0

    def _on_close(self, handler: Handler, _word: int, _value: int) -> int:
        handler.closed()
        return 0

    def _on_destroy(self, _handler: Handler, _word: int, _value: int) -> int:
        self._handler = None
        user32.PostQuitMessage(0)
        return 0

    def _on_posted(self, _handler: Handler, _word: int, _value: int) -> int:
        while self._calls:
            self._calls.popleft()()
        return 0

    def _on_timer(self, handler: Handler, _word: int, _value: int) -> int:
        handler.turned()
        return 0

    def _on_erase(self, handler: Handler, word: int, _value: int) -> int:
        width, height = self.size
        canvas = GdiCanvas(word, (0, 0, width, height), self._fonts, self._brushes)
        handler.paint(None, canvas, is_pressed=False, has_focus=False)
        return 1

    def _on_draw(self, handler: Handler, _word: int, value: int) -> int:
        item = DrawItem.from_address(value)
        box = item.box.left, item.box.top, item.box.right - item.box.left, item.box.bottom - item.box.top
        canvas = GdiCanvas(item.context, box, self._fonts, self._brushes)
        has_focus = bool(item.state & _HAS_FOCUS) and item.kind != _TEXT_KIND
        handler.paint(item.window, canvas, is_pressed=bool(item.state & _PRESSED), has_focus=has_focus)
        return 1

    def _on_colours(self, _handler: Handler, word: int, value: int) -> int:
        is_box = self._kinds.get(value) == "box"
        colour = self._colours.sheet if is_box else self._colours.paper
        gdi32.SetTextColor(word, colour_number(self._colours.ink))
        gdi32.SetBkColor(word, colour_number(colour))
        return self._brushes[colour]

    def _on_command(self, handler: Handler, word: int, _value: int) -> int:
        number, code = word & 0xFFFF, word >> 16
        control = self._ids.get(number)
        if number == _CANCEL:
            handler.escaped()
        elif control is not None and code == _CLICKED:
            if self._kinds[control] == "tick":
                is_on = bool(user32.SendMessageW(control, Message.GET_CHECK, 0, 0))
                handler.ticked(None, is_on=is_on)
            elif self._kinds[control] == "button":
                handler.pressed(control)
        return 0

    def _on_notify(self, handler: Handler, _word: int, value: int) -> int | None:
        notice = Notice.from_address(value)
        code = ctypes.c_int(notice.code).value
        if code != _CHANGED or self._is_filling or self._kinds.get(notice.window) != "list":
            return None
        now, before = notice.state & _STATE_IMAGE, notice.former & _STATE_IMAGE
        has_ticks = user32.SendMessageW(notice.window, Message.LIST_GET_STYLE, 0, 0) & _LIST_TICKS
        if has_ticks and now and before and now != before:
            row, is_on = notice.row, now == 2 << 12
            self.post(lambda: handler.ticked(row, is_on=is_on))
        elif not has_ticks and notice.state & ~notice.former & _SELECTED:
            row = notice.row
            self.post(lambda: handler.ticked(row, is_on=True))
        return 0

    def _on_default(self, handler: Handler, _word: int, _value: int) -> int:
        """Return the button that Enter presses: that with the focus, else the one thing to do."""
        focused = self.focused()
        wanted = focused if focused is not None and self._kinds[focused] == "button" else handler.default()
        number = user32.GetDlgCtrlID(wanted) if wanted is not None else 0
        return (_HAS_DEFAULT << 16 | number) if number else 0

    def _on_progress(self, window: int, message: int, word: int, value: int) -> int:
        """Draw the progress bar; all else is the control's own affair."""
        if message == Message.ERASE:
            return 1
        if message == Message.PAINT and self._handler is not None:
            record = PaintRecord()
            context = user32.BeginPaint(window, byref(record))
            box = wintypes.RECT()
            user32.GetClientRect(window, byref(box))
            canvas = GdiCanvas(context, (0, 0, box.right, box.bottom), self._fonts, self._brushes)
            canvas.fill(self._colours.paper)
            self._handler.paint(window, canvas, is_pressed=False, has_focus=False)
            user32.EndPaint(window, byref(record))
            return 0
        return int(user32.CallWindowProcW(self._usual_progress, window, message, word, value))

    _answers = {  # noqa: RUF012  (a table of methods, never changed)
        Message.SIZE: _on_size,
        **dict.fromkeys((Message.SETTINGS, Message.SYSTEM_COLOURS, Message.THEME), _on_settings),
        Message.DPI: _on_scale,
        Message.LEAST_SIZE: _on_least_size,
        Message.CLOSE: _on_close,
        Message.DESTROY: _on_destroy,
        Message.POSTED: _on_posted,
        Message.TIMER: _on_timer,
        Message.ERASE: _on_erase,
        Message.DRAW_ITEM: _on_draw,
        **dict.fromkeys((Message.COLOURS_OF_STATIC, Message.COLOURS_OF_EDIT, Message.COLOURS_OF_BUTTON), _on_colours),
        Message.COMMAND: _on_command,
        Message.NOTIFY: _on_notify,
        Message.DEFAULT_ID: _on_default,
    }
