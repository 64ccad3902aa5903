"""The chapters of the report, in their order, and the one table of what they could not compute."""

from collections.abc import Iterable, Iterator

from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.text import Joined, LocalText, Text
from quetsach.web.evaluation.chapters import (
    breakdown,
    effect,
    grades,
    machines,
    method,
    mobilised,
    targets,
    verdicts,
)
from quetsach.web.evaluation.document import Cell, Chapter, Column, Evaluation, Gap, Section, Table

_FOR_EVERYONE = (
    verdicts.verdicts,
    mobilised.letters,
    mobilised.returns,
    mobilised.tool,
    targets.targets,
    machines.machines,
)
_FOR_STATISTICIANS = (
    effect.effect,
    breakdown.breakdown,
    machines.cases,
    grades.grades,
    grades.priority,
    method.health,
    method.published,
    method.placings,
    method.method,
)
_TITLE = Text("What could not be computed, and why")
_COLUMNS = (
    Column("what", Text("What")),
    Column("why", Text("Why")),
)


def compose(inputs: Inputs) -> Evaluation:
    """Make the report: what everyone wants to know first, what only statisticians read last."""
    first, last = ([chapter(inputs) for chapter in chapters] for chapters in (_FOR_EVERYONE, _FOR_STATISTICIANS))
    return Evaluation(
        campaign=inputs.campaign.id,
        name=inputs.campaign.name,
        summary=inputs.campaign.summary,
        made_at=inputs.made_at,
        as_of=inputs.as_of,
        not_real=inputs.not_real,
        sections=(
            *_sections(first, is_technical=False),
            *_not_computed((*first, *last)),
            *_sections(last, is_technical=True),
        ),
        facts=grades.priority_settings(inputs.priority) | grades.grades_settings(inputs.grades),
    )


def _sections(chapters: Iterable[Chapter], *, is_technical: bool) -> Iterator[Section]:
    """Yield what is left of chapters without their gaps, if anything is."""
    for chapter in chapters:
        if blocks := tuple(block for block in chapter.content if not isinstance(block, Gap)):
            yield Section(chapter.id, chapter.title, blocks, is_technical)


def _not_computed(chapters: Iterable[Chapter]) -> Iterator[Section]:
    """Yield the table of all gaps, those with one reason in one row; nothing where there are none."""
    reasons: dict[LocalText, list[LocalText]] = {}
    for chapter in chapters:
        for gap in chapter.content:
            if isinstance(gap, Gap):
                reasons.setdefault(gap.why, []).append(gap.what)
    rows: tuple[tuple[Cell, ...], ...] = tuple((_listed(what), why) for why, what in reasons.items())
    if rows:
        yield Section("not-computed", _TITLE, (Table("not-computed", _TITLE, _COLUMNS, rows),))


def _listed(names: Iterable[LocalText]) -> LocalText:
    return Joined(dict.fromkeys(names), "; ")
