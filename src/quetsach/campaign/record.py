"""A campaign: what it set out to do, when, and which windows it is measured over."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from quetsach.campaign.errors import CampaignError
from quetsach.campaign.schedule.condition import Condition, Need
from quetsach.campaign.section import Section
from quetsach.core.pack import LocalText
from quetsach.core.period import Period

_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


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


class Stage(StrEnum):
    """The three stages of every campaign; a phase belongs to one."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a phase ("đợt"); ``period`` in days of Viet Nam."""

    id: str
    name: LocalText
    period: Period


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of the campaign; ``period`` in days of Viet Nam. ``conditions`` are the gate that stands before it."""

    id: str
    name: LocalText
    period: Period
    stage: Stage = Stage.DURING
    parts: tuple[Part, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Milestone:
    """A day by which ``conditions`` are to hold; without any it is reached when the day comes."""

    id: str
    name: LocalText
    on: date
    conditions: tuple[Condition, ...] = ()


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
    """Everything a campaign declares. ``baseline`` and ``previous_year`` name windows; the latter may be empty."""

    id: str
    name: LocalText
    summary: LocalText
    phases: tuple[Phase, ...]
    targets: tuple[Target, ...]
    windows: tuple[Window, ...]
    baseline: str
    previous_year: str
    milestones: tuple[Milestone, ...] = ()

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
    def measured_windows(self) -> tuple[Window, ...]:
        """The windows that are compared with the baseline, in order of time."""
        aside = {self.baseline, self.previous_year}
        return tuple(sorted((w for w in self.windows if w.id not in aside), key=lambda w: w.period))


def read_campaign(content: bytes, *, file: str) -> Campaign:
    """Read ``campaign.toml``.

    Raises:
        CampaignError: with file and field, what is wrong and what belongs there.
    """
    top = Section.parse(content, file=file)
    campaign = Campaign(
        id=_identifier(top),
        name=top.local_text("name"),
        summary=top.local_text("summary"),
        phases=tuple(_phase(s) for s in top.sections("phases")),
        targets=tuple(_target(s) for s in top.sections("targets")),
        windows=tuple(_window(s) for s in top.sections("windows")),
        baseline=top.text("baseline"),
        previous_year=top.text("previous_year") if top.has("previous_year") else "",
        milestones=tuple(_milestone(s) for s in top.optional_sections("milestones")),
    )
    top.finish()
    _check(campaign, top)
    return campaign


def check_plan(campaign: Campaign, *, file: str = "plan") -> None:
    """Refuse a plan whose phases or parts overlap, run backwards or lie outside one another.

    Raises:
        CampaignError: with the field, what is wrong.
    """
    top = Section({}, file)
    _refuse_twins(top, "phases", (p.id for p in campaign.phases))
    _refuse_twins(top, "milestones", (m.id for m in campaign.milestones))
    order = list(Stage)
    _refuse_overlap(top, campaign.phases)
    for earlier, later in pairwise(campaign.phases):
        if order.index(later.stage) < order.index(earlier.stage):
            what = f"{later.name.en} is of an earlier stage than {earlier.name.en}"
            vi = f"“{later.name.vi}” thuộc giai đoạn sớm hơn “{earlier.name.vi}”"
            raise top.error("phases", what, vi=vi)
    for phase in campaign.phases:
        _refuse_twins(top, f"phases.{phase.id}.parts", (p.id for p in phase.parts))
        _refuse_overlap(top, phase.parts)
        for part in phase.parts:
            if part.period.first not in phase.period or part.period.last not in phase.period:
                what = f"{part.name.en} lies outside {phase.name.en}"
                raise top.error("phases", what, vi=f"“{part.name.vi}” nằm ngoài thời gian của “{phase.name.vi}”")


def _refuse_overlap(top: Section, items: Sequence[Phase | Part]) -> None:
    for earlier, later in pairwise(items):
        if later.period.first <= earlier.period.last:
            what = f"{later.name.en} begins before {earlier.name.en} is over"
            raise top.error("phases", what, vi=f"“{later.name.vi}” bắt đầu khi “{earlier.name.vi}” chưa kết thúc")


def _check(campaign: Campaign, top: Section) -> None:
    check_plan(campaign, file=top.file)
    _refuse_twins(top, "targets", (t.id for t in campaign.targets))
    _refuse_twins(top, "windows", (w.id for w in campaign.windows))
    known = {w.id for w in campaign.windows}
    if campaign.baseline not in known:
        raise top.error("baseline", "names no window", vi="không có kỳ đếm nào mang tên này")
    if campaign.previous_year and (campaign.previous_year not in known or campaign.previous_year == campaign.baseline):
        vi = "phải là một kỳ đếm khác kỳ làm mốc"
        raise top.error("previous_year", "must name a window other than the baseline", vi=vi)
    days = campaign.window(campaign.baseline).period.days
    for window in campaign.windows:
        if window.period.days != days:
            what = f"{window.id} has {window.period.days} days and the baseline {days}: unequal windows do not compare"
            vi = f"{window.id} dài {window.period.days} ngày, kỳ làm mốc {days} ngày: không so sánh được"
            raise top.error("windows", what, vi=vi)


def _refuse_twins(top: Section, name: str, identifiers: Iterable[str]) -> None:
    seen: set[str] = set()
    for identifier in identifiers:
        if identifier in seen:
            raise top.error(name, f"{identifier} is there twice", vi=f"{identifier} có hai lần")
        seen.add(identifier)


def _identifier(section: Section) -> str:
    text = section.text("id")
    if len(text) > 60 or not _IDENTIFIER.fullmatch(text):
        vi = "chỉ gồm chữ thường không dấu, chữ số, gạch nối, tối đa 60"
        raise section.error("id", "must be lower-case letters, digits and hyphens, at most 60", vi=vi)
    return text


def _phase(section: Section) -> Phase:
    identifier = _identifier(section)
    stage = Stage(identifier) if identifier in set(Stage) else Stage.DURING
    phase = Phase(
        identifier,
        section.local_text("name"),
        section.period(),
        _one_of(section, "stage", Stage) if section.has("stage") else stage,
        tuple(_part(s) for s in section.optional_sections("parts")),
        _conditions(section),
    )
    section.finish()
    return phase


def _part(section: Section) -> Part:
    part = Part(_identifier(section), section.local_text("name"), section.period())
    section.finish()
    return part


def _milestone(section: Section) -> Milestone:
    milestone = Milestone(_identifier(section), section.local_text("name"), section.day("on"), _conditions(section))
    section.finish()
    return milestone


def _conditions(section: Section) -> tuple[Condition, ...]:
    return tuple(_condition(s) for s in section.optional_sections("conditions"))


def _condition(section: Section) -> Condition:
    needs = _one_of(section, "needs", Need)
    condition = Condition(
        needs,
        section.integer("least", least=1, most=100_000) if section.has("least") else 1,
        section.text("subject") if needs is Need.DECISION_RECORDED else "",
    )
    section.finish()
    return condition


def _target(section: Section) -> Target:
    target = Target(
        _identifier(section),
        section.local_text("text"),
        _one_of(section, "measure", Measure),
        section.number("change_percent", least=-100, most=1000),
    )
    section.finish()
    return target


def _window(section: Section) -> Window:
    window = Window(
        _identifier(section),
        section.local_text("name"),
        section.period(),
        _published(section.section("published")) if section.has("published") else None,
    )
    section.finish()
    return window


def _published(section: Section) -> Published:
    published = Published(
        section.integer("addresses", least=1, most=1 << 40),
        _one_of(section, "provenance", Provenance),
        section.text("source"),
        section.local_text("note"),
    )
    section.finish()
    return published


def _one_of[E: StrEnum](section: Section, name: str, kind: type[E]) -> E:
    text = section.text(name)
    try:
        return kind(text)
    except ValueError as error:
        known = ", ".join(kind)
        raise section.error(name, f"must be one of {known}", vi=f"phải là một trong: {known}") from error
