"""Every page of portal and office in both languages: nothing that axe finds, nothing beside the screen."""

import os
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from django.utils import translation
from playwright.sync_api import Browser, Error, Page, Response
from tests.browser import barriers, fits
from tests.centre import prepared, served
from tests.keyboard import tab_to
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
    page, faults, seen = context.new_page(), [], 0
    for path, kind in walk(page, office.url, start):
        seen += 1
        faults += [(path, kind, *barrier) for barrier in barriers(page)]
        for width in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": 800})
            faults += [] if fits(page) else [(path, kind, f"wider than {width} px")]
    context.close()
    assert faults == []
    assert seen >= least


def walk(page: Page, url: str, start: list[str]) -> Iterator[tuple[str, Kind]]:
    """Open pages that links lead to, a few of each kind in each language; yield the address while it is open."""
    ahead, known, kinds = list(start), set(start), Counter[Kind]()
    while ahead:
        path = ahead.pop(0)
        kind = kind_of(urlsplit(path).path)
        if kind is None or is_office(path) != is_office(start[0]) or kinds[kind] >= EACH:
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


def is_office(path: str) -> bool:
    """Whether an address is one of the office."""
    return path.startswith(("/van-phong/", "/en/office/"))


def kind_of(path: str) -> Kind | None:
    """Return the view's name and the language of an address; ``None`` for what is no page."""
    language = "en" if path.startswith("/en/") else "vi"
    with translation.override(language):
        try:
            return resolve(path).view_name, language
        except Resolver404:
            return None


FORCED = """() => {
    const canvas = getComputedStyle(document.body).backgroundColor, faults = [];
    const of = (one, what) => getComputedStyle(one)[what];
    const each = (what, see) => document.querySelectorAll(what).forEach(one => {
        if (one.checkVisibility() && !see(one)) faults.push(`${what}: ${one.outerHTML.slice(0, 120)}`);
    });
    const line = ":is(.masthead nav, .tabs) a";
    each(`${line}[aria-current]`, one => of(one, "borderBottomColor") !== canvas);
    each(`${line}:not([aria-current])`, one => of(one, "borderBottomColor") === canvas);
    each("main :is(.button, button, .badge, select, textarea), main input:not([type=hidden], [type=file])",
        one => ["checkbox", "radio"].includes(one.type)
            || (of(one, "borderTopStyle") === "solid" && of(one, "borderTopColor") !== canvas));
    each("svg :is(rect, path, circle):not(clipPath *, defs *, .mark)",
        one => ["none", "transparent", "rgba(0, 0, 0, 0)"].includes(of(one, "fill")) || of(one, "fill") !== canvas);
    each(".wordmark .letters", one => of(one, "fill") === of(document.body, "color"));
    return faults;
}"""
"""What can be told no more: where one is, what is pressed or filled in, how far something is, whose page it is."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_forced_colours_states_borders_and_focus_are_still_seen(
    office: Office, browser: Browser, scheme: str
) -> None:
    context = office.window(browser, "an", color_scheme=scheme, forced_colors="active")
    page, faults = context.new_page(), []
    rooms = ("", "bao-cao/", "cong-van/", "chien-dich/viet-nam-2020/", "don-vi/31-2025/", "doi-tac/moi/", "nguon/")
    for path in ("/", "/en/malware/", "/kiem-tra/", *(f"/van-phong/{room}" for room in rooms)):
        page.goto(office.url + path)
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        faults += [(path, fault) for fault in page.evaluate(FORCED)]
        tab_to(page, page.locator(".masthead nav a").nth(1))
    context.close()
    assert faults == []
