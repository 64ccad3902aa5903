r"""Shows pages of the window on Windows, one by one: ``python -m tests.windows.inside.window.draw SCALE THEME``.

Reads names of states from standard input, ``NAME LANGUAGE`` a line, and says ``shown`` for each when it is there.
"""

import ctypes
import sys
import threading
import winreg
from ctypes import wintypes
from functools import partial

from tests.window_samples import states

from quetsach.endpoint.host.nt.ffi.surface import NativeSurface
from quetsach.endpoint.host.nt.ffi.user import Message, user32
from quetsach.endpoint.window.layout import HEIGHT, LEAST_HEIGHT, LEAST_WIDTH, WIDTH
from quetsach.endpoint.window.native import LETTERS, NativeView
from quetsach.endpoint.window.pages import page_of

THEMES = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"


def set_dark(*, is_dark: bool) -> None:
    """Choose dark or light for all programs, as Settings do."""
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, THEMES) as key:
        winreg.SetValueEx(key, "AppsUseLightTheme", 0, winreg.REG_DWORD, not is_dark)


def set_scale(window: int, scale: float) -> None:
    """Tell a window that it is on a screen of another scale now, as Windows does when it is moved there."""
    dots = round(scale * 96)
    box = wintypes.RECT(10, 10, 10 + round(WIDTH * scale), 10 + round(HEIGHT * scale))
    user32.SendMessageW(window, Message.DPI, dots << 16 | dots, ctypes.addressof(box))


def main() -> None:
    """Show what standard input asks for."""
    scale, theme = float(sys.argv[1]), sys.argv[2]
    set_dark(is_dark=theme == "dark")
    surface = NativeSurface("Quét Sạch", (WIDTH, HEIGHT), (LEAST_WIDTH, LEAST_HEIGHT), LETTERS)
    view = NativeView(surface)

    def show(name: str, language: str) -> None:
        view.show(page_of(states(language)[name]))
        user32.UpdateWindow(surface._window)
        surface.post(lambda: print("shown", flush=True))

    def read() -> None:
        for line in sys.stdin:
            name, language = line.split()
            surface.post(partial(show, name, language))
        surface.post(surface.close)

    surface.post(lambda: set_scale(surface._window, scale))
    surface.post(threading.Thread(target=read, daemon=True).start)
    surface.run(view)


if __name__ == "__main__":
    main()
