"""How many machines are on line by the events themselves: exact under any leases and any NAT, if the rate is known."""

from dataclasses import dataclass

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.hosts.session_hours import BUDGET
from quetsach.assess.refusal import Refusal, RefusalReason

READ_BUDGET = 0.15
"""What the estimate may be off by, as a share, where the rate was read off the data (``bench/validate.py``)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Check-ins of one machine in an hour on line; ``is_known`` from the malware's analysis, else read off the data."""

    per_hour: float
    is_known: bool


def event_rate(events: float, rate: Rate | None, uptime_hours: float) -> Answer:
    """Estimate the mean number of machines on line.

    Args:
        events: sightings that nobody has de-duplicated.
        rate: of the family; ``None`` where nothing says it.
        uptime_hours: hours of the period in which the sensor was alive.
    """
    if not events or uptime_hours <= 0:
        return Refusal(RefusalReason.NO_DATA)
    if rate is None or rate.per_hour <= 0:
        return Refusal(RefusalReason.UNKNOWN_RATE, {"events": events})
    value = events / (rate.per_hour * uptime_hours)
    measured = {"per_hour": rate.per_hour, "is_known": float(rate.is_known), "events": events}
    budget = BUDGET if rate.is_known else READ_BUDGET
    return Estimate(value, value * (1 - budget), value * (1 + budget), measured)
