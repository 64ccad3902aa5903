r"""Drives a window of another program, inside Windows, as a screen reader would: ``python window_driver.py COMMAND …``.

``wait SECONDS TEXT…``: wait for a window that has one of the texts in its title or in the name of a control, and print
it as JSON: ``title``, and ``controls`` with ``role``, ``name``, ``is_enabled``. ``press NAME``: press a button by its
name. ``close``: close the window. ``accessible.py`` has to lie beside this file.
"""

import ctypes
import json
import sys
import time
from ctypes import wintypes

from accessible import UNAVAILABLE, Told, children, told  # type: ignore[import-not-found]

_OWN = "Quét Sạch"
_CLICK, _CLOSE = 0xF5, 0x10  # BM_CLICK, WM_CLOSE
_user = ctypes.WinDLL("user32")
_EACH = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)
_user.EnumWindows.argtypes = (_EACH, wintypes.LPARAM)
_user.GetWindowTextW.argtypes = (wintypes.HWND, wintypes.LPWSTR, ctypes.c_int)
_user.IsWindowVisible.argtypes = (wintypes.HWND,)
_user.PostMessageW.argtypes = (wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)


def _title(window: int) -> str:
    text = ctypes.create_unicode_buffer(500)
    _user.GetWindowTextW(window, text, 500)
    return text.value


def _windows() -> list[int]:
    found: list[int] = []
    _user.EnumWindows(_EACH(lambda window, _: bool(found.append(window)) or True), 0)
    return [one for one in found if _user.IsWindowVisible(one) and _title(one).endswith(_OWN)]


def _controls(window: int) -> list[Told]:
    found = []
    for child in children(window):
        try:
            found.append(told(child))
        except (AssertionError, KeyError):  # gone meanwhile, or of a class that no page has (the picture of a box)
            continue
    return found


def _shown(window: int) -> str:
    controls = [
        {"role": one.role, "name": one.name.replace("&", ""), "is_enabled": not one.state & UNAVAILABLE}
        for one in _controls(window)
    ]
    return json.dumps({"title": _title(window), "controls": controls}, ensure_ascii=False)


def _wait(seconds: float, texts: list[str]) -> str:
    until, before = time.monotonic() + seconds, [""]
    while time.monotonic() < until:
        shown = [_shown(window) for window in _windows()]
        for one in shown:
            if one in before and any(text in one for text in texts):  # a page that is there whole
                return one
        before = shown
        time.sleep(0.2)
    raise SystemExit(f"none of {texts} came; the last was {before or 'no window'}")


def _press(name: str) -> None:
    for window in _windows():
        for one in _controls(window):
            if one.role == "button" and one.name.replace("&", "") == name:
                _user.PostMessageW(one.window, _CLICK, 0, 0)
                return
    raise SystemExit(f"there is no button {name!r}")


def main() -> None:
    """Do what the command line says."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    match sys.argv[1:]:
        case ["wait", seconds, *texts]:
            print(_wait(float(seconds), texts))
        case ["press", name]:
            _press(name)
        case ["close"]:
            for window in _windows():
                _user.PostMessageW(window, _CLOSE, 0, 0)


if __name__ == "__main__":
    main()
