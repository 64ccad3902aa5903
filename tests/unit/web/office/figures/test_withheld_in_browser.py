"""Figures that nobody may publish, in a real browser: what is said, on a desk and on a telephone, in both languages."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext
from tests.browser import barriers, fits

from quetsach.assess.estimate import NotEstimable, NotEstimableReason
from quetsach.campaign.authority import Role
from quetsach.centre.publication.candidates import Candidate, lay_candidate
from quetsach.centre.publication.snapshot import read_snapshot
from quetsach.core.text import LocalText
from quetsach.web.office.people.models import Person

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("QUETSACH_PICTURES")
"""A folder: the pages are photographed there, for people to look at."""
REASON = NotEstimable(NotEstimableReason.CELLS_RECOVERED).text


@pytest.fixture
def press(person: Callable[..., Person]) -> Person:
    return person(Role.PRESS, name="Nguyễn Thị Hải")


@pytest.fixture
def withheld(settings, centre_data: Path, tmp_path: Path, units) -> Candidate:
    shutil.copytree(centre_data / "published", tmp_path / "published")
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    first = read_snapshot(tmp_path)
    assert first
    figures = dataclasses.replace(
        first,
        counted_at=first.counted_at + timedelta(days=1),
        isps=(),
        withheld=(LocalText(f"Bảng theo nhà mạng: {REASON.vi}", f"The table by provider: {REASON.en}"),),
        inputs="1",
    )
    return lay_candidate(tmp_path, figures, lambda path: path.write_bytes(b"x"))


@pytest.fixture
def context(
    browser: Browser, press: Person, signed_in: Callable[[Person], Client], live_server
) -> Iterator[BrowserContext]:
    cookie = {"name": "office", "domain": "localhost", "value": signed_in(press).cookies["office"].value}
    with browser.new_context(base_url=live_server.url) as made:
        made.add_cookies([{**cookie, "path": path} for path in ("/van-phong/", "/en/office/")])  # type: ignore[list-item]
        yield made


@pytest.mark.parametrize(
    ("rooms", "told", "not_told"),
    [
        (
            "/van-phong/so-lieu/",
            ("Vì sao số liệu này không được công bố", "Bảng này không được lập"),
            ("Một người khác quyết định", "không còn"),
        ),
        (
            "/en/office/figures/",
            ("Why these figures are not published", "This table was not made"),
            ("Another person decides", "goes away"),
        ),
    ],
    ids=["vi", "en"],
)
def test_withheld_figures_say_why_and_ask_nobody(
    context: BrowserContext, withheld: Candidate, rooms: str, told: tuple[str, ...], not_told: tuple[str, ...]
) -> None:
    page = context.new_page()
    for name, address in (("list", rooms), ("withheld", f"{rooms}{withheld.digest}/")):
        page.goto(address)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            assert fits(page)
            assert barriers(page) == []
            if SHOTS:
                page.screenshot(
                    path=f"{SHOTS}/{name}-{'en' if rooms.startswith('/en/') else 'vi'}-{width}.png", full_page=True
                )
    words = page.inner_text("main")
    assert [one for one in told if one not in words] == []
    assert [one for one in not_told if one in words] == []
    assert page.locator("main button").count() == 0
