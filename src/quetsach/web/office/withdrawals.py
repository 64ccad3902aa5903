"""Decisions about reports that cannot be true: they are taken out of every figure, put back, a day is let count.

Each has a reason and stands in the office's log; nothing is deleted.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from quetsach.core.errors import InputError
from quetsach.core.text import Text
from quetsach.web.api.models import ReportDay, ReportWithdrawal, ToolReport
from quetsach.web.api.selectors import days_held, kept
from quetsach.web.api.services import tally_refresh
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.models import Person

SOURCE_DAYS = 30
"""So long it can be told which reports of a day came from one source."""
_LONGEST_REASON = 300
_WORDS = ("campaign", "unit", "tool_version", "findings__family")
"""The texts of a report that its sender chooses."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What reports have in common; all that is given must hold.

    Attributes:
        day: UTC day of arrival.
        source: name of a source of a day, of an address or of a /48.
        pattern: text with ``*`` for anything; of the family, campaign, unit or version of the tool.
    """

    day: date | None = None
    source: str = ""
    pattern: str = ""

    def as_json(self) -> dict[str, str]:
        """Return what is given as plain values."""
        given = {"day": str(self.day or ""), "source": self.source, "pattern": self.pattern}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Extent:
    """How much some reports are; machines by their random codes."""

    reports: int
    machines: int
    findings: int


def matching(criteria: Criteria) -> QuerySet[ToolReport]:
    """Return the reports that would be withdrawn.

    Raises:
        InputError: nothing is given: all reports are never meant.
    """
    if not criteria.as_json():
        raise InputError(Text("no reports are named"), hint=Text("give --day, --source or --pattern"))
    found = kept()
    if criteria.day:
        found = found.filter(received_on=criteria.day)
    if criteria.source:
        found = found.filter(Q(source=criteria.source) | Q(site=criteria.source))
    if criteria.pattern:
        expression = ".*".join(re.escape(part) for part in criteria.pattern.split("*"))
        of_words = Q()
        for word in _WORDS:
            of_words |= Q(**{f"{word}__regex": f"^{expression}$"})
        found = found.filter(pk__in=ToolReport.objects.filter(of_words).values("pk"))
    return found


def extent_of(reports: QuerySet[ToolReport]) -> Extent:
    """Count reports, their machines and their findings."""
    totals = reports.aggregate(
        reports=Count("pk"), machines=Count("install_id", distinct=True), findings=Sum("findings_count", default=0)
    )
    return Extent(**totals)


def reports_withdraw(*, criteria: Criteria, reason: str, by: Person | None, now: datetime) -> ReportWithdrawal:
    """Take reports out of every figure; those that arrive later are not meant.

    Raises:
        InputError: no report matches, or there is no reason.
    """
    with transaction.atomic():
        found = matching(criteria)
        extent = extent_of(found)
        if not extent.reports:
            raise InputError(Text("no report that counts is like this"), hint=Text("quetsach center reports list"))
        withdrawal = ReportWithdrawal.objects.create(
            at=now.astimezone(UTC),
            reason=read_reason(reason),
            criteria=criteria.as_json(),
            reports=extent.reports,
            machines=extent.machines,
            findings=extent.findings,
        )
        found.update(withdrawal=withdrawal)
        detail = {**criteria.as_json(), **_facts(extent), "reason": withdrawal.reason}
        _log("reports-withdraw", f"reports-withdrawal:{withdrawal.pk}", detail, by, now)
    tally_refresh(now=now)
    return withdrawal


def reports_restore(*, number: int, reason: str, by: Person | None, now: datetime) -> Extent:
    """Let the reports of a withdrawal count again; return how many that is. The withdrawal stays on record.

    Raises:
        InputError: there is no such withdrawal, it was restored before, or there is no reason.
    """
    with transaction.atomic():
        withdrawal = ReportWithdrawal.objects.select_for_update().filter(pk=number).first()
        if withdrawal is None or withdrawal.restored_at:
            raise InputError(Text("no withdrawal of this number holds"), hint=Text("quetsach center reports list"))
        reports = ToolReport.objects.filter(withdrawal=withdrawal)
        extent = extent_of(reports)
        withdrawal.restored_at, withdrawal.restored_reason = now.astimezone(UTC), read_reason(reason)
        withdrawal.save(update_fields=["restored_at", "restored_reason"])
        reports.update(withdrawal=None)
        detail = {**_facts(extent), "reason": withdrawal.restored_reason}
        _log("reports-restore", f"reports-withdrawal:{withdrawal.pk}", detail, by, now)
    tally_refresh(now=now)
    return extent


def days_release(*, days: Iterable[date], reason: str, by: Person | None, now: datetime) -> None:
    """Let days count that stood out, after somebody looked at them: all or none.

    Raises:
        InputError: a day is not over or not held, or there is no reason.
    """
    with transaction.atomic():
        held = days_held()
        for day in days:
            if day >= now.astimezone(UTC).date():
                hint = Text("what arrives until midnight (UTC) would count, and nobody has looked at it")
                raise InputError(Text("this day is not over yet"), where=str(day), hint=hint)
            if day not in held:
                raise InputError(
                    Text("this day is not held back"), where=str(day), hint=Text("quetsach center reports list")
                )
            found, _ = ReportDay.objects.get_or_create(day=day)
            found.released_at, found.released_reason = now.astimezone(UTC), read_reason(reason)
            found.save(update_fields=["released_at", "released_reason"])
            _log("reports-release", f"reports-day:{day}", {"reason": found.released_reason}, by, now)
    tally_refresh(now=now)


def withdrawals() -> Iterable[ReportWithdrawal]:
    """Return all withdrawals, the newest first."""
    return ReportWithdrawal.objects.order_by("-pk")


def sources_forget(*, now: datetime) -> int:
    """Forget which reports came from one source when it is 30 days ago; return how many reports that was."""
    first = now.astimezone(UTC).date() - timedelta(days=SOURCE_DAYS)
    return ToolReport.objects.filter(received_on__lt=first, source__gt="").update(source="", site="")


def _facts(extent: Extent) -> dict[str, int]:
    return {"reports": extent.reports, "machines": extent.machines, "findings": extent.findings}


def read_reason(text: str) -> str:
    """Return the reason of a decision, on one line.

    Raises:
        InputError: there is none, or it is too long.
    """
    reason = " ".join(text.split())
    if not reason or len(reason) > _LONGEST_REASON:
        raise InputError(
            Text("a reason of at most {number} characters is needed", number=_LONGEST_REASON), where="--reason"
        )
    return reason


def _log(act: str, subject: str, detail: dict[str, Any], by: Person | None, now: datetime) -> None:
    log_append(by=by, act=act, subject=subject, unit=None, detail=detail, now=now)
