"""What our own tool reported from a unit's machines: beside the unit's return, never added to it.

A unit that runs the tool with its code in the settings has its runs counted here. They are voluntary and of the tool
alone, so they are a check on the return and not a part of it.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Sum

from quetsach.web.api.selectors import kept
from quetsach.web.office.returns.models import Period
from quetsach.web.office.tree.models import Unit


@dataclass(frozen=True, slots=True)
class FleetReport:
    """Distinct installations, runs and findings that the tool reported within a period (UTC days of the runs)."""

    machines: int
    runs: int
    findings: int


def fleet_report(unit: Unit, period: Period) -> FleetReport:
    """Return what the tool reported under the unit's key, or under its code while that code meant this unit."""
    last = min(period.last, unit.closed - timedelta(days=1)) if unit.closed else period.last
    counted = (
        kept()
        .filter(unit__in={unit.key, unit.code}, day__gte=max(period.first, unit.opened), day__lte=last)
        .aggregate(
            machines=Count("install_id", distinct=True),
            runs=Count("report_id"),
            findings=Sum("findings_count", default=0),
        )
    )
    return FleetReport(**counted)
