"""Changes of families, providers and provinces against known truth: do intervals hold, and is noise set apart?

Fifty rows, twelve of them large enough to be shown, in two windows of thirty days. Machines are infected independently
and stay for weeks; or they come in offices of three on the average, or fewer come every day, or the sensor loses a
third of all between the windows. All rows fall by a half, and then one of them by more.
"""

from dataclasses import dataclass

import numpy as np
from bench.validation.table import Row

from quetsach.assess.comparison import Side, count_change, sides

DAYS, SHOWN = 30, 12
MEANS = np.concatenate([np.geomspace(30, 400, SHOWN), np.full(38, 5.0)])


@dataclass(frozen=True, slots=True)
class World:
    """How machines come and go: mean stay in days, machines that come together, growth a day, what the sensor keeps."""

    name: str
    stay_days: float = 30.0
    together: float = 1.0
    growth: float = 0.0
    kept: float = 1.0
    is_promised: bool = True


WORLDS = (
    World("stay 10 days", stay_days=10),
    World("stay 90 days", stay_days=90),
    World("1.5 % fewer every day", growth=-0.015),
    World("sensor loses a third", kept=0.67),
    World("offices of three", together=3.0, is_promised=False),
)


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the rows of the table."""
    rng = np.random.default_rng(seed)
    found = []
    for world in WORLDS:
        found += _alike(world, 40 if short else 400, rng)
    return [*found, *(_one_more(fall, 20 if short else 200, rng) for fall in (0.75, 0.9))]


def _alike(world: World, runs: int, rng: np.random.Generator) -> list[Row]:
    """All rows fall by a half, as far as people are concerned."""
    covered = marked = told = 0
    for _ in range(runs):
        made = _windows(world, np.full(len(MEANS), 0.5), rng)
        marked += any(side is not Side.SAME for side in sides(made, _shown()).values())
        for id_ in _shown():
            if (change := count_change(*made[id_])) is None:
                continue
            told += 1
            covered += change.percent.low <= 100 * (0.5 * world.kept - 1) <= change.percent.high
    cover, apart = 100 * covered / told, 100 * marked / runs
    slack = 3 * 100 * np.sqrt(0.05 * 0.95 / runs)
    promised = ">= 93 %" if world.is_promised else "told, not promised"
    return [
        Row(
            f"the interval holds the change ({world.name})",
            promised,
            f"{cover:.1f} %",
            cover >= 93 or not world.is_promised,
        ),
        Row(f"tables with a row set apart by chance ({world.name})", "<= 5 %", f"{apart:.1f} %", apart <= 5 + slack),
    ]


def _one_more(fall: float, runs: int, rng: np.random.Generator) -> Row:
    """One row of about 120 addresses falls by more than the half of the others."""
    at = 6
    falls = np.full(len(MEANS), 0.5)
    falls[at] = 1 - fall
    found = sum(sides(_windows(WORLDS[0], falls, rng), _shown())[str(at)] is Side.MORE for _ in range(runs))
    return Row(
        f"a row of {MEANS[at]:.0f} a day that fell by {100 * fall:.0f} % among halves is set apart",
        ">= 50 %",
        f"{100 * found / runs:.0f} %",
        found >= 0.5 * runs,
    )


def _shown() -> list[str]:
    return [str(n) for n in range(SHOWN)]


def _windows(world: World, ratios: np.ndarray, rng: np.random.Generator) -> dict[str, tuple[list[float], list[float]]]:
    before, after = _daily(world, MEANS, rng), _daily(world, MEANS * ratios * world.kept, rng)
    return {
        str(n): ([float(x) for x in was], [float(x) for x in now])
        for n, (was, now) in enumerate(zip(before, after, strict=True))
    }


def _daily(world: World, means: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return daily counts (rows x days) of machines that come and go, fewer of them seen at week-ends."""
    staying = np.exp(-1 / world.stay_days)
    groups = means / world.together
    now = rng.poisson(groups)
    counts = []
    trend = np.exp(world.growth * (np.arange(DAYS) - (DAYS - 1) / 2))
    for day in range(DAYS):
        sizes = rng.poisson(now * (world.together - 1)) if world.together > 1 else 0
        seen = 1.0 if day % 7 < 5 else 0.85
        counts.append(rng.binomial(now + sizes, seen) * (trend[day] / trend.mean()))
        now = rng.binomial(now, staying) + rng.poisson(groups * (1 - staying))
    return np.array(counts).T
