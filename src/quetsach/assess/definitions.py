"""What each published number means, in both languages, and a number that carries how it was counted.

A number without one of these definitions is not published.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from quetsach.core.period import Period, parse_day
from quetsach.core.text import LocalText, Number, Text, number_text

# The name, unit and exact meaning of one kind of number.
ADDRESS_KEY = "address"
"""What is told apart when counting: one IP address, never a machine."""


@dataclass(frozen=True, slots=True)
class Definition:
    """The name, unit and exact meaning of one kind of number, and the decimals that it is given with."""

    id: str
    name: LocalText
    unit: LocalText
    decimals: int
    text: LocalText

    def as_json(self) -> dict[str, object]:
        """Return the definition for machines, texts in both languages."""
        return {
            "name": {"vi": self.name.vi, "en": self.name.en},
            "unit": {"vi": self.unit.vi, "en": self.unit.en},
            "text": {"vi": self.text.vi, "en": self.text.en},
        }


PERCENT = Text("%")
"""The unit of shares and changes."""


# What numbers of addresses mean.

_ADDRESSES = Text("addresses")

MEAN_DAILY = Definition(
    "mean-daily-addresses",
    Text("Mean daily addresses"),
    _ADDRESSES,
    1,
    Text(
        "Distinct IP addresses seen in one day (UTC), averaged over the days that have data. A day without data is not "
        "counted as zero. An IP address is not a computer."
    ),
)
WINDOW = Definition(
    "window-addresses",
    Text("Addresses in the whole window"),
    _ADDRESSES,
    0,
    Text(
        "Distinct IP addresses seen at least once in the whole window. It grows when providers "
        "renumber their customers, so it is shown for continuity with 2020 and gives no verdict."
    ),
)
PER_THOUSAND = Definition(
    "addresses-per-thousand-announced",
    Text("Per 1,000 addresses"),
    Text("‰"),
    3,
    Text(
        "Mean daily IPv4 addresses for each 1,000 IPv4 addresses that the provider announces by the stated address "
        "table. IPv6 addresses are left out of this rate."
    ),
)
SHARE = Definition(
    "share",
    Text("Share", context="part of a whole"),
    PERCENT,
    1,
    Text(
        "This row's part of the whole country's mean daily addresses. An address with several families counts in "
        "each, so that the families together can exceed 100 %."
    ),
)
CHANGE = Definition(
    "change-against-baseline",
    Text("Change against baseline"),
    PERCENT,
    1,
    Text(
        "Addresses in the window, of all families, against those of the frozen baseline window of the same length. It "
        "does not say whether the campaign caused the change. A feed that slowly loses sight of machines makes "
        "addresses fewer, too, and looks just like cleaning."
    ),
)

NO_VERDICT = Text(
    "Addresses in the whole window are shown for continuity with 2020; they give no verdict on whether a target was "
    "met."
)


# What numbers of machines mean.

_MACHINES = Text("machines")

MACHINES_ONLINE = Definition(
    "machines-online",
    Text("Infected machines on line"),
    _MACHINES,
    0,
    Text(
        "Infected machines on line at one time, on the average of the window: the hours of all sessions, with what is "
        "missing at their edges, divided by the hours in which the family could be seen. There is a number only where "
        "independent ways to count agree, else a range and the reason. The interval is calibrated on known machines "
        "where malware sends bot IDs in enough networks. Else it is an assumption that stands on simulated worlds and "
        "on one machine behind each address: 8 % (11 % where check-ins are rare) and wider where addresses look "
        "shared. A machine with two families is two infections: families added up are infections, not machines."
    ),
)
MACHINES_BY_EVENTS = Definition(
    "machines-by-events",
    Text("Infected machines by events"),
    _MACHINES,
    0,
    Text(
        "Sightings an hour divided by how often one machine checks in during an hour on line. It holds under any "
        "leases and shared addresses if that rate is known and the feed loses nothing (assumed error 8 %); where it is "
        "read off the data, the assumed error is 15 %."
    ),
)
ADDRESSES_PER_MACHINE = Definition(
    "addresses-per-machine",
    Text("Addresses per machine"),
    Text("times"),
    1,
    Text(
        "Distinct addresses of the whole window divided by infected machines on line: why addresses are not machines."
    ),
)
MACHINES_BY_GROWTH = Definition(
    "machines-by-growth",
    Text("Infected machines by the accumulation curve"),
    _MACHINES,
    0,
    Text(
        "Infected machines told from how distinct addresses grow as the window is lengthened from 1 to 48 hours. It "
        "holds for machines that are always on and check in at random (assumed error 8 %), so it serves as a check."
    ),
)
INSTALLATIONS = Definition(
    "installations-a-day",
    Text("Installations a day"),
    Text("installations"),
    0,
    Text(
        "Distinct identifiers of the malware's own seen in one day (UTC), averaged over the days that have data, in "
        "feeds that carry them. Cloned machines share one; a machine that was set up anew has a new one."
    ),
)
PER_THOUSAND_SUBSCRIBERS = Definition(
    "machines-per-thousand-subscribers",
    Text("Infection rate per 1,000 subscribers"),
    Text("‰"),
    3,
    Text(
        "Infections on line divided by thousands of subscribers, by the stated table (a machine with two families is "
        "two). Infections in the ranges of agencies and enterprises are these holders', not the provider's. Below the "
        "national level the rate is drawn toward what all have in common (empirical Bayes): the "
        "smaller a unit, the less its own figure counts."
    ),
)


# What numbers of an effect, of cases, grades and priorities mean.

_DAYS = Text("days")

OBSERVED_REDUCTION = Definition(
    "observed-reduction",
    Text("Observed reduction"),
    PERCENT,
    1,
    Text(
        "By how much infections on line are fewer in the later window than in the earlier one (a machine with two "
        "families is two), on the feeds and families that both have in the same way; the windows are equally long. It "
        "does not say what the cause is: a feed that slowly loses sight of machines looks just like cleaning."
    ),
)
REDUCTION = Definition(
    "reduction-due-to-campaign",
    Text("Reduction due to the campaign"),
    PERCENT,
    1,
    Text(
        "By how many per cent infected machines are fewer than there would have been without the campaign, once its "
        "effect is whole: one less the ratio of the two. What there would have been is told from units that have not "
        "begun or take no part, by the registered method. The 95 % interval comes from how units differ."
    ),
)
CHANCE = Definition(
    "chance-of-target",
    Text("Probability that the target was met"),
    PERCENT,
    1,
    Text(
        "The probability that the reduction due to the campaign is at least the target, by the error of the estimate. "
        "The verdict goes by the range that a target is judged by, which is wider than the 95 % interval and told "
        "beside it. Achieved: the whole range is at or above the target; not achieved: the whole range is under it; "
        "otherwise not decided. Verdict and probability are given for the registered analysis of the registered panel "
        "alone, and only where its checks hold."
    ),
)
TIME_TO_CLEAN = Definition(
    "median-time-to-clean",
    Text("Time to clean (median)"),
    _DAYS,
    1,
    Text(
        "After how many days half of the cases are clean, by Kaplan and Meier. A case is the sightings of one machine "
        "(by the malware's own identifier) or subscriber with no more than 14 quiet days between them; it is clean "
        "from its last sighting if it was not seen for 14 days after that while the sensor was alive. It runs from the "
        "notification, from the first sighting, or, for cases that were there before, from the start of the campaign. "
        "Never by IP address; groups with fewer than 50 clean-ups are not published."
    ),
)
STILL_INFECTED = Definition(
    "still-infected",
    Text("Still infected after 14 and 30 days"),
    PERCENT,
    1,
    Text(
        "The share of the cases that are not clean 14 and 30 days after the origin of the time to clean, by the same "
        "curve."
    ),
)
REINFECTED = Definition(
    "reinfected",
    Text("Infected again within 30, 90 and 150 days"),
    PERCENT,
    1,
    Text(
        "The share of the machines or subscribers that were clean and had another case of the same family within 30, "
        "90 and 150 days of the end of the first."
    ),
)
GRADE = Definition(
    "provider-grade",
    Text("Grade of a provider"),
    Text("grade"),
    0,
    Text(
        "Better or worse than the middle where the rate of infections per 1,000 subscribers lies below or above "
        "the median of the providers with a probability of 0.95 at least; else not distinguishable. The interval of "
        "ranks holds with 95 % for one provider. Bare ranks are not published."
    ),
)
PRIORITY = Definition(
    "priority-score",
    Text("Priority score"),
    Text("from 0 to 1"),
    2,
    Text(
        "The weighted mean of the stated criteria (size, growth, harm, remediability, coverage, state and critical "
        "sectors), each from 0 to 1. Certain: among the chosen with at least 95 % of weights near the stated ones; "
        "never: with 5 % at most; else contested."
    ),
)


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


@dataclass(frozen=True, slots=True)
class ReportHealth:
    """How one report of a feed was in the window of a figure.

    ``feed`` is ``feed/report``, ``days_with_data`` the days of the window (UTC) that had sightings of it. Deliveries
    with such sightings had ``records``, of which ``quarantined`` were set aside. ``breaks`` are days of the window on
    which the level of its sightings surely changed at one stroke, with how many times the old one is the new.
    ``sends_differences``: ``feed_levels.sends_differences``.
    """

    feed: str
    days_with_data: int
    records: int = 0
    quarantined: int = 0
    breaks: tuple[tuple[date, float], ...] = ()
    sends_differences: bool | None = None

    def as_json(self) -> dict[str, object]:
        """Return it for machines."""
        return asdict(self) | {"breaks": [{"day": str(day), "times": times} for day, times in self.breaks]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "ReportHealth":
        """Return what ``as_json`` gave; what is damaged raises ValueError, KeyError, TypeError or AttributeError."""
        differences = content["sends_differences"]
        return cls(
            str(content["feed"]),
            int(content["days_with_data"]),
            int(content["records"]),
            int(content["quarantined"]),
            tuple((parse_day(one["day"]), float(one["times"])) for one in content["breaks"]),
            None if differences is None else bool(differences),
        )


@dataclass(frozen=True, slots=True)
class Basis:
    """How figures were counted.

    ``feeds`` are ``feed/report``; ``days_with_data`` of ``window.days`` had sightings of any of them; ``as_of`` is the
    newest day (UTC) that the lake held when the figure was made, days after the last ingest (a wrong clock) left out;
    ``network_versions`` are of the tables that placed the addresses and, for rates, counted the announced ones.
    ``health`` is how each of the feeds was; empty in what was counted before that was kept.
    """

    window: Period
    feeds: tuple[str, ...]
    days_with_data: int
    as_of: date | None
    network_versions: tuple[str, ...] = ()
    key: str = ADDRESS_KEY
    health: tuple[ReportHealth, ...] = ()

    @property
    def days_missing(self) -> int:
        """Days of the window without data."""
        return self.window.days - self.days_with_data

    @property
    def reports_with_gaps(self) -> int | None:
        """How many of the feeds lack days of the window; ``None`` where that was not kept."""
        return sum(one.days_with_data < self.window.days for one in self.health) if self.health else None

    @property
    def level_breaks(self) -> int | None:
        """How often the level of a feed changed at one stroke; ``None`` where that was not kept."""
        return sum(len(one.breaks) for one in self.health) if self.health else None

    def as_json(self) -> dict[str, object]:
        """Return the basis for machines."""
        return {
            "first": str(self.window.first),
            "last": str(self.window.last),
            "days": self.window.days,
            "days_with_data": self.days_with_data,
            "key": self.key,
            "feeds": list(self.feeds),
            "as_of": str(self.as_of) if self.as_of else None,
            "network_versions": list(self.network_versions),
            "health": [one.as_json() for one in self.health],
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its definition and basis; ``value`` has the decimals of its definition."""

    value: float
    definition: Definition
    basis: Basis

    @classmethod
    def of(cls, value: float, definition: Definition, basis: Basis) -> "Figure":
        """Round a number as its definition says."""
        return cls(round(value, definition.decimals) if definition.decimals else round(value), definition, basis)

    def text(self, language: str, *, signed: bool = False) -> str:
        """Return the number as people write it, without its unit: ``2.014.512`` or ``2,014,512``."""
        return number_text(self.value, language, decimals=self.definition.decimals, signed=signed)

    def as_json(self) -> dict[str, object]:
        """Return the number with everything that it needs beside it."""
        return {
            "value": self.value,
            "unit": self.definition.unit.en,
            "definition": self.definition.id,
            **self.basis.as_json(),
        }


def change_of(percent: float) -> Text:
    """Return a relative change as people say it: “giảm 54,5%”, “fell by 54.5 %”; with one decimal."""
    size = Number(abs(percent), decimals=1)
    if not round(percent, 1):
        return Text("did not change")
    return Text("fell by {size} %", size=size) if percent < 0 else Text("rose by {size} %", size=size)


def period_text(period: Period, language: str) -> str:
    """Return a period as people write it."""
    return period.in_language(language)
