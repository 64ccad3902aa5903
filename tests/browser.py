"""A real browser for the tests: Debian's Chromium without its windows, which costs half as much, driven by Playwright.

Whatever presses a button, a link or a key does it here (tests/unit/test_presses_in_one_place.py): a bare click of
Playwright may return before the page that it leads to has a single element.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

ARGUMENTS = [
    "--no-sandbox",  # the tests run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# As long as Playwright waits for an element: beside other tests, five seconds are not always enough.
expect.set_options(timeout=30_000)


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium and close it again."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell"), args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


def press(page: Page, what: str | Locator, *, key: str = "") -> None:
    """Press what leads to another page, by mouse or with a key, and wait until that page is whole."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        if key:
            _first(page, what).press(key)
        else:
            _first(page, what).click()


def press_in_place(page: Page, what: str | Locator) -> None:
    """Press what leaves the page where it is; what it changes is waited for with ``expect``."""
    _first(page, what).click()


def strike(page: Page, *keys: str) -> None:
    """Strike keys where the focus is, none of which leads to another page."""
    for key in keys:
        page.keyboard.press(key)


def fits(page: Page, what: str = "html") -> bool:
    """Say whether the page, or each of its elements that match, is no narrower than what it holds."""
    found = page.locator(what)
    found.first.wait_for(state="attached")  # none at all would fit
    return bool(found.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)"))


def barriers(page: Page) -> list[tuple[str, str]]:
    """Return what axe finds on the page: the rule and the beginning of the element that breaks it."""
    broken = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(rule["id"], node["html"][:160]) for rule in broken for node in rule["nodes"]]


def _first(page: Page, what: str | Locator) -> Locator:
    return (page.locator(what) if isinstance(what, str) else what).first
