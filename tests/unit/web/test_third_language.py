"""A language that nobody wrote a rule for is served: whatever a page says is in it, and fits on a telephone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser
from tests import pseudo_language
from tests.browser import fits
from tests.unit.web.evaluation.samples import effect_of, inputs

from quetsach.core import language
from quetsach.web import design
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.page import render_page

PAGES = ("/xx/", "/xx/check/", "/xx/how-this-is-counted/", "/xx/malware/", "/xx/campaigns/", "/xx/nothing/")
EVALUATION = "evaluation"
LOOKS = Path(design.__file__).parent / "static" / "design" / "style.css"

DATA = re.compile(
    r"Quét Sạch( · CC BY 4\.0)?|CC BY 4\.0|DB-IP|NRO|RouteViews|\w+\.(csv|json)|[0-9a-f]{64}"  # names of things
    r"|[: ]*plain/sightings\..*|shadowserver/event4_sinkhole"  # feeds
    r"|Chiến dịch .*|Giảm 50% .*|Kết thúc chiến dịch|Mốc so sánh|Mốc"  # the plan of a campaign
    r"|(Số|Dữ) liệu mô phỏng\.|Conficker|VNPT|Hà Nội|Hải Phòng|Hồ Chí Minh"
)
"""What data says, in the first of its two languages; names."""
UNTRANSLATED = {
    "Không rõ": "published figures keep their names in two languages",
    "Các dòng còn lại, gộp lại vì quá nhỏ": "published figures keep their names in two languages",
}
"""What is still read in Vietnamese, and why; the list only gets shorter. Pages of long texts are not looked at here."""


@pytest.fixture
def third(settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Let the country speak one language more, whose catalogues say everything in brackets."""
    made, read = pseudo_language.sentences(), language.get_data
    monkeypatch.setattr(language, "get_data", lambda package, name: made.get(name) or read(package, name))
    language.catalogue.cache_clear()
    settings.LOCALE_PATHS = [pseudo_language.pages(tmp_path / "locale"), *settings.LOCALE_PATHS]
    settings.LANGUAGES = [*settings.LANGUAGES, ("xx", "[[Third]]")]
    yield
    language.catalogue.cache_clear()


def test_a_long_text_that_a_language_lacks_says_in_which_it_is(third: None, centre: Path, client: Client) -> None:
    html = client.get("/xx/devices/mac/clean/").content.decode()
    before, after = html.split('<div lang="vi">', 1)
    assert re.search(r"\[\[This text is not there in the language of this page yet\. .*Tiếng Việt", before)
    assert "<h2" in after
    assert "not there in the language" not in client.get("/en/devices/mac/clean/").content.decode()


def _pages(client: Client) -> Iterator[tuple[str, str]]:
    for path in PAGES:
        yield path, client.get(path).content.decode()
    yield EVALUATION, render_page(compose(inputs(effect=effect_of(0.4))), "xx")


def test_pages_and_an_evaluation_say_everything_in_it_and_pages_fit(
    third: None, centre: Path, client: Client, browser: Browser
) -> None:
    left, wide, count = set(), [], 0
    style = LOOKS.read_text("utf-8")
    with browser.new_context(viewport={"width": 360, "height": 600}) as context:
        page = context.new_page()
        for name, html in _pages(client):
            assert '<html lang="xx"' in html, name
            count += html.count("[[")
            left |= {said for said in pseudo_language.outside(html) if not DATA.fullmatch(said)}
            page.set_content(re.sub(r'<link[^>]*rel="stylesheet"[^>]*>', "", html) + f"<style>{style}</style>")
            if name != EVALUATION and not fits(page):  # its tables are wide in every language
                wide.append(name)
    assert count > 300
    assert left == set(UNTRANSLATED)
    assert wide == []
