"""The browser of the tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield one Chromium for the tests of a module; its loop must not outlive them."""
    with sync_playwright() as playwright, chromium(playwright) as running:
        yield running
