"""What each published number means, in both languages. A number without one of these is not published."""

from collections.abc import Mapping

from quetsach.assess.definitions.definition import (
    ADDRESSES_PER_MACHINE,
    CHANCE,
    CHANGE,
    GRADE,
    INSTALLATIONS,
    MACHINES_BY_EVENTS,
    MACHINES_BY_GROWTH,
    MACHINES_ONLINE,
    MEAN_DAILY,
    NO_VERDICT,
    OBSERVED_REDUCTION,
    PER_THOUSAND,
    PER_THOUSAND_SUBSCRIBERS,
    PRIORITY,
    REDUCTION,
    REINFECTED,
    SHARE,
    STILL_INFECTED,
    TIME_TO_CLEAN,
    WINDOW,
    Definition,
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
