"""What a unit does with a letter that it received: open, acknowledge, refuse. Reports answer it as well."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Act
from quetsach.campaign.letters.course import Course, Happening, Stage, Standing
from quetsach.campaign.letters.errors import LetterError
from quetsach.web.office.letters.models import Dispatch, LetterState
from quetsach.web.office.letters.models.dispatch import Channel
from quetsach.web.office.letters.returns_owed import returns_owed
from quetsach.web.office.letters.services.events import (
    MAX_REASON_LENGTH,
    course_of,
    courses_of,
    event_add,
)
from quetsach.web.office.letters.services.send import LINK_DAYS, Hand
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit

MOST_BY_LINK = 100
"""Answers of one unit without an account: each is kept for good, so a link must not fill the database."""


@transaction.atomic
def dispatch_open(*, dispatch: Dispatch, hand: Hand, now: datetime) -> Course:
    """Note that the unit opened the letter; the first time counts.

    Raises:
        AccessError: not this person's to do.
    """
    dispatch = _held(dispatch, hand, now)
    course = course_of(dispatch)
    if course.stage >= Stage.OPENED:
        return course
    event_add(dispatch=dispatch, kind=Happening.OPENED, at=now, via=hand.via, by=hand.person)
    _log(dispatch, "letter-open", hand, "", now)
    return course_of(dispatch)


@transaction.atomic
def dispatch_acknowledge(*, dispatch: Dispatch, hand: Hand, now: datetime) -> Course:
    """Acknowledge the letter for the unit; a second time changes nothing.

    Raises:
        AccessError: not this person's to do.
        LetterError: the letter was taken back.
    """
    dispatch = _held(dispatch, hand, now)
    course = course_of(dispatch)
    if course.stage >= Stage.ACKNOWLEDGED and course.standing is not Standing.REFUSED:
        return course
    _refuse_over(dispatch, hand)
    event_add(dispatch=dispatch, kind=Happening.ACKNOWLEDGED, at=now, via=hand.via, by=hand.person)
    _log(dispatch, "letter-acknowledge", hand, "", now)
    return course_of(dispatch)


@transaction.atomic
def dispatch_refuse(*, dispatch: Dispatch, reason: str, hand: Hand, now: datetime) -> Course:
    """Refuse the letter: it is not for this unit, or it cannot do what is asked. The sender sees the reason.

    Raises:
        AccessError: not this person's to do.
        LetterError: no reason, or the letter was taken back.
    """
    dispatch = _held(dispatch, hand, now)
    if not reason.strip():
        raise LetterError(_("a refusal needs a reason"), hint=_("say why, so that the sender can put it right"))
    _refuse_over(dispatch, hand)
    event_add(dispatch=dispatch, kind=Happening.REFUSED, at=now, via=hand.via, by=hand.person, reason=reason)
    _log(dispatch, "letter-refuse", hand, reason[:MAX_REASON_LENGTH], now)
    return course_of(dispatch)


@transaction.atomic
def dispatch_close(*, dispatch: Dispatch, reason: str, by: Person, now: datetime) -> Course:
    """End the wait for an answer, from the side of who sent it.

    Raises:
        AccessError: not this person's to do.
        LetterError: no reason.
    """
    dispatch = (
        Dispatch.objects.select_for_update(of=("self",))
        .select_related("letter", "from_unit", "to_unit")
        .get(pk=dispatch.pk)
    )
    require(by, Act.ISSUE_LETTER, dispatch.from_unit, day=today(now))
    if not reason.strip():
        raise LetterError(_("say why no answer is waited for"))
    event_add(dispatch=dispatch, kind=Happening.CLOSED, at=now, via="centre", by=by, reason=reason)
    _log(dispatch, "letter-close", Hand(by, "centre"), reason, now)
    return course_of(dispatch)


@transaction.atomic
def link_renew(*, dispatch: Dispatch, by: Person, now: datetime) -> Dispatch:
    """Make a new link; older ones of this dispatch are void, and with them the links to returns that they led to.

    Raises:
        AccessError: not this person's to do.
    """
    dispatch = (
        Dispatch.objects.select_for_update(of=("self",))
        .select_related("letter", "from_unit", "to_unit")
        .get(pk=dispatch.pk)
    )
    require(by, Act.ISSUE_LETTER, dispatch.from_unit, day=today(now))
    returns_owed().withdraw(dispatch, now=now)
    dispatch.link_number += 1
    dispatch.link_until = now + timedelta(days=LINK_DAYS)
    dispatch.copy_sha256 = ""  # the copy shows the link: it is made and sent anew
    if settings.CENTER.mail_server is not None:
        dispatch.channel = Channel.MAIL
    dispatch.save(update_fields=["link_number", "link_until", "copy_sha256", "channel"])
    _log(dispatch, "letter-link-renew", Hand(by, "centre"), "", now)
    return dispatch


@transaction.atomic
def letters_reported(*, unit: Unit, campaign: str, via: str, by: Person | None, at: datetime) -> int:
    """Note that a unit reported in a campaign: every letter of that campaign that it was sent is answered by it.

    Returns:
        How many dispatches came forward by it.
    """
    waiting = Dispatch.objects.filter(to_unit=unit, letter__campaign=campaign, letter__state=LetterState.ISSUED)
    courses = courses_of(waiting)
    open_ones = [d for d in waiting if campaign and courses[d.pk].stage < Stage.REPORTED]
    for dispatch in open_ones:
        event_add(dispatch=dispatch, kind=Happening.REPORTED, at=at, via=via, by=by)
    return len(open_ones)


def _held(dispatch: Dispatch, hand: Hand, now: datetime) -> Dispatch:
    """Return the dispatch as it is stored now, if this hand may act for the unit."""
    dispatch = Dispatch.objects.select_for_update(of=("self",)).select_related("letter", "to_unit").get(pk=dispatch.pk)
    if hand.person:
        require(hand.person, Act.HANDLE_LETTER, dispatch.to_unit, day=today(now))
    return dispatch


def _refuse_over(dispatch: Dispatch, hand: Hand) -> None:
    if hand.person is None and dispatch.events.filter(via=hand.via).count() >= MOST_BY_LINK:
        raise LetterError(_("this link is no longer valid"))
    if dispatch.letter.state != LetterState.ISSUED:
        raise LetterError(
            _("%(number)s was taken back: nothing needs to be done about it") % {"number": dispatch.letter.number_sign}
        )


def _log(dispatch: Dispatch, act: str, hand: Hand, reason: str, now: datetime) -> None:
    log_append(
        by=hand.person,
        act=act,
        subject=dispatch.letter.log_subject,
        unit=dispatch.to_unit,
        detail={"dispatch": dispatch.pk, "via": hand.via, "reason": reason},
        now=now,
    )
