"""Pages about stolen accounts are fit for screen readers, on a phone and on a desk; an owner asks by the keys alone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser
from tests.browser import barriers, fits, press
from tests.keyboard import tab_to
from tests.unit.web.office.accounts.conftest import LIST, OWNER, decide

from quetsach.web.office.accounts.models import Batch, Question
from quetsach.web.office.accounts.sealing import owner_token
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.people.models import Person

pytestmark = pytest.mark.e2e
ROOM = "/van-phong/tai-khoan-bi-lo/"
PUBLIC = "/kiem-tra-tai-khoan/"
SHOTS = os.environ.get("QUETSACH_PICTURES", "")
"""A folder for pictures, where somebody wants to look."""


@pytest.mark.django_db(transaction=True)
def test_pages_are_fit_for_everyone_and_an_owner_asks(
    take_in: Callable[..., Batch],
    two: tuple[Person, Person],
    signed_in: Callable[[Person], Client],
    live_server,
    browser: Browser,
) -> None:
    decide(take_in(), two[1])
    waiting = take_in(content=LIST + b"khong phai,a.vn,,\n0912 345 678,,,\n")
    client = signed_in(two[1])
    cookie = {"name": "office", "value": client.cookies["office"].value, "path": "/", "domain": "localhost"}
    asked = reverse("office:approvals:approval", args=[Approval.objects.get(subject=f"accounts:{waiting.pk}").pk])
    erasing = f"{PUBLIC}xoa/{owner_token(b'x' * 32)}/"
    paths = [
        PUBLIC,
        "/en/check-account/",
        erasing,
        "/quyen-rieng-tu/",
        ROOM,
        f"{ROOM}nhan/",
        f"{ROOM}{waiting.pk}/",
        asked,
    ]
    faults: list[object] = []
    with browser.new_context() as context:
        context.add_cookies([cookie])
        page = context.new_page()
        for path in paths:
            answer = page.goto(live_server.url + path)
            assert answer is not None
            assert answer.status == 200, path
            faults += [(path, *barrier) for barrier in barriers(page)]
            for width in (360, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                faults += [] if fits(page) else [(path, width)]
                if SHOTS:
                    name = path.strip("/").replace("/", "-")[:40]
                    page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
        page.goto(live_server.url + PUBLIC)
        tab_to(page, page.locator("#id_address"))
        page.keyboard.type(OWNER)
        press(page, page.locator("#id_address"), key="Enter")
        page.wait_for_load_state()
        assert "Chúng tôi đã nhận câu hỏi" in page.inner_text("h1")
        faults += [("asked", *barrier) for barrier in barriers(page)]
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / "asked-1280.png", full_page=True)
    assert faults == []
    assert Question.objects.count() == 1
