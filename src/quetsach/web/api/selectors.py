"""What is read from the counts of tool reports."""

from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db.models import Count, Min

from quetsach.assess.privacy import Known, Sum, release_refusal, rounded_cells
from quetsach.core.small_cell import SMALLEST_CELL
from quetsach.web.api.models import ReportedFinding, ToolReport

CLEANED = (11, 12)
"""Exit codes of a clean-up that was completed, with or without a restart still to come."""

_KEY = "tool-report-tally"
_LIFETIME_SECONDS = 60


@dataclass(frozen=True, slots=True)
class FamilyTally:
    """Distinct installations that reported one family, to the nearest ten; ``None`` for fewer than ten.

    The figures grow report by report: exact ones would tell what a single report says.
    """

    family: str
    installs: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """National totals of tool reports (exact) and their breakdown by family (rounded to tens, small cells hidden)."""

    reports: int
    installs: int
    installs_with_findings: int
    installs_cleaned: int
    since: date | None
    families: tuple[FamilyTally, ...]


def report_tally() -> Tally:
    """Return the totals; at most a minute old, and fresh in the process that took the last report."""
    kept: Tally | None = cache.get(_KEY)
    if kept is None:
        kept = _count()
        cache.set(_KEY, kept, _LIFETIME_SECONDS)
    return kept


def forget_tally() -> None:
    """Make the next reader count anew."""
    cache.delete(_KEY)


def _installs(**condition: object) -> int:
    return ToolReport.objects.filter(**condition).values("install_id").distinct().count()


def _count() -> Tally:
    totals = ToolReport.objects.aggregate(
        reports=Count("report_id"), installs=Count("install_id", distinct=True), since=Min("received_on")
    )
    rows = (
        ReportedFinding.objects.values("family")
        .annotate(installs=Count("report__install_id", distinct=True))
        .order_by()
    )
    return Tally(
        reports=totals["reports"],
        installs=totals["installs"],
        installs_with_findings=_installs(findings_count__gt=0),
        installs_cleaned=_installs(exit_code__in=CLEANED),
        since=totals["since"],
        families=_protected({row["family"]: row["installs"] for row in rows}),
    )


def _protected(installs: dict[str, int]) -> tuple[FamilyTally, ...]:
    """Hide small cells; nothing is told of families where the exact total of machines with a finding gives one back."""
    if not installs:
        return ()
    found = ReportedFinding.objects.values("report__install_id").distinct().count()
    # A report that came or went between the two queries must not make them contradict each other.
    found = min(max(found, *installs.values()), sum(installs.values()))
    rounded = rounded_cells({(family, ""): n for family, n in installs.items()})
    small = Known(1, min(SMALLEST_CELL - 1, found))
    shown = {cell: small if figure.value is None else figure.known for cell, figure in rounded.items()}
    # A machine with several families counts in each: together they are that many or more.
    if release_refusal(shown, [Sum(tuple(shown), Known(found))]):
        return ()
    told = (FamilyTally(family, figure.value) for (family, _), figure in rounded.items())
    # Ordered by name once the figure is hidden, so that the order does not give it back.
    return tuple(sorted(told, key=lambda row: (-(row.installs or 0), row.family)))
