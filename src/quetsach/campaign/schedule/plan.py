"""The plan of a campaign: phases with their parts, gates and conditions, and milestones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise

from quetsach.campaign.section import Section
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Number, Text

# Conditions: what must hold before a phase may begin or a milestone counts as reached. They are data.
#
# Each is judged by evidence that the caller derives from what the centre holds (baseline, packs, letters, returns);
# nobody ticks a box.


class Need(StrEnum):
    """What a condition asks for."""

    BASELINE_FROZEN = "baseline-frozen"
    BOTNETS_DECIDED = "botnets-decided"
    ISPS_ASSESSED = "isps-assessed"
    PACKS_PUBLISHED = "packs-published"
    TOOL_OFFERED = "tool-offered"
    LETTERS_ISSUED = "letters-issued"
    RETURNS_PUBLISHED = "returns-published"
    EVALUATION_PUBLISHED = "evaluation-published"
    DECISION_RECORDED = "decision-recorded"
    """A decision about ``subject`` stands in the log: for what no other evidence shows, such as a press conference."""


_TEXTS = {
    Need.BASELINE_FROZEN: Text("The baseline is frozen"),
    Need.BOTNETS_DECIDED: Text("The botnets to act on are decided ({count} of {least})"),
    Need.ISPS_ASSESSED: Text("Internet providers are assessed ({count} of {least})"),
    Need.PACKS_PUBLISHED: Text("Removal packs for the decided botnets are published ({count} of {least})"),
    Need.TOOL_OFFERED: Text("The tool is offered for download"),
    Need.LETTERS_ISSUED: Text("Official letters are issued ({count} of {least})"),
    Need.RETURNS_PUBLISHED: Text("Totals of returns are published"),
    Need.EVALUATION_PUBLISHED: Text("The evaluation is published"),
    Need.DECISION_RECORDED: Text("A decision about “{subject}” is recorded"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One demand: at least ``least`` of what is needed; ``subject`` only for ``DECISION_RECORDED``."""

    needs: Need
    least: int = 1
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the centre can show: how many of each need, and the subjects about which a decision stands."""

    counts: Mapping[Need, int] = field(default_factory=dict)
    subjects: frozenset[str] = frozenset()

    def count(self, condition: Condition) -> int:
        """Return how many of what a condition asks for there are."""
        if condition.needs is Need.DECISION_RECORDED:
            return int(condition.subject in self.subjects)
        return self.counts.get(condition.needs, 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition as judged by evidence; ``text`` says what is asked and how much of it is there."""

    condition: Condition
    count: int

    @property
    def holds(self) -> bool:
        """Whether there is enough."""
        return self.count >= self.condition.least

    @property
    def text(self) -> LocalText:
        """The condition in words, with the count where it asks for several."""
        asked = self.condition
        return _TEXTS[asked.needs].filled(count=Number(self.count), least=Number(asked.least), subject=asked.subject)


def judge(conditions: tuple[Condition, ...], evidence: Evidence) -> tuple[Finding, ...]:
    """Return each condition as judged, in the order of the plan."""
    return tuple(Finding(condition, evidence.count(condition)) for condition in conditions)


# The plan of a campaign: phases with their parts and gates, and milestones.


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


def check_plan(phases: Sequence[Phase], milestones: Sequence[Milestone], *, file: str = "plan") -> None:
    """Refuse a plan whose phases or parts overlap, run backwards or lie outside one another.

    Raises:
        CampaignError: with the field, what is wrong.
    """
    top = Section({}, file)
    top.refuse_twins("phases", (p.id for p in phases))
    top.refuse_twins("milestones", (m.id for m in milestones))
    order = list(Stage)
    _refuse_overlap(top, "phases", phases)
    for number, (earlier, later) in enumerate(pairwise(phases), 2):
        if order.index(later.stage) < order.index(earlier.stage):
            told = Text("“{later}” is of an earlier stage than “{earlier}”", later=later.name, earlier=earlier.name)
            raise top.error(f"phases[{number}].stage", told)
    for number, phase in enumerate(phases, 1):
        parts = f"phases[{number}].parts"
        top.refuse_twins(parts, (p.id for p in phase.parts))
        _refuse_overlap(top, parts, phase.parts)
        for at, part in enumerate(phase.parts, 1):
            if part.period.first not in phase.period or part.period.last not in phase.period:
                told = Text("“{part}” lies outside “{phase}”", part=part.name, phase=phase.name)
                raise top.error(f"{parts}[{at}]", told)


def _refuse_overlap(top: Section, name: str, items: Sequence[Phase | Part]) -> None:
    for number, (earlier, later) in enumerate(pairwise(items), 2):
        if later.period.first <= earlier.period.last:
            told = Text("“{later}” begins before “{earlier}” is over", later=later.name, earlier=earlier.name)
            raise top.error(f"{name}[{number}].first", told)


def read_phase(section: Section) -> Phase:
    """Read one table of ``[[phases]]``."""
    identifier = section.identifier()
    stage = Stage(identifier) if identifier in set(Stage) else Stage.DURING
    phase = Phase(
        identifier,
        section.local_text("name"),
        section.period(),
        section.one_of("stage", Stage) if section.has("stage") else stage,
        tuple(_part(s) for s in section.optional_sections("parts")),
        _conditions(section),
    )
    section.finish()
    return phase


def _part(section: Section) -> Part:
    part = Part(section.identifier(), section.local_text("name"), section.period())
    section.finish()
    return part


def read_milestone(section: Section) -> Milestone:
    """Read one table of ``[[milestones]]``."""
    milestone = Milestone(section.identifier(), section.local_text("name"), section.day("on"), _conditions(section))
    section.finish()
    return milestone


def _conditions(section: Section) -> tuple[Condition, ...]:
    return tuple(_condition(s) for s in section.optional_sections("conditions"))


def _condition(section: Section) -> Condition:
    needs = section.one_of("needs", Need)
    condition = Condition(
        needs,
        section.integer("least", least=1, most=100_000) if section.has("least") else 1,
        section.text("subject") if needs is Need.DECISION_RECORDED else "",
    )
    section.finish()
    return condition
