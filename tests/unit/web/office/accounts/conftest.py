"""A centre that answers owners, a list that is in force, and limits that no other test has used up."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

import pytest
from tests.mail_server import MailServer, mail_server

from quetsach.campaign.authority import Role
from quetsach.web.configuration import MailServer as Address
from quetsach.web.limits import RateLimit
from quetsach.web.office.accounts import public_views
from quetsach.web.office.accounts.models import Batch
from quetsach.web.office.accounts.services.answers import LATEST, Tally, answers_work, question_ask
from quetsach.web.office.accounts.services.batches import Handover, batch_take_in
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.people.models import Person

NOW = datetime.now(UTC)
OWNER, OTHER = "lan.tran@example.vn", "minh.le@example.vn"
LIST = (
    "address,site,day,malware\n"
    f"{OWNER},mail.example,2026-10-01,Lumma\n"
    f"{OWNER.upper()},bank.example,2026-10-02,Lumma\n"
    "hoa@example.vn,shop.example,,\n"
).encode()
TOLD = Handover("Cục A05", "Quyết định 12", date(2026, 11, 30), "Thu trong một chiến dịch.", "Seized in an operation.")


@pytest.fixture
def post() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def centre(settings, tmp_path: Path, units, post: MailServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data folder of a centre that answers owners."""
    settings.CENTER = dataclasses.replace(
        settings.CENTER,
        data=tmp_path,
        account_check=True,
        mail_server=Address("127.0.0.1", post.port, "none"),
        mail_from="centre@example.vn",
        mail_per_minute=60_000,
        public_url="https://centre.example",
    )
    monkeypatch.setattr(public_views, "ASK_LIMIT", RateLimit(burst=100, per_minute=60))
    monkeypatch.setattr(public_views, "SITE_LIMIT", RateLimit(burst=100, per_minute=60))
    monkeypatch.setattr(public_views, "ERASE_LIMIT", RateLimit(burst=100, per_minute=60))
    return tmp_path


@pytest.fixture
def two(person) -> tuple[Person, Person]:
    """Return two analysts, who may decide about what the other asks."""
    return person(Role.ANALYST), person(Role.ANALYST)


@pytest.fixture
def take_in(centre: Path, two) -> Callable[..., Batch]:
    """Return a function that takes a list in as the first of the two."""

    def taken(content: bytes = LIST, told: Handover = TOLD, now: datetime = NOW) -> Batch:
        return batch_take_in(content=content, told=told, by=two[0], now=now)

    return taken


def decide(batch: Batch, by: Person, *, is_granted: bool = True) -> Batch:
    approval = Approval.objects.get(subject=f"accounts:{batch.pk}")
    approval_decide(approval=approval, is_granted=is_granted, reason="không rõ", by=by, now=NOW)
    batch.refresh_from_db()
    return batch


@pytest.fixture
def in_force(take_in: Callable[..., Batch], two) -> Batch:
    return decide(take_in(), two[1])


def ask(address: str, *, now: datetime = NOW, language: str = "vi") -> None:
    question_ask(address=address, language=language, now=now)


def answer(now: datetime = NOW + LATEST) -> Tally:
    return answers_work(clock=lambda: now, stop=Event())
