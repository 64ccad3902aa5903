"""Putting a form to use: who owes a return on it, for which periods, and until when."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Act
from quetsach.campaign.returns.errors import ReturnError
from quetsach.campaign.returns.form import read_form
from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod
from quetsach.web.office.campaigns.models import Campaign
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import AssignedUnits, Assignment, Period, ReturnForm
from quetsach.web.office.units.models import Unit, UnitKind
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
        subject=f"assignment:{made.pk}",
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
