"""The choice of botnets: its criteria, what is known of each family's harm and removal, the choice over a window."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from quetsach import storage
from quetsach.assess.priority import GROWTH_DAYS, Choice, Criteria, Criterion, Harm, Observation, choose, growth_of
from quetsach.campaign import Section
from quetsach.core.errors import InputError
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY
from quetsach.core.period import Period
from quetsach.core.table import read_rows
from quetsach.core.text import LocalText, Text
from quetsach.installation import bundled
from quetsach.lake.view import LakeView

SEED = 2020
"""Of all random draws, as the command has it by default: the same data give the same choice."""
_NO_BOTNETS = (UNKNOWN_FAMILY, UNPLACED_FAMILY, "eicar")
MEASURED = ("size", "growth", "harm", "remediability", "coverage", "exposure")
"""The criteria that a value exists for; a file may leave some out."""


@dataclass(frozen=True, slots=True)
class BotnetChoice:
    """What the criteria choose over a window, and on what: ``days_with_data`` of its days were seen at all."""

    period: Period
    days_with_data: int
    seed: int
    observations: tuple[Observation, ...]
    choice: Choice


def choose_botnets(
    view: LakeView, period: Period, *, criteria: Criteria | None = None, seed: int = SEED
) -> BotnetChoice | None:
    """Choose botnets by stated criteria on what was seen in a window.

    Args:
        view: the sightings.
        period: whole days (UTC) to measure over.
        criteria: other criteria than those of this build.
        seed: of the weights that are tried.

    Returns:
        The choice; ``None`` where no family was seen in the window.

    Raises:
        QuetsachError: the lake or a table cannot be read.
    """
    criteria = criteria or load_criteria()
    observations = tuple(observed(view, period, load_judgements(criteria)))
    if not observations:
        return None
    days = len({row["day"] for row in view.days_with_data(period).to_pylist()})
    choice = choose(observations, criteria, rng=np.random.default_rng(seed))
    return BotnetChoice(period, days, seed, observations, choice)


def observed(view: LakeView, period: Period, judged: Mapping[str, dict[str, float]]) -> list[Observation]:
    """Measure size, growth and coverage of each family that was seen in the period, and join what is judged of it.

    Args:
        view: the sightings.
        period: days to measure size and coverage over; growth is of the twelve weeks up to its last day.
        judged: values of other criteria by family.

    Raises:
        LakeError: the lake cannot be read.
    """
    longer = Period(period.last - timedelta(days=GROWTH_DAYS - 1), period.last)
    watched = {row["day"] for row in view.daily_addresses(longer, ()).to_pylist()}
    empty = np.array([0.0 if day in watched else np.nan for day in longer])
    series: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    for row in view.daily_addresses(longer).to_pylist():
        series.setdefault(row["family"], empty.copy())[(row["day"] - longer.first).days] = row["addresses"]
    days = len({row["day"] for row in view.daily_addresses(period, ()).to_pylist()})
    addresses: dict[str, list[int]] = {}
    for row in view.daily_addresses(period).to_pylist():
        addresses.setdefault(row["family"], []).append(row["addresses"])
    found = []
    for family, counts in sorted(addresses.items()):
        if family in _NO_BOTNETS:
            continue
        values = {**judged.get(family, {}), "size": sum(counts) / days, "coverage": len(counts) / period.days}
        growth = growth_of(series[family]) if family in series else None
        found.append(Observation(family, values if growth is None else {**values, "growth": growth}))
    return found


def load_criteria(path: Path | None = None) -> Criteria:
    """Return the criteria of a file, or those of this build.

    Raises:
        QuetsachError: the file is missing or damaged; the error names file and field.
    """
    path = path or bundled("data") / "priority" / "criteria.toml"
    top = Section.parse(storage.read_input(path), file=path.name)
    listed = top.section("criteria")
    criteria = tuple(_criterion(name, listed.section(name)) for name in MEASURED if listed.has(name))
    listed.finish()
    if not criteria or sum(c.weight for c in criteria) <= 0:
        raise top.error("criteria", Text("have no weight"))
    removable = top.section("remediability")
    found = Criteria(
        version=top.text("version"),
        seats=top.integer("seats", least=1, most=100),
        concentration=top.number("concentration", least=1, most=10_000),
        certain=top.number("certain", least=0.5, most=1),
        criteria=criteria,
        harm={name: _harm(name, section) for name, section in _inside(top.section("harm"))},
        remediability={name: removable.number(name, least=0, most=1) for name in ("yes", "partly", "no")},
    )
    removable.finish()
    top.finish()
    return found


def load_judgements(criteria: Criteria) -> Mapping[str, dict[str, float]]:
    """Return harm and remediability of each family of this build's table, as values of these criteria.

    Raises:
        QuetsachError: the table is missing or damaged, or uses a class that the criteria do not have.
    """
    path = bundled("data") / "priority" / "families.csv"
    found: dict[str, dict[str, float]] = {}
    for at, row in read_rows(storage.read_input(path), ("family", "harm", "remediability"), where=path.name):
        if row["harm"] and row["harm"] not in criteria.harm:
            raise InputError(
                Text("there is no class of harm {name}", name=repr(row["harm"])),
                where=at,
                hint=Text("add it to the criteria"),
            )
        if row["remediability"] not in criteria.remediability:
            raise InputError(Text("neither yes, partly nor no: {text}", text=repr(row["remediability"])), where=at)
        values = {"remediability": criteria.remediability[row["remediability"]]}
        if row["harm"]:
            values["harm"] = criteria.harm[row["harm"]].score
        found[row["family"]] = values
    return found


def _criterion(name: str, section: Section) -> Criterion:
    is_log = section.flag("is_log")
    low = section.number("low", least=1e-9 if is_log else -1e12, most=1e12) if section.has("low") else 0.0
    high = section.number("high", least=-1e12, most=1e12) if section.has("high") else 1.0
    if not low < high or (is_log and not low > 0) or not math.isfinite(high - low):
        raise section.error("high", Text("must be more than low, and both positive on a log scale"))
    weight = section.number("weight", least=0, most=1)
    made = Criterion(name, section.local_text("name"), section.local_text("text"), weight, low, high, is_log)
    section.finish()
    return made


def _harm(name: str, section: Section) -> Harm:
    made = Harm(name, LocalText(section.text("vi"), section.text("en")), score=section.number("score", least=0, most=1))
    section.finish()
    return made


def _inside(section: Section) -> list[tuple[str, Section]]:
    return [(name, section.section(name)) for name in sorted(section.values)]
