"""Does ``assess effect`` notice that something else than the campaign befell some of the units, or befell them early.

Each world is one of ``effect_designs`` with a fault laid over its panels: a feed that part of one group loses (at the
start or later, whole or in shares of its own), a feed of another season, regions that move together, an effect that
begins before its declared start. And effects that differ from unit to unit, which are no fault: those must not be taken
for one. An interval that is printed holds the truth in 92 of 100 panels, "achieved" is said falsely in 2.5 at most, and
of effects that differ at most a tenth is called falling apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from bench.validation.effect_designs import EFFECTS, FULL, Tally, World, drawn, judged_row, tally
from bench.validation.table import Row

from quetsach.assess.effect import Counted, Method, Panel
from quetsach.assess.effect.panel import Floats

SHORT = 8
_DIFFER_AT_MOST = 0.1

type Fault = Callable[[np.random.Generator, Panel, float], tuple[Floats, float]]
"""What is added to the logarithms (units x periods), and to the true effect."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """A world with a fault.

    ``differs``: it is none, and units must not be said to fall apart. ``region``: how many units the panel names as one
    region, 0 where it names none.
    """

    name: str
    world: World
    fault: Fault
    differs: bool = False
    region: int = 0


def _lost(of: str, share: float, *, size: float = 0.4, later: int = 0, own: float = 0.0) -> Fault:
    """Let units of a group (``treated``, ``controls``, ``both``) lose a feed, by ``size`` and shares of their own."""

    def fault(generator: np.random.Generator, panel: Panel, _: float) -> tuple[Floats, float]:
        units, periods = panel.shape
        may = np.ones(units, bool) if of == "both" else panel.treated == (of == "treated")
        chosen = may & (generator.random(units) < share)
        sizes = size * np.clip(1 + own * generator.uniform(-1, 1, units), 0.1, None)
        begins = np.where(panel.treated, panel.starts, panel.cohorts[0]) + later
        return -sizes[:, None] * (chosen[:, None] & (np.arange(periods) >= begins[:, None])), 0.0

    return fault


def _lost_on_one_day(share: float, *, size: float = 0.4) -> Fault:
    """Let any units lose a feed on a day that has nothing to do with when they begin."""

    def fault(generator: np.random.Generator, panel: Panel, _: float) -> tuple[Floats, float]:
        units, periods = panel.shape
        day = generator.integers(int(panel.cohorts[0]), int(panel.cohorts[-1]))
        lost = (generator.random(units) < share)[:, None] & (np.arange(periods) >= day)
        return np.where(lost, -size, 0.0), 0.0

    return fault


def _season(amplitude: float, length: float, phase: float) -> Fault:
    """Let all have a season, the treated in another phase, at any time of the year."""

    def fault(generator: np.random.Generator, panel: Panel, _: float) -> tuple[Floats, float]:
        time = 2 * np.pi * (np.arange(panel.shape[1]) / length + generator.random())
        return np.asarray(amplitude * np.sin(time + phase * panel.treated[:, None]), dtype=np.float64), 0.0

    return fault


def _regions(walk: float, *, size: int = 5) -> Fault:
    """Let neighbours, who begin together, walk together."""

    def fault(generator: np.random.Generator, panel: Panel, _: float) -> tuple[Floats, float]:
        units, periods = panel.shape
        region = np.arange(units) // size
        walks = walk * generator.standard_normal((region.max() + 1, periods)).cumsum(axis=1)
        return np.asarray(walks[region], dtype=np.float64), 0.0

    return fault


def _early(periods: int) -> Fault:
    """Let the effect begin before its declared start."""

    def fault(_: np.random.Generator, panel: Panel, effect: float) -> tuple[Floats, float]:
        time, starts = np.arange(panel.shape[1]), panel.starts[:, None]
        is_early = panel.treated[:, None] & (time < starts) & (time >= starts - periods)
        return effect * is_early.astype(np.float64), 0.0

    return fault


def _differing(deviation: float, shape: str) -> Fault:
    """Let the effect differ from unit to unit, by shares of it."""
    draws: dict[str, Callable[[np.random.Generator, int], Floats]] = {
        "normal": lambda g, n: g.standard_normal(n),
        "skewed": lambda g, n: g.exponential(1.0, n) - 1,
        "even": lambda g, n: g.uniform(-np.sqrt(3), np.sqrt(3), n),
    }

    def fault(generator: np.random.Generator, panel: Panel, effect: float) -> tuple[Floats, float]:
        more = effect * deviation * draws[shape](generator, panel.shape[0])[:, None] * panel.is_under_treatment
        return more, float(more[panel.is_under_treatment].mean())

    return fault


def _worlds() -> tuple[Faulty, ...]:
    did = World("did", Method.DID)
    steps = replace(did, name="staggered", controls=10, cohorts=((10, 6), (13, 6), (16, 6), (19, 6)))
    sc = World("sc", Method.SC, 1, 20, before=24, after=8)
    wedge = World("wedge", Method.WEDGE, cohorts=tuple((5 + 3 * n, 6) for n in range(6)), controls=0, after=10)
    twelve = replace(wedge, cohorts=tuple((5 + 3 * n, 2) for n in range(6)))
    several, cits = replace(sc, treated=6), World("cits", Method.CITS, 5, 24, before=60, after=30, ramp=1)
    lost = [
        Faulty(f"a feed is lost in {100 * share:.0f} % of the {of}{after}", did, _lost(of, share, later=later))
        for of, share, later, after in (
            ("treated", 0.4, 1, ", a period later"),
            ("treated", 0.4, 0, ""),
            ("treated", 0.15, 0, ""),
            ("treated", 0.7, 0, ""),
            ("treated", 0.4, 6, ", six periods later"),
            ("controls", 0.4, 0, ""),
            ("controls", 0.2, 3, ", three periods later"),
            ("both", 0.3, 0, ""),
        )
    ]
    return (
        *lost,
        Faulty("40 % of the treated lose unlike shares", did, _lost("treated", 0.4, own=0.5)),
        Faulty("40 % of the controls lose unlike shares", did, _lost("controls", 0.4, own=0.5)),
        Faulty("40 % of 10 treated lose a feed", replace(did, treated=10, controls=12), _lost("treated", 0.4)),
        Faulty("30 % of the treated lose a tenth", replace(did, is_unseen=True), _lost("treated", 0.3, size=0.1)),
        Faulty("noisy, 40 % of the treated lose a feed", replace(did, noise=0.12), _lost("treated", 0.4)),
        Faulty("by size, 40 % of the treated lose a feed", replace(did, counted=Counted.SIZE), _lost("treated", 0.4)),
        Faulty("staggered, 40 % of the treated lose a feed", steps, _lost("treated", 0.4)),
        Faulty("staggered, 40 % of the controls lose a feed", steps, _lost("controls", 0.4)),
        Faulty("wedge, 40 % lose a feed as they begin", wedge, _lost("treated", 0.4)),
        Faulty("wedge of 12, 40 % lose a feed as they begin", twelve, _lost("treated", 0.4)),
        Faulty("wedge, all may lose a feed on one day", wedge, _lost_on_one_day(0.4)),
        Faulty("sc, 40 % of the controls lose a feed", sc, _lost("controls", 0.4)),
        Faulty("sc, 40 % of 6 treated lose a feed", several, _lost("treated", 0.4)),
        Faulty("sdid, 40 % of 6 treated lose a feed", replace(several, method=Method.SDID), _lost("treated", 0.4)),
        Faulty("cits, 40 % of 5 treated lose a feed", cits, _lost("treated", 0.4)),
        *(
            Faulty(
                f"season of {length} in another phase", replace(did, is_unseen=length > 26), _season(0.15, length, 0.8)
            )
            for length in (12, 26, 52)
        ),
        Faulty("staggered, season of 26 in another phase", replace(steps, is_unseen=True), _season(0.15, 26, 0.8)),
        Faulty("sc, season of 26 in another phase", sc, _season(0.15, 26, 0.8)),
        Faulty("sdid, season of 26 in another phase", replace(sc, method=Method.SDID), _season(0.15, 26, 0.8)),
        *(Faulty(f"begins {n} periods early", did, _early(n)) for n in (1, 2, 4)),
        Faulty("staggered, begins 2 periods early", steps, _early(2)),
        Faulty("sc, begins 2 periods early", sc, _early(2)),
        Faulty("sdid, begins 4 periods early", replace(sc, method=Method.SDID), _early(4)),
        Faulty("cits, begins 4 periods early", replace(cits, treated=1), _early(4)),
        Faulty("regions of 5 walk together", did, _regions(0.05)),
        Faulty("regions of 5 walk together, and are named", did, _regions(0.05), region=5),
        Faulty("regions of 2 walk together, and are named", did, _regions(0.05, size=2), region=2),
        Faulty("staggered, regions of 5 walk together", steps, _regions(0.05)),
        *(
            # a long tail looks like a heap as often as not: its interval is wider, and judged by what it covers alone
            Faulty(f"effects differ by half of it, {shape}", did, _differing(0.5, shape), differs=shape != "skewed")
            for shape in ("normal", "skewed", "even")
        ),
        Faulty(
            "noisy, effects differ by half of it", replace(did, noise=0.12), _differing(0.5, "normal"), differs=True
        ),
        Faulty("staggered, effects differ by half of it", steps, _differing(0.5, "normal"), differs=True),
        Faulty("wedge, no fault", wedge, _lost("treated", 0.0), differs=True),
        Faulty("wedge of 12, no fault", twelve, _lost("treated", 0.0), differs=True),
    )


WORLDS: Final = _worlds()


def drawn_with(faulty: Faulty) -> Callable[[World, np.random.Generator, float], tuple[Panel, float]]:
    """Return how panels of a world are drawn with its fault."""

    def draw(world: World, generator: np.random.Generator, effect: float) -> tuple[Panel, float]:
        panel, truth = drawn(world, generator, effect)
        more, moved = faulty.fault(generator, panel, effect)
        if faulty.region:
            panel = replace(panel, regions=tuple(f"r{unit // faulty.region:02}" for unit in range(len(panel.units))))
        return panel.with_outcome(panel.outcome * np.exp(more)), truth + moved

    return draw


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the table."""
    panels, made = SHORT if short else FULL, []
    for number, faulty in enumerate(WORLDS):
        for name, effect in EFFECTS[number % 2 :][:1] if short else EFFECTS:
            found = tally(faulty.world, effect, panels=panels, seed=seed + number, draw=drawn_with(faulty))
            made.append(judged_row(f"{faulty.name}, effect {name}", found, faulty.world))
            if faulty.differs and effect:
                made.append(_differing_row(faulty.name, found))
    return made


def _differing_row(name: str, found: Tally) -> Row:
    """Say how often effects that differ were taken for a fault."""
    share = found.noticed / found.panels
    slack = 3.2 * np.sqrt(_DIFFER_AT_MOST * (1 - _DIFFER_AT_MOST) / found.panels) * (found.panels < FULL)
    return Row(
        f"{name}: said to fall apart", f"<= {_DIFFER_AT_MOST:.0%}", f"{share:.1%}", share <= _DIFFER_AT_MOST + slack
    )
