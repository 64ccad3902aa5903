"""Reads the measures of a scenario's campaign."""

from quetsach.campaign import Section
from quetsach.simulate.fields import number_or
from quetsach.simulate.machines.scenario import Measure, RollOut

MAX_STEPS = 100


def read_measures(top: Section, *, families: list[str], isps: list[str], provinces: list[str]) -> tuple[Measure, ...]:
    """Read ``[[measures]]``, which may be left out.

    Raises:
        CampaignError: with file and field, what is wrong.
    """
    measures = tuple(_measure(section, families, isps, provinces) for section in top.optional_sections("measures"))
    top.refuse_twins("measures", [measure.id for measure in measures])
    return measures


def _measure(section: Section, families: list[str], isps: list[str], provinces: list[str]) -> Measure:
    roll_out = section.one_of("roll_out", RollOut) if section.has("roll_out") else RollOut.EVERYWHERE
    has_steps = roll_out is not RollOut.EVERYWHERE
    measure = Measure(
        id=section.identifier(),
        kind=section.text("kind"),
        first=section.day("first"),
        last=section.day("last") if section.has("last") else None,
        ramp_days=number_or(section, "ramp_days", 0.0, least=0, most=1000),
        reduction=number_or(section, "reduction", 0.0, least=0, most=1),
        cleaning=number_or(section, "cleaning_factor", 1.0, least=0.01, most=100),
        roll_out=roll_out,
        steps=section.integer("steps", least=1, most=MAX_STEPS) if has_steps else 1,
        step_days=section.integer("step_days", least=1, most=400) if has_steps else 1,
        order_seed=section.integer("order_seed", least=0, most=2**32) if roll_out is RollOut.WEDGE else 0,
        families=_names(section, "families", families),
        isps=_names(section, "isps", isps),
        provinces=_names(section, "provinces", provinces),
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
