"""The pages of other makers' tools, in the office and for everybody: fit for screen readers, a phone and a desk."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser
from tests.browser import barriers, fits
from tests.unit.web.office.other_tools.test_other_tools import DISK, PAGE, PUBLIC, changed, data, waiting

from quetsach.campaign.authority import Role
from quetsach.web.office.people.models import Person

__all__ = ["data"]
pytestmark = pytest.mark.e2e


@pytest.mark.django_db(transaction=True)
def test_pages_are_fit_for_a_phone_and_for_everyone(
    browser: Browser, data: Path, person: Callable, signed_in: Callable[[Person], Client], live_server
) -> None:
    asking = signed_in(person(Role.ANALYST))
    asking.post(f"{PAGE}muc/{DISK}/", changed(asking, DISK, link="https://support.kaspersky.com/rescue"))
    office = signed_in(person(Role.OPERATOR)).cookies["office"].value
    paths = [PAGE, f"{PAGE}them/", f"{PAGE}muc/{DISK}/", f"/van-phong/phe-duyet/{waiting().pk}/", PUBLIC]
    faults: list[object] = []
    for width in (360, 1280):
        context = browser.new_context(viewport={"width": width, "height": 800})
        context.add_cookies([{"name": "office", "value": office, "path": "/", "domain": "localhost"}])
        page = context.new_page()
        for number, path in enumerate(paths):
            answer = page.goto(live_server.url + path)
            assert answer is not None
            assert answer.status == 200, path
            faults += [(path, width, fault) for fault in barriers(page)]
            if not fits(page):
                faults.append((path, width, "wider than the screen"))
            if folder := os.environ.get("QUETSACH_PICTURES"):
                page.screenshot(path=str(Path(folder) / f"office-{number}-{width}.png"), full_page=True)
        context.close()
    assert faults == []
