"""What is counted without a model: addresses of days and of a window, installations, and two sensors."""

from collections.abc import Mapping
from math import sqrt

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.refusal import Refusal, RefusalReason

CLOCK_HOURS = 14
"""By how many hours clocks of two time zones can differ."""

_PAIRS, _TIMES = 100, 1.5


def addresses_per_machine(window_addresses: float, machines: Answer) -> float | None:
    """Return how many addresses of the window stand for one machine on line, or ``None`` where machines are unknown."""
    return window_addresses / machines.value if isinstance(machines, Estimate) and machines.value else None


def bot_ids(daily_ids: float, share_named: float) -> Answer:
    """Return the mean number of installations seen in a day.

    Cloned installations count once and reinstalled ones twice.

    Args:
        daily_ids: mean distinct identifiers of a day.
        share_named: share of the sightings that carry one.
    """
    if not share_named:
        return Refusal(RefusalReason.NO_BOT_IDS)
    return Estimate(daily_ids, daily_ids, daily_ids / share_named, {"share_named": share_named})


def chapman(first: int, second: int, both: int) -> Answer:
    """Estimate what two sensors would see together with all that neither sees: a lower bound.

    It corrects for coverage and not for changing addresses, so it is to be applied to (address, hour) pairs; sensors
    that favour the same machines make it too low (Chapman 1951).

    Args:
        first: pairs that the first sensor saw.
        second: pairs that the second saw.
        both: pairs that both saw.
    """
    if not first or not second:
        return Refusal(RefusalReason.NO_DATA)
    value = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    return Estimate(value, max(first + second - both, value - 1.96 * sqrt(variance)), value + 1.96 * sqrt(variance))


def clock_difference(both: Mapping[int, int]) -> int:
    """Return by how many hours the second of two sensors is ahead of the first; 0 unless that is plain.

    Of two clocks that agree the same hours have most pairs in common: the sensors see the same check-ins, or machines
    that keep the same hours.

    Args:
        both: (address, hour) pairs of one day that both saw, by hours that the second is taken to be ahead.
    """
    # a shift loses the hours that it moves out of the day
    of_day = {hours: pairs * 24 / (24 - abs(hours)) for hours, pairs in both.items()}
    hours = max(of_day, key=lambda hours: of_day[hours])
    return hours if both[hours] >= _PAIRS and of_day[hours] > _TIMES * of_day[0] else 0
