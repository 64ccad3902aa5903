"""How a plan stands on a day: which phase runs, what is late, which gates are shut and why."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quetsach.campaign.record import Campaign
from quetsach.campaign.schedule.plan import Evidence, Finding, Milestone, Part, Phase, judge


class PhaseState(StrEnum):
    """Where a phase is. A phase whose first day has come waits until its gate is opened."""

    AHEAD = "ahead"
    WAITING = "waiting"
    RUNNING = "running"
    OVER = "over"


class MilestoneState(StrEnum):
    """Where a milestone is."""

    AHEAD = "ahead"
    REACHED = "reached"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class PhaseStatus:
    """One phase on a day. ``findings`` are the conditions of its gate as they are now.

    ``days_late`` are counted up to the last day of the plan: what a campaign that is over left undone gets no later.
    """

    phase: Phase
    state: PhaseState
    is_open: bool
    days_late: int
    part: Part | None
    findings: tuple[Finding, ...]

    @property
    def missing(self) -> tuple[Finding, ...]:
        """The conditions that do not hold."""
        return tuple(finding for finding in self.findings if not finding.holds)

    @property
    def may_be_opened(self) -> bool:
        """Whether nothing of its own keeps the gate shut."""
        return not self.is_open and not self.missing


@dataclass(frozen=True, slots=True)
class MilestoneStatus:
    """One milestone on a day."""

    milestone: Milestone
    state: MilestoneState
    days_late: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PlanStatus:
    """A whole plan on a day."""

    day: date
    phases: tuple[PhaseStatus, ...]
    milestones: tuple[MilestoneStatus, ...]

    @property
    def running(self) -> PhaseStatus | None:
        """The newest phase that runs."""
        return next((p for p in reversed(self.phases) if p.state is PhaseState.RUNNING), None)

    @property
    def begins_on(self) -> date | None:
        """The first day of the plan, if it has not come yet."""
        first = self.phases[0].phase.period.first
        return first if self.day < first else None

    @property
    def ended_on(self) -> date | None:
        """The last day of the plan, if it is over; whether the campaign was closed is another matter."""
        last = max(p.phase.period.last for p in self.phases)
        return last if self.day > last else None

    @property
    def next_gate(self) -> PhaseStatus | None:
        """The first phase whose gate is shut: only this one may be opened."""
        return next((p for p in self.phases if not p.is_open), None)

    @property
    def late(self) -> tuple[PhaseStatus | MilestoneStatus, ...]:
        """What should have happened by now."""
        everything: tuple[PhaseStatus | MilestoneStatus, ...] = (*self.phases, *self.milestones)
        return tuple(item for item in everything if item.days_late)

    def phase(self, identifier: str) -> PhaseStatus | None:
        """Return the standing of a phase."""
        return next((p for p in self.phases if p.phase.id == identifier), None)


def plan_status(campaign: Campaign, day: date, evidence: Evidence, *, opened: frozenset[str]) -> PlanStatus:
    """Return how the plan stands on a day of Viet Nam.

    Args:
        campaign: the plan.
        day: the day in Viet Nam.
        evidence: what the centre can show now.
        opened: identifiers of the phases whose gates were opened.
    """
    phases = tuple(_phase(campaign, number, day, evidence, opened) for number in range(len(campaign.phases)))
    until = min(day, campaign.days.last)
    return PlanStatus(day, phases, tuple(_milestone(m, day, until, evidence) for m in campaign.milestones))


def _phase(campaign: Campaign, number: int, day: date, evidence: Evidence, opened: frozenset[str]) -> PhaseStatus:
    phase = campaign.phases[number]
    is_open = phase.id in opened
    later = campaign.phases[number + 1 :]
    if day < phase.period.first:
        state, late = PhaseState.AHEAD, 0
    elif not is_open:
        state, late = PhaseState.WAITING, (min(day, campaign.days.last) - phase.period.first).days
    elif any(p.id in opened and day >= p.period.first for p in later) or day > phase.period.last:
        state, late = PhaseState.OVER, 0
    else:
        state, late = PhaseState.RUNNING, 0
    part = next((p for p in phase.parts if day in p.period), None)
    return PhaseStatus(phase, state, is_open, late, part, judge(phase.conditions, evidence))


def _milestone(milestone: Milestone, day: date, until: date, evidence: Evidence) -> MilestoneStatus:
    findings = judge(milestone.conditions, evidence)
    is_reached = all(f.holds for f in findings) if findings else day >= milestone.on
    if is_reached:
        return MilestoneStatus(milestone, MilestoneState.REACHED, 0, findings)
    late = max(0, (until - milestone.on).days)
    is_missed = day > milestone.on
    return MilestoneStatus(milestone, MilestoneState.MISSED if is_missed else MilestoneState.AHEAD, late, findings)
