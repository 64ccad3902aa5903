"""A table that is wider than a telephone shows that there is more: by a shadow, in words, and to the keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page
from tests.browser import fits, strike

from quetsach.web import design

pytestmark = pytest.mark.e2e
STYLE = (Path(design.__file__).parent / "static" / "design" / "style.css").read_text("utf-8")
ROW = "<tr>{}</tr>".format("<td>một&nbsp;ô&nbsp;dài&nbsp;không&nbsp;ngắt</td>" * 4)
FRAME = '<div class="{name}" tabindex="0" role="region" aria-label="Bảng"><table>{rows}</table></div>'
HINT = "getComputedStyle(frame, '::before')"
"""Its size follows whether the frame can be scrolled, which a browser finds out with the next picture that it draws."""
TWO_PICTURES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 360, "height": 600}) as context:
        yield context.new_page()


def shown(page: Page, *, name: str, rows: str, language: str = "vi") -> Locator:
    frame = FRAME.format(name=name, rows=rows)
    page.set_content(
        f'<html lang="{language}"><style>{STYLE}</style><body><div class="page">{frame}</div></body></html>'
    )
    return page.get_by_role("region", name="Bảng")


@pytest.mark.parametrize("name", ["table", "data-frame"])
@pytest.mark.parametrize(("language", "words"), [("vi", "Kéo ngang"), ("en", "Scroll sideways")])
def test_a_wide_table_says_that_it_scrolls(page: Page, name: str, language: str, words: str) -> None:
    frame = shown(page, name=name, rows=ROW, language=language)
    page.wait_for_function(f"frame => {HINT}.fontSize === '14px'", arg=frame.element_handle())
    assert words in frame.evaluate(f"frame => {HINT}.content")
    assert frame.evaluate("frame => getComputedStyle(frame).backgroundImage").count("linear-gradient") == 4


def test_a_table_that_fits_says_nothing(page: Page) -> None:
    frame = shown(page, name="table", rows="<tr><td>1</td></tr>")
    assert frame.evaluate(f"async frame => {{ await {TWO_PICTURES}; return {HINT}.fontSize }}") == "0px"
    assert fits(page, ".table")


def test_it_scrolls_by_the_keyboard(page: Page) -> None:
    frame = shown(page, name="table", rows=ROW)
    frame.focus()
    strike(page, "ArrowRight")
    page.wait_for_function("document.querySelector('.table').scrollLeft > 0")
