"""No page of the office asks the database more often when there is more to show, and none asks often."""

import dataclasses
import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.urls import resolve
from tests.unit.web.office.conftest import PASSWORD, _quick_passwords, signed_in  # noqa: F401

from quetsach.assess import Basis, FrozenBaseline
from quetsach.campaign.authority import Role
from quetsach.campaign.returns.period import PeriodKind, weeks
from quetsach.campaign.returns.state import Scope
from quetsach.cli.center.furnishing import demonstrate_office
from quetsach.core.period import Period
from quetsach.installation import bundled
from quetsach.web.configuration import MailServer
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, approval_decide
from quetsach.web.office.campaigns.services.plans import campaign_begin
from quetsach.web.office.helpdesk.services import case_open
from quetsach.web.office.letters.models import Letter, RegisterBook
from quetsach.web.office.letters.services.draft import (
    WRITTEN_FIELDS,
    letter_begin,
    letter_save,
    letter_submit,
)
from quetsach.web.office.letters.services.issue import letter_issue
from quetsach.web.office.letters.services.send import letter_send
from quetsach.web.office.log.services import log_append
from quetsach.web.office.partners.services.partner import partner_add
from quetsach.web.office.people.access import today
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.people.services.invitation import invitation_issue
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.publicity.services import kit_make
from quetsach.web.office.returns.models import ReturnForm
from quetsach.web.office.returns.services.assignment import Target, assignment_make
from quetsach.web.office.returns.services.entry import return_submit
from quetsach.web.office.tree.models import Contact, Unit, UnitKind
from quetsach.web.office.tree.selectors import children_of, unit_of

NOW = datetime.now(UTC)
MOST = 26
"""Queries of a page."""
EACH = 3
"""Pages of one kind that are looked at."""
FIGURES = {
    "contact": "Nguyễn Thị Hòa", "staff-informed": "85", "machines-in-scope": "60", "machines-scanned": "55",
    "scan-turns": "70", "machines-infected": "12", "machines-cleaned": "9", "machines-reinstalled": "2",
    "machines-unresolved": "1",
}  # fmt: skip
_ONCE_A_MINUTE = ("SAVEPOINT", "RELEASE", 'UPDATE "django_session"', 'UPDATE "usersessions_usersession"')
"""That a session is in use is written by whichever page comes first in a minute."""
PEOPLE = {"an": None, "giang": None, "commune": (Role.EDITOR, "11296-2020")}


@pytest.fixture
def office(settings, db, tmp_path: Path) -> Path:
    """Return an office in which the demonstration was played."""
    server = MailServer("mail.example", 587, "starttls")
    settings.CENTER = dataclasses.replace(
        settings.CENTER, data=tmp_path, public_url="https://centre.example", mail_server=server
    )
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    basis = Basis(window, ("shadowserver/event4_sinkhole",), 30, window.last)
    folder = tmp_path / "campaigns" / "viet-nam-2020"
    folder.mkdir(parents=True)
    (folder / "baseline.json").write_bytes(FrozenBaseline("viet-nam-2020", 20_145, basis, NOW).to_json())
    assert demonstrate_office(NOW)
    return tmp_path


def person(who: str) -> Person:
    """Return somebody of the story, or the editor of a commune."""
    if who != "commune":
        return Person.objects.get(email__startswith=f"{who}@")
    made, is_new = Person.objects.get_or_create(email="xa@office.example", defaults={"name": "Người của phường"})
    if is_new:
        unit = Unit.objects.get(key="11296-2020")
        Duty.objects.create(person=made, role=Role.EDITOR, unit=unit, first=date(2020, 1, 1))
    return made


def with_password(who: Person) -> Person:
    """Give somebody of the story, who has none, a password, as everybody has who signs in."""
    who.set_password(PASSWORD)
    who.save()
    return who


def grow(number: int) -> None:
    """Add one more of everything to the office: ``number`` tells them apart."""
    an, binh = person("an"), person("binh")
    centre, province = unit_of("tw"), unit_of("31-2025")
    communes = children_of(province, today(NOW))
    campaign = _campaign(number, an)
    _assignment(campaign, communes, an, binh)
    for unit, writer, approver in ((centre, an, binh), (province, person("hai"), person("giang"))):
        _letter(unit, children_of(unit, today(NOW))[:6], campaign, number, writer, approver)
        kit_make(unit=unit, campaign=campaign, by=writer, now=NOW)
    partner_add(key=f"hang-{number}", name=f"Hãng {number}", by=an, now=NOW)
    for unit in (centre, province, *communes[:4]):
        Contact.objects.create(unit=unit, name=f"Văn thư {number}", email=f"vt{number}@{unit.key}.example")
        made = Person.objects.create_user(f"nguoi{number}@{unit.key}.example", name=f"Người {number}", brought_by=an)
        Duty.objects.create(person=made, role=Role.EDITOR, unit=unit, first=date(2020, 1, 1))
        invitation_issue(email=f"moi{number}@{unit.key}.example", role=Role.VIEWER, unit=unit, by=an, now=NOW)
        log_append(by=made, act="unit-change", subject=f"unit:{unit.key}", unit=unit, detail={}, now=NOW)
        approval_ask(
            kind="letter", subject=f"letter:{number}{unit.pk}", digest="a" * 64, title=f"Việc {number}", by=made,
            unit=unit, now=NOW,
        )  # fmt: skip
    case_open(
        form=uuid4(), kind="infected", text="Máy chậm.", contact="chi.lan@example.vn", province=province, slip=None,
        language="vi", now=NOW,
    )  # fmt: skip


def _campaign(number: int, by: Person) -> Campaign:
    document = (bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml").read_bytes()
    document = document.replace(b'id = "viet-nam-2020"', f'id = "thu-{number}"'.encode(), 1)
    return campaign_begin(document=document.replace("Chiến dịch".encode(), f"Thử {number}".encode(), 1), by=by, now=NOW)


def _assignment(campaign: Campaign, communes: list[Unit], an: Person, binh: Person) -> None:
    """Ask for the weeks of two months; two communes have reported for each."""
    monday = today(NOW) - timedelta(days=today(NOW).weekday() + 56)
    kinds = (UnitKind.PROVINCE, UnitKind.COMMUNE)
    made = assignment_make(
        by=None, campaign=campaign, form=ReturnForm.objects.get(), period_kind=PeriodKind.WEEK,
        periods=weeks(monday, monday + timedelta(days=55)),
        targets=[Target(unit_of("31-2025"), kind) for kind in kinds],
        due_days=10, lock_days=120, now=NOW - timedelta(days=60),
    )  # fmt: skip
    for period in made.periods.all():
        for unit in communes[:2]:
            return_submit(
                author=an, period=period, unit=unit, scope=Scope.OWN, cells=FIGURES, has_seen_notes=True, now=NOW
            )


def _letter(
    unit: Unit, receivers: list[Unit], campaign: Campaign, number: int, writer: Person, approver: Person
) -> None:
    """Issue a letter and send it; leave another as a draft."""
    sample = Letter.objects.filter(number__isnull=False).earliest("issued_at")
    content = {name: getattr(sample, name) for name in WRITTEN_FIELDS if name != "kind"}
    content |= {"subject": f"việc thứ {number} của {unit.key}", "due": today(NOW) + timedelta(days=9)}
    RegisterBook.objects.get_or_create(unit=unit, year=NOW.year, book="cv")
    letter = letter_begin(unit=unit, template=None, campaign=campaign.key, by=writer, now=NOW)
    letter = letter_submit(letter=letter_save(letter=letter, content=content, by=writer, now=NOW), by=writer, now=NOW)
    approval = Approval.objects.get(subject=letter.log_subject, is_granted=None)
    approval_decide(approval=approval, is_granted=True, reason="", by=approver, now=NOW)
    letter = letter_issue(letter=letter, by=approver, now=NOW, may_be_unsigned=True)
    letter_send(letter=letter, units=receivers, by=approver, now=NOW)
    draft = letter_begin(unit=unit, template=None, campaign=campaign.key, by=writer, now=NOW)
    for word in ("một", "hai"):
        letter_save(letter=draft, content={"subject": f"thảo {number} {word}"}, by=writer, now=NOW)


def walk(client: Client) -> Iterator[tuple[str, str, int]]:
    """Yield addresses that links lead to, a few of each view, with the view's name and how often it asks."""
    ahead, seen, kinds = ["/van-phong/"], {"/van-phong/"}, Counter[str]()
    while ahead:
        path = ahead.pop(0)
        kind = resolve(urlsplit(path).path).view_name
        if kinds[kind] >= EACH:
            continue
        answer, sent = asked(client, path)
        if answer.status_code != 200:
            continue
        kinds[kind] += 1
        yield path, kind, len(sent)
        if answer.streaming or not answer["Content-Type"].startswith("text/html"):
            continue
        for link in re.findall(r'<a [^>]*href="([^"#]+)', answer.content.decode()):
            to = urlsplit(urljoin(path, html.unescape(link)))
            address = to.path + (f"?{to.query}" if to.query else "")
            if not to.netloc and to.path.startswith("/van-phong/") and address not in seen:
                seen.add(address)
                ahead.append(address)


def asked(client: Client, path: str) -> tuple[HttpResponseBase, list[str]]:
    """Return a page, with the statements that it sent to the database while nothing was remembered from before."""
    cache.clear()
    sent: list[str] = []

    def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if not sql.startswith(_ONCE_A_MINUTE):
            sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        answer = client.get(path)
        if answer.streaming:
            b"".join(answer.streaming_content)
    return answer, sent


@pytest.mark.any_database
def test_every_page_asks_little_and_no_more_for_twice_as_much(office: Path, signed_in) -> None:  # noqa: F811
    grow(1)
    grow(2)
    clients = {who: signed_in(with_password(person(who))) for who in PEOPLE}
    found = [(who, *page) for who, client in clients.items() for page in walk(client)]
    before = {(who, path): count for who, path, _kind, count in found}
    grow(3)
    grow(4)
    after = {}
    for who, path in before:
        answer, sent = asked(clients[who], path)
        assert answer.status_code == 200, path
        after[who, path] = len(sent)
    assert len({kind for _who, _path, kind, _count in found}) > 65
    assert {page: (count, after[page]) for page, count in before.items() if after[page] > count} == {}
    many = {page: count for page, count in after.items() if count > MOST}
    assert many == {}
