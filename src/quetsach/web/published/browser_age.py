"""How old the browser and the system of a visitor are, as far as the request tells; nothing is kept.

A version is told to be old where one that is known to be newer has been out for half a year. What no table tells and
what browsers keep to themselves (Windows 10 or 11, the release of macOS, of Android since 2023) is said to be unknown.

Source: release dates of Chrome and Firefox from MDN's browser-compat-data (CC0, read on 2026-12-03) and, of Chrome 145,
from the stable channel's history; of Safari from Apple's announcements; ends of support of Windows from Microsoft's
lifecycle pages, of Android from Google's security bulletins. What Chromium freezes in ``User-Agent``: its own
description of the reduction (2021 to 2023).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_LONGEST = 1000
OLD_AFTER = timedelta(days=180)
"""So long a newer version must have been out: browsers bring one every four weeks, and other makers follow later."""


class Engine(StrEnum):
    """What a browser's version counts."""

    CHROMIUM = "chromium"
    FIREFOX = "firefox"
    SAFARI = "safari"
    EXPLORER = "explorer"
    """Given up by Microsoft, whatever its version."""


_RELEASES: Mapping[Engine, tuple[tuple[int, date], ...]] = {
    Engine.CHROMIUM: (
        (80, date(2020, 2, 4)),
        (90, date(2021, 4, 14)),
        (100, date(2022, 3, 29)),
        (111, date(2023, 3, 7)),
        (121, date(2024, 1, 23)),
        (132, date(2025, 1, 14)),
        (135, date(2025, 4, 1)),
        (145, date(2026, 2, 13)),
    ),
    Engine.FIREFOX: (
        (80, date(2020, 8, 25)),
        (90, date(2021, 7, 13)),
        (100, date(2022, 5, 3)),
        (110, date(2023, 2, 14)),
        (122, date(2024, 1, 23)),
        (134, date(2025, 1, 7)),
        (140, date(2025, 6, 24)),
        (147, date(2026, 1, 13)),
    ),
    Engine.SAFARI: (
        (15, date(2021, 9, 20)),
        (16, date(2022, 9, 12)),
        (17, date(2023, 9, 18)),
        (18, date(2024, 9, 16)),
        (26, date(2025, 9, 15)),
    ),
}
"""When a version came out; not every one, and none newer than the last is known here."""
_WINDOWS = {
    "5.1": ("Windows XP", date(2014, 4, 8)),
    "5.2": ("Windows XP", date(2014, 4, 8)),
    "6.0": ("Windows Vista", date(2017, 4, 11)),
    "6.1": ("Windows 7", date(2020, 1, 14)),
    "6.2": ("Windows 8", date(2016, 1, 12)),
    "6.3": ("Windows 8.1", date(2023, 1, 10)),
}
"""Versions for which Microsoft mends no faults any more, and since when."""
_APPLE_MOBILE = re.compile(r"iPhone|iPad|iPod")
_ANDROID_ENDED = 11
"""The newest version of Android that got its last patches so long ago that no bulletin since March 2024 names it."""
_BRANDS = (
    ("Edg", "Microsoft Edge"),
    ("OPR", "Opera"),
    ("coc_coc_browser", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
)
"""Browsers that are made of Chromium, by their word in ``User-Agent``."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser says that it is."""

    name: str
    engine: Engine
    version: int


class System(StrEnum):
    """What is known of the system that a browser runs on."""

    ENDED = "ended"
    """Its maker mends no faults any more."""
    WINDOWS = "windows"
    """Windows 10 or 11: browsers do not say which."""
    APPLE_MOBILE = "apple-mobile"
    """It comes with the browser."""
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Age:
    """What one visitor is told.

    Attributes:
        browser: ``None`` where it is none that is known here.
        newer: the oldest version that is known to be newer, and since when it has been out; ``None`` without one.
        is_old: whether that has been out for ``OLD_AFTER``, or the browser was given up.
        system: what is known of the system.
        system_name: its name, where it has ended.
        ended: since when, where that is known by the day.
    """

    browser: Browser | None
    newer: tuple[int, date] | None
    is_old: bool
    system: System
    system_name: str = ""
    ended: date | None = None


def age_of(agent: str, *, today: date) -> Age:
    """Tell the age from a ``User-Agent``."""
    agent = agent[:_LONGEST]
    browser = _browser(agent)
    known = _RELEASES.get(browser.engine, ()) if browser else ()
    newer = next((one for one in known if browser and one[0] > browser.version), None)
    is_given_up = browser is not None and browser.engine is Engine.EXPLORER
    is_old = is_given_up or (newer is not None and today - newer[1] >= OLD_AFTER)
    return Age(browser, newer, is_old, *_system(agent))


def _browser(agent: str) -> Browser | None:
    if "Trident/" in agent or "MSIE " in agent:
        return Browser("Internet Explorer", Engine.EXPLORER, 0)
    if _APPLE_MOBILE.search(agent):
        # Every browser there has Safari's engine; others than Safari do not say which.
        found = re.search(r"Version/(\d{1,3})", agent)
        return Browser("Safari", Engine.SAFARI, int(found[1])) if found else None
    if found := re.search(r"Firefox/(\d{1,4})", agent):
        return Browser("Firefox", Engine.FIREFOX, int(found[1]))
    if found := re.search(r"Chrome/(\d{1,4})", agent):
        name = next((name for word, name in _BRANDS if f"{word}/" in agent or f"{word}A/" in agent), "Chrome")
        return Browser(name, Engine.CHROMIUM, int(found[1]))
    if "Macintosh" in agent and (found := re.search(r"Version/(\d{1,3})[\d.]* Safari/", agent)):
        return Browser("Safari", Engine.SAFARI, int(found[1]))
    return None


def _system(agent: str) -> tuple[System, str, date | None]:
    if _APPLE_MOBILE.search(agent):
        return System.APPLE_MOBILE, "", None
    if found := re.search(r"Windows NT (\d{1,2}\.\d)", agent):
        name, ended = _WINDOWS.get(found[1], ("", None))
        return (System.ENDED, name, ended) if name else (System.WINDOWS, "", None)
    # Chromium says "Android 10; K" whatever it runs on.
    if (found := re.search(r"Android (\d{1,2})(?!\d)(?!; K\))", agent)) and int(found[1]) <= _ANDROID_ENDED:
        return System.ENDED, f"Android {found[1]}", None
    return System.UNTOLD, "", None
