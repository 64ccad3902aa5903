"""A campaign: what it set out to do, when, how it is measured, and what others published about it."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quetsach.campaign.errors import CampaignError
from quetsach.campaign.schedule.plan import Milestone, Phase, check_plan, read_milestone, read_phase
from quetsach.campaign.section import Section
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text

_FEED = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}/[a-z0-9][a-z0-9_-]{0,47}")


class Provenance(StrEnum):
    """Where a published figure comes from."""

    STATED = "stated"  # printed as such by the source
    DERIVED = "derived"  # by arithmetic from figures that were printed


class Measure(StrEnum):
    """What a target is measured by."""

    WINDOW_ADDRESSES = "window-addresses"
    NONE = "none"  # recorded as the campaign set it; nothing that we hold measures it


@dataclass(frozen=True, slots=True)
class Published:
    """A figure that others published for a window, for comparison beside ours; never an input to it."""

    addresses: int
    provenance: Provenance
    source: str
    note: LocalText


@dataclass(frozen=True, slots=True)
class Target:
    """A goal. ``change_percent`` is the wanted change against the baseline, for example -50."""

    id: str
    text: LocalText
    measure: Measure
    change_percent: float


@dataclass(frozen=True, slots=True)
class Window:
    """A span that figures are counted over. All windows of a campaign have the same number of days."""

    id: str
    name: LocalText
    period: Period
    published: Published | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """Everything a campaign declares. ``baseline`` and ``previous_year`` name windows; the latter may be empty.

    ``feeds`` are those that its baseline must stand on, as ``feed/report``; empty where they are named with the act of
    freezing it.
    """

    id: str
    name: LocalText
    summary: LocalText
    phases: tuple[Phase, ...]
    targets: tuple[Target, ...]
    windows: tuple[Window, ...]
    baseline: str
    previous_year: str
    milestones: tuple[Milestone, ...] = ()
    feeds: tuple[str, ...] = ()

    def window(self, identifier: str) -> Window:
        """Return the window of that identifier.

        Raises:
            CampaignError: there is none.
        """
        for window in self.windows:
            if window.id == identifier:
                return window
        known = ", ".join(w.id for w in self.windows)
        raise CampaignError(
            Text("no window {name} in campaign {campaign}", name=repr(identifier[:60]), campaign=self.id),
            hint=Text("windows: {names}", names=known),
        )

    @property
    def days(self) -> Period:
        """From the first day of its first phase to the last of its last."""
        return Period(self.phases[0].period.first, max(phase.period.last for phase in self.phases))

    @property
    def span(self) -> Period:
        """The campaign's own time: its phases and all its windows but the one of the year before."""
        own = [self.days, *(w.period for w in self.windows if w.id != self.previous_year)]
        return Period(min(p.first for p in own), max(p.last for p in own))

    @property
    def measured_windows(self) -> tuple[Window, ...]:
        """The windows that are compared with the baseline, in order of time."""
        aside = {self.baseline, self.previous_year}
        return tuple(sorted((w for w in self.windows if w.id not in aside), key=lambda w: w.period))


def is_feed_name(text: str) -> bool:
    """Whether a text is of the form ``feed/report``."""
    return _FEED.fullmatch(text) is not None


def read_campaign(content: bytes, *, file: str) -> Campaign:
    """Read ``campaign.toml``.

    Raises:
        CampaignError: with file and field, what is wrong and what belongs there.
    """
    top = Section.parse(content, file=file)
    campaign = Campaign(
        id=top.identifier(),
        name=top.local_text("name"),
        summary=top.local_text("summary"),
        phases=tuple(read_phase(s) for s in top.sections("phases")),
        targets=tuple(_target(s) for s in top.sections("targets")),
        windows=tuple(_window(s) for s in top.sections("windows")),
        baseline=top.text("baseline"),
        previous_year=top.text("previous_year") if top.has("previous_year") else "",
        milestones=tuple(read_milestone(s) for s in top.optional_sections("milestones")),
        feeds=top.texts("feeds") if top.has("feeds") else (),
    )
    top.finish()
    _check(campaign, top)
    return campaign


def _check(campaign: Campaign, top: Section) -> None:
    check_plan(campaign.phases, campaign.milestones, file=top.file)
    top.refuse_twins("targets", (t.id for t in campaign.targets))
    top.refuse_twins("windows", (w.id for w in campaign.windows))
    top.refuse_twins("feeds", campaign.feeds)
    if wrong := next((feed for feed in campaign.feeds if not is_feed_name(feed)), None):
        told = Text("“{wrong}” is not of the form feed/report, as in shadowserver/event4_sinkhole", wrong=wrong[:60])
        raise top.error("feeds", told)
    known = {w.id for w in campaign.windows}
    if campaign.baseline not in known:
        raise top.error("baseline", Text("names no window"))
    if campaign.previous_year and (campaign.previous_year not in known or campaign.previous_year == campaign.baseline):
        raise top.error("previous_year", Text("must name a window other than the baseline"))
    days = campaign.window(campaign.baseline).period.days
    for number, window in enumerate(campaign.windows, 1):
        if window.period.days != days:
            told = Text(
                "the window has {days} days and the baseline {baseline}: unequal windows do not compare",
                days=window.period.days,
                baseline=days,
            )
            raise top.error(f"windows[{number}].last", told)


def _target(section: Section) -> Target:
    target = Target(
        section.identifier(),
        section.local_text("text"),
        section.one_of("measure", Measure),
        section.number("change_percent", least=-100, most=1000),
    )
    section.finish()
    return target


def _window(section: Section) -> Window:
    window = Window(
        section.identifier(),
        section.local_text("name"),
        section.period(),
        _published(section.section("published")) if section.has("published") else None,
    )
    section.finish()
    return window


def _published(section: Section) -> Published:
    published = Published(
        section.integer("addresses", least=1, most=1 << 40),
        section.one_of("provenance", Provenance),
        section.text("source"),
        section.local_text("note"),
    )
    section.finish()
    return published


# What others published about a campaign: their figures, their counters, their rankings, and what these cannot tell.
#
# Nothing here is an input to a figure of ours; an evaluation sets it beside them, each with its source.


_MOST = 1 << 40


class Counted(StrEnum):
    """The length of the window that a figure was counted over, as far as it was published."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """Addresses that somebody published; ``period`` is ours where ``counted`` is unknown. ``id`` may be empty.

    ``note`` says what was printed instead, or how it was worked out; with one the ``source`` may be empty.
    """

    id: str
    period: Period
    counted: Counted
    addresses: int
    provenance: Provenance
    source: str
    note: LocalText | None


@dataclass(frozen=True, slots=True)
class Activity:
    """What a campaign's own counters said on a day; ``None`` where that was not printed. ``note`` as of a figure."""

    on: date
    reached: int | None
    scans: int | None
    infected: int | None
    source: str
    note: LocalText | None


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a report of others placed the country in a year; ``percent`` is the share that it printed, if any.

    ``note`` as of a figure.
    """

    by: str
    year: int
    measure: LocalText
    place: int
    percent: float | None
    source: str
    note: LocalText | None


@dataclass(frozen=True, slots=True)
class PublishedRecord:
    """Everything of one ``published.toml``."""

    figures: tuple[PublishedFigure, ...] = ()
    activity: tuple[Activity, ...] = ()
    limits: tuple[LocalText, ...] = ()
    placings: tuple[Placing, ...] = ()

    def figure(self, identifier: str) -> PublishedFigure | None:
        """Return the figure of that identifier."""
        return next((f for f in self.figures if f.id == identifier), None)


def read_published(content: bytes, *, file: str) -> PublishedRecord:
    """Read ``published.toml``.

    Raises:
        CampaignError: with file and field, what is wrong and what belongs there.
    """
    top = Section.parse(content, file=file)
    record = PublishedRecord(
        tuple(sorted((_figure(s) for s in top.optional_sections("figures")), key=lambda f: f.period)),
        tuple(sorted((_activity(s) for s in top.optional_sections("activity")), key=lambda a: a.on)),
        tuple(_limit(s) for s in top.optional_sections("limits")),
        tuple(_placing(s) for s in top.optional_sections("placings")),
    )
    top.refuse_twins("figures", (f.id for f in record.figures if f.id))
    top.finish()
    return record


def _figure(section: Section) -> PublishedFigure:
    figure = PublishedFigure(
        section.identifier() if section.has("id") else "",
        section.period(),
        section.one_of("counted", Counted),
        section.integer("addresses", least=1, most=_MOST),
        section.one_of("provenance", Provenance),
        *_source(section),
    )
    section.finish()
    return figure


def _activity(section: Section) -> Activity:
    def count(name: str) -> int | None:
        return section.integer(name, least=0, most=_MOST) if section.has(name) else None

    activity = Activity(section.day("on"), count("reached"), count("scans"), count("infected"), *_source(section))
    section.finish()
    return activity


def _source(section: Section) -> tuple[str, LocalText | None]:
    """Return where a figure is from and what is to be known of it; one of both there has to be."""
    note = section.local_text("note") if section.has("note") else None
    return (section.text("source") if note is None or section.has("source") else "", note)


def _limit(section: Section) -> LocalText:
    text = LocalText(section.text("vi"), section.text("en"))
    section.finish()
    return text


def _placing(section: Section) -> Placing:
    placing = Placing(
        section.text("by"),
        section.integer("year", least=1990, most=2100),
        section.local_text("measure"),
        section.integer("place", least=1, most=1000),
        section.number("percent", least=0, most=100) if section.has("percent") else None,
        *_source(section),
    )
    section.finish()
    return placing
