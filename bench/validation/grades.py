"""League tables against known truth: do rank intervals hold, and how many grades are wrong?

Forty providers of 300 to 6 million subscribers; infected hosts arrive and are cleaned (mean 65 days), so that the hosts
of one week are mostly those of the week before, and each week's count has an error of its own. Rates follow the model's
Gamma distribution, or a lognormal one that it does not know. The rank sets of estimates are tried on normal tables,
with gaps and with ties.
"""

import numpy as np
from bench.validation.table import Row

from quetsach.assess.estimate import NotEstimable
from quetsach.assess.grades import Grade, Method, graded_rates, rank_sets

PROVIDERS, WEEKS, KEPT = 40, 4, np.exp(-7 / 65)


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the rows of the table."""
    rng = np.random.default_rng(seed)
    runs = 20 if short else 400
    found = []
    for shape in ("gamma", "lognormal"):
        for error in (0.0, 0.06):
            found += _graded(shape, error, runs, rng)
    found += _sets(10 if short else 300, rng)
    return found


def _graded(shape: str, error: float, runs: int, rng: np.random.Generator) -> list[Row]:
    covered = joint = wrong = graded = 0
    width = []
    for _ in range(runs):
        subscribers = np.exp(rng.uniform(np.log(0.3), np.log(6000), PROVIDERS))
        rates = rng.gamma(1.5, 2.0, PROVIDERS) if shape == "gamma" else rng.lognormal(0.7, 0.8, PROVIDERS)
        weekly = _weeks(subscribers * rates, error, rng)
        answer = graded_rates(weekly, subscribers)
        assert not isinstance(answer, NotEstimable)
        truth = np.argsort(np.argsort(rates)) + 1
        inside = [row.rank[0] <= rank <= row.rank[1] for row, rank in zip(answer.rows, truth, strict=True)]
        covered += sum(inside)
        joint += all(r.rank_of_all[0] <= t <= r.rank_of_all[1] for r, t in zip(answer.rows, truth, strict=True))
        width += [row.rank[1] - row.rank[0] + 1 for row in answer.rows]
        middle = np.median(rates)
        for row, rate in zip(answer.rows, rates, strict=True):
            graded += row.grade is not Grade.NOT_DISTINGUISHABLE
            wrong += row.grade is (Grade.BETTER if rate > middle else Grade.WORSE)
    cells = runs * PROVIDERS
    name = f"{shape} rates, weekly error {100 * error:.0f} %"
    tolerance = 3 * 100 * np.sqrt(0.05 * 0.95 / cells)
    cover = 100 * covered / cells
    return [
        Row(
            f"rank interval covers ({name})",
            "93 to 98 %",
            f"{cover:.1f} %, {np.mean(width):.1f} of {PROVIDERS} places; of all at once {100 * joint / runs:.0f} %",
            93 - tolerance <= cover <= 98 + tolerance,
        ),
        Row(
            f"wrong grades ({name})",
            "< 1 %",
            f"{100 * wrong / cells:.2f} %, {100 * graded / cells:.0f} % graded",
            wrong < 0.01 * cells,
        ),
    ]


def _weeks(hosts: np.ndarray, error: float, rng: np.random.Generator) -> np.ndarray:
    now = rng.poisson(hosts)
    seen = []
    for _ in range(WEEKS):
        seen.append(now * np.exp(error * rng.standard_normal(len(hosts))))
        now = rng.binomial(now, KEPT) + rng.poisson(hosts * (1 - KEPT))
    return np.array(seen)


def _sets(runs: int, rng: np.random.Generator) -> list[Row]:
    found = []
    for name, spread in (("spread over their errors", 1.0), ("all alike but for a millionth", 1e-6)):
        for method in Method:
            marginal = together = 0
            for _ in range(runs):
                true = spread * rng.standard_normal(20)
                errors = rng.uniform(0.1, 0.6, 20)
                rank = 1 + (true > true[:, None]).sum(axis=1)
                drawn = true + errors * rng.standard_normal(20)
                for simultaneous in (False, True):
                    sets = rank_sets(drawn, errors, is_simultaneous=simultaneous, method=method)
                    inside = (sets.low <= rank) & (rank <= sets.high)
                    marginal += 0 if simultaneous else int(inside.sum())
                    together += int(inside.all()) if simultaneous else 0
            got = f"{100 * marginal / (20 * runs):.1f} %, all at once {100 * together / runs:.1f} %"
            slack = 3 * np.sqrt(0.05 * 0.95 / runs)
            passed = marginal / (20 * runs) >= 0.95 - slack and together / runs >= 0.95 - slack
            found.append(Row(f"rank sets cover ({name}; {method.value})", ">= 95 %", got, passed))
    return found
