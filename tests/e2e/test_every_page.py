"""Every page of portal and office in both languages: nothing that axe finds, nothing beside the screen."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from django.urls import Resolver404, resolve
from django.utils import translation
from playwright.sync_api import Browser, Error, Page, Response
from tests.centre import prepared, served
from tests.office import Office, drive

pytestmark = pytest.mark.e2e

EACH = int(os.environ.get("QUETSACH_PAGES_EACH", "1"))
"""Pages of one kind, in one language, that are looked at; by hand, more."""
STARTS = {
    "an": (["/van-phong/", "/en/office/"], 140),
    "xa": (["/van-phong/", "/en/office/"], 50),
    "nobody": (["/", "/en/"], 30),
}
"""Where people begin, an operator, an editor of a commune and the public, and how many pages they find at least."""
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
BARRIERS = """axe.run({resultTypes: ["violations"]}).then(found => found.violations.map(
    rule => [rule.id, ...rule.nodes.slice(0, 3).map(node => node.html.slice(0, 200))]))"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LINKS = "[...document.querySelectorAll('a[href]')].map(link => link.href)"
PHONE, DESK = 360, 1280
type Kind = tuple[str, str]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Serve a demonstration in which there is one more of everything."""
    data = prepared(tmp_path_factory, "every-page", demonstration=True)
    sessions = drive(data, "much", {name: name for name in STARTS if name != "nobody"})
    with served(data, QUETSACH_PUBLIC_URL="{url}") as server:
        yield Office(server.url, data, sessions=sessions)


@pytest.mark.parametrize("who", STARTS)
def test_every_page_is_fit_for_a_phone_and_for_everyone(office: Office, browser: Browser, who: str) -> None:
    start, least = STARTS[who]
    context = office.window(browser, who, viewport={"width": PHONE, "height": 800})
    context.add_init_script(path=AXE)
    page, faults, seen = context.new_page(), [], 0
    for path, kind in walk(page, office.url, start):
        seen += 1
        faults += [(path, kind, barrier) for barrier in page.evaluate(BARRIERS)]
        for width in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate(TOO_WIDE)
            faults += [(path, kind, f"{wide} px wider than {width}")] if wide > 0 else []
    context.close()
    assert faults == []
    assert seen >= least


def walk(page: Page, url: str, start: list[str]) -> Iterator[tuple[str, Kind]]:
    """Open pages that links lead to, a few of each kind in each language; yield the address while it is open."""
    ahead, known, kinds = list(start), set(start), Counter[Kind]()
    is_public = "/" in start
    while ahead:
        path = ahead.pop(0)
        kind = kind_of(urlsplit(path).path)
        if kind is None or kind[0].startswith("office:") == is_public or kinds[kind] >= EACH:
            continue
        kinds[kind] += 1
        answer = opened(page, url + path)
        if answer is None:
            continue
        assert answer.status == 200, (path, answer.status)
        found = [urlsplit(link) for link in page.evaluate(LINKS) if link.startswith(f"{url}/")]
        yield path, kind
        for link in found:
            to = link.path + (f"?{link.query}" if link.query else "")
            if to not in known:
                known.add(to)
                ahead.append(to)


def opened(page: Page, address: str) -> Response | None:
    """Open a page; ``None`` if it is none, but a file."""
    try:
        answer = page.goto(address)
    except Error as error:
        assert "ERR_ABORTED" in str(error) or "Download" in str(error), error
        return None
    return answer if answer and answer.headers.get("content-type", "").startswith("text/html") else None


def kind_of(path: str) -> Kind | None:
    """Return the view's name and the language of an address; ``None`` for what is no page."""
    language = "en" if path.startswith("/en/") else "vi"
    with translation.override(language):
        try:
            return resolve(path).view_name, language
        except Resolver404:
            return None
