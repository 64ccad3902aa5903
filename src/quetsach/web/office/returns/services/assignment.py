"""Putting a form to use: who owes a return on it, for which periods, and until when."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import ReturnError
from quetsach.campaign.letters.reminders import Policy, days_text
from quetsach.campaign.returns.form import read_form
from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod
from quetsach.core.text import NO_TEXT
from quetsach.web.design.words import figure, here
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, approvals_void
from quetsach.web.office.editions import refuse_clash
from quetsach.web.office.letters.models import Letter, LetterState
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import is_closed
from quetsach.web.office.returns.models import (
    AssignedUnits,
    Assignment,
    Period,
    ReturnForm,
    ReturnLink,
    ReturnReminder,
)
from quetsach.web.office.returns.selectors.asking import asking_of, campaign_name, off_plan, submitted_count
from quetsach.web.office.returns.services.remind import withdrawal_tell
from quetsach.web.office.tree.models import Position, Unit, UnitKind
from quetsach.web.office.tree.selectors import root_unit

MOST_DAYS = 365
MOST_PERIODS = 120
MOST_UNITS_ALONE = 50
"""One person alone asks no more units than these for returns."""


@dataclass(frozen=True, slots=True)
class Target:
    """Units that owe: those of a kind at or below ``top``; without a kind, ``top`` itself."""

    top: Unit
    kind: UnitKind | None = None


@transaction.atomic
def form_load(*, content: bytes, file: str) -> ReturnForm:
    """Keep a version of a form; the same again changes nothing.

    Raises:
        CampaignError: the file is damaged.
        ReturnError: another text is kept under this version.
    """
    form = read_form(content, file=file)
    digest = hashlib.sha256(content).hexdigest()
    kept, is_new = ReturnForm.objects.get_or_create(
        code=form.code, defaults={"document": content.decode("utf-8"), "sha256": digest}
    )
    if not is_new and kept.sha256 != digest:
        raise ReturnError(
            _("this version of the form is in use with another text"),
            where=file,
            hint=_("give what has changed a new version"),
        )
    return kept


@transaction.atomic
def form_take_in(*, content: bytes, by: Person, now: datetime) -> ReturnForm:
    """Keep a form or a new version that an operator has looked at. It asks nobody for anything yet.

    Args:
        content: the file, as it was looked at.
        by: who takes it in.
        now: the time (UTC).

    Raises:
        AccessError: this is not the person's to do.
        CampaignError: the file is damaged.
        ReturnError: another text is kept under this version.
    """
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    is_new = not ReturnForm.objects.filter(sha256=hashlib.sha256(content).hexdigest()).exists()
    kept = form_load(content=content, file=_("file"))
    if is_new:
        detail = {"sha256": kept.sha256}
        log_append(by=by, act="form-take-in", subject=f"form:{kept.code}", unit=root_unit(), detail=detail, now=now)
    return kept


@transaction.atomic
def assignment_make(
    *,
    by: Person | None,
    campaign: Campaign,
    form: ReturnForm,
    period_kind: PeriodKind,
    periods: Sequence[ReportingPeriod],
    targets: Sequence[Target],
    due_days: int,
    lock_days: int,
    now: datetime,
    letter: Letter | None = None,
) -> Assignment:
    """Make units owe returns: at once, or where more than 50 would, when a second person has agreed.

    Args:
        by: who asks; ``None`` for the centre's own commands, which nobody has to agree to.
        campaign: what the returns are of.
        form: what is asked.
        period_kind: what the periods are.
        periods: in any order.
        targets: who owes.
        due_days: how many days after the end of a period, or after the asking if that is later, returns are due.
        lock_days: likewise, when entry closes.
        now: the moment of asking (UTC).
        letter: the letter that asks for them, issued in this campaign.

    Raises:
        ReturnError: no period, no unit, days that do not fit, the campaign is closed, or the letter is none that holds.
        AccessError: this is not the person's to do.
    """
    if by is not None:
        require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    _refuse_senseless(periods, targets, due_days, lock_days)
    _refuse_closed(campaign, letter)
    made = Assignment.objects.create(
        campaign=campaign,
        form=form,
        period_kind=period_kind,
        due_days=due_days,
        lock_days=lock_days,
        letter=letter,
        made_by=by,
        made_at=now,
    )
    AssignedUnits.objects.bulk_create(
        AssignedUnits(assignment=made, top=target.top, kind=target.kind or "") for target in targets
    )
    Period.objects.bulk_create(_period(made, period) for period in periods)
    named = [f"{target.top.key} {target.kind or ''}".strip() for target in targets]
    units = asking_of(made).units
    detail = {"campaign": campaign.key, "form": form.code, "periods": len(periods), "targets": named, "units": units}
    log_append(by=by, act="returns-assign", subject=made.log_subject, unit=root_unit(), detail=detail, now=now)
    if by is not None and units > MOST_UNITS_ALONE:
        said = {"campaign": here(campaign_name(campaign)), "units": figure(units)}
        title = _("Returns of %(campaign)s, units: %(units)s") % said
        asked = {"subject": made.log_subject, "digest": assignment_digest(made), "title": title[:300]}
        approval_ask(kind="assignment", **asked, by=by, unit=root_unit(), now=now)
    else:
        made.in_force_at = now
        made.save(update_fields=["in_force_at"])
    return made


def assignment_digest(assignment: Assignment) -> str:
    """Return the SHA-256 of what an assignment asks of whom."""
    document = {
        "campaign": assignment.campaign.key,
        "form": assignment.form.sha256,
        "due_days": assignment.due_days,
        "lock_days": assignment.lock_days,
        "letter": assignment.letter.sha256 if assignment.letter else "",
        "targets": sorted(assignment.targets.values_list("top__key", "kind")),
        "periods": sorted([p.key, str(p.first), str(p.last)] for p in assignment.periods.all()),
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def assignment_check(approval: Approval) -> None:
    """Refuse what cannot be granted any more.

    Raises:
        ReturnError: it was taken back, is not what was asked for, or the campaign was closed meanwhile.
    """
    asked = _asked(approval)
    if asked is None or asked.withdrawn_at or asked.in_force_at or assignment_digest(asked) != approval.digest:
        raise ReturnError(_("these returns are not asked for any more"), hint=_("look at the page of the returns"))
    if is_closed(asked.campaign):
        raise ReturnError(_("this campaign is closed: nobody can be asked for its returns any more"))


@transaction.atomic
def assignment_carry_out(approval: Approval, now: datetime) -> None:
    """Make units owe what a second person has agreed to."""
    Assignment.objects.filter(pk=_number(approval), in_force_at=None, withdrawn_at=None).update(in_force_at=now)


@transaction.atomic
def assignment_withdraw(*, assignment: Assignment, reason: str, by: Person, now: datetime) -> Assignment:
    """Take an assignment back: nobody owes by it any more, nobody is reminded, its links close.

    Returns that were submitted stay readable and go into no published total. Mail that has not left is dropped; units
    that were told that they owe are told that they do not.

    Raises:
        ReturnError: it was taken back before, totals of it are public, or the reason is lacking.
        AccessError: this is not the person's to do.
    """
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    assignment = Assignment.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=assignment.pk)
    reason = reason.strip()[:2000]
    if assignment.withdrawn_at is not None:
        raise ReturnError(_("this was taken back before"))
    if not reason:
        raise ReturnError(_("a reason is needed"), hint=_("say why these returns are not needed"))
    periods = list(assignment.periods.all())
    subjects = [period.log_subject for period in periods]
    if Approval.objects.filter(kind="numbers", subject__in=subjects, is_granted=True).exists():
        raise ReturnError(_("totals of these returns are public"), hint=_("what is published stands on these returns"))
    assignment.withdrawn_at, assignment.withdrawn_by, assignment.withdrawn_reason = now, by, reason
    assignment.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    ReturnLink.objects.filter(period__in=periods, withdrawn_at=None).update(withdrawn_at=now)
    for kind, subject in (("assignment", assignment.log_subject), *(("numbers", subject) for subject in subjects)):
        approvals_void(kind=kind, subject=subject, by=by, now=now)
    told = withdrawal_tell(assignment, now=now)
    detail = {"reason": reason, "told": told, "submitted": submitted_count(assignment)}
    log_append(by=by, act="returns-withdraw", subject=assignment.log_subject, unit=root_unit(), detail=detail, now=now)
    return assignment


def _refuse_closed(campaign: Campaign, letter: Letter | None) -> None:
    if is_closed(campaign):
        raise ReturnError(_("this campaign is closed: nobody can be asked for its returns any more"))
    if letter is not None and (letter.state != LetterState.ISSUED or letter.campaign != campaign.key):
        raise ReturnError(_("this letter was not issued in this campaign, or does not hold any more"))


def _refuse_senseless(
    periods: Sequence[ReportingPeriod], targets: Sequence[Target], due_days: int, lock_days: int
) -> None:
    if not 0 <= due_days <= lock_days <= MOST_DAYS:
        raise ReturnError(_("entry cannot close before the returns are due, nor more than a year after the period"))
    if not 0 < len(periods) <= MOST_PERIODS:
        raise ReturnError(_("no period, or too many"), hint=_("choose other days"))
    if len({period.key for period in periods}) < len(periods):
        raise ReturnError(_("two periods have one name"))
    if not targets:
        raise ReturnError(_("nobody would owe a return"), hint=_("choose at least one kind of unit"))


def _period(assignment: Assignment, of: ReportingPeriod) -> Period:
    name = of.name or NO_TEXT
    return Period(assignment=assignment, key=of.key, first=of.first, last=of.last, name_vi=name.vi, name_en=name.en)


def _asked(approval: Approval) -> Assignment | None:
    found = Assignment.objects.select_related("campaign", "form", "letter")
    return found.filter(pk=_number(approval)).first()


def _number(approval: Approval) -> int:
    return int(approval.subject.partition(":")[2])


@transaction.atomic
def assignment_remind(*, assignment: Assignment, policy: Policy, by: Person, now: datetime, edition: str = "") -> None:
    """Say on which days, counted from the due day, units are reminded and units above are told.

    Raises:
        AccessError: this is not the person's to do.
        ClashError: the days were changed since ``edition``.
    """
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    assignment = Assignment.objects.select_for_update().get(pk=assignment.pk)
    refuse_clash(edition, reminded_on(assignment))
    assignment.unit_days, assignment.parent_days = days_text(policy.unit_days), days_text(policy.parent_days)
    assignment.save(update_fields=["unit_days", "parent_days"])
    detail = {"unit_days": list(policy.unit_days), "parent_days": list(policy.parent_days)}
    log_append(by=by, act="returns-policy", subject=assignment.log_subject, unit=root_unit(), detail=detail, now=now)


def reminded_on(assignment: Assignment) -> dict[str, str]:
    """Return the days of the reminders, as they stand."""
    return {"unit_days": assignment.unit_days, "parent_days": assignment.parent_days}


@transaction.atomic
def assignment_follow_plan(*, assignment: Assignment, by: Person, now: datetime) -> tuple[ReportingPeriod, ...]:
    """Give the periods the days that the campaign's phases have by now, and add those of new phases.

    Due days move along, days of extensions stay. Reminders begin anew, and totals that waited for a second person
    have to be asked for again.

    Returns:
        What was moved or added.

    Raises:
        ReturnError: a unit that has begun a return is not in the tree of the new last day.
        AccessError: this is not the person's to do.
    """
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    assignment = Assignment.objects.select_for_update().select_related("campaign").get(pk=assignment.pk)
    changed = off_plan(assignment)
    before = {period.key: period for period in assignment.periods.all()}
    for to in changed:
        period = before.get(to.key) or _period(assignment, to)
        if period.pk:
            _refuse_lost(period, to)
            approvals_void(kind="numbers", subject=period.log_subject, by=by, now=now)
            ReturnReminder.objects.filter(period=period).delete()
        period.first, period.last = to.first, to.last
        period.name_vi, period.name_en = (to.name.vi, to.name.en) if to.name else ("", "")
        period.save()
    if changed:
        moved = {to.key: f"{to.first}..{to.last}" for to in changed}
        log_append(by=by, act="returns-move", subject=assignment.log_subject, unit=root_unit(), detail=moved, now=now)
    return changed


def _refuse_lost(period: Period, to: ReportingPeriod) -> None:
    standing = Position.objects.on(to.last).values("unit")
    lost = Unit.objects.filter(returns__period=period).exclude(pk__in=standing).order_by("key")
    if lost:
        names = ", ".join(unit.name for unit in lost[:5])
        raise ReturnError(
            _("units with a return are not in the tree of %(day)s: %(units)s") % {"day": to.last, "units": names},
            hint=_("leave this phase within the time of their tree"),
        )
