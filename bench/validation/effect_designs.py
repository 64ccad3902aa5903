"""Does ``assess effect`` cover the truth in designs it was not made for: each drawn without and with an effect.

A design is a world (sizes, trends, noise, shocks, who is treated and when) and a method. Every panel goes through
``analyse`` as the command does it, and then before the judge of the registered analysis. An interval that is printed
without a warning holds the truth in 92 of 100 panels at least (above 98 it is called wide); "achieved", for a target
just above the truth, is said in 2.5 of 100 at most. Where the time before hardly shows what is wrong, the range by
which a target is judged, told beside the interval, holds it; or the answer says that it cannot be told. Bands by
time since the start hold for all times at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
from bench.validation.table import Row
from scipy import signal

from quetsach.assess.effect import Answer, Counted, Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.analysis import COURSE_NOT_TOLD
from quetsach.assess.effect.clumps import FELL_APART
from quetsach.assess.effect.grounds import Grounds, PanelOrigin
from quetsach.assess.effect.panel import Floats, Ints, Step, periods_of
from quetsach.assess.effect.registration import PanelPlan, Registration
from quetsach.assess.effect.verdict import Verdict, Word, judge
from quetsach.assess.estimate import Estimate
from quetsach.core.period import Period

FULL, SHORT = 300, 24
EFFECTS: Final = (("none", 0.0), ("30 %", float(np.log(0.7))))
_LEAST, _MOST, _FALSE = 0.92, 0.98, 0.025
_WARNS = frozenset({"levels-of-unequal-units"})
"""Notices that call an interval wrong."""


@dataclass(frozen=True, slots=True)
class World:
    """Series in logarithms: who is treated and when, and what else moves.

    ``cohorts`` (start, units) begin one after the other; without, ``treated`` units begin after ``before`` periods.
    Per period: ``noise`` (standard deviation of an autoregression ``rho``), ``noisier`` times that in the treated,
    ``own`` (standard deviation of trends), ``drift`` (of the treated alone), ``loading`` (of what a common random walk
    does to a unit). ``larger`` is how much larger treated units are, ``peak`` how high they stand at their start
    (falling off over ``broad`` periods), ``curve`` how far they bend from there to the end, ``spill`` the share of the
    effect that reaches the others.
    ``by_size``: by what share of the effect a unit falls more for each standard deviation that it is larger.
    ``stated`` is the share of the effect that whoever analyses says may reach the others.
    ``is_unseen``: the time before hardly shows what is wrong, so that the range told beside the interval must hold it.
    ``is_nowhere``: nothing in the panel shows it, and no range can hold it; "achieved" still must not be said.
    """

    name: str
    method: Method
    treated: int = 20
    controls: int = 20
    before: int = 16
    after: int = 12
    cohorts: tuple[tuple[int, int], ...] = ()
    scale: Scale | None = None
    ramp: int | None = None
    shape: str = "at once"
    sizes: float = 0.7
    larger: float = 0.0
    decline: float = -0.02
    noise: float = 0.05
    rho: float = 0.5
    noisier: float = 1.0
    own: float = 0.0
    drift: float = 0.0
    loading: float = 0.0
    peak: float = 0.0
    broad: float = 2.0
    curve: float = 0.0
    spill: float = 0.0
    stated: float = 0.0
    by_size: float = 0.0
    counted: Counted = Counted.UNITS
    is_unseen: bool = False
    is_nowhere: bool = False

    @property
    def starts(self) -> Ints:
        """The first treated period of each unit (units)."""
        cohorts = self.cohorts or ((self.before, self.treated),)
        began = [start for start, units in cohorts for _ in range(units)]
        return np.array(began + [self.before + self.after] * self.controls, dtype=np.int64)


_SHAPES: Final[dict[str, Callable[[Floats], Floats]]] = {
    "at once": np.ones_like,
    "ramp": lambda since: np.clip((since + 1) / 6, 0, 1),
    "waning": lambda since: np.exp(-since / 6),
}


def _worlds() -> tuple[World, ...]:
    did, sc, sdid, cits = (
        World("ordinary", Method.DID),
        World("one of 21", Method.SC, 1, 20, before=24, after=8),
        World("one of 21", Method.SDID, 1, 20, before=24, after=8),
        World("one of 25", Method.CITS, 1, 24, before=60, after=30, ramp=6, shape="ramp", decline=-0.005),
    )
    steps = World("staggered, 4 groups of 6", Method.DID, controls=10, cohorts=((10, 6), (13, 6), (16, 6), (19, 6)))
    made = [
        did,
        replace(did, name="treated 3 times larger, all fall by the same share", larger=1.1, decline=-0.04),
        replace(did, name="the same on levels", larger=1.1, decline=-0.04, scale=Scale.LEVEL),
        replace(did, name="treated 3 times noisier", noisier=3.0),
        replace(did, name="4 treated, 3 times noisier", treated=4, noisier=3.0),
        replace(did, name="20 treated, 4 controls", controls=4),
        replace(did, name="4 and 4", treated=4, controls=4),
        replace(did, name="3 and 3", treated=3, controls=3),
        replace(did, name="one treated, 24 controls", treated=1, controls=24),
        replace(did, name="one treated, 3 times noisier", treated=1, controls=24, noisier=3.0),
        replace(did, name="one treated, 8 controls", treated=1, controls=8),
        replace(did, name="autocorrelation 0.9", rho=0.9),
        replace(did, name="factors with loadings", loading=0.5),
        replace(did, name="treated drift by 1 % a period", drift=-0.01),
        replace(did, name="treated drift by 3 % a period", drift=-0.03),
        replace(did, name="start at a peak", peak=0.3),
        replace(did, name="start at a broad peak", peak=0.3, broad=6.0),
        replace(did, name="treated bend after the start", curve=-0.15, is_unseen=True),
        replace(did, name="2 periods before", before=2, after=4),
        replace(did, name="one treated, 2 periods before", treated=1, before=2, after=4),
        replace(did, name="effect wears off", shape="waning"),
        steps,
        replace(steps, name="staggered, 6 groups of one", controls=12, cohorts=tuple((8 + 2 * n, 1) for n in range(6))),
        replace(
            steps,
            name="staggered, groups of one, noisier",
            controls=12,
            noisier=3.0,
            cohorts=tuple((8 + 2 * n, 1) for n in range(6)),
        ),
        replace(steps, name="staggered, 2 never treated", controls=2),
        replace(steps, name="staggered, 3 never treated, waning", controls=3, shape="waning"),
        replace(steps, name="staggered, start at a peak", peak=0.3),
        replace(steps, name="staggered, treated drift", drift=-0.02),
        replace(did, name="treated bend, 8 periods before", before=8, after=6, curve=-0.15, is_unseen=True),
        replace(did, name="treated bend, 4 periods before", before=4, after=4, curve=-0.3, is_unseen=True),
        replace(did, name="treated drift by 0.2 % a period", drift=-0.002, is_unseen=True),
        replace(did, name="treated drift by 0.4 % a period", drift=-0.004, is_unseen=True),
        replace(did, name="one treated drifts by 1 % a period", treated=1, controls=24, drift=-0.01, is_unseen=True),
        replace(steps, name="staggered, treated drift hardly", drift=-0.004, is_unseen=True),
        replace(did, name="a fifth reaches the others", spill=0.2, is_nowhere=True),
        replace(did, name="a fifth reaches the others, as stated", spill=0.2, stated=0.2),
        replace(did, name="a tenth reaches the others, a fifth stated", spill=0.1, stated=0.2),
        replace(steps, name="staggered, a fifth reaches the others, as stated", spill=0.2, stated=0.2),
        replace(did, name="larger units fall more, by size", by_size=0.5, counted=Counted.SIZE),
        replace(did, name="larger units fall more, all alike", by_size=0.5),
        replace(steps, name="staggered, larger fall more, by size", by_size=0.5, counted=Counted.SIZE),
        sc,
        replace(sc, name="one of 39", controls=38),
        replace(sc, name="one of 17", controls=16),
        replace(sc, name="one of 6", controls=5),
        replace(sc, name="treated 3 times noisier", noisier=3.0),
        replace(sc, name="factors with loadings", loading=0.5),
        replace(sc, name="own trends", own=0.01),
        replace(sc, name="treated larger than all", larger=4.0),
        replace(sc, name="start at a peak", peak=0.3),
        replace(sc, name="start at a broad peak", peak=0.3, broad=6.0),
        replace(sc, name="treated bend", curve=-0.5, is_unseen=True),
        replace(sc, name="treated bend hardly", curve=-0.2, is_unseen=True),
        replace(sc, name="treated bend, 4 periods before", before=4, curve=-0.5, is_unseen=True),
        replace(sc, name="treated drift by 1 % a period", drift=-0.01, is_unseen=True),
        replace(sc, name="a fifth reaches the others, as stated", spill=0.2, stated=0.2),
        replace(sc, name="4 periods before", before=4),
        replace(sc, name="4 treated", treated=4),
        sdid,
        replace(sdid, name="one of 17", controls=16),
        replace(sdid, name="treated 3 times noisier", noisier=3.0),
        replace(sdid, name="factors with loadings", loading=0.5),
        replace(sdid, name="own trends", own=0.01),
        replace(sdid, name="start at a peak", peak=0.3),
        replace(sdid, name="start at a broad peak", peak=0.3, broad=6.0),
        replace(sdid, name="treated bend", curve=-0.5, is_unseen=True),
        replace(sdid, name="4 periods before", before=4),
        replace(sdid, name="4 treated", treated=4),
        replace(sdid, name="treated drift by 1 % a period", drift=-0.01, is_unseen=True),
        replace(sdid, name="10 treated, 15 controls", treated=10, controls=15),
        replace(sdid, name="8 treated, 15 controls, autocorrelation 0.9", treated=8, controls=15, rho=0.9),
        replace(sdid, name="12 treated, 16 controls, twice as noisy", treated=12, controls=16, noisier=2.0),
        replace(sdid, name="20 treated, 30 controls", treated=20, controls=30),
        replace(sdid, name="15 treated, 20 controls, own trends", treated=15, controls=20, own=0.01),
        cits,
        replace(cits, name="one of 7", controls=6),
        replace(cits, name="treated twice as noisy", noisier=2.0),
        replace(cits, name="treated 4 times as noisy", noisier=4.0),
        replace(cits, name="treated bend", curve=-0.3),
        replace(cits, name="treated bend hardly", curve=-0.15, is_unseen=True),
        replace(cits, name="treated bend much", curve=-1.0),
        replace(cits, name="start at a peak", peak=0.3),
        replace(cits, name="start at a broad peak", peak=0.3, broad=8.0),
        replace(cits, name="own trends", own=0.005),
        replace(cits, name="autocorrelation 0.9", rho=0.9),
        replace(cits, name="8 periods before", before=8, after=8),
        replace(cits, name="5 treated", treated=5),
        replace(cits, name="5 treated, larger fall more, by size", treated=5, by_size=0.5, counted=Counted.SIZE),
    ]
    return tuple(made)


WORLDS: Final = _worlds()


def drawn(world: World, generator: np.random.Generator, effect: float) -> tuple[Panel, float]:
    """Return a panel of a world, and the true effect that its method is after, in logarithms."""
    starts, periods = world.starts, world.before + world.after
    units, is_treated = len(starts), starts < periods
    time = np.arange(float(periods))
    first = int(starts.min())
    deviation = generator.standard_normal(units)
    size = 5 + world.sizes * deviation + world.larger * is_treated
    noise = world.noise * np.sqrt(1 - world.rho**2) * generator.standard_normal((units, periods + 40))
    noise = signal.lfilter([1], [1, -world.rho], noise, axis=-1)[:, 40:]
    series = size[:, None] + np.where(is_treated, world.noisier, 1.0)[:, None] * noise
    walk = 0.04 * generator.standard_normal(periods).cumsum()
    series += (1 + world.loading * generator.standard_normal((units, 1))) * walk
    slope = world.decline + world.own * generator.standard_normal(units) + world.drift * is_treated
    series += slope[:, None] * (time - first)
    ahead = np.where(is_treated[:, None], time - starts[:, None] + 1, -np.inf)  # 0 in the last period before
    series += world.peak * np.where(is_treated[:, None], np.exp(-np.abs(ahead) / world.broad), 0.0)
    series += world.curve * np.where(is_treated[:, None], ((time - first / 2) / periods) ** 2, 0.0)
    reached = np.where(is_treated[:, None], _SHAPES[world.shape](np.maximum(time - starts[:, None], 0)), 0.0)
    under = time >= starts[:, None]
    reached = reached * (1 + world.by_size * deviation)[:, None]
    series += effect * np.where(under, reached, 0.0)
    series += effect * world.spill * (~is_treated)[:, None] * (time >= first)
    axis = periods_of(Step.NUMBER, ((n, str(n)) for n in range(periods)))
    panel = Panel(tuple(f"u{n:02}" for n in range(units)), axis, np.exp(series), starts, sha256="a" * 64)
    counted = panel.weighted_by_size().weight if world.counted is Counted.SIZE else panel.weight
    last = under & (time == periods - 1)  # what an interrupted series is after: the effect once it is whole
    cells = (last if world.method is Method.CITS else under) * counted[:, None]
    return panel, effect * float(np.average(reached, weights=cells))


def _grounds(answer: Answer, panel: Panel, design: Design, target: float) -> Grounds:
    """Say that an analysis was registered as it was made."""
    order = tuple(
        tuple(unit for unit, began in zip(panel.units, panel.starts, strict=True) if began == start)
        for start in panel.cohorts
    )
    day = date(2026, 1, 5)
    registration = Registration(
        campaign="drawn",
        start=date(2026, 3, 2),
        before=Period(day, day),
        after=Period(date(2026, 6, 1), date(2026, 6, 1)),
        design=design,
        target=target,
        controls=tuple(u for u, is_treated in zip(panel.units, panel.treated, strict=True) if not is_treated),
        feeds=(),
        families=(),
        network="",
        order=order,
        roll_out="",
        registered_at=datetime(2026, 1, 1, tzinfo=UTC),
        panel=PanelPlan("machines"),
    )
    plan = registration.panel
    assert plan is not None
    origin = PanelOrigin(registration.digest, plan.outcome, plan.rule, panel.sha256)
    return Grounds(answer, panel, design, target, registration, origin)


@dataclass(frozen=True, slots=True)
class Tally:
    """Of the panels of a world: how many have an interval, how many of these hold the truth, how wide (median).

    ``told`` are those in which the range beside the interval holds it, or which say that it cannot be told; ``banded``
    those whose bands by time hold, of all ``with_bands``. ``unfounded`` are verdicts without a registration, or with a
    check that failed; ``noticed`` those that say that units fell apart.
    """

    panels: int
    printed: int
    held: int
    told: int
    with_bands: int
    banded: int
    width: float
    achieved: int
    unfounded: int
    noticed: int = 0

    @property
    def cover(self) -> float:
        """Share of the printed intervals that hold the truth; 1 where none is printed."""
        return self.held / self.printed if self.printed else 1.0


type Draw = Callable[[World, np.random.Generator, float], tuple[Panel, float]]
"""How a panel of a world is drawn, with its true effect."""


def tally(world: World, effect: float, *, panels: int, seed: int, draw: Draw = drawn) -> Tally:
    """Analyse and judge panels of a world against a target just above the truth."""
    generator = np.random.default_rng(seed)
    design = Design(world.method, world.scale, world.ramp, counted=world.counted, spill_over=world.stated)
    widths, held, told, with_bands, banded, achieved, unfounded, noticed = [], 0, 0, 0, 0, 0, 0, 0
    for _ in range(panels):
        panel, truth = draw(world, generator, effect)
        answer, share = analyse(panel, design), float(-np.expm1(truth))
        grounds = _grounds(answer, panel, design, max(share, 0.0) + 0.005)
        judged = judge(grounds)
        unfounded += isinstance(judge(replace(grounds, registration=None)), Verdict)
        unfounded += isinstance(judged, Verdict) and not all(check.holds for check in grounds.finding.checks)
        achieved += isinstance(judged, Verdict) and judged.word is Word.ACHIEVED
        if not isinstance(answer, Finding) or answer.reduction is None or _warned(answer):
            continue
        noticed += any(notice.code == FELL_APART for notice in answer.notices)
        widths.append(answer.reduction.high - answer.reduction.low)
        held += answer.reduction.low <= share <= answer.reduction.high
        told += COURSE_NOT_TOLD in answer.notices or _holds(answer.judged, share)
        if bands := _bands(answer, world, effect):
            with_bands, banded = with_bands + 1, banded + all(bands)
    width = float(np.median(widths)) if widths else 0.0
    return Tally(panels, len(widths), held, told, with_bands, banded, width, achieved, unfounded, noticed)


def _holds(interval: Estimate | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high


def _bands(answer: Finding, world: World, effect: float) -> list[bool]:
    """Say of each time before and since the start whether its band holds the truth; nothing where that is of units."""
    if not world.cohorts or world.by_size or world.drift or world.peak or world.spill:
        return []
    made = []
    for part in answer.parts:
        kind, _, since = part.id.partition("-")
        if kind in ("lead", "since") and since.isdigit():
            shape = _SHAPES[world.shape](np.array([float(since)]))[0] if kind == "since" else 0.0
            made.append(_holds(part.estimate, effect * float(shape)))
    return made


def _warned(answer: Finding) -> bool:
    return any(notice.code in _WARNS for notice in answer.notices)


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the table; the full one takes about 13 minutes of CPU."""
    panels = SHORT if short else FULL
    made, unfounded, judged = [], 0, 0
    for number, world in enumerate(WORLDS):
        for name, effect in EFFECTS[number % 2 :][:1] if short else EFFECTS:
            found = tally(world, effect, panels=panels, seed=seed + number)
            what = f"{world.method}, {world.name}, effect {name}"
            made.append(judged_row(what, found, world))
            if found.with_bands:
                made.append(_band_row(f"{what}: bands", found))
            unfounded, judged = unfounded + found.unfounded, judged + found.panels
    what = "verdicts without a registration, or with a check that failed"
    return [*made, Row(what, "0", f"{unfounded} of {judged:,} panels", not unfounded)]


def judged_row(what: str, found: Tally, world: World) -> Row:
    """Judge a tally of a world."""
    least, false = _allowed(found, found.printed)
    wide = " (wide)" if found.cover > _MOST and found.printed else ""
    told = found.told / found.printed if found.printed else 1.0
    got = (
        f"{found.cover:.1%}{wide} of {found.printed}, width {100 * found.width:.0f} points, "
        f"told {told:.1%}, achieved {found.achieved / found.panels:.1%}"
    )
    held = told if world.is_unseen else found.cover
    passed = (held >= least or world.is_nowhere) and found.achieved / found.panels <= false
    named = "" if world.is_nowhere else f"{'told' if world.is_unseen else 'covers'} >= {least:.0%}, "
    return Row(what, f"{named}false <= {false:.1%}", got, bool(passed))


def _band_row(what: str, found: Tally) -> Row:
    least, _ = _allowed(found, found.with_bands)
    share = found.banded / found.with_bands
    return Row(what, f"all times at once >= {least:.0%}", f"{share:.1%} of {found.with_bands}", share >= least)


def _allowed(found: Tally, count: int) -> tuple[float, float]:
    """Return the least cover and the most false verdicts.

    Of few panels chance alone moves the worst of all these shares by three standard errors.
    """
    is_short = found.panels < FULL
    least = _LEAST - 3.2 * np.sqrt(_LEAST * (1 - _LEAST) / max(count, 1)) * is_short
    return float(least), float(_FALSE + 3.2 * np.sqrt(_FALSE * (1 - _FALSE) / found.panels) * is_short)
