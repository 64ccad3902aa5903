"""The overview draws a target beside what was measured, and work items by how far they are; each bar has its figure."""

import re

import pytest
from playwright.sync_api import Browser
from tests.browser import barriers, fits

from quetsach.web.office.campaigns.drawing import fall
from quetsach.web.office.plans.models import Campaign

OVERVIEW = "/van-phong/chien-dich/viet-nam-2020/"


def rows(page: str) -> list[tuple[str, str]]:
    """Return the width of each bar beside a target, and the figure that stands with it."""
    found = re.search(r'<ul class="funnel target".*?</ul>', page, re.DOTALL)
    assert found
    return re.findall(r'<rect width="([\d.]+)".*?</svg><span>([^<]*)</span>', found[0], re.DOTALL)


@pytest.mark.usefixtures("centre_figures")
def test_a_target_stands_beside_what_the_latest_window_shows(campaign: Campaign, operator, signed_in) -> None:
    page = signed_in(operator).get(OVERVIEW).content.decode()
    assert rows(page) == [("50.0", "giảm 50,0%"), ("45.0", "giảm 45,0%")]


def test_nothing_is_drawn_beside_a_target_without_published_figures(campaign: Campaign, operator, signed_in) -> None:
    assert 'class="funnel target"' not in signed_in(operator).get(OVERVIEW).content.decode()


def test_a_rise_is_no_fall() -> None:
    assert [fall(percent) for percent in (-54.5, 0.0, 12.0)] == [54.5, 0.0, 0.0]


def test_work_items_have_a_bar_beside_their_figures(campaign: Campaign, operator, signed_in) -> None:
    page = signed_in(operator).get(OVERVIEW).content.decode()
    figures = re.findall(r'<td class="number">(\d+)/(\d+)</td><td class="bar">(.*?)</td>', page)
    assert figures
    assert [bool(bar) for _done, _total, bar in figures] == [total != "0" for _done, total, _bar in figures]
    assert all('width="0.0"' in bar for done, _total, bar in figures if done == "0" and bar)


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("centre_figures")
def test_the_overview_is_fit_for_a_phone_and_for_everyone(
    browser: Browser, campaign: Campaign, operator, signed_in, live_server
) -> None:
    key = signed_in(operator).cookies["office"].value
    faults: list[object] = []
    for width in (360, 1280):
        with browser.new_context(viewport={"width": width, "height": 800}) as context:
            context.add_cookies([{"name": "office", "value": key, "path": "/", "domain": "localhost"}])
            page = context.new_page()
            page.goto(live_server.url + OVERVIEW)
            assert page.locator(".funnel.target li").count() == 2
            faults += [] if fits(page) else [(width, "wider than the screen")]
            faults += barriers(page)
    assert faults == []
