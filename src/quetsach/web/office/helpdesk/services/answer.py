"""What the office does with a case; every step is looked up in the table of states, and logged."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction

from quetsach.campaign.authority import Act
from quetsach.campaign.helpdesk.case_state import CaseState, Step, erase_before, lapse_before, state_after
from quetsach.campaign.helpdesk.errors import CaseError
from quetsach.web.office.encryption import unseal
from quetsach.web.office.helpdesk.keys import CONTACT
from quetsach.web.office.helpdesk.models import Author, Case, Message
from quetsach.web.office.helpdesk.services.case import case_erase, checked_text
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import may_do, require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit


@contextmanager
def _step(
    case: Case, step: Step, *, by: Person, now: datetime, detail: Mapping[str, Any] | None = None
) -> Iterator[Case]:
    """Let somebody who may answer the unit's cases take one step: checked, saved and logged in one transaction."""
    with transaction.atomic():
        case = Case.objects.select_for_update().select_related("unit").get(pk=case.pk)
        unit = case.unit
        require(by, Act.ANSWER_CASES, unit, day=today(now))
        if case.erased_at is not None:
            raise CaseError("this case was erased", code="erased")
        case.state = state_after(case.case_state, step)
        yield case
        case.changed_at = now
        case.save()
        log_append(by=by, act=f"case-{step}", subject=f"case:{case.code}", unit=unit, detail=detail or {}, now=now)


def case_take(*, case: Case, by: Person, now: datetime, assignee: Person | None = None) -> None:
    """Take a case, take it over from a colleague, or give it to one.

    Raises:
        CaseError: it is closed or erased, or the colleague may not answer it.
        AccessError: not this person's to do.
    """
    taker = assignee or by
    with _step(case, Step.TAKE, by=by, now=now, detail={"to": taker.pk}) as taken:
        if not may_do(taker, Act.ANSWER_CASES, taken.unit, day=today(now)):
            raise CaseError("this colleague may not answer the unit's cases", code="colleague")
        taken.assignee = taker


def case_reply(*, case: Case, text: str, is_question: bool, by: Person, now: datetime) -> None:
    """Write to the person: an answer, or a question on whose answer the case then waits.

    Raises:
        CaseError: the text is empty or too long, or the case is closed or erased.
        AccessError: not this person's to do.
    """
    text = checked_text(text)
    with _step(case, Step.ASK if is_question else Step.ANSWER, by=by, now=now) as answered:
        answered.assignee = answered.assignee or by
        answered.first_answer_at = answered.first_answer_at or now
        Message.objects.create(case=answered, author=Author.OFFICE, by=by, text=text, at=now)


def case_note(*, case: Case, text: str, by: Person, now: datetime) -> None:
    """Write a note among colleagues.

    Raises:
        CaseError: the text is empty or too long, or the case is erased.
        AccessError: not this person's to do.
    """
    text = checked_text(text)
    with _step(case, Step.NOTE, by=by, now=now) as noted:
        Message.objects.create(case=noted, author=Author.NOTE, by=by, text=text, at=now)


def case_hand_over(*, case: Case, unit: Unit, text: str, by: Person, now: datetime) -> None:
    """Hand a case over to another unit, with a note why; from then on that unit's people have it.

    Raises:
        CaseError: no reason is given, the unit is no more or has it already, or the case is closed or erased.
        AccessError: not this person's to do.
    """
    text = checked_text(text)
    day = today(now)
    if unit.pk == case.unit_id or (unit.closed is not None and unit.closed <= day) or unit.opened > day:
        raise CaseError("a case goes to another unit that there is today", code="unit")
    with _step(case, Step.HAND_OVER, by=by, now=now, detail={"to": unit.key}) as handed:
        Message.objects.create(case=handed, author=Author.NOTE, by=by, text=text, at=now)
        handed.unit, handed.assignee = unit, None


def case_close(*, case: Case, by: Person, now: datetime) -> None:
    """Close a case; what the person wrote is erased after the time that was promised.

    Raises:
        CaseError: it is closed or erased already.
        AccessError: not this person's to do.
    """
    with _step(case, Step.CLOSE, by=by, now=now) as closed:
        closed.closed_at = now


def case_reopen(*, case: Case, by: Person, now: datetime) -> None:
    """Open a closed case again.

    Raises:
        CaseError: it is not closed, or erased.
        AccessError: not this person's to do.
    """
    with _step(case, Step.REOPEN, by=by, now=now) as opened:
        opened.closed_at, opened.assignee = None, by


@transaction.atomic
def contact_show(*, case: Case, by: Person, now: datetime) -> str | None:
    """Return how the person is reached, ``None`` if that is not known; who looked is logged.

    Raises:
        AccessError: not this person's to do.
    """
    case = Case.objects.select_related("unit", "asker").get(pk=case.pk)
    require(by, Act.ANSWER_CASES, case.unit, day=today(now))
    asker = getattr(case, "asker", None)
    contact = unseal(asker.contact, purpose=CONTACT) if asker and asker.contact else None
    log_append(by=by, act="case-contact", subject=f"case:{case.code}", unit=case.unit, detail={}, now=now)
    return contact


def cases_purge(*, now: datetime) -> tuple[int, int]:
    """Close what nobody writes to any more, and erase what was closed long enough ago.

    Returns:
        How many were closed, and how many erased.
    """
    closed = 0
    for case in Case.objects.filter(
        state__in=(CaseState.WAITING, CaseState.ANSWERED), changed_at__lt=lapse_before(now)
    ).select_related("unit"):
        with transaction.atomic():
            following = state_after(case.case_state, Step.LAPSE)
            unchanged = Case.objects.filter(pk=case.pk, state=case.state, changed_at=case.changed_at)
            if unchanged.update(state=following, closed_at=now, changed_at=now):
                closed += 1
                log_append(by=None, act="case-lapse", subject=f"case:{case.code}", unit=case.unit, detail={}, now=now)
    gone = list(Case.objects.filter(state=CaseState.CLOSED, closed_at__lt=erase_before(now), erased_at=None))
    for case in gone:
        case_erase(case=case, now=now, reason="retention")
    return closed, len(gone)
