"""Someone who has no mouse: goes by Tab, and sees at each stop where the focus is."""

from playwright.sync_api import Locator, Page
from tests.browser import strike

MOST_STOPS = 150
"""More stops than any page has before what one looks for."""
_SEEN = """() => {
    const here = document.activeElement, how = getComputedStyle(here), box = here.getBoundingClientRect();
    const ringed = how.outlineStyle !== "none" && parseFloat(how.outlineWidth) >= 2;
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const after = !window.left || !!(window.left.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING)
        || window.left === here || window.left.contains(here);
    window.left = here;
    return here === document.body || (ringed && inside && after) ? "" : here.outerHTML.slice(0, 160)
        + ` ringed ${ringed}, inside ${inside}, after ${after}`;
}"""
"""What is wrong with the stop: no ring of two pixels, beyond the window, or before the last one on the page."""


def tab_to(page: Page, what: Locator) -> None:
    """Go on by Tab until the focus is on something; every stop on the way shows itself, in the order of the page."""
    what.wait_for()
    for _stop in range(MOST_STOPS):
        if what.evaluate("one => one === document.activeElement"):
            return
        strike(page, "Tab")
        fault = page.evaluate(_SEEN)
        assert not fault, fault
    raise AssertionError(f"no way to {what} by Tab on {page.url}")


def type_into(page: Page, what: Locator, text: str) -> None:
    """Go to a field and write in it what it is to hold."""
    tab_to(page, what)
    strike(page, "ControlOrMeta+a")
    page.keyboard.type(text)
