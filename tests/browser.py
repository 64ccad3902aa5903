"""A real browser for the tests: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, Playwright

ARGUMENTS = [
    "--no-sandbox",  # the tests run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium without a window and close it again."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


def press(page: Page, what: str | Locator) -> None:
    """Press what leads to another page, and wait until that page is whole: a click alone may return before it."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        (page.locator(what) if isinstance(what, str) else what).first.click()
