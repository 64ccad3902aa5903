"""What each published number means, in both languages. A number without one of these is not published."""

from collections.abc import Mapping

from quetsach.assess.definitions.addresses import CHANGE, MEAN_DAILY, NO_VERDICT, PER_THOUSAND, SHARE, WINDOW
from quetsach.assess.definitions.definition import Definition
from quetsach.assess.definitions.judgements import (
    CHANCE,
    GRADE,
    OBSERVED_REDUCTION,
    PRIORITY,
    REDUCTION,
    REINFECTED,
    STILL_INFECTED,
    TIME_TO_CLEAN,
)
from quetsach.assess.definitions.machines import (
    ADDRESSES_PER_MACHINE,
    INSTALLATIONS,
    MACHINES_BY_EVENTS,
    MACHINES_BY_GROWTH,
    MACHINES_ONLINE,
    PER_THOUSAND_SUBSCRIBERS,
)

__all__ = ["CHANGE", "DEFINITIONS", "MEAN_DAILY", "NO_VERDICT", "PER_THOUSAND", "SHARE", "WINDOW", "Definition"]

DEFINITIONS: Mapping[str, Definition] = {
    d.id: d
    for d in (
        MEAN_DAILY,
        WINDOW,
        PER_THOUSAND,
        SHARE,
        CHANGE,
        MACHINES_ONLINE,
        MACHINES_BY_EVENTS,
        MACHINES_BY_GROWTH,
        INSTALLATIONS,
        ADDRESSES_PER_MACHINE,
        PER_THOUSAND_SUBSCRIBERS,
        OBSERVED_REDUCTION,
        REDUCTION,
        CHANCE,
        TIME_TO_CLEAN,
        STILL_INFECTED,
        REINFECTED,
        GRADE,
        PRIORITY,
    )
}
