"""Small countries of machines for tests, made in code."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.simulate import Country
from quetsach.simulate.machines.scenario import (
    ActivityProfile,
    CheckIns,
    Coverage,
    Family,
    Feed,
    FeedForm,
    Isp,
    Lease,
    LeaseKind,
    Measure,
    Schedule,
)

MONDAY = date(2024, 3, 4)


def a_day(number: int) -> date:
    """The date of a day of the countries here, which all begin on a Monday."""
    return MONDAY + timedelta(days=number)


def a_family(spelling: str = "mirai", **changes: Any) -> Family:
    """A family that is always on and checks in at random, once an hour."""
    plain = Family(spelling, 1.0, (CheckIns(MONDAY, Schedule.POISSON, 3600.0),), {ActivityProfile.ALWAYS: 1.0})
    return replace(plain, **changes)


def an_isp(name: str = "one", *leases: Lease, **changes: Any) -> Isp:
    """A provider whose lines keep their addresses, if nothing else is said."""
    kept = leases or (Lease(MONDAY, LeaseKind.FIXED, 1.0),)
    return replace(Isp(name, 0, "VN", 1.0, kept, addresses=100_000, ratio=1), **changes)


def a_feed(name: str = "sinkhole", *coverage: Coverage, **changes: Any) -> Feed:
    """A feed that sees everything, if nothing else is said."""
    return replace(Feed(name, FeedForm.PLAIN, coverage or (Coverage(MONDAY, "", 1.0, 1.0),)), **changes)


def a_measure(first: int, **changes: Any) -> Measure:
    """A measure from a day on that does nothing yet."""
    return replace(Measure("campaign", "campaign", a_day(first)), **changes)


def a_country(*, hosts: int = 200, days: int = 3, **changes: Any) -> Country:
    """A country with one family, provider and feed, and two provinces."""
    plain = Country(
        id="test",
        name=LocalText("Thử", "Test"),
        note=LocalText("Mô phỏng", "Simulated"),
        seed=7,
        period=Period(MONDAY, a_day(days - 1)),
        code="VN",
        hours_ahead=7,
        rest_days=frozenset({5, 6}),
        hosts=hosts,
        families=(a_family(),),
        isps=(an_isp(),),
        provinces={"HA NOI": 1.0, "DA NANG": 1.0},
        feeds=(a_feed(),),
    )
    return replace(plain, **changes)
