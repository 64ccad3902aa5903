"""The chapters of the report, in their order."""

from quetsach.web.evaluation.chapters import (
    breakdown,
    cases,
    effect,
    grades,
    health,
    machines,
    method,
    mobilised,
    outside,
    priority,
    targets,
    verdicts,
)
from quetsach.web.evaluation.document import Evaluation
from quetsach.web.evaluation.inputs import Inputs

_CHAPTERS = (
    verdicts.verdicts,
    targets.targets,
    machines.machines,
    effect.effect,
    breakdown.breakdown,
    cases.cases,
    grades.grades,
    priority.priority,
    mobilised.tool,
    mobilised.letters,
    mobilised.returns,
    health.health,
    outside.published,
    outside.placings,
    method.method,
)


def compose(inputs: Inputs) -> Evaluation:
    """Make the report."""
    return Evaluation(
        campaign=inputs.campaign.id,
        name=inputs.campaign.name,
        summary=inputs.campaign.summary,
        made_at=inputs.made_at,
        as_of=inputs.as_of,
        not_real=inputs.not_real,
        sections=tuple(chapter(inputs) for chapter in _CHAPTERS),
        facts=priority.settings(inputs.priority) | grades.settings(inputs.grades),
    )
