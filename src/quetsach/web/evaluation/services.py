"""Makes the report of a campaign: what the office knows and what the tool reported goes in, pages come out."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.db.models import Q

from quetsach.assess.privacy import Relation, Rounded, hidden_cells
from quetsach.campaign import Campaign
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation import evaluate
from quetsach.centre.evaluation.inputs import CleanedByTool, Fleet, OfficeFacts
from quetsach.centre.evaluation.sources import HandedOver, family_name
from quetsach.core.text import LocalText
from quetsach.web.api.selectors import IS_CLEANED, Tally, count_reports, counts, installations, kept
from quetsach.web.api.services import judge_late
from quetsach.web.evaluation import writing
from quetsach.web.evaluation.chapters import compose
from quetsach.web.office.campaigns.selectors.outcome import outcome_of
from quetsach.web.office.plans.models import Campaign as RunCampaign
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.office.tree.selectors import tree_note
from quetsach.web.published.report_counts import WITH_FINDING

STEPS = evaluate.STEPS + writing.STEPS
"""How often ``evaluation_make`` tells its progress."""


@dataclass(frozen=True, slots=True)
class MadeEvaluation:
    """What was written, up to which day the data go (UTC), and the state of the lake that it was read from."""

    files: tuple[Path, ...]
    as_of: date | None
    lake: str


def evaluation_make(
    *,
    centre: Centre,
    campaign: Campaign,
    handed: HandedOver,
    out: Path,
    now: datetime,
    progress: Callable[[int], None] = lambda _steps: None,
) -> MadeEvaluation:
    """Evaluate a campaign and write the report into a folder.

    Args:
        centre: which it is of.
        campaign: its plan.
        handed: what somebody brings to it.
        out: where to; another report of it there is written over.
        now: when it is made (UTC).
        progress: told after each of ``STEPS`` steps.

    Raises:
        QuetsachError: the lake cannot be read, a file is none of its kind, or the folder cannot be written.
    """
    office = office_facts(centre, campaign, now=now)
    made = evaluate.evaluate(centre, campaign, handed=handed, office=office, now=now, progress=progress)
    files = writing.evaluation_write(compose(made.inputs), out, progress=progress)
    return MadeEvaluation(files, made.inputs.as_of, made.lake)


def office_facts(centre: Centre, campaign: Campaign, *, now: datetime) -> OfficeFacts:
    """Return what the office knows of a campaign, run here or not."""
    run = RunCampaign.objects.filter(key=campaign.id).first()
    return OfficeFacts(
        outcome=outcome_of(run, now=now) if run else None,
        tool=cleaned_by_tool(lambda family: family_name(centre.families, family), now=now),
        tree_note=tree_note(campaign.window(campaign.baseline).period.last),
    )


# Voluntary reports of the tool: in the whole country, and of the fleets whose reports carry a unit's code.
#
# A unit sees its own; the public sees provinces and ministries, small figures hidden and the others rounded to tens.


_FIGURES = ("installs", "with_findings", "cleaned")


def cleaned_by_tool(name: Callable[[str], LocalText], *, now: datetime) -> CleanedByTool | None:
    """Return what the tool reported, as public figures count it; ``None`` where it never did.

    Args:
        name: of a family.
        now: the time of the count (UTC).
    """
    judge_late()
    tally = count_reports(now=now)
    if not tally.reports:
        return None
    families = {family.family: family.installs for family in tally.families}
    names = {family: name(family) for family in families}
    totals = (tally.installs, tally.installs_with_findings, tally.installs_cleaned)
    return CleanedByTool(*totals, families, names, tuple(_fleets(tally)))


def _fleets(tally: Tally) -> Iterable[Fleet]:
    """Yield provinces and ministries from most to fewest machines; none with fewer than may be shown."""
    machines = _machines(tally.held_days)
    values = {(top, name): len(found) for top, sets in machines.items() for name, found in sets.items()}
    relations = [
        Relation(((top, name),), (top, "installs"), is_at_most=True) for top in machines for name in _FIGURES[1:]
    ]
    for name, total in zip(
        _FIGURES, (tally.installs, tally.installs_with_findings, tally.installs_cleaned), strict=True
    ):
        parts = tuple((top, name) for top in machines)
        if sum(values[cell] for cell in parts) == total:  # else reports without a code hide what is missing
            relations.append(Relation(parts))
    hidden = hidden_cells(values, relations)
    names = {unit.key: LocalText(unit.name_vi, unit.name_en or unit.name_vi) for unit in _units(machines)}
    for top in sorted(machines, key=lambda top: (-values[top, "installs"], top)):
        if (top, "installs") not in hidden:
            # They grow report by report: two evaluations would tell what a single one says.
            shown = [None if (top, name) in hidden else Rounded.of(values[top, name]).value for name in _FIGURES]
            yield Fleet(top, names[top], *shown)


def _machines(held: Collection[date]) -> dict[str, dict[str, set[UUID]]]:
    """Return the distinct installations of each unit directly below the centre, by figure."""
    coded = kept().filter(counts(held)).exclude(unit="")
    cleaned = set(installations(held).filter(IS_CLEANED).values_list("install_id", flat=True))
    above = _Above(coded.values_list("unit", flat=True).distinct())
    found: defaultdict[str, dict[str, set[UUID]]] = defaultdict(lambda: {name: set() for name in _FIGURES})
    rows = coded.values_list("unit", "day", "install_id", "state")
    for text, day, install, state in rows.iterator():
        if top := above.of(text, day):
            for name, is_one in zip(_FIGURES, (True, state in WITH_FINDING, install in cleaned), strict=True):
                if is_one:
                    found[top][name].add(install)
    return dict(found)


class _Above:
    """Finds the unit directly below the centre over a code, on a day."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Read units and their places in the tree.

        Args:
            texts: keys and codes of units as reports carry them.
        """
        asked = list(texts)
        self._units: defaultdict[str, list[Unit]] = defaultdict(list)
        for unit in Unit.objects.filter(Q(key__in=asked) | Q(code__in=asked)):
            for name in {unit.key, unit.code}:
                self._units[name].append(unit)
        self._places: defaultdict[int, list[Position]] = defaultdict(list)
        ids = {unit.pk for units in self._units.values() for unit in units}
        for position in Position.objects.filter(unit__in=ids):
            self._places[position.unit_id].append(position)

    def of(self, text: str, day: date) -> str:
        """Return the key of that unit; empty where the code meant nothing then, or the centre itself."""
        for unit in self._units[text]:
            for place in self._places[unit.pk]:
                if place.first <= day and (place.until is None or day < place.until):
                    keys = place.path.strip("/").split("/")
                    return keys[1] if len(keys) > 1 else ""
        return ""


def _units(keys: Iterable[str]) -> Iterable[Unit]:
    return Unit.objects.filter(key__in=list(keys))
