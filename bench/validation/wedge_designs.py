"""Does a stepped wedge cover the truth in designs that a country may draw, good or bad: without and with an effect.

A design is who begins when (drawn by lot anew in each panel) and a world: sizes, noise, trends, regions whose units err
together, counts. Every panel goes through ``analyse`` as the command does it, and then before the judge of the
registered analysis. The truth is the mean true effect over the cells that the answer says it is of: treated, of the
times since the start that it names, while others wait. An interval holds it in 92 of 100 panels at least (above 98 it
is called wide), or there is none; "achieved", for a target just above the true effect at the longest of those times, is
said in 2.5 of 100 at most."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
from bench.validation.table import Row
from scipy import signal

from quetsach.assess.effect import Answer, Counted, Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.grounds import Grounds, PanelOrigin
from quetsach.assess.effect.panel import Floats, Ints, Step, periods_of
from quetsach.assess.effect.registration import PanelPlan, Registration
from quetsach.assess.effect.verdict import Verdict, Word, judge
from quetsach.core.period import Period

FULL, SHORT = 300, 12
EFFECTS: Final = (("none", 0.0), ("30 %", float(np.log(0.7))))
_LEAST, _MOST, _FALSE = 0.92, 0.98, 0.025
_SHAPES: Final[dict[str, Callable[[Floats], Floats]]] = {
    "at once": np.ones_like,
    "builds up": lambda since: np.clip((since + 1) / 6, 0, 1),
    "wears off": lambda since: np.exp(-since / 6),
}


@dataclass(frozen=True, slots=True)
class World:
    """A wedge: ``steps`` are (first treated period, units), ``never`` units that do not begin.

    Series are in logarithms: ``noise`` (standard deviation of an autoregression ``rho``), ``wild`` (of the logarithm of
    how noisy a unit is), ``own`` (of trends), ``sizes`` (of logarithms of sizes). ``region`` units lie in a region
    each, which errs together by ``shared`` of the variance and, where ``together``, begins together; where ``is_told``,
    the panel names the regions. ``machines``: counts of so many on the average, drawn by Poisson. ``differ``: by what
    share effects differ from unit to unit; ``by_size``: by what share for each standard deviation of size. ``gaps``:
    share of cells that are missing. ``worst_first``: the order is not drawn, those that stand highest begin first.
    ``blocks``: the order is drawn within blocks of size, one unit of each for every step. ``drift``: of a unit a
    standard deviation larger, each period. ``is_kept``: the registration knows the blocks.
    """

    name: str
    steps: tuple[tuple[int, int], ...]
    never: int = 0
    periods: int = 26
    shape: str = "at once"
    sizes: float = 0.7
    noise: float = 0.08
    rho: float = 0.5
    wild: float = 0.0
    own: float = 0.002
    region: int = 1
    shared: float = 0.0
    is_together: bool = False
    is_told: bool = False
    machines: float | None = None
    differ: float = 0.0
    by_size: float = 0.0
    gaps: float = 0.0
    is_worst_first: bool = False
    counted: Counted = Counted.UNITS
    blocks: bool = False
    drift: float = 0.0
    is_kept: bool = True

    @property
    def slots(self) -> Ints:
        """The starts that are drawn for (units)."""
        slots = [start for start, units in self.steps for _ in range(units)]
        return np.array(slots + [self.periods] * self.never, dtype=np.int64)


def _even(first: int, every: int, steps: int, units: int) -> tuple[tuple[int, int], ...]:
    return tuple((first + every * step, units) for step in range(steps))


def _worlds() -> tuple[World, ...]:
    six = World("6 steps of 6", _even(5, 3, 6, 6))
    twelve = World("12 units, 6 steps of 2", _even(5, 3, 6, 2))
    regions = replace(six, region=6, shared=0.5, is_together=True)
    return (
        six,
        replace(six, name="6 steps of 6, builds up", shape="builds up"),
        replace(six, name="6 steps of 6, wears off", shape="wears off"),
        World("63 provinces, 6 steps", (*_even(5, 3, 3, 11), *_even(14, 3, 3, 10))),
        twelve,
        replace(twelve, name="12 units, builds up", shape="builds up"),
        replace(twelve, name="12 units, wears off", shape="wears off"),
        World("12 units, 12 steps of one", _even(5, 1, 12, 1)),
        World("12 units, 3 steps of 4", _even(6, 5, 3, 4)),
        World("2 steps, 12 and 12", _even(8, 8, 2, 12), periods=20),
        World("2 steps, 21 and 3", ((8, 21), (16, 3)), periods=20),
        World("2 steps, first of 1, then 23", ((8, 1), (16, 23)), periods=20),
        World("2 steps, 23, last of 1", ((8, 23), (16, 1)), periods=20),
        World("first step of 1, then 4 of 8", ((5, 1), *_even(8, 4, 4, 8))),
        World("first step of 2, builds up", ((5, 2), *_even(8, 4, 4, 6)), shape="builds up"),
        World("last step of 1", (*_even(5, 4, 4, 6), (21, 1))),
        World("12 and one never", _even(5, 3, 4, 3), never=1),
        World("20 and two never", _even(5, 3, 4, 5), never=2, shape="builds up"),
        replace(six, name="autocorrelation 0.9", rho=0.9),
        replace(twelve, name="12 units, autocorrelation 0.9, builds up", rho=0.9, shape="builds up"),
        replace(six, name="trends of their own", own=0.01),
        replace(six, name="units of unlike noise", wild=0.7),
        replace(twelve, name="12 units of unlike noise, first of 1", wild=0.7, steps=((5, 1), *_even(8, 3, 4, 3))),
        replace(six, name="effects differ by half", differ=0.5),
        replace(regions, name="regions begin together, unnamed"),
        replace(regions, name="regions begin together, named", is_told=True),
        replace(regions, name="12 regions of 3, two a step, unnamed", region=3),
        replace(regions, name="12 regions of 3, two a step, named", region=3, is_told=True, shape="builds up"),
        replace(regions, name="3 regions of 8, unnamed", steps=_even(5, 5, 3, 8), region=8),
        replace(regions, name="4 regions of 6, unnamed, 0.2", steps=_even(5, 4, 4, 6), region=6, shared=0.2),
        replace(regions, name="regions, units drawn one by one", is_together=False),
        replace(six, name="20 machines a unit", machines=20, sizes=0.3),
        replace(six, name="5 machines a unit", machines=5, sizes=0.3),
        replace(six, name="by size", counted=Counted.SIZE),
        replace(six, name="very unequal, by size", sizes=1.5, counted=Counted.SIZE, by_size=0.3),
        replace(six, name="larger fall more, all alike", by_size=0.3),
        replace(six, name="3 % of cells missing", gaps=0.03),
        replace(twelve, name="12 units, 8 % of cells missing", gaps=0.08),
        replace(six, name="steps a week apart, 8 weeks", steps=_even(3, 1, 4, 6), periods=9),
        *_in_blocks(six, twelve),
    )


def _in_blocks(six: World, twelve: World) -> Iterator[World]:
    """Yield orders drawn within blocks of size, kept to by the draws and, as registrations of before, not."""
    worlds = (
        replace(six, name="by blocks of size"),
        replace(six, name="by blocks, larger drift down", drift=-0.004, own=0.0),
        replace(twelve, name="by blocks, 12 units, larger drift", drift=0.004, own=0.0, shape="builds up"),
        replace(six, name="by blocks, larger fall more", by_size=0.3, counted=Counted.SIZE),
    )
    for world in worlds:
        yield replace(world, blocks=True)
        yield replace(world, blocks=True, is_kept=False, name=f"{world.name}, blocks not recorded")


WORLDS: Final = _worlds()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel, and its true effects (units x periods) in logarithms; ``course`` is how much of them is there yet."""

    panel: Panel
    effects: Floats
    course: Floats


def drawn(world: World, generator: np.random.Generator, effect: float) -> Drawn:
    """Return a panel of a world."""
    starts, periods = _lot(world, generator), world.periods
    units, time = len(starts), np.arange(float(periods))
    deviation = generator.standard_normal(units)
    blocks = _blocks(world, deviation)
    for rows in blocks:
        starts[rows] = generator.permutation([start for start, _ in world.steps])
    wild = np.exp(world.wild * generator.standard_normal((units, 1)))
    region = np.arange(units) // world.region
    together = _errors(generator, int(region[-1]) + 1, periods, world)[region]
    noise = np.sqrt(world.shared) * together + np.sqrt(1 - world.shared) * _errors(generator, units, periods, world)
    series = 4 + world.sizes * deviation[:, None] + wild * noise
    series += 0.04 * generator.standard_normal(periods).cumsum() - 0.01 * time
    series += world.own * generator.standard_normal((units, 1)) * time + world.drift * deviation[:, None] * time
    since = time - starts[:, None]
    strength = 1 + world.by_size * deviation + world.differ * generator.standard_normal(units)
    course = np.where(since >= 0, _SHAPES[world.shape](np.maximum(since, 0)), 0.0)
    effects = effect * strength[:, None] * course
    outcome = np.exp(series + effects)
    if world.machines:
        outcome = generator.poisson(world.machines * outcome / np.exp(series).mean()).astype(float)
    outcome[generator.random(outcome.shape) < world.gaps] = np.nan
    axis = periods_of(Step.NUMBER, ((n, str(n)) for n in range(periods)))
    panel = Panel(tuple(f"u{n:02}" for n in range(units)), axis, outcome, starts, sha256="a" * 64)
    if world.is_told:
        panel = replace(panel, regions=tuple(f"r{n:02}" for n in region))
    if blocks and world.is_kept:
        panel = panel.drawn_within([[panel.units[row] for row in rows] for rows in blocks])
    return Drawn(panel, effects, course)


def _blocks(world: World, deviation: Floats) -> list[list[int]]:
    """Return blocks of alike size with as many units (rows) as there are steps; none where all are drawn together."""
    by_size, steps = np.argsort(-deviation).tolist(), len(world.steps)
    return [by_size[at : at + steps] for at in range(0, len(by_size), steps)] if world.blocks else []


def _lot(world: World, generator: np.random.Generator) -> Ints:
    """Draw who begins when: units one by one, or whole regions."""
    slots = world.slots
    if not world.is_together:
        return np.asarray(generator.permutation(slots))
    regions = slots.reshape(-1, world.region)
    assert (regions == regions[:, :1]).all()
    return np.asarray(generator.permutation(regions)).ravel()


def _errors(generator: np.random.Generator, units: int, periods: int, world: World) -> Floats:
    made = world.noise * np.sqrt(1 - world.rho**2) * generator.standard_normal((units, periods + 60))
    return np.asarray(signal.lfilter([1], [1, -world.rho], made, axis=-1)[:, 60:])


def truths(found: Finding, made: Drawn, counted: Counted) -> tuple[float, float]:
    """Return the mean true effect over the cells that a finding is of, and that at the longest of its times."""
    panel = made.panel
    since = np.arange(panel.shape[1]) - panel.starts[:, None]
    first, last = (found.effect.measured[name] - 1 for name in ("since_first", "since_last"))
    waited = (since < 0).any(axis=0)
    weights = (panel.weighted_by_size() if counted is Counted.SIZE else panel).weight[:, None]
    cells, longest = (since >= first) & (since <= last) & waited, (since == last) & waited
    truth = float(np.average(made.effects, weights=cells * weights))
    # not that of the few units that are there, which may have fallen more than others
    of_shape, of_longest = (float(np.average(made.course, weights=which * weights)) for which in (cells, longest))
    return truth, truth * of_longest / of_shape


@dataclass(frozen=True, slots=True)
class Tally:
    """Of the panels of a world: how many have an interval, how many hold the truth, how wide (median), verdicts."""

    panels: int
    printed: int
    held: int
    width: float
    achieved: int
    judged: int
    fading: int

    @property
    def cover(self) -> float:
        """Share of the printed intervals that hold the truth; 1 where none is printed."""
        return self.held / self.printed if self.printed else 1.0


def tally(world: World, effect: float, *, panels: int, seed: int) -> Tally:
    """Analyse and judge panels of a world against a target just above the truth."""
    generator = np.random.default_rng(seed)
    design = Design(Method.WEDGE, Scale.COUNT if world.machines else None, counted=world.counted)
    widths, held, achieved, judged, fading = [], 0, 0, 0, 0
    for _ in range(panels):
        made = drawn(world, generator, effect)
        answer = analyse(made.panel, design)
        if not isinstance(answer, Finding) or answer.reduction is None:
            continue
        truth, longest = truths(answer, made, world.counted)
        widths.append(answer.reduction.high - answer.reduction.low)
        held += answer.effect.low <= truth <= answer.effect.high
        fading += any(notice.code == "effect-wears-off" for notice in answer.notices)
        verdict = judge(_grounds(answer, made.panel, design, max(-np.expm1(longest), 0.0) + 0.005))
        judged += isinstance(verdict, Verdict)
        achieved += isinstance(verdict, Verdict) and verdict.word is Word.ACHIEVED
    width = float(np.median(widths)) if widths else 0.0
    return Tally(panels, len(widths), held, width, achieved, judged, fading)


def _grounds(answer: Answer, panel: Panel, design: Design, target: float) -> Grounds:
    """Say that an analysis was registered as it was made."""
    order = tuple(
        tuple(unit for unit, began in zip(panel.units, panel.starts, strict=True) if began == start)
        for start in panel.cohorts
    )
    before, after = date(2026, 1, 5), date(2026, 6, 1)
    plan = PanelPlan("machines")
    registration = Registration(
        campaign="drawn",
        start=date(2026, 3, 2),
        before=Period(before, before),
        after=Period(after, after),
        design=design,
        target=target,
        controls=(),
        feeds=(),
        families=(),
        network="",
        order=order,
        roll_out="",
        registered_at=datetime(2026, 1, 1, tzinfo=UTC),
        panel=plan,
    )
    origin = PanelOrigin(registration.digest, plan.outcome, plan.rule, panel.sha256)
    return Grounds(answer, panel, design, target, registration, origin)


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the table."""
    panels, made = SHORT if short else FULL, []
    for number, world in enumerate(WORLDS):
        for name, effect in EFFECTS[number % 2 :][:1] if short else EFFECTS:
            found = tally(world, effect, panels=panels, seed=seed + number)
            made.append(_row(f"{world.name}, effect {name}", found))
    return made


def _row(what: str, found: Tally) -> Row:
    """Judge a tally; of few panels chance alone moves the worst of all these shares by three standard errors."""
    chance = 3.2 / np.sqrt(max(found.printed, 1))
    least = _LEAST - chance * np.sqrt(_LEAST * (1 - _LEAST)) * (found.panels < FULL)
    false = _FALSE + 3.2 * np.sqrt(_FALSE * (1 - _FALSE) / found.panels) * (found.panels < FULL)
    wide = " (wide)" if found.cover > _MOST and found.printed else ""
    got = (
        f"{found.cover:.1%}{wide} of {found.printed}, width {100 * found.width:.0f} points, "
        f"judged {found.judged / found.panels:.0%}, achieved {found.achieved / found.panels:.1%}, "
        f"wears off {found.fading / found.panels:.0%}"
    )
    passed = found.cover >= least and found.achieved / found.panels <= false
    return Row(what, f">= {least:.0%}, false <= {false:.1%}", got, bool(passed))
