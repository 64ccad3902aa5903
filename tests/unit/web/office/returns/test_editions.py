"""Two tabs, or two people, write one return: the second is shown both, and nothing is overwritten unseen."""

import re
from urllib.parse import urlsplit

import pytest
from tests.unit.web.office.returns.conftest import GOOD, IN_TIME, PLAN, clock_stands

from quetsach.web.office.editions import ClashError, edition_of
from quetsach.web.office.plans.models import PlanRevision
from quetsach.web.office.returns.models import Return
from quetsach.web.office.returns.services.assignment import assignment_remind
from quetsach.web.office.returns.services.entry import filled_in, return_save
from quetsach.web.office.returns.services.link import link_address, link_make
from quetsach.web.office.returns.views import entry, returns

UNIT = "11296-2020"


@pytest.fixture(autouse=True)
def _in_the_week_after(monkeypatch, empty_centre) -> None:
    clock_stands(monkeypatch, IN_TIME, returns, entry)


@pytest.fixture
def path(assignment, period) -> str:
    return f"/van-phong/bao-cao/{assignment.pk}/{period.key}/{UNIT}/ghi/"


def edition_in(page: str) -> str:
    found = re.search(r'name="edition" value="(\w+)"', page)
    assert found
    return found[1]


def check_two_tabs(client, path: str) -> None:
    opened = edition_in(client.get(path).content.decode())
    client.post(path, GOOD | {"edition": opened, "submit": "1", "machines-scanned": "56"})
    answer = client.post(path, GOOD | {"edition": opened, "submit": "1", "machines-scanned": "57"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "đã được người khác thay đổi" in page
    assert "<del>56</del>" in page
    assert "<ins>57</ins>" in page
    assert 'value="57"' in page
    filed = Return.objects.get()
    assert (filed.revision, filed.cells["machines-scanned"]) == (1, "56")
    client.post(path, GOOD | {"edition": edition_in(page), "submit": "1", "machines-scanned": "57"})
    filed.refresh_from_db()
    assert (filed.revision, filed.cells["machines-scanned"]) == (2, "57")


def test_two_tabs_of_the_office(path, person, signed_in) -> None:
    check_two_tabs(signed_in(person("editor", UNIT)), path)


def test_two_tabs_of_a_link(client, period, units, person) -> None:
    link = link_make(period=period, unit=units[UNIT], days=7, by=person("editor", "303-2020"), now=IN_TIME)
    check_two_tabs(client, urlsplit(link_address(link, "vi")).path)


def test_a_return_keeps_itself_as_a_draft_and_is_never_submitted_by_itself(path, person, signed_in) -> None:
    client = signed_in(person("editor", UNIT))
    opened = edition_in(client.get(path).content.decode())
    form = {"edition": opened, "autosave": "1", "submit": "1", "machines-scanned": "khoảng 5"}
    answer = client.post(path, form)
    filed = Return.objects.get()
    assert (filed.state, filed.revision, filed.cells["machines-scanned"]) == ("draft", 0, "khoảng 5")
    assert answer.json()["edition"] == edition_of(filled_in(filed))
    assert client.post(path, form).status_code == 409


def test_a_draft_is_refused_under_the_lock(period, units, person) -> None:
    by = person("editor", UNIT)
    with pytest.raises(ClashError):
        return_save(author=by, period=period, unit=units[UNIT], scope="own", cells={}, now=IN_TIME, edition="0" * 32)


def test_days_of_reminders(assignment, operator, signed_in) -> None:
    PlanRevision.objects.create(
        campaign=assignment.campaign, number=1, document=PLAN, sha256="x", reason="x", made_at=IN_TIME
    )
    client, path = signed_in(operator), f"/van-phong/bao-cao/{assignment.pk}/"
    opened = edition_in(client.get(path).content.decode())
    assert client.post(path, {"unit_days": "0", "parent_days": "", "edition": opened}).status_code == 302
    answer = client.post(path, {"unit_days": "0, 3", "parent_days": "3", "edition": opened})
    assert "đã được người khác thay đổi" in answer.content.decode()
    assignment.refresh_from_db()
    assert assignment.unit_days == "0"
    with pytest.raises(ClashError):
        assignment_remind(assignment=assignment, policy=assignment.policy, by=operator, now=IN_TIME, edition=opened)
