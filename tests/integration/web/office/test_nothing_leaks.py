"""The demonstration's office, seen at every address with the keys of Hải Phòng's things, by people from elsewhere."""

import dataclasses
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.test import Client
from tests.addresses import FINE, addresses, answers

from quetsach.assess import Basis, FrozenBaseline
from quetsach.campaign.authority import Role
from quetsach.cli.center.furnishing import demonstrate_office
from quetsach.core.period import Period
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.letters.models import Dispatch, Letter
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.returns.models import Assignment, Return
from quetsach.web.office.tree.models import Contact, Unit

NOW = datetime(2026, 11, 27, tzinfo=UTC)
HAI_PHONG = ("Vũ Hương Giang", "Đỗ Minh Hải", "Bùi Ngọc Khánh", "Hoàng Thị Lan", "Ngô Đức Minh", "Quán Toan")
"""People of the city, and one of its wards: nothing of them is for other provinces."""
pytestmark = pytest.mark.any_database
PREFIX, OWN = "/van-phong/", ("/van-phong/vao/", "/van-phong/tai-khoan/")


@pytest.fixture
def office(settings, db, tmp_path: Path) -> None:
    """Play the story, in which Hải Phòng does everything an office does."""
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path, public_url="https://centre.example")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    basis = Basis(window, ("shadowserver/event4_sinkhole",), 30, window.last)
    folder = tmp_path / "campaigns" / "viet-nam-2020"
    folder.mkdir(parents=True)
    (folder / "baseline.json").write_bytes(FrozenBaseline("viet-nam-2020", 20_145, basis, NOW).to_json())
    assert demonstrate_office(NOW)
    Contact.objects.create(unit=Unit.objects.get(key="303-2020"), name="Hoàng Thị Lan", email="lan@haiphong.example")


def values() -> dict[str, list[str]]:
    """Return for each name of a part of an address what stands there for Hải Phòng's things."""
    city = Unit.objects.get(key="31-2020")
    dispatches = Dispatch.objects.filter(letter__unit=city)[:2]
    return {
        "key": ["31-2020", "303-2020", "viet-nam-2020", *(str(p.pk) for p in Person.objects.filter(duties__unit=city))],
        "pk": [str(pk) for pk in {*(d.pk for d in dispatches), *Letter.objects.values_list("pk", flat=True)}],
        "number": [str(n) for n in {1, *Contact.objects.values_list("pk", flat=True)}],
        "assignment": [str(a.pk) for a in Assignment.objects.all()[:2]],
        "period": sorted({str(r.period) for r in Return.objects.all()})[:2],
        "unit": ["31-2020", "303-2020"],
        "asked": ["1:before"],
        "phase": ["during"],
        "code": ["x"],
        "digest": ["0" * 64],
        "campaign": ["viet-nam-2020"],
        "place": ["x"],
        "name": ["x"],
        "kind": ["botnets", "baseline"],
        "language": ["vi"],
        "delivery": ["x"],
        "file": ["x"],
    }


def places() -> list[str]:
    """Return the addresses of Hải Phòng's things."""
    known = values()

    def fitting(kind: str, name: str) -> list[str]:
        return [value for value in known[name] if kind != "int" or value.isdecimal()]

    return addresses(PREFIX, fitting, without=OWN)


def browser(role: Role | None, unit: str = "") -> Client:
    who = Person.objects.create_user(f"{role}@elsewhere.example", name="Người ngoài")
    if role is not None:
        Duty.objects.create(person=who, role=role, unit=Unit.objects.get(key=unit), first=date(2020, 1, 1))
    client = Client()
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    shown = {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [shown]
    session["account_authentication_methods_user"] = str(who.pk)
    session.save()
    return client


def leaks(client: Client, method: str) -> Iterator[tuple[str, int, list[str]]]:
    for path, status, content in answers(client, method, places()):
        told = [name for name in HAI_PHONG if name.encode() in content]
        if told or status not in FINE:
            yield path, status, told


def test_people_from_elsewhere_see_and_change_nothing_of_hai_phong(office) -> None:
    assert len(places()) > 100
    city = Unit.objects.get(key="31-2020")
    strangers = {
        "nobody": browser(None),
        "an editor of Hà Nội": browser(Role.EDITOR, "01-2020"),
        "an approver of Hà Nội since the reform": browser(Role.APPROVER, "01-2025"),
    }
    assert {name: leak for name, client in strangers.items() if (leak := list(leaks(client, "get")))} == {}
    assert list(leaks(strangers["an approver of Hà Nội since the reform"], "post")) == []
    done = LogEntry.objects.filter(person__email__endswith="elsewhere.example").exclude(act="sign-in")
    assert [entry for entry in done if entry.unit is None or entry.unit.code == city.code] == []
    assert not Approval.objects.filter(decided_by__email__endswith="elsewhere.example").exists()


def test_who_belongs_there_finds_it(office) -> None:
    """The same look shows something to Hải Phòng itself: the test above would see a leak."""
    assert any(leaks(browser(Role.APPROVER, "31-2020"), "get"))
