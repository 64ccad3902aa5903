"""A small country, and people who work in it."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import translation

from quetsach.campaign.authority import Role
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.tree.models import Edge, Succession, Unit
from quetsach.web.office.units.services.unit import positions_rebuild

NOW = datetime(2020, 10, 6, 3, tzinfo=UTC)
TODAY = date(2020, 10, 6)
PASSWORD = "rất dài và khó đoán 2020"
OPENED, REFORM = date(2020, 1, 1), date(2025, 7, 1)
TREE = [
    # key, kind, name, name in English, parent
    ("tw", "centre", "Trung tâm Giám sát an toàn không gian mạng quốc gia", "National Cyber Security Centre", None),
    ("01-2020", "province", "Thành phố Hà Nội", "Ha Noi City", "tw"),
    ("001-2020", "district", "Quận Ba Đình", "Ba Dinh District", "01-2020"),
    ("31-2020", "province", "Thành phố Hải Phòng", "Hai Phong City", "tw"),
    ("303-2020", "district", "Quận Hồng Bàng", "Hong Bang District", "31-2020"),
    ("11296-2020", "commune", "Phường Quán Toan", "Quan Toan Ward", "303-2020"),
    ("11299-2020", "commune", "Phường Hùng Vương", "Hung Vuong Ward", "303-2020"),
    ("304-2020", "district", "Quận Ngô Quyền", "Ngo Quyen District", "31-2020"),
    ("11320-2020", "commune", "Phường Máy Tơ", "May To Ward", "304-2020"),
    ("01-2025", "province", "Thành phố Hà Nội", "Ha Noi City", "tw"),
    ("31-2025", "province", "Thành phố Hải Phòng", "Hai Phong City", "tw"),
    ("11296-2025", "commune", "Phường Hồng Bàng", "Hong Bang Ward", "31-2025"),
]


@pytest.fixture(autouse=True)
def _in_vietnamese() -> Iterator[None]:
    """Begin in Vietnamese: the page of another test may have been in English."""
    with translation.override("vi"):
        yield


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    """Hash passwords quickly: how slowly is no matter of these tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def units(db) -> dict[str, Unit]:
    """Return the units by key; those of 2020 end with the reform of 1 July 2025."""
    found = {
        key: Unit(
            key=key,
            code=key.split("-")[0],
            kind=kind,
            name_vi=name_vi,
            name_en=name_en,
            opened=REFORM if key.endswith("-2025") else OPENED,
            closed=REFORM if key.endswith("-2020") else None,
        )
        for key, kind, name_vi, name_en, _parent in TREE
    }
    Unit.objects.bulk_create(found.values())
    edges = [(found[key], found[parent]) for key, *_, parent in TREE if parent]
    Edge.objects.bulk_create(Edge(unit=u, parent=above, first=u.opened, until=u.closed) for u, above in edges)
    reformed = [("01-2020", "01-2025"), ("31-2020", "31-2025"), ("11296-2020", "11296-2025")]
    Succession.objects.bulk_create(Succession(old=found[old], new=found[new], on=REFORM) for old, new in reformed)
    positions_rebuild()
    return found


@pytest.fixture
def person(units: dict[str, Unit]) -> Callable[..., Person]:
    """Return a maker of people: ``person(Role.EDITOR, "303-2020")``."""

    def make(role: Role | str | None, unit: str = "tw", *, name: str = "", first: date = OPENED) -> Person:
        number = Person.objects.count() + 1
        made = Person.objects.create_user(
            f"person{number}@example.vn", "rất dài và khó đoán 2020", name=name or f"P {number}"
        )
        if role is not None:
            Duty.objects.create(person=made, role=str(role), unit=units[unit], first=first)
        return made

    return make


def show_second_factor(client: Client, who: Person) -> None:
    """Let the session be one in which a second factor was just shown, as signing in does."""
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(who.pk)
    session.save()


@pytest.fixture
def signed_in() -> Callable[[Person], Client]:
    """Return a maker of browsers in which a person is signed in with a second factor."""

    def sign_in(who: Person) -> Client:
        TOTP.activate(who, "JBSWY3DPEHPK3PXP")
        client = Client()
        client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
        show_second_factor(client, who)
        return client

    return sign_in
