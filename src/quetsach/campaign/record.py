"""A campaign: what it set out to do, when, and which windows it is measured over."""

import re
from dataclasses import dataclass
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
        raise CampaignError(f"no window {identifier[:60]!r} in campaign {self.id}", hint=f"windows: {known}")

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
