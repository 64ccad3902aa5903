"""Reads the measures of a scenario's campaign."""

from collections.abc import Mapping
from datetime import date

from quetsach.campaign import Section
from quetsach.simulate.fields import day_from, number_or
from quetsach.simulate.machines.scenario import Measure, RollOut

MAX_STEPS = 100


def read_measures(top: Section, first: date, known: Mapping[str, list[str]]) -> tuple[Measure, ...]:
    """Read ``[[measures]]``, which may be left out.

    Args:
        top: the whole file.
        first: the country's first day.
        known: its ``families``, ``isps`` and ``provinces``.

    Raises:
        CampaignError: with file and field, what is wrong.
    """
    measures = tuple(_measure(section, first, known) for section in top.optional_sections("measures"))
    top.refuse_twins("measures", [measure.id for measure in measures])
    return measures


def _measure(section: Section, first: date, known: Mapping[str, list[str]]) -> Measure:
    roll_out = section.one_of("roll_out", RollOut) if section.has("roll_out") else RollOut.EVERYWHERE
    has_steps = roll_out is not RollOut.EVERYWHERE
    measure = Measure(
        id=section.identifier(),
        kind=section.text("kind"),
        first=day_from(section, "first", first),
        last=section.day("last") if section.has("last") else None,
        ramp_days=number_or(section, "ramp_days", 0.0, least=0, most=1000),
        reduction=number_or(section, "reduction", 0.0, least=0, most=1),
        cleaning=number_or(section, "cleaning_factor", 1.0, least=0.01, most=100),
        roll_out=roll_out,
        steps=section.integer("steps", least=1, most=MAX_STEPS) if has_steps else 1,
        step_days=section.integer("step_days", least=1, most=400) if has_steps else 1,
        order_seed=section.integer("order_seed", least=0, most=2**32) if roll_out is RollOut.WEDGE else 0,
        **{name: _names(section, name, names) for name, names in known.items()},
    )
    if measure.last is not None and measure.last < measure.first:
        raise section.error("last", "is before first")
    section.finish()
    return measure


def _names(section: Section, name: str, known: list[str]) -> tuple[str, ...]:
    if not section.has(name):
        return ()
    names = section.texts(name)
    section.refuse_twins(name, names)
    for text in names:
        if text not in known:
            raise section.error(name, f"{text[:60]} is none of this file")
    return names
