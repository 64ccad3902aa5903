"""A number with its uncertainty and what its reader must know beside it, or why there is none.

An estimator that leaves its domain says so, and nobody prints a figure instead.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, Number, Text

# A number with its uncertainty, and the refusal that stands where there is none.

CONFIDENCE: Final = 0.95
"""Of every interval, unless it says otherwise."""
SMALLEST_CELL: Final = 10
"""A published breakdown shows no figure of fewer, and none of those that would give such a one away (ADR 0025).

Zero is not shown either: none is also a statement about few. Whole-country totals are exact.
"""


class NotEstimableReason(StrEnum):
    """What stands in the way. ``EXPLANATIONS`` has the words."""

    NO_DATA = "no-data"
    SHORT_TREND = "short-trend"
    MONTHS_MISSING = "months-missing"

    # of the number of machines
    RARE_CHECK_INS = "rare-check-ins"
    DENSE_POOL = "dense-pool"
    DEDUPLICATED = "deduplicated"
    DELTA_MODE = "delta-mode"
    UNEQUAL_WINDOWS = "unequal-windows"
    UNEQUAL_PANELS = "unequal-panels"
    UNKNOWN_RATE = "unknown-rate"
    NO_BOT_IDS = "no-bot-ids"
    REFUSED_PARTS = "refused-parts"
    FEW_ADDRESSES = "few-addresses"
    CLOCKS_DIFFER = "clocks-differ"
    CLOCK_WRONG = "clock-wrong"
    MIXED_SPELLINGS = "mixed-spellings"
    STAMPS_CUT = "stamps-cut"
    FEW_SIGHTINGS = "few-sightings"
    UNEVEN_RATES = "uneven-rates"
    BROKEN_SESSIONS = "broken-sessions"
    RATE_LIMITED = "rate-limited"
    WAYS_DISAGREE = "ways-disagree"
    BOTH_VERSIONS = "both-versions"
    TOO_WIDE = "too-wide"
    CURVE_OUTSIDE = "curve-outside"

    # of the effect of a campaign
    NOBODY_TREATED = "nobody-treated"
    NO_CONTROLS = "no-controls"
    TOO_FEW_CONTROLS = "too-few-controls"
    TOO_MANY_CONTROLS = "too-many-controls"
    TOO_FEW_UNITS = "too-few-units"
    NO_BEFORE = "no-before"
    TOO_SHORT = "too-short"
    TREATMENT_ENDS = "treatment-ends"
    STAGGERED = "staggered"
    NOT_STAGGERED = "not-staggered"
    MOVE_TOGETHER = "move-together"
    UNBALANCED = "unbalanced"
    NOT_POSITIVE = "not-positive"
    NO_SPREAD = "no-spread"
    NOT_IDENTIFIED = "not-identified"
    NO_MIXTURE = "no-mixture"
    NO_RATIO = "no-ratio"
    NOT_AS_REGISTERED = "not-as-registered"
    OTHER_CUSTOMERS = "other-customers"
    FEW_FOLLOWED = "few-followed"
    FEW_OUTCOMES = "few-outcomes"

    # of cases
    ADDRESS_IS_NO_SUBJECT = "address-is-no-subject"
    FEW_EVENTS = "few-events"
    MEDIAN_NOT_REACHED = "median-not-reached"
    NOBODY_AT_RISK = "nobody-at-risk"
    NOT_WATCHED_FOR_LONG_ENOUGH = "not-watched-for-long-enough"
    NOTHING_TO_COMPARE = "nothing-to-compare"
    FEW_PROVIDERS = "few-providers"

    # of league tables and published tables
    FEW_TO_RANK = "few-to-rank"
    CELLS_RECOVERED = "cells-recovered"


EXPLANATIONS: dict[NotEstimableReason, LocalText] = {
    NotEstimableReason.NO_DATA: Text("There are no data for this question."),
    NotEstimableReason.SHORT_TREND: Text(
        "Too few equal windows before the campaign to fit a trend to; at least 6 are needed."
    ),
    NotEstimableReason.MONTHS_MISSING: Text("Months are missing, so there is no mean of twelve."),
    NotEstimableReason.RARE_CHECK_INS: Text(
        "Check-ins are too rare for how long an address is kept (q is 0.2 or more), so addresses do not tell how many "
        "machines there are. Count by the malware's own identifier, or give daily addresses only."
    ),
    NotEstimableReason.DENSE_POOL: Text(
        "More than 3 % of the provider's addresses are infected at once, so that addresses pass from one infected "
        "machine straight to the next and machines are counted too often. Ask the provider how many subscribers are "
        "infected, or count by the malware's own identifier."
    ),
    NotEstimableReason.DEDUPLICATED: Text(
        "The feed keeps one row for each address and day, so nothing says how long a machine was there. Ask the source "
        "for every event."
    ),
    NotEstimableReason.DELTA_MODE: Text(
        "The feed sends everything on Sundays and only differences on other days. Every count from it is wrong; ask "
        "the source to switch this off."
    ),
    NotEstimableReason.UNEQUAL_WINDOWS: Text("The two windows are not equally long, so they do not compare."),
    NotEstimableReason.UNEQUAL_PANELS: Text(
        "No feed and family was watched in both windows in the same way, so they do not compare."
    ),
    NotEstimableReason.CLOCKS_DIFFER: Text(
        "Two feeds write the same check-ins at different hours: one of them is not in UTC. Ask the source for its time "
        "zone; its hours and days are not to be used before."
    ),
    NotEstimableReason.CLOCK_WRONG: Text(
        "On some days this family appears hours earlier or later than on all others: the clock of the source was "
        "wrong, or its time zone changed. The hours of machines that are switched off every day would be "
        "counted wrongly. Ask the source, and ingest these days anew."
    ),
    NotEstimableReason.MIXED_SPELLINGS: Text(
        "Within a day the feed reports more than a tenth of the addresses here under several names of one family. The "
        "time between sightings is known for each name alone, so machines would be counted too often. Give daily "
        "addresses only, or count by the malware's own identifier."
    ),
    NotEstimableReason.STAMPS_CUT: Text(
        "The feed rounds its times (to five minutes, hours or days), so nothing says how far apart check-ins are. Ask "
        "the source for times to the second."
    ),
    NotEstimableReason.FEW_SIGHTINGS: Text(
        "There are too few sightings to tell machines from addresses. Give addresses only, or count over a longer "
        "window."
    ),
    NotEstimableReason.UNEVEN_RATES: Text(
        "Some addresses check in far more often than others: several machines share an address, or the family has two "
        "variants of different schedules. Machines are only known to be within the range beside this. Count by the "
        "malware's own identifier, or ask the provider how many customers share an address."
    ),
    NotEstimableReason.BROKEN_SESSIONS: Text(
        "Check-ins do not follow one schedule: machines come and go, try many times and then fall silent for long, the "
        "family has two variants, or the feed tells only some of the check-ins. Addresses tell no more than the range "
        "beside this. Count by the malware's own identifier, or let an analyst state how often it checks in."
    ),
    NotEstimableReason.RATE_LIMITED: Text(
        "The feed tells each address at most once in a certain time (one row an hour, perhaps). That is long beside "
        "how often infected machines check in, so that nothing says whether one machine or several are behind an "
        "address. Ask the source for every event."
    ),
    NotEstimableReason.WAYS_DISAGREE: Text(
        "Independent ways to count (time on line, check-ins, new addresses, identifiers) differ widely, so that none "
        "of them is chosen. If one of them is right, the machines are within the range beside this."
    ),
    NotEstimableReason.BOTH_VERSIONS: Text(
        "This family is seen at IPv4 and at IPv6 addresses. A machine may have both, so that adding up counts some "
        "machines twice; machines are only known to be within the range beside this. Count by the malware's own "
        "identifier."
    ),
    NotEstimableReason.TOO_WIDE: Text("The figure may be off by more than 15 %, so there is a range and no number."),
    NotEstimableReason.CURVE_OUTSIDE: Text(
        "Counting by how fast new addresses come in holds for machines that are always on and check in at random. "
        "These are switched off every day or check in at regular times, so it is not used."
    ),
    NotEstimableReason.UNKNOWN_RATE: Text(
        "Nothing says how often this family checks in, and the data do not show it. An analyst has to state how often "
        "it does."
    ),
    NotEstimableReason.NO_BOT_IDS: Text("The feed does not carry the malware's own identifier."),
    NotEstimableReason.REFUSED_PARTS: Text(
        "More than a tenth of the addresses here belong to parts whose machines cannot be estimated, so there is no "
        "total. Ask for the families that can be."
    ),
    NotEstimableReason.FEW_ADDRESSES: Text("There are too few addresses to see how their number grows with time."),
    NotEstimableReason.NOBODY_TREATED: Text("No unit was ever treated, so there is no effect to measure."),
    NotEstimableReason.NO_CONTROLS: Text(
        "Every unit was treated. This method needs units that were not, to compare with; where units began at"
        " different times, use the stepped wedge."
    ),
    NotEstimableReason.TOO_FEW_CONTROLS: Text(
        "There are too few controls to know how much the figure moves without a campaign, so no interval can be given."
    ),
    NotEstimableReason.TOO_MANY_CONTROLS: Text(
        "There are too many controls for this method. Choose beforehand those most like the treated units, or"
        " use difference in differences."
    ),
    NotEstimableReason.TOO_FEW_UNITS: Text(
        "There are too few units: an interval clustered by unit would be narrower than the truth."
    ),
    NotEstimableReason.NO_BEFORE: Text(
        "A unit was treated from the first period on: without a time before, a change cannot be measured. In the "
        "panel a unit is marked as treated from the start of treatment on, not in every period."
    ),
    NotEstimableReason.TOO_SHORT: Text("The series before or after the start is too short for this method."),
    NotEstimableReason.TREATMENT_ENDS: Text(
        "In a unit the treatment began and ended. The methods here measure only a treatment that lasts once "
        "it has begun."
    ),
    NotEstimableReason.STAGGERED: Text(
        "Units began at different times. This method needs one common start; use difference in "
        "differences (by group and time) or the stepped wedge."
    ),
    NotEstimableReason.NOT_STAGGERED: Text(
        "All treated units began at the same time. A stepped wedge needs two steps at least; use difference in "
        "differences."
    ),
    NotEstimableReason.MOVE_TOGETHER: Text(
        "Units that begin together also rise and fall together (whole regions, perhaps), and there are too few steps "
        "to know how much the figure moves by itself. Where regions were drawn, name them in the column region."
    ),
    NotEstimableReason.UNBALANCED: Text(
        "Cells of the panel are missing: a unit has no figure in some period. This method needs every unit in"
        " every period; difference in differences (with one common start) accepts gaps, the stepped wedge up to a "
        "tenth of the cells."
    ),
    NotEstimableReason.NOT_POSITIVE: Text(
        "A figure is zero or negative, so it has no logarithm. Compare the figures themselves, or merge periods "
        "or units until no zero is left."
    ),
    NotEstimableReason.NO_SPREAD: Text(
        "The units to compare with do not move at all, so nothing says how much chance alone can change the figures."
    ),
    NotEstimableReason.NOT_IDENTIFIED: Text(
        "The panel cannot tell the effect from differences between units and between periods."
    ),
    NotEstimableReason.NO_MIXTURE: Text(
        "No mixture of controls ran like the treated before the start, so none tells what would have been after it. "
        "Use synthetic difference in differences, or difference in differences."
    ),
    NotEstimableReason.NO_RATIO: Text(
        "There is no reduction in per cent: what there would have been without the campaign is not a positive number."
    ),
    NotEstimableReason.NOT_AS_REGISTERED: Text(
        "This is not the analysis that was registered and signed before the start, so there is no verdict. "
        "What differs is named beside it."
    ),
    NotEstimableReason.OTHER_CUSTOMERS: Text(
        "The table of outcomes does not have just the customers of the lot: some are missing, new or of another "
        "stratum (the column stratum must be as it was drawn), so nobody knows who was drawn for what."
    ),
    NotEstimableReason.FEW_FOLLOWED: Text("Too few customers of one side were followed to the end."),
    NotEstimableReason.FEW_OUTCOMES: Text(
        "Nearly all customers had the same outcome, so the two sides do not compare."
    ),
    NotEstimableReason.ADDRESS_IS_NO_SUBJECT: Text(
        "Time to clean is not counted by IP address: providers renumber their customers, so it would measure how long"
        " an address is leased. It takes bot IDs or subscribers, or a network that is declared to assign addresses for"
        " good."
    ),
    NotEstimableReason.FEW_EVENTS: Text("Too few cases have ended for this figure to be published."),
    NotEstimableReason.MEDIAN_NOT_REACHED: Text(
        "Fewer than half of the cases became clean, so there is no median yet."
    ),
    NotEstimableReason.NOBODY_AT_RISK: Text(
        "In the middle of the curve there is a time with no case under observation, because many entered late. Leave"
        " out the few that entered very early, or begin later."
    ),
    NotEstimableReason.NOT_WATCHED_FOR_LONG_ENOUGH: Text("No case was watched for so long."),
    NotEstimableReason.NOTHING_TO_COMPARE: Text(
        "There are no two groups in which cases ended, so there is nothing to compare."
    ),
    NotEstimableReason.FEW_PROVIDERS: Text(
        "Both groups are found together in too few providers: the interval would be narrower than the truth."
    ),
    NotEstimableReason.FEW_TO_RANK: Text(
        "There are too few names to know how much they differ, so they are not ranked."
    ),
    NotEstimableReason.CELLS_RECOVERED: Text(
        "At least one protected cell can be computed exactly from this table, so the table is not published."
    ),
}
"""What each reason means and what to do, for whoever wanted the number."""


@dataclass(frozen=True, slots=True)
class NotEstimable:
    """A number that is not given: why, and what was measured that led to it (by name)."""

    reason: NotEstimableReason
    measured: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> LocalText:
        """The explanation in both languages."""
        return EXPLANATIONS[self.reason]

    def as_json(self) -> dict[str, object]:
        """Return the refusal for machines."""
        return {
            "refused": self.reason.value,
            "text": {"vi": self.text.vi, "en": self.text.en},
            "measured": dict(self.measured),
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval, in the unit of what was asked for.

    ``low`` and ``high`` are what the method's text says they are: a confidence interval of ``CONFIDENCE``, or the
    assumed budget of a method whose bias dominates. ``measured`` has what the method read off the data on its way
    (gaps, coverage, degrees of freedom), by name, for those who check.
    """

    value: float
    low: float
    high: float
    measured: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the estimate for machines; an end that is open is null."""
        ends = (end if math.isfinite(end) else None for end in (self.low, self.high))
        return {"value": self.value, **dict(zip(("low", "high"), ends, strict=True)), "measured": dict(self.measured)}

    def percent_text(self) -> LocalText:
        """Write a value in percent, with its interval in brackets unless it was counted and has none."""
        value, low, high = (Number(n, decimals=1) for n in (self.value, self.low, self.high))
        if self.low < self.high:
            return Text("{value} % ({low} % to {high} %)", value=value, low=low, high=high)
        return Text("{value} %", value=value)


type Answer = Estimate | NotEstimable
"""What an estimator returns: a number, or why there is none."""


# When a number must not be given.


class AssessError(QuetsachError):
    """The data do not carry the number that was asked for; the hint says what would."""


# What a reader of a figure must know beside it.


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning with a code that stays, and its text in both languages; ``percent`` where it is about one."""

    code: str
    text: LocalText
    percent: float | None = None

    def as_json(self) -> dict[str, object]:
        """Return the notice for machines."""
        made: dict[str, object] = {"code": self.code, "text": {"vi": self.text.vi, "en": self.text.en}}
        if self.percent is not None:
            made["percent"] = self.percent
        return made
