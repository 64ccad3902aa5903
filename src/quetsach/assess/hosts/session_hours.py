"""How many infected machines are on line: session-hours with renewal edges (REC).

Sightings of one family at one address are cut into sessions wherever the gap is too long for the family's schedule. A
session is longer than from its first to its last sighting by what is missing at both edges: twice the mean residual
life of a renewal process, whatever its schedule. The hours of all sessions, divided by the hours of the clock, are the
mean number of machines on line, whichever addresses they had. Derivation, bias and domain:
``docs/explanation/counting-machines.md``.
"""

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.hosts.ladder import STEP_HOURS, GapLadder
from quetsach.assess.hosts.schedule import Schedule
from quetsach.assess.refusal import Refusal, RefusalReason

LARGEST_Q, LARGEST_LACKING = 0.25, 0.14
"""Sessions for each check-in, and what is added for gaps inside short sessions; with more of either the check-ins are
too rare for the leases, and there is no estimate."""

LARGEST_Q_REGULAR, REGULAR = 0.45, 0.15
"""The same where the gaps are spread so little: short sessions have gaps like long ones, and hardly any are lacking."""

BUDGET, WIDE_BUDGET = 0.08, 0.11
"""What the estimate may be off by, as a share: where ``q`` is below ``VALID_Q``, and else. An assumption that stands on
regimes drawn at random (``bench/validate.py regimes``), not a confidence interval."""

VALID_Q = 0.1


def session_hours(
    ladder: GapLadder, events: float, schedule: Schedule | None, uptime_hours: float, *, q: float | None = None
) -> Answer:
    """Estimate the mean number of machines on line.

    Args:
        ladder: gaps of the group, on the uptime clock.
        events: sightings of the group.
        schedule: of the family at this sensor, from the gaps of the whole country.
        uptime_hours: hours of the period in which the sensor was alive.
        q: sessions for each check-in, where the group is too small to say.
    """
    if not events or uptime_hours <= 0:
        return Refusal(RefusalReason.NO_DATA)
    if schedule is None:
        return Refusal(RefusalReason.RARE_CHECK_INS, {"events": events, "q": 1.0})
    inside, hours, _ = ladder.up_to(schedule.gap_step)
    sessions = max(0.0, events - inside)
    check_ins = events - schedule.repeated(ladder)
    if q is None:
        q = min(1.0, sessions / check_ins) if check_ins > 0 else 1.0
    measured = {
        "q": q,
        "interval_hours": schedule.interval_hours,
        "gap_hours": float(STEP_HOURS[schedule.gap_step]),
        "edge_hours": schedule.edge_hours,
        "spread": schedule.spread,
        "events": float(events),
        "sessions": sessions,
        "uptime_hours": uptime_hours,
        "session_hours": hours + sessions * schedule.edge_hours,
    }
    # What gaps inside short sessions lack: leases end at any time, the sessions of a working day have a length.
    largest = LARGEST_Q_REGULAR if schedule.spread <= REGULAR else LARGEST_Q
    lacking = schedule.spread * (2 * q**2 / (1 - 2 * q) if schedule.has_nights else q**2) if q < largest else 1.0
    if lacking >= LARGEST_LACKING:
        return Refusal(RefusalReason.RARE_CHECK_INS, measured)
    value = measured["session_hours"] / (uptime_hours * (1 - lacking))
    budget = BUDGET if q < VALID_Q else WIDE_BUDGET
    return Estimate(value, value * (1 - budget), value * (1 + budget), measured)
