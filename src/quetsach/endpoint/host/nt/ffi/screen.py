"""What a person has chosen for all programs: scale, dark or light, high contrast; and the room that a screen has.

Source: Microsoft Learn, "High DPI", "SystemParametersInfoW", "HIGHCONTRASTW"; the key of dark mode is undocumented.
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import winreg
from collections.abc import Mapping
from contextlib import suppress
from ctypes import byref, wintypes

from quetsach.endpoint.host.nt.ffi.canvas import colour_name
from quetsach.endpoint.host.nt.ffi.user import HighContrast, user32
from quetsach.endpoint.host.nt.window_calls import Theme

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
