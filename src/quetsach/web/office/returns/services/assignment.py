"""Putting a form to use: who owes a return on it, for which periods, and until when."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Act
from quetsach.campaign.letters.reminders import Policy, days_text
from quetsach.campaign.returns.errors import ReturnError
from quetsach.campaign.returns.form import read_form
from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod
from quetsach.web.office.approvals.services import approvals_void
from quetsach.web.office.campaigns.models import Campaign
from quetsach.web.office.editions import refuse_clash
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import AssignedUnits, Assignment, Period, ReturnForm, ReturnReminder
from quetsach.web.office.returns.selectors.plan import off_plan
from quetsach.web.office.units.models import Position, Unit, UnitKind
from quetsach.web.office.units.selectors import root_unit

MOST_DAYS = 365
MOST_PERIODS = 120


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
) -> Assignment:
    """Make units owe returns. ``by`` is ``None`` for the centre's own commands.

    Raises:
        ReturnError: no period, no unit, or days that do not fit.
        AccessError: this is not the person's to do.
    """
    if by is not None:
        require(by, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    if not 0 <= due_days <= lock_days <= MOST_DAYS:
        raise ReturnError(_("entry cannot close before the returns are due, nor more than a year after the period"))
    if not 0 < len(periods) <= MOST_PERIODS:
        raise ReturnError(_("no period, or too many"), hint=_("choose other days"))
    if len({period.key for period in periods}) < len(periods):
        raise ReturnError(_("two periods have one name"))
    if not targets:
        raise ReturnError(_("nobody would owe a return"), hint=_("choose at least one kind of unit"))
    made = Assignment.objects.create(
        campaign=campaign,
        form=form,
        period_kind=period_kind,
        due_days=due_days,
        lock_days=lock_days,
        made_by=by,
        made_at=now,
    )
    AssignedUnits.objects.bulk_create(
        AssignedUnits(assignment=made, top=target.top, kind=target.kind or "") for target in targets
    )
    Period.objects.bulk_create(Period(assignment=made, key=p.key, first=p.first, last=p.last) for p in periods)
    log_append(
        by=by,
        act="returns-assign",
        subject=made.log_subject,
        unit=root_unit(),
        detail={
            "campaign": campaign.key,
            "form": form.code,
            "periods": len(periods),
            "targets": [f"{target.top.key} {target.kind or ''}".strip() for target in targets],
        },
        now=now,
    )
    return made


@transaction.atomic
def assignment_remind(*, assignment: Assignment, policy: Policy, by: Person, now: datetime, edition: str = "") -> None:
    """Say on which days, counted from the due day, units are reminded and units above are told.

    Raises:
        AccessError: this is not the person's to do.
        ClashError: the days were changed since ``edition``.
    """
    require(by, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
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
    require(by, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    assignment = Assignment.objects.select_for_update().select_related("campaign").get(pk=assignment.pk)
    changed = off_plan(assignment)
    before = {period.key: period for period in assignment.periods.all()}
    for to in changed:
        period = before.get(to.key) or Period(assignment=assignment, key=to.key)
        if period.pk:
            _refuse_lost(period, to)
            approvals_void(kind="numbers", subject=period.log_subject, by=by, now=now)
            ReturnReminder.objects.filter(period=period).delete()
        period.first, period.last = to.first, to.last
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
