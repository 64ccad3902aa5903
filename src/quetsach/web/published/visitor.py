"""Which computer a request for the download comes from, so that nobody is handed a file that does not run there.

Source: User-Agent Client Hints (WICG, 2024), section 3.8 (``Sec-CH-UA-Platform``); RFC 9110, section 10.1.5; what
Mozilla and Chromium document of the frozen ``User-Agent``.
Python 3.13, which the tool carries, needs Windows 10 or newer.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

HEADERS = ("User-Agent", "Sec-CH-UA-Platform")
"""What the answer depends on; caches must know it."""
_LONGEST = 1000
_WINDOWS_VERSION = re.compile(r"Windows NT (\d{1,3})")
_OLDEST_WINDOWS = 10
_HINTED_OTHERS = {
    "android": "Android",
    "ios": "iPhone",
    "macos": "Macintosh",
    "chrome os": "CrOS",
    "chromium os": "CrOS",
}


class Visitor(StrEnum):
    """A kind of computer, as far as it matters for what runs on it."""

    WINDOWS = "windows"
    """Windows 10 or newer with 64 bits, or on ARM, where 11 runs programs for x64."""
    OLD_WINDOWS = "old-windows"
    """Windows before 10, or of 32 bits."""
    LINUX = "linux"
    """Linux on x86-64."""
    OTHER_LINUX = "other-linux"
    """Linux on another processor."""
    MAC = "mac"
    PHONE = "phone"
    CHROMEBOOK = "chromebook"
    UNKNOWN = "unknown"

    @property
    def system(self) -> str:
        """The system of a release whose files run here; empty if none does."""
        return self.value if self in (Visitor.WINDOWS, Visitor.LINUX) else ""


def visitor_of(headers: Mapping[str, str]) -> Visitor:
    """Tell the visitor's computer from the request; what is not certain is ``UNKNOWN``.

    Args:
        headers: of the request, by name.
    """
    agent = headers.get("User-Agent", "")[:_LONGEST]
    hint = headers.get("Sec-CH-UA-Platform", "")[:_LONGEST].strip().strip('"').lower()
    if hint in _HINTED_OTHERS:
        return _of_agent(_HINTED_OTHERS[hint])
    if hint == "windows":
        return _of_windows(agent) if "Windows" in agent else Visitor.WINDOWS
    return _of_agent(agent)


def _of_agent(agent: str) -> Visitor:
    if re.search(r"Android|iPhone|iPad|iPod|Windows Phone|Mobile", agent):
        return Visitor.PHONE
    if "Windows" in agent:
        return _of_windows(agent)
    if "CrOS" in agent:
        return Visitor.CHROMEBOOK
    if "Macintosh" in agent or "Mac OS X" in agent:
        return Visitor.MAC
    if "Linux" in agent:
        return Visitor.LINUX if re.search(r"x86_64|amd64", agent) else Visitor.OTHER_LINUX
    return Visitor.UNKNOWN


def _of_windows(agent: str) -> Visitor:
    version = _WINDOWS_VERSION.search(agent)
    if version is None or int(version[1]) < _OLDEST_WINDOWS:
        return Visitor.OLD_WINDOWS
    return Visitor.WINDOWS if re.search(r"Win64|WOW64|x64|ARM64", agent) else Visitor.OLD_WINDOWS
