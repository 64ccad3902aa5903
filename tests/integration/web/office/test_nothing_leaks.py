"""The demonstration's office, seen at every address with the keys of Hải Phòng's things, by people from elsewhere."""

import dataclasses
import itertools
import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from quetsach.assess import Basis, FrozenBaseline
from quetsach.campaign.authority import Role
from quetsach.cli.center.demonstration import demonstrate_office
from quetsach.core.period import Period
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.letters.models import Dispatch, Letter
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.returns.models import Assignment, Return
from quetsach.web.office.units.models import Contact, Unit

NOW = datetime(2026, 11, 27, tzinfo=UTC)
HAI_PHONG = ("Vũ Hương Giang", "Đỗ Minh Hải", "Bùi Ngọc Khánh", "Hoàng Thị Lan", "Ngô Đức Minh", "Quán Toan")
"""People of the city, and one of its wards: nothing of them is for other provinces."""
PREFIX, OWN = "/van-phong/", ("/van-phong/vao/", "/van-phong/tai-khoan/")
FINE = {200, 302, 400, 403, 404, 405}
PART = re.compile(r"<(?:\w+:)?(\w+)>")


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
    }


def addresses() -> Iterator[str]:
    with translation.override("vi"):
        routes = sorted(set(below(get_resolver().url_patterns)))
    known = values()
    for route in routes:
        names = PART.findall(route)
        for chosen in itertools.product(*(known[name] for name in names)):
            parts = iter(chosen)
            path = PART.sub(lambda _, parts=parts: next(parts), route)
            is_number = re.search(r"<int:key>", route)
            if not (is_number and not all(p.isdecimal() for p, n in zip(chosen, names, strict=True) if n == "key")):
                yield path


def below(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from below(pattern.url_patterns, route)
        elif route.startswith(PREFIX) and not route.startswith(OWN):
            yield route


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


def leaks(client: Client, method: str) -> list[tuple[str, int, list[str]]]:
    found = []
    for path in addresses():
        answer = getattr(client, method)(path)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        told = [name for name in HAI_PHONG if name.encode() in content]
        if told or answer.status_code not in FINE:
            found.append((path, answer.status_code, told))
    return found


def test_people_from_elsewhere_see_and_change_nothing_of_hai_phong(office) -> None:
    assert len(list(addresses())) > 100
    city = Unit.objects.get(key="31-2020")
    strangers = {
        "nobody": browser(None),
        "an editor of Hà Nội": browser(Role.EDITOR, "01-2020"),
        "an approver of Hà Nội since the reform": browser(Role.APPROVER, "01-2025"),
    }
    assert {name: leak for name, client in strangers.items() if (leak := leaks(client, "get"))} == {}
    assert leaks(strangers["an approver of Hà Nội since the reform"], "post") == []
    done = LogEntry.objects.filter(person__email__endswith="elsewhere.example").exclude(act="sign-in")
    assert [entry for entry in done if entry.unit is None or entry.unit.code == city.code] == []
    assert not Approval.objects.filter(decided_by__email__endswith="elsewhere.example").exists()


def test_who_belongs_there_finds_all_of_it(office) -> None:
    """The same look shows something to Hải Phòng itself: the test above would see a leak."""
    assert leaks(browser(Role.APPROVER, "31-2020"), "get")
