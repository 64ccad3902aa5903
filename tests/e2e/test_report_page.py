"""The report's page in a real browser: readable by everyone, at any width, in both languages and colour schemes."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser import barriers, fits, press_in_place
from tests.report_samples import Private, sample_report

from quetsach.endpoint.report.page import render_page

pytestmark = pytest.mark.e2e
LONG = Private(
    path=b"/srv/" + b"a" * 180,
    line=b"* * * * * root " + b"x" * 300,
    evidence="b" * 200,
    key="HKU\\" + "c" * 200,
    data="d" * 200,
)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark"), (1280, "light")])
def test_the_page_is_accessible_and_never_wider_than_the_screen(
    browser: Browser, tmp_path: Path, language: str, width: int, scheme: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_page(sample_report(LONG), language=language), "utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    try:
        page = context.new_page()
        page.goto(path.as_uri())
        folded = page.locator("details:not([open]) > summary")
        while folded.count():
            press_in_place(page, folded)
        assert barriers(page) == []
        assert fits(page)
    finally:
        context.close()
