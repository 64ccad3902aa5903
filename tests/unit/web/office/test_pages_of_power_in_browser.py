"""Packs, people, approvals, wording, log and reach: fit for screen readers, on a phone and on a desk."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser
from tests.browser import barriers, fits
from tests.unit.web.office.conftest import NOW
from tests.unit.web.office.packs.test_packs_wait import NEW, data, publish
from tests.unit.web.office.people.test_vouching import invited

from quetsach.campaign.authority import Role
from quetsach.core.text import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.packs.selectors import waiting_packs
from quetsach.web.office.packs.services import packs_ask
from quetsach.web.office.people.models import Person
from quetsach.web.office.wording.selectors import DOCUMENTS
from quetsach.web.office.wording.services import wording_save

__all__ = ["data"]
pytestmark = pytest.mark.e2e


@pytest.fixture
def operator(person: Callable[..., Person]) -> Person:
    return person(Role.OPERATOR, name="Nguyễn Thị Vận Hành")


@pytest.fixture
def pages(browser: Browser, data: Path, units, operator: Person, person: Callable[..., Person]) -> list[str]:
    """Return the addresses of the pages, with something on each."""
    publish(data, NEW)
    waiting = waiting_packs()
    assert waiting is not None
    packs_ask(digest=waiting.digest, by=person("analyst"), now=NOW)
    second = invited(person(Role.APPROVER, "31-2020"), units["31-2020"])
    text = LocalText("Chào bạn, xem {devices}", "Hello, see {devices}")
    wording_save(document=DOCUMENTS["answers"], place="listed.text", text=text, by=operator, now=NOW)
    office = "/van-phong"
    return [
        f"{office}/goi-nhan-dien/",
        f"{office}/phe-duyet/{Approval.objects.get().pk}/",
        f"{office}/nhan-su/",
        f"{office}/nhan-su/{second.pk}/",
        f"{office}/nhan-su/{second.pk}/thoi-viec/",
        f"{office}/loi-van/answers/",
        f"{office}/loi-van/answers/listed.text/",
        f"{office}/loi-van/kit/sheet.lines.headline/",
        f"{office}/ho-tro/",
        f"{office}/nhat-ky/",
        f"{office}/truyen-thong/den-voi/",
        f"{office}/",
    ]


@pytest.mark.django_db(transaction=True)
def test_pages_are_fit_for_a_phone_and_for_everyone(
    browser: Browser, pages: list[str], operator: Person, signed_in: Callable[[Person], Client], live_server
) -> None:
    cookie = {
        "name": "office",
        "value": signed_in(operator).cookies["office"].value,
        "path": "/",
        "domain": "localhost",
    }
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
