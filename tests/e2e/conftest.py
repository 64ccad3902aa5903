"""The browser of the tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.browser import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield one Chromium for all tests of a worker; each test opens a context of its own."""
    with sync_playwright() as playwright, chromium(playwright) as running:
        yield running
