"""Letters of the small country: written, approved, issued."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils.translation import override
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.web.configuration import MailServer
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.services.draft import (
    Reference,
    letter_begin,
    letter_save,
    letter_submit,
)
from quetsach.web.office.letters.services.issue import letter_issue
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Contact, Unit

CONTENT = {
    "superior": "Bộ Thông tin và Truyền thông",
    "agency": "Cục An toàn thông tin",
    "place": "Hà Nội",
    "sign": "CATTT-NCSC",
    "subject": "rà soát và bóc gỡ mã độc",
    "addressees": "Sở Thông tin và Truyền thông các tỉnh, thành phố",
    "body": "Đề nghị quý đơn vị triển khai.",
    "signer_title": "Cục trưởng",
    "signer_name": "Nguyễn Văn A",
}


@pytest.fixture(autouse=True)
def post_office(settings, tmp_path: Path) -> Path:
    """A centre with a data folder and an address; passwords cost nothing here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CENTER = dataclasses.replace(
        settings.CENTER,
        data=tmp_path,
        public_url="https://centre.example",
        mail_from="office@centre.example",
        mail_server=MailServer("127.0.0.1", 1, "none"),
    )
    return tmp_path


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """What services say is compared in English."""
    with override("en"):
        yield


@pytest.fixture
def approve(person: Callable[..., Person]) -> Callable[..., None]:
    """Let a second person approve a letter."""

    def decide(letter: Letter, now: datetime = NOW) -> None:
        approval = Approval.objects.get(subject=letter.log_subject, is_granted=None)
        approval_decide(approval=approval, is_granted=True, reason="", by=person(Role.OPERATOR), now=now)

    return decide


@pytest.fixture
def operator(person: Callable[..., Person]) -> Person:
    """Return who writes."""
    return person(Role.OPERATOR)


@pytest.fixture
def approved(units: dict[str, Unit], operator: Person, approve) -> Letter:
    """Return a letter of the centre that a second person approved today."""
    now = datetime.now(UTC)
    letter = letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=now)
    letter = letter_save(letter=letter, content=CONTENT, by=operator, now=now)
    letter = letter_submit(letter=letter, by=operator, now=now)
    approve(letter, now)
    return letter


@pytest.fixture
def issued(person, units: dict[str, Unit], approve) -> Callable[..., Letter]:
    """Return a maker of issued letters: ``issued("31-2020", due=...)``."""

    def make(unit: str = "tw", *, reference: Reference | None = None, now=NOW, **content) -> Letter:
        by = person(Role.OPERATOR)
        letter = letter_begin(
            unit=units[unit], template=None, campaign="viet-nam-2020", by=by, now=now, reference=reference
        )
        letter = letter_save(letter=letter, content={**CONTENT, **content}, by=by, now=now)
        approve(letter_submit(letter=letter, by=by, now=now), now)
        return letter_issue(letter=letter, by=by, now=now, may_be_unsigned=True)

    return make


@pytest.fixture
def reachable(units: dict[str, Unit]) -> dict[str, Contact]:
    """Give every unit of 2020 but the centre a contact with an address."""
    return {
        key: Contact.objects.create(unit=unit, email=f"u{key}@xa.example", is_primary=True)
        for key, unit in units.items()
        if key.endswith("-2020")
    }
