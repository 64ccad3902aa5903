"""Issuing a letter: a number of the register, the printed and signed original, its public code; taking it back."""

import secrets
from copy import copy
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.codes import SPACE, code_of
from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import EventKind
from quetsach.campaign.letters.letter import DocumentKind
from quetsach.core.text import LocalText
from quetsach.web.office.approvals.services import is_approved
from quetsach.web.office.blob_store import LETTERS
from quetsach.web.office.codes import verification_register, verification_revoke
from quetsach.web.office.letters.content import digest_of, text_of
from quetsach.web.office.letters.document.printing import SigningCredentials, print_original
from quetsach.web.office.letters.models import Letter, LetterState, RegisterBook
from quetsach.web.office.letters.services.dispatches import courses_of, event_add
from quetsach.web.office.letters.services.draft import refuse_dissolved, refuse_past_due
from quetsach.web.office.letters.signing_credentials import authority_here, credentials_of, key_state
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit

MOST_NUMBER = 99_999


def letter_issue(*, letter: Letter, by: Person, now: datetime, may_be_unsigned: bool = False) -> Letter:
    """Give an approved letter its number and day and keep its original.

    Everything is in one transaction: a letter that cannot be printed takes no number, so the register has no gaps.

    Args:
        letter: one that a second person approved as it is.
        by: who issues it.
        now: the time (UTC).
        may_be_unsigned: that the person knows that with no keys in force it goes out without a signature, and wants it.

    Raises:
        AccessError: not this person's to do.
        LetterError: it was issued before, nobody approved what it says now, its due day is over, or it would go out
            unsigned and nobody consented to that.
        DocumentError: it cannot be printed.
        SigningError: it cannot be signed, or the time stamping authority does not answer.
    """
    require(by, Permission.ISSUE_LETTER, letter.unit, day=today(now))
    _refuse_issued(letter)
    code = code_of(secrets.randbelow(SPACE))
    trial = copy(letter)
    trial.code, trial.issued_at = code, now
    # Tried before the register is held, for which others wait: a first print loads much, an authority may be silent.
    print_original(text_of(trial), None)
    if _seals(trial, now, may_be_unsigned=may_be_unsigned) and (authority := authority_here()):
        authority.check()
    return _issue(letter, code, by, now, may_be_unsigned=may_be_unsigned)


@transaction.atomic
def _issue(letter: Letter, code: str, by: Person, now: datetime, *, may_be_unsigned: bool) -> Letter:
    letter = Letter.objects.select_for_update(of=("self",)).select_related("unit", "earlier").get(pk=letter.pk)
    day = today(now)
    require(by, Permission.ISSUE_LETTER, letter.unit, day=day)
    _refuse_issued(letter)
    refuse_dissolved(letter, day)
    refuse_past_due(letter.due, day)
    if letter.state != LetterState.SUBMITTED or not is_approved(
        kind="letter", subject=letter.log_subject, digest=digest_of(letter)
    ):
        raise LetterError(
            _("a second person has not approved what this letter says now"), hint=_("submit it and have it approved")
        )
    letter.state, letter.year = LetterState.ISSUED, day.year
    letter.number = _next_number(letter.unit, letter.book, day)
    letter.issued_on, letter.issued_at, letter.issued_by = day, now, by
    letter.code = code
    if letter.earlier:
        _end_earlier(letter, letter.earlier, by, now)
    seals = _seals(letter, now, may_be_unsigned=may_be_unsigned)
    (letter.sha256,) = LETTERS.put([print_original(text_of(letter), seals, authority_here())])
    letter.signatures = [one.as_json() for one in seals.certificates] if seals else []
    letter.save()
    _register_code(letter, now)
    log_append(
        by=by,
        act="letter-issue",
        subject=letter.log_subject,
        unit=letter.unit,
        detail={
            "number": letter.number_sign,
            "sha256": letter.sha256,
            "code": letter.code,
            **({"signatures": letter.signatures} if seals else {"unsigned": "by consent"}),
        },
        now=now,
    )
    return letter


def _refuse_issued(letter: Letter) -> None:
    if letter.is_issued:
        raise LetterError(
            _("%(number)s is issued already; nothing was done a second time") % {"number": letter.number_sign}
        )


def _seals(letter: Letter, now: datetime, *, may_be_unsigned: bool) -> SigningCredentials | None:
    """Return what the letter is signed with; with no keys in force it goes out only if somebody consented to that."""
    seals = credentials_of(letter, now=now)
    if seals is None and not may_be_unsigned:
        has_keys = key_state(letter.unit, now=now).certificates
        raise LetterError(
            _("the unit's signing certificates are not in force: the letter would go out without a signature")
            if has_keys
            else _("the unit has no signing keys: the letter would go out without a signature"),
            hint=_("put its keys in place, or confirm that it is to be issued unsigned"),
        )
    return seals


@transaction.atomic
def register_continue(*, unit: Unit, year: int, last: int, by: Person, now: datetime) -> RegisterBook:
    """Go on with a register that began on paper: the next letter gets the number after ``last``.

    Raises:
        AccessError: not this person's to do.
        LetterError: letters of that year were numbered here already, or the number cannot be one.
    """
    require(by, Permission.ISSUE_LETTER, unit, day=today(now))
    if not 0 <= last <= MOST_NUMBER:
        raise LetterError(_("the last number on paper is from 0 to 99,999"))
    if Letter.objects.filter(unit=unit, year=year, number__isnull=False).exists():
        raise LetterError(_("letters of this year were numbered here already"))
    book, _is_new = RegisterBook.objects.update_or_create(unit=unit, year=year, book="cv", defaults={"last": last})
    log_append(
        by=by,
        act="register-continue",
        subject=f"register:{unit.key}:{year}",
        unit=unit,
        detail={"last": last},
        now=now,
    )
    return book


def _register_code(letter: Letter, now: datetime) -> None:
    """Let the public page of the code tell what the letter is."""
    title, asks = f"{letter.number_sign}: {letter.subject}", letter.asks or letter.subject
    verification_register(
        kind="letter",
        code=letter.code,
        issuer=LocalText(_issuer(letter), letter.unit.name_en or _issuer(letter)),
        title=LocalText(title, title),
        asks=LocalText(asks, asks),
        issued_on=letter.issued_on or today(now),
        url="",
        signatures=letter.signatures,
        now=now,
    )


def _issuer(letter: Letter) -> str:
    """Return who the public is told sent it: what stands in its head is free text, so the unit's name stands beside."""
    agency, unit = letter.agency, letter.unit.name_vi
    return agency if unit.casefold() in agency.casefold() else f"{agency} ({unit})"[:300]


def _next_number(unit: Unit, book: str, day: date) -> int:
    RegisterBook.objects.get_or_create(unit=unit, year=day.year, book=book)
    register = RegisterBook.objects.select_for_update().get(unit=unit, year=day.year, book=book)
    register.last += 1
    register.save(update_fields=["last"])
    return register.last


def _end_earlier(letter: Letter, earlier: Letter, by: Person, now: datetime) -> None:
    """Mark what this letter replaces or revokes: nobody needs to answer it, and mail that has not left stays here."""
    earlier = Letter.objects.select_for_update().get(pk=earlier.pk)
    if earlier.state != LetterState.ISSUED:
        raise LetterError(_("%(number)s was replaced or revoked before") % {"number": earlier.number_sign})
    if letter.kind == DocumentKind.UPDATE:
        return
    earlier.state = LetterState.REVOKED if letter.kind == DocumentKind.REVOCATION else LetterState.REPLACED
    earlier.save(update_fields=["state"])
    verification_revoke(code=earlier.code, reason=f"{letter.number_sign}: {letter.subject}", now=now)
    Message.objects.filter(dispatch__letter=earlier, state=MessageState.QUEUED).update(
        state=MessageState.FAILED, error=f"{earlier.number_sign} was taken back before this left"
    )
    courses = courses_of(earlier.dispatches.all())
    for dispatch in earlier.dispatches.all():
        if courses[dispatch.pk].is_pending:
            event_add(dispatch=dispatch, kind=EventKind.CLOSED, at=now, via="centre", by=by, reason=letter.subject)
