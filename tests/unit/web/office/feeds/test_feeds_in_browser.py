"""Feeds, their sources and names: fit for screen readers, on a phone and on a desk; a source is added by the keys."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Browser
from tests.browser import barriers, fits, press
from tests.keyboard import tab_to
from tests.unit.web.office.feeds.test_feed_pages import ASIDE, FEEDS, NAME, NAMES, delivery

from quetsach.campaign.authority import Role
from quetsach.centre.centre import Centre
from quetsach.centre.sources.pulling import State
from quetsach.centre.sources.source import load_sources
from quetsach.lake.delivery import Delivery
from quetsach.web.office.people.models import Person

__all__ = ["delivery"]
pytestmark = pytest.mark.e2e
SOURCES = "/van-phong/noi-lay-du-lieu/"
SOURCE = """
feed = "shadowserver"
kind = "shadowserver"
key_file = "/srv/secrets/key"
secret_file = "/srv/secrets/secret"
# asked hourly
[schedule]
every_minutes = 60
"""
STATE = State(tried_at="2026-11-02T08:00:00+00:00", failures=3, not_before="2026-11-02T09:00:00+00:00")
STATE.error = {"vi": "máy chủ trả lời bằng mã HTTP 503", "en": "the server answered with HTTP status 503"}


@pytest.fixture
def analyst(person: Callable[..., Person]) -> Person:
    return person(Role.ANALYST, name="Nguyễn Thị Phân Tích")


@pytest.fixture
def cookie(analyst: Person, signed_in: Callable[[Person], Client], centre: Path, delivery: Delivery) -> dict[str, str]:
    """Return the cookie of an analyst, in a centre that has something on each page."""
    (centre / "sources").mkdir()
    for name in ("shadowserver", "shadowserver-of-a-second-subscriber-with-a-long-name"):
        (centre / "sources" / f"{name[:20]}.toml").write_text(f'name = "{name[:48]}"{SOURCE}')
    (centre / "sources" / "damaged.toml").write_text('name = "damaged"\n')
    for source in load_sources(centre)[0][:1]:
        (centre / "pulled" / source.name).mkdir(parents=True)
        STATE.save(centre / "pulled" / source.name)
    browser = signed_in(analyst)
    csv = SimpleUploadedFile("m.csv", b"^emotet-new$,emotet\nwannacry-new,wannacry\n")
    browser.post(f"{NAMES}danh-sach/", {"form": "certtools", "file": csv})
    browser.post(NAME, {"family": "emotet", "reason": "https://malpedia.caad.fkie.fraunhofer.de/details/win.emotet"})
    browser.post(f"{NAMES}bo-xep/?ten=emotetnew", {"undo-reason": "Nhầm báo cáo"})
    return {"name": "office", "value": browser.cookies["office"].value, "path": "/", "domain": "localhost"}


@pytest.mark.django_db(transaction=True)
def test_pages_are_fit_for_a_phone_and_for_everyone(
    browser: Browser, cookie: dict[str, str], delivery: Delivery, live_server
) -> None:
    pages = [
        FEEDS,
        f"{FEEDS}nhan-tep/",
        f"{FEEDS}dinh-dang/",
        ASIDE,
        f"{ASIDE}{delivery.id[:16]}/",
        NAMES,
        NAME,
        SOURCES,
        f"{SOURCES}them/http/",
        f"{SOURCES}noi/shadowserver.toml/",
        f"{SOURCES}noi/damaged.toml/",
        "/en/office/sources-of-feeds/them/taxii/",
    ]
    faults: list[object] = []
    for width in (360, 1280):
        with browser.new_context(viewport={"width": width, "height": 800}) as context:
            context.add_cookies([cookie])  # type: ignore[list-item]
            page = context.new_page()
            for number, address in enumerate(pages):
                answer = page.goto(f"{live_server.url}{address}")
                assert answer is not None
                faults += [] if answer.ok else [(address, answer.status)]
                faults += [(width, address, *found) for found in barriers(page)]
                faults += [] if fits(page) else [(width, address, "wider than the screen")]
                if folder := os.environ.get("QUETSACH_PICTURES"):
                    page.screenshot(path=f"{folder}/{number:02}-{width}.png", full_page=True)
    assert faults == []


@pytest.mark.django_db(transaction=True)
def test_a_source_is_added_with_the_keys_alone_and_without_a_script(
    browser: Browser, cookie: dict[str, str], centre: Path, live_server
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(f"{live_server.url}{SOURCES}them/http/")
        for field, text in {
            "name": "honeypots",
            "schedule_daily_at": "06:30",
            "url": "https://a.example/x.csv",
        }.items():
            tab_to(page, page.locator(f"#id_{field}"))
            page.keyboard.type(text)
        press(page, page.locator("#id_url"), key="Enter")
        page.wait_for_url(f"{live_server.url}{SOURCES}")
    assert "honeypots" in [source.name for source in load_sources(Centre(centre).data)[0]]
