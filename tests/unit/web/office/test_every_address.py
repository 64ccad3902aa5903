"""Every address of the office, as nobody, as somebody without duties, and as an editor of another province."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.addresses import FINE, addresses, answers
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.web.office.approvals.services import approval_ask
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.people.services.invitation import invitation_issue

PREFIX = "/van-phong/"
OPEN = ("/van-phong/vao/", "/van-phong/tai-khoan/")
"""Signing in, and one's own account: open to whoever is there."""
FOREIGN = "Hải Phòng"
VALUES = {
    "int": ["1"],
    "slug": ["31-2025"],
    "path": ["x"],
    "str": ["x"],
    "uuid": ["0" * 8 + "-0000" * 3 + "-" + "0" * 12],
}


def every_address() -> list[str]:
    return addresses(PREFIX, lambda kind, _name: VALUES[kind])


def is_open(path: str) -> bool:
    return path.startswith(OPEN)


@pytest.fixture
def foreign(units, person) -> Person:
    """Return the editor of Hà Nội, in a country where Hải Phòng has much to hide."""
    editor = person(Role.EDITOR, "31-2025", name=f"Biên tập {FOREIGN}")
    approval_ask(
        kind="letter",
        subject="letter:1",
        digest="a" * 64,
        title=f"Công văn {FOREIGN}",
        by=editor,
        unit=units["31-2025"],
        now=NOW,
    )
    log_append(by=editor, act="letter-issue", subject="letter:1", unit=units["31-2025"], detail={}, now=NOW)
    invitation_issue(
        email="hai-phong@example.vn", role=Role.VIEWER, unit=units["31-2025"], by=None, now=NOW.replace(year=2026)
    )
    return person(Role.EDITOR, "01-2025")


def test_the_office_has_addresses() -> None:
    assert len(every_address()) > 30


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_gets_past_the_door_without_signing_in(db, method: str) -> None:
    wrong = []
    for path in every_address():
        answer = getattr(Client(), method)(path)
        if not is_open(path) and not (answer.status_code == 302 and answer["Location"].startswith("/van-phong/vao/")):
            wrong.append((path, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_duties_one_sees_nothing_of_anybody(foreign, person, signed_in, method: str) -> None:
    client = signed_in(person(None))
    assert leaks(client, method) == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_editor_of_another_province_sees_nothing_of_this_one(foreign, signed_in, method: str) -> None:
    assert leaks(signed_in(foreign), method) == []


def test_the_editor_of_another_province_changes_nothing_of_this_one(foreign, signed_in) -> None:
    before = LogEntry.objects.filter(unit__key__in=["31-2025", "11296-2025"]).count()
    leaks(signed_in(foreign), "post")
    assert LogEntry.objects.filter(unit__key__in=["31-2025", "11296-2025"]).count() == before
    assert Duty.objects.filter(unit__key="31-2025", until=None).count() == 1


def test_no_page_of_the_office_may_be_framed_and_each_has_the_way_out(person, signed_in) -> None:
    """Each page of its own frame leads out of the session."""
    client, pages = signed_in(person(Role.APPROVER, "tw")), 0
    way_out = f'method="post" action="{reverse("account_logout")}"'
    for path in every_address():
        if path.endswith("/ra/"):
            continue
        answer = client.get(path)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], path
        assert answer["X-Frame-Options"] == "DENY", path
        if answer.status_code == 200 and not answer.streaming and b"</html>" in answer.content:
            pages += 1
            assert way_out in answer.content.decode(), path
    assert pages > 15


def leaks(client: Client, method: str) -> list[tuple[str, int]]:
    """Return the addresses that answer strangely or show something of Hải Phòng."""
    paths = [path for path in every_address() if not path.endswith("/ra/")]  # which would end the session
    return [
        (path, status)
        for path, status, content in answers(client, method, paths)
        if status not in FINE or FOREIGN.encode() in content or b"hai-phong@" in content
    ]
