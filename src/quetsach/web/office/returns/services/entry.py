"""Writing a return and submitting it: by a person of the unit, by a unit above, or by a link without account."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import ReturnError, StateError
from quetsach.campaign.returns.answers import Answers, examine
from quetsach.campaign.returns.state import RECEIVED, Scope, State, after, ancestors, conflicts_of
from quetsach.campaign.returns.state import Act as ReturnAct
from quetsach.core.family import name_key
from quetsach.web.office.editions import refuse_clash
from quetsach.web.office.letters.services.acknowledge import letters_reported
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import (
    FigureName,
    LinkUse,
    Period,
    Return,
    ReturnFigure,
    ReturnLink,
    ReturnRevision,
    SignOff,
)
from quetsach.web.office.returns.selectors.owing import deadline_of, expected_positions
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.office.tree.selectors import position_of

MOST_REVISIONS = 100
"""Each is kept for good: a link must not fill the database."""
_SAME_USE = timedelta(minutes=1)

type Author = Person | ReturnLink
"""Who writes: somebody with an account, or whoever was given the unit's link."""


class FaultyError(ReturnError):
    """The return cannot be submitted as it is; ``answers`` say what is wrong with which cell."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(
            _("something must be corrected") if answers.errors else _("there are notes that were not confirmed"),
            hint=_("each is said beside its cell"),
        )
        self.answers = answers


def read_return(period: Period, unit: Unit, cells: Mapping[str, Any], *, now: datetime) -> Answers:
    """Read cells on the form of the period, compared with the unit's return before it and with the campaign's days."""
    former = (
        ReturnFigure.objects.filter(
            filed__unit=unit, filed__period__assignment=period.assignment, filed__period__last__lt=period.last
        )
        .order_by("-filed__period__last")
        .values_list("filed_id", "name__code", "value")
    )
    rows = list(former[:100])
    last = {code: value for filed, code, value in rows if filed == rows[0][0]}
    typed = {str(name): str(text) for name, text in cells.items()}
    return examine(
        period.assignment.form.form,
        typed,
        family=name_key,
        former=last,
        today=today(now),
        begun=_begun(period),
    )


def _begun(period: Period) -> date:
    """Return the first day of a period's campaign: that of its plan, or when it was begun here if that is earlier."""
    campaign = period.assignment.campaign
    revision = campaign.revisions.order_by("-number").first()
    days = [phase.period.first for phase in revision.plan.phases] if revision else []
    return min([*days, today(campaign.begun_at), period.first])


@transaction.atomic
def return_save(
    *,
    author: Author,
    period: Period,
    unit: Unit,
    scope: Scope,
    cells: Mapping[str, str],
    now: datetime,
    edition: str = "",
) -> Return:
    """Keep a draft as it was typed, faults and all. What is submitted already can only be submitted again.

    Raises:
        ClashError: somebody saved or submitted it since ``edition``.
        ReturnError: the unit owes nothing, or entry is closed.
        AccessError: this is not the person's to do.
    """
    filed = _open(author, period, unit, now)
    refuse_clash(edition, filled_in(filed))
    if filed.state not in {State.DRAFT, State.RETURNED}:
        raise StateError(_("the return is submitted"), hint=_("submit it again with what has changed"))
    filed.scope, filed.changed_at = scope, now
    filed.cells = dict(read_return(period, unit, cells, now=now).cells)
    filed.save()
    _used(author, "saved", now)
    return filed


@transaction.atomic
def return_submit(
    *,
    author: Author,
    period: Period,
    unit: Unit,
    scope: Scope,
    cells: Mapping[str, str],
    has_seen_notes: bool,
    now: datetime,
    edition: str = "",
) -> Return:
    """Submit a return, or a correction of one that nobody has decided on.

    Raises:
        ClashError: somebody saved or submitted it since ``edition``.
        FaultyError: cells must be corrected, or notes were not confirmed. Nothing is kept.
        ReturnError: the unit owes nothing, entry is closed, machines would be counted twice, or the unit above stands
            for its missing return by name and is approved.
        AccessError: this is not the person's to do.
    """
    filed = _open(author, period, unit, now)
    refuse_clash(edition, filled_in(filed))
    answers = read_return(period, unit, cells, now=now)
    if answers.errors or (answers.notes and not has_seen_notes):
        raise FaultyError(answers)
    refuse_doubles(period, unit, scope)
    _refuse_signed_off(period, unit)
    if filed.revision >= MOST_REVISIONS:
        raise ReturnError(_("this return was submitted too often"), hint=_("ask the unit above to decide on it"))
    filed.state = after(State(filed.state), ReturnAct.SUBMIT)
    filed.scope, filed.cells, filed.changed_at = scope, dict(answers.cells), now
    filed.submitted_at = filed.submitted_at or now
    filed.revision += 1
    filed.save()
    person, link = (author, None) if isinstance(author, Person) else (None, author)
    revision = ReturnRevision.objects.create(
        filed=filed,
        number=filed.revision,
        scope=scope,
        cells=filed.cells,
        sha256=_digest(scope, filed.cells),
        submitted_at=now,
        submitted_by=person,
        by_link=link,
    )
    _keep_figures(filed, answers.figures)
    _used(author, "submitted", now)
    log_append(
        by=person,
        act="return-submit",
        subject=filed.log_subject,
        unit=unit,
        detail={
            "period": period.key,
            "revision": filed.revision,
            "sha256": revision.sha256,
            **({"link": link.pk} if link else {}),
        },
        now=now,
    )
    # A return answers the letters of its campaign, whether or not anybody clicked that they came.
    letters_reported(unit=unit, campaign=period.assignment.campaign.key, via="return", by=person, at=now)
    return filed


def filled_in(filed: Return | None) -> dict[str, str]:
    """Return what a return says, by the names of its cells, and ``scope``; nothing of one that nobody began."""
    if filed is None or filed.pk is None:
        return {}
    said = {name: str(text) for name, text in filed.cells.items() if text != ""}
    return said | {"scope": filed.scope}


def refuse_doubles(period: Period, unit: Unit, scope: Scope) -> None:
    """Refuse a return that would count machines which another received return counts.

    Raises:
        ReturnError: with the units whose returns stand against it.
    """
    position = position_of(unit, period.last)
    path = position.path if position else "/"
    near = Position.objects.on(period.last).filter(Q(path__startswith=path) | Q(path__in=list(ancestors(path))))
    paths = dict(near.exclude(unit=unit).values_list("unit_id", "path"))
    others = Return.objects.filter(period=period, state__in=RECEIVED, unit__in=near.values("unit")).exclude(unit=unit)
    received = {paths[one.unit_id]: one for one in others.select_related("unit")}
    against = conflicts_of(path, scope, {p: Scope(one.scope) for p, one in received.items()})
    if not against:
        return
    names = [received[c.below if c.above == path else c.above].unit.name for c in against]
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    if against[0].above == path:
        raise ReturnError(
            _("units below have reported by themselves: %(units)s") % {"units": shown},
            hint=_("report your own machines only, or send their returns back first"),
        )
    raise ReturnError(
        _("%(units)s has reported for this unit, too") % {"units": shown},
        hint=_("that unit must report its own machines only first"),
    )


def _refuse_signed_off(period: Period, unit: Unit) -> None:
    """Refuse what an approved return above says never came: that one is opened first."""
    standing_for = SignOff.objects.filter(period=period, missing=unit).values("unit")
    approved = Return.objects.filter(period=period, unit__in=standing_for, state=State.APPROVED)
    if above := approved.select_related("unit").first():
        raise StateError(
            _("%(unit)s has stated that your unit does not report, and its return is approved") % {"unit": above.unit},
            hint=_("ask it to have its return opened again, and save yours as a draft until then"),
        )


def period_lock(period: Period) -> Period:
    """Let nobody else change returns of the period until this transaction is over: the guards look at all of them."""
    return (
        Period.objects.select_for_update().select_related("assignment__form", "assignment__campaign").get(pk=period.pk)
    )


def _open(author: Author, period: Period, unit: Unit, now: datetime) -> Return:
    """Return the unit's return, for writing."""
    if isinstance(author, Person):
        require(author, Permission.ENTER_RETURN, unit, day=today(now))
    elif (author.period_id, author.unit_id) != (period.pk, unit.pk) or not author.is_open(now):
        raise ReturnError(_("this link does not lead to that return"))
    period_lock(period)
    if not expected_positions(period).filter(unit=unit).exists():
        raise ReturnError(_("no return is expected of this unit for this period"))
    if today(now) < period.first:
        raise ReturnError(_("this period has not begun"))
    filed = Return.objects.filter(period=period, unit=unit).first()
    filed = filed or Return(period=period, unit=unit, changed_at=now)
    if filed.state == State.APPROVED:
        raise StateError(_("the return is approved"), hint=_("ask the unit above to open it again"))
    if filed.state != State.RETURNED and deadline_of(period, unit).is_locked(now):
        raise ReturnError(_("entry is closed for this period"), hint=_("ask the unit above for more time"))
    return filed


def _keep_figures(filed: Return, figures: Mapping[str, int]) -> None:
    known = dict(FigureName.objects.filter(code__in=figures).values_list("code", "pk"))
    for code in figures.keys() - known.keys():
        known[code] = FigureName.objects.get_or_create(code=code)[0].pk
    filed.figures.all().delete()
    ReturnFigure.objects.bulk_create(
        ReturnFigure(
            filed=filed,
            assignment_id=filed.period.assignment_id,
            period_id=filed.period_id,
            unit_id=filed.unit_id,
            name_id=known[code],
            value=value,
            is_approved=filed.state == State.APPROVED,
        )
        for code, value in figures.items()
    )


def _digest(scope: Scope, cells: Mapping[str, str]) -> str:
    text = json.dumps({"scope": scope, "cells": cells}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _used(author: Author, act: str, now: datetime) -> None:
    if isinstance(author, ReturnLink):
        link_used(link=author, act=act, now=now)


def link_used(*, link: ReturnLink, act: str, now: datetime) -> None:
    """Note what a link was used for; the same again within a minute is noted once, so that nobody fills the table."""
    if not LinkUse.objects.filter(link=link, act=act, at__gt=now - _SAME_USE).exists():
        LinkUse.objects.create(link=link, act=act, at=now)
