"""The files on offer: what each is for, and which one fits the computer that asks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Which computer a request for the download comes from, so that nobody is handed a file that does not run there.
#
# Source: User-Agent Client Hints (WICG, 2024), section 3.8 (``Sec-CH-UA-Platform``); RFC 9110, section 10.1.5; what
# Mozilla and Chromium document of the frozen ``User-Agent``.
# Python 3.13, which the tool carries, needs Windows 10 or newer.

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


# The files on offer: what each is for, and which one a visitor is handed first.

WHEEL = "wheel"
_RUN_AT_ONCE = ("setup", "portable", "bundle")
"""Kinds that run on the visitor's own system; a rescue stick starts another one."""
_WORDS: dict[tuple[str, str], tuple[Promise, Promise]] = {
    ("windows", "setup"): (
        _("Windows 10 and 11 (64-bit): setup"),
        _(
            "For Windows 10 since version 1809, and 11. Installs the tool with an entry in the start menu; "
            "it can bring itself up to date and be removed again."
        ),
    ),
    ("windows", "portable"): (
        _("Windows 10 and 11 (64-bit): one file without installation"),
        _("Runs where it lies, from a memory stick too."),
    ),
    ("linux", "bundle"): (
        _("Linux (64-bit, x64)"),
        _("Brings all it needs, Python too. For Debian 10 to 13, Ubuntu 20.04 to 26.04, RHEL 8 to 10 and their like."),
    ),
    ("linux", "rescue"): (
        _("Rescue memory stick"),
        _("For a computer that no longer starts, or whose malware defends itself: the computer starts from the stick."),
    ),
    ("", WHEEL): (
        _("For people who have Python 3.13 on Linux"),
        _("A Python package (wheel), with the programs for centres and analysts."),
    ),
}


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """One file that people download; ``sha256`` in hex, ``signed_by`` as Windows shows it, ``system`` of a release."""

    path: Path
    file_name: str
    version: str
    size_bytes: int
    sha256: str
    system: str = ""
    kind: str = WHEEL
    signed_by: str = ""

    @property
    def url(self) -> str:
        """Where the file is."""
        return reverse("tool-file", args=[self.file_name])

    @property
    def title(self) -> Promise:
        """For which computers the file is."""
        return _WORDS[self.system, self.kind][0]

    @property
    def about(self) -> Promise:
        """What is special about it."""
        return _WORDS[self.system, self.kind][1]

    def as_json(self) -> dict[str, Any]:
        """Return the entry of the manifest."""
        return {
            "name": self.file_name,
            "system": self.system,
            "kind": self.kind,
            "version": self.version,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "signed_by": self.signed_by,
            "url": self.url,
        }


@dataclass(frozen=True, slots=True)
class DownloadPage:
    """What the page shows: the file for this very computer, if there is one, and all files, Windows first."""

    visitor: Visitor
    first: OfferedFile | None
    files: tuple[OfferedFile, ...]

    @property
    def systems(self) -> frozenset[str]:
        """For which systems there are files that run at once."""
        return systems_of(self.files)

    @property
    def of_windows(self) -> OfferedFile | None:
        """The first file for Windows, which stands in the words on how to check one."""
        return next((file for file in self.files if file.system == "windows"), None)

    @property
    def of_linux(self) -> OfferedFile | None:
        """The bundle for Linux, which stands in the words on how to check and start it."""
        return next((file for file in self.files if file.kind == "bundle"), None)

    @property
    def wheel(self) -> OfferedFile | None:
        """The Python package."""
        return next((file for file in self.files if file.kind == WHEEL), None)


def download_page(files: Sequence[OfferedFile], visitor: Visitor) -> DownloadPage:
    """Choose what a visitor is handed first: nothing but what runs on that computer."""
    fitting = (file for file in files if file.system == visitor.system and file.kind in _RUN_AT_ONCE)
    return DownloadPage(visitor, next(fitting, None) if visitor.system else None, tuple(files))


def systems_of(files: Sequence[OfferedFile]) -> frozenset[str]:
    """Return for which systems there are files that run at once."""
    return frozenset(file.system for file in files if file.kind in _RUN_AT_ONCE)
