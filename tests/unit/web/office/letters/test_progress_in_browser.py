"""How far a letter has come, on a phone and on a desk: nothing wider than the screen, nothing to fix for a reader."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Browser
from tests.browser import barriers, fits
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.services.acknowledge import dispatch_acknowledge
from quetsach.web.office.letters.services.send import Actor, letter_send

pytestmark = pytest.mark.e2e


@pytest.mark.django_db(transaction=True)
def test_progress_is_fit_for_a_phone_and_for_everyone(
    browser: Browser, issued, units, person, signed_in, live_server
) -> None:
    operator = person(Role.OPERATOR)
    letter = issued()
    letter_send(letter=letter, units=[units[key] for key in ("31-2020", "01-2020")], by=operator, now=NOW)
    answered = Dispatch.objects.get(letter=letter, to_unit__key="01-2020")
    dispatch_acknowledge(dispatch=answered, hand=Actor(None, "link"), now=NOW + timedelta(hours=5))
    key = signed_in(operator).cookies["office"].value
    faults: list[object] = []
    for width in (360, 1280):
        with browser.new_context(viewport={"width": width, "height": 800}) as context:
            context.add_cookies([{"name": "office", "value": key, "path": "/", "domain": "localhost"}])
            page = context.new_page()
            page.goto(live_server.url + reverse("office:letters:progress", args=[letter.pk]))
            assert page.locator(".funnel .fewer").count() == 2
            faults += [] if fits(page) else [(width, "wider than the screen")]
            faults += barriers(page)
    assert faults == []
