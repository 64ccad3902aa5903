"""What the person who asks can do: open a case, write, have it erased. The key is all that is asked for."""

import hmac
import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from quetsach.campaign.helpdesk.case_code import SPACE, case_code, read_case_code, read_case_key
from quetsach.campaign.helpdesk.case_state import CaseState, Step, state_after
from quetsach.campaign.helpdesk.errors import CaseError
from quetsach.web.office.encryption import seal
from quetsach.web.office.helpdesk.keys import CONTACT, key_digest, key_of
from quetsach.web.office.helpdesk.models import Asker, Author, Case, Message
from quetsach.web.office.helpdesk.slip import Slip
from quetsach.web.office.log.services import log_append
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit

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
    slip: Slip | None,
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
        for code in (case_code(secrets.randbelow(SPACE)) for _ in range(_TRIES))
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
