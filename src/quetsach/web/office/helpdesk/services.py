"""Cases: asked by people, who hold the only key; answered by the office, each step looked up in the table of states."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from quetsach.campaign.authority import Permission
from quetsach.campaign.codes import CASE_SPACE, KEY_SPACE, case_code, case_key, read_case_code, read_case_key
from quetsach.campaign.errors import CaseError
from quetsach.campaign.helpdesk import CaseState, Step, erase_before, lapse_before, state_after
from quetsach.web.office.encryption import key_for, seal, unseal
from quetsach.web.office.helpdesk.check_result import CheckResult
from quetsach.web.office.helpdesk.models import Asker, Author, Case, Message
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import may_do, require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit

# Keys of cases, which nobody stores, and what the sealed contacts of people are sealed for.

CONTACT = "helpdesk.contact"
"""How a person is reached is sealed for this purpose, so that a stolen database does not tell."""


def key_of(form: UUID) -> str:
    """Return the key of the case that a form makes: the same form gives the same key, and no one else can make it."""
    digest = hmac.digest(key_for("helpdesk.case-key"), form.bytes, "sha256")
    return case_key(int.from_bytes(digest) % KEY_SPACE)


def key_digest(code: str, key: str) -> str:
    """Return what is kept of a key: without the centre's secret it cannot be tried out."""
    return hmac.new(key_for("helpdesk.key-digest"), f"{code} {key}".encode(), hashlib.sha256).hexdigest()


# What the person who asks can do: open a case, write, have it erased. The key is all that is asked for.

MAX_TEXT = 4000
MOST_MESSAGES = 50
"""Of one person in one case: whoever has more to say is called."""
NOTICE = "2026-11"
"""Version of the notice beside the tick; a change of its sense is a new version."""
_TRIES = 20


def case_open(
    *,
    form: UUID,
    kind: str,
    text: str,
    contact: str,
    province: Unit | None,
    slip: CheckResult | None,
    language: str,
    now: datetime,
) -> tuple[Case, str]:
    """Open a case; the same form again gives the same case.

    Args:
        form: what the form was given when it was shown.
        kind: one of ``wording.KINDS``.
        text: what happened, in the person's words.
        contact: e-mail address or telephone number; empty if the person gave none.
        province: where the person lives, if told.
        slip: what the check page had said, if the person attaches it.
        language: of the page, ``vi`` or ``en``.
        now: the time (UTC).

    Returns:
        The case, and its key: nobody can look that up later.

    Raises:
        CaseError: the text is empty or too long.
    """
    text = checked_text(text)
    key = key_of(form)
    known = Case.objects.filter(form=form).first()
    if known is not None:
        return known, key
    case = _case(form=form, key=key, kind=kind, province=province, language=language, now=now)
    try:
        with transaction.atomic():
            case.save(force_insert=True)
            Message.objects.create(case=case, author=Author.PERSON, text=text, at=now)
            if contact or slip:
                Asker.objects.create(
                    case=case,
                    contact=seal(contact, purpose=CONTACT) if contact else b"",
                    check_answer=slip.as_json() if slip else None,
                )
            detail = {"kind": kind, "language": language}
            log_append(by=None, act="case-open", subject=f"case:{case.code}", unit=case.unit, detail=detail, now=now)
    except IntegrityError:  # the same form at the same moment
        return Case.objects.get(form=form), key
    return case, key


def _case(*, form: UUID, key: str, kind: str, province: Unit | None, language: str, now: datetime) -> Case:
    code = next(
        code
        for code in (case_code(secrets.randbelow(CASE_SPACE)) for _ in range(_TRIES))
        if not Case.objects.filter(code=code).exists()
    )
    return Case(
        code=code,
        key_digest=key_digest(code, key),
        form=form,
        kind=kind,
        language=language,
        province=province,
        unit=root_unit(),
        notice=NOTICE,
        arrived_at=now,
        changed_at=now,
    )


def case_opened_by(*, code: str, key: str) -> Case | None:
    """Return the case that code and key open; ``None`` if they open none, whichever of the two is wrong.

    Raises:
        CaseError: the one or the other cannot be one at all: a letter is wrong.
    """
    code, key = read_case_code(code), read_case_key(key)
    case = Case.objects.filter(code=code, erased_at=None).first()
    is_right = hmac.compare_digest(key_digest(code, key), case.key_digest if case else "0" * 64)
    return case if case and is_right else None


@transaction.atomic
def case_write(*, case: Case, text: str, now: datetime) -> None:
    """Add what the person writes; a case that was answered or closed has work again.

    Raises:
        CaseError: the text is empty or too long, there are too many, or the case was erased meanwhile.
    """
    text = checked_text(text)
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.erased_at is not None:
        raise CaseError("this case was erased", code="erased")
    written = case.messages.filter(author=Author.PERSON)
    newest = written.last()
    if newest is not None and newest.text == text:
        return  # the button was pressed twice
    if written.count() >= MOST_MESSAGES:
        raise CaseError("there are too many messages in this case", code="too-many")
    Message.objects.create(case=case, author=Author.PERSON, text=text, at=now)
    case.state = state_after(case.case_state, Step.WRITE)
    case.changed_at = now
    if case.state != CaseState.CLOSED:
        case.closed_at = None
    case.save()
    log_append(by=None, act="case-write", subject=f"case:{case.code}", unit=case.unit, detail={}, now=now)


@transaction.atomic
def case_erase(*, case: Case, now: datetime, reason: str) -> None:
    """Erase what the person wrote and how to reach them, and every answer; what can be counted stays.

    Args:
        case: which.
        now: the time (UTC).
        reason: ``asked`` by the person, or ``retention``.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.erased_at is not None:
        return
    Asker.objects.filter(case=case).delete()
    case.messages.all().delete()
    case.state, case.key_digest, case.assignee = CaseState.CLOSED, "", None
    case.closed_at = case.closed_at or now
    case.erased_at = now
    case.save()
    log_append(
        by=None, act="case-erase", subject=f"case:{case.code}", unit=case.unit, detail={"reason": reason}, now=now
    )


def checked_text(text: str) -> str:
    """Return a message with its line ends made alike and nothing around it.

    Raises:
        CaseError: it is empty or too long.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > MAX_TEXT:
        raise CaseError(f"a text has 1 to {MAX_TEXT:,} characters", code="text")
    return text


# What the office does with a case; every step is looked up in the table of states, and logged.


@contextmanager
def _step(
    case: Case, step: Step, *, by: Person, now: datetime, detail: Mapping[str, Any] | None = None
) -> Iterator[Case]:
    """Let somebody who may answer the unit's cases take one step: checked, saved and logged in one transaction."""
    with transaction.atomic():
        case = Case.objects.select_for_update().select_related("unit").get(pk=case.pk)
        unit = case.unit
        require(by, Permission.ANSWER_CASES, unit, day=today(now))
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
        if not may_do(taker, Permission.ANSWER_CASES, taken.unit, day=today(now)):
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
    require(by, Permission.ANSWER_CASES, case.unit, day=today(now))
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
