"""What the unit above does with returns: send back, approve, open again, stand for missing ones, give more time."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import ReturnError, StateError
from quetsach.campaign.returns.state import Act as ReturnAct
from quetsach.campaign.returns.state import ReturnStatus, Scope, State, after, nearest_above
from quetsach.core.period import midnight_after
from quetsach.web.design.words import here
from quetsach.web.office.approvals.services import approval_ask
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import Extension, Period, Publication, Return, ReturnDecision, SignOff
from quetsach.web.office.returns.selectors.owing import expected_positions
from quetsach.web.office.returns.selectors.publication import digest_of, totals_document
from quetsach.web.office.returns.selectors.tally import Tally, decider_of, path_on, tally_of
from quetsach.web.office.returns.services.entry import period_lock, refuse_doubles
from quetsach.web.office.returns.services.remind import sent_back_tell
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit
from quetsach.web.office.units.selectors import answering

LONGEST_EXTENSION_DAYS = 90


@transaction.atomic
def return_decide(*, filed: Return, act: ReturnAct, reason: str, by: Person, now: datetime) -> Return:
    """Decide on a return as the unit above it, in the revision that ``filed`` has: what was looked at.

    A unit whose return is sent back gets a mail with what must be corrected, if mail reaches it.

    Raises:
        ReturnError: it is not in the state for that or was submitted anew, units below are not done, or a reason is
            lacking.
        AccessError: this is not the person's to do.
    """
    seen = filed.revision
    filed = Return.objects.select_related("period__assignment__campaign", "unit").get(pk=filed.pk)
    require(by, Permission.APPROVE_RETURN, decider_of(filed.unit, filed.period, day=today(now)), day=today(now))
    period_lock(filed.period)
    filed.refresh_from_db(fields=["state", "scope", "revision"])
    if filed.revision != seen:
        raise _changed()
    reason = reason.strip()[:2000]
    if act in {ReturnAct.RETURN, ReturnAct.REOPEN} and not reason:
        raise ReturnError(_("a reason is needed"), hint=_("say what must be corrected"))
    state = _next(State(filed.state), act)
    tally = tally_of(filed.period, now=now, around=path_on(filed.unit, filed.period))
    if act is ReturnAct.APPROVE:
        _refuse_waiting(tally, filed)
    else:
        _refuse_approved_above(tally, filed.unit)
    filed.state, filed.changed_at = state, now
    filed.save(update_fields=["state", "changed_at"])
    if state is State.RETURNED:
        filed.figures.all().delete()
    else:
        filed.figures.update(is_approved=state is State.APPROVED)
    decision = ReturnDecision.objects.create(
        filed=filed, revision=filed.revision, act=act, reason=reason, decided_by=by, decided_at=now
    )
    if act is ReturnAct.RETURN:
        sent_back_tell(decision, now=now)
    log_append(
        by=by,
        act=f"return-{act}",
        subject=filed.log_subject,
        unit=filed.unit,
        detail={"period": filed.period.key, "revision": filed.revision, "reason": reason},
        now=now,
    )
    return filed


def _next(state: State, act: ReturnAct) -> State:
    try:
        return after(state, act)
    except StateError as error:
        raise _changed() from error


def _changed() -> StateError:
    return StateError(_("the return is in another state by now"), hint=_("look at it again"))


@transaction.atomic
def missing_sign_off(
    *, period: Period, unit: Unit, missing: Sequence[Unit], reason: str, by: Person, now: datetime
) -> SignOff:
    """Stand for the missing returns of units below, each named, so that one silent unit does not hold up the others.

    It ends for a unit that reports after all.

    Raises:
        ReturnError: nobody is named, one has reported or does not stand directly below, or the reason is lacking.
        AccessError: this is not the person's to do.
    """
    require(by, Permission.APPROVE_RETURN, answering(unit, day=today(now)), day=today(now))
    period_lock(period)
    reason = reason.strip()[:2000]
    if not reason:
        raise ReturnError(_("a reason is needed"), hint=_("say why these returns will not come"))
    tally = tally_of(period, now=now, around=path_on(unit, period))
    path = tally.path_of(unit)
    silent = {tally.places[below].pk for below in tally.survey.missing_below(path)} if path else set()
    if not missing or {one.pk for one in missing} - silent:
        raise ReturnError(_("only units directly below that have not reported can be named"))
    signed = SignOff.objects.create(period=period, unit=unit, reason=reason, signed_by=by, signed_at=now)
    signed.missing.set(missing)
    log_append(
        by=by,
        act="return-sign-off",
        subject=f"period:{period.pk}",
        unit=unit,
        detail={"period": period.key, "missing": sorted(one.key for one in missing), "reason": reason},
        now=now,
    )
    return signed


@transaction.atomic
def extension_give(
    *, period: Period, units: Sequence[Unit], until: date, reason: str, by: Person, now: datetime
) -> list[Extension]:
    """Give units more time: all of them or, where one cannot get it, none.

    Raises:
        ReturnError: nobody is named, a unit owes nothing, the day does not fit, or the reason is lacking.
        AccessError: this is not the person's to do.
    """
    day = today(now)
    for decider in {decider_of(unit, period, day=day) for unit in units}:
        require(by, Permission.APPROVE_RETURN, decider, day=day)
    if not units:
        raise ReturnError(_("no unit is named"), hint=_("tick the units that get more time"))
    owing = set(expected_positions(period).values_list("unit", flat=True))
    if {unit.pk for unit in units} - owing:
        raise ReturnError(_("no return is expected of this unit for this period"))
    if not reason.strip():
        raise ReturnError(_("a reason is needed"), hint=_("say why there is more time"))
    if until <= period.deadline.due or until < day:
        raise ReturnError(_("the day must lie after the due day and not in the past"))
    if (until - max(day, period.last)).days > LONGEST_EXTENSION_DAYS:
        raise ReturnError(_("that is more time than can be given"))
    given = {"until": until, "reason": reason.strip()[:500], "given_by": by, "given_at": now}
    made = Extension.objects.bulk_create(Extension(period=period, unit=unit, **given) for unit in units)
    for unit in units:
        detail = {"period": period.key, "until": until.isoformat(), "reason": given["reason"]}
        subject = f"period:{period.pk}"
        log_append(by=by, act="return-extend", subject=subject, unit=unit, detail=detail, now=now)
    return made


def _refuse_waiting(tally: Tally, filed: Return) -> None:
    path = tally.path_of(filed.unit)
    if path is None:
        raise ReturnError(_("no return is expected of this unit for this period"))
    refuse_doubles(filed.period, filed.unit, Scope(filed.scope))
    if tally.survey.standings[path] is ReturnStatus.WAITING:
        names = [tally.places[below].name for below in tally.survey.waiting_for(path)]
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise StateError(
            _("returns below are not approved: %(units)s") % {"units": shown},
            hint=_("approve them first, or let the unit stand for those that are missing"),
        )


def _refuse_approved_above(tally: Tally, unit: Unit) -> None:
    """What is approved above stands on this return: it is opened from the top down."""
    path = tally.path_of(unit)
    above = nearest_above(tally.places).get(path) if path else None
    if above and tally.survey.standings[above] is ReturnStatus.APPROVED:
        raise StateError(
            _("the return of %(unit)s is approved") % {"unit": tally.places[above].name},
            hint=_("open that one again first, from the top down"),
        )


# Asking a second person to let totals out.


@transaction.atomic
def totals_publish_ask(*, period: Period, by: Person, now: datetime) -> Publication:
    """Freeze the approved totals of a period and ask a second person to let exactly these out.

    Raises:
        ReturnError: the period is not over, nothing is approved, or machines are counted twice.
        AccessError: this is not the person's to do.
    """
    require(by, Permission.PUBLISH_NUMBERS, root_unit(), day=today(now))
    period = period_lock(period)
    if not period.assignment.is_in_force:
        raise ReturnError(_("these returns are not asked for any more"))
    if now < midnight_after(period.last, timezone.get_default_timezone()):
        raise ReturnError(_("this period is not over"))
    tally = tally_of(period, now=now)
    if doubled := tally.conflicts():
        units = ", ".join(f"{above.name} / {below.name}" for above, below in doubled[:5])
        raise ReturnError(
            _("machines would be counted twice: %(units)s") % {"units": units},
            hint=_("send one of the two returns back"),
        )
    document = totals_document(period, now=now)
    if not document["figures"]:
        raise ReturnError(_("nothing is approved yet"))
    digest = digest_of(document)
    asked, _is_new = Publication.objects.get_or_create(
        assignment=period.assignment,
        period=period,
        sha256=digest,
        defaults={"document": document, "asked_by": by, "asked_at": now},
    )
    title = _("Totals of returns, %(period)s") % {"period": here(period.title)}
    approval_ask(kind="numbers", subject=asked.subject, digest=digest, title=title, by=by, unit=root_unit(), now=now)
    return asked
