"""What one unit still owes, for the pages that it opens without an account."""

from datetime import datetime

from quetsach.campaign.returns.period import day_of
from quetsach.campaign.returns.state import State
from quetsach.web.office.returns.models import Period, Return
from quetsach.web.office.returns.selectors.tally import deadline_of, expected_positions
from quetsach.web.office.units.models import Unit


def owed_by(unit: Unit, *, campaign: str, now: datetime) -> list[Period]:
    """Return the periods of a campaign for which a unit still may write: begun, not closed, not approved."""
    begun = Period.objects.filter(assignment__campaign__key=campaign, first__lte=day_of(now)).order_by("first")
    approved = Return.objects.filter(unit=unit, state=State.APPROVED).values("period")
    return [
        period
        for period in begun.exclude(pk__in=approved).select_related("assignment__form", "assignment__campaign")
        if not deadline_of(period, unit).is_locked(now) and expected_positions(period).filter(unit=unit).exists()
    ]
