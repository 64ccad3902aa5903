"""Counting machines in regimes drawn at random: what is printed is right or wide, what is not known is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import sqrt

import numpy as np
from bench.observation import observe
from bench.regimes import DAYS, CheckIns, Regime, draw, play
from bench.validation.table import Row

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.hosts.measure import measure

COVERED = 0.9
FARTHEST = 0.15
FARTHER_SHARE = 0.01
"""Of all that is printed: check-ins at random with pauses far shorter than an interval look like loss."""
REFUSED = 0.4
AN_HOUR_OFF = 0.02
ANSWERS = ("machines", "by_events", "by_growth")


@dataclass(frozen=True, slots=True)
class Judged:
    """A regime and what was printed of it: the answers by name, and the truths that each is judged by."""

    regime: Regime
    answers: dict[str, Answer]
    truths: tuple[float, float]

    def error(self, name: str) -> float | None:
        """Return the relative error against the nearer truth; ``None`` where nothing was printed."""
        answer = self.answers[name]
        if not isinstance(answer, Estimate):
            return None
        return min((answer.value / truth - 1 for truth in self.truths), key=abs)

    def interval(self, name: str) -> tuple[float, float] | None:
        """Return what is printed that the machines are within, with a number or in its place; ``None`` of nothing."""
        answer = self.answers[name]
        if isinstance(answer, Estimate):
            return answer.low, answer.high
        ends = answer.measured.get("low"), answer.measured.get("high")
        return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])

    def covers(self, name: str) -> bool:
        """Whether that holds one of the truths."""
        low, high = self.interval(name) or (np.inf, -np.inf)
        return any(low <= truth <= high for truth in self.truths)


def judge(seed: int, count: int) -> Iterator[Judged]:
    """Play regimes, every second one of the plausible middle, and count their machines."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        regime = draw(rng, is_plausible=number % 2 == 0)
        seen = play(regime, rng)
        if not len(seen.hour):
            continue
        measured = measure(observe(seen.address, seen.hour, DAYS, seen.others, seen.bot))
        yield Judged(
            regime,
            {"machines": measured.machines, "by_events": measured.by_events, "by_growth": measured.by_growth},
            (seen.online, seen.online_seen),
        )


def rows(short: bool, seed: int) -> list[Row]:  # noqa: FBT001
    """Return the table."""
    judged = list(judge(seed, 100 if short else 400))
    middle = [one for one in judged if one.regime.is_plausible]
    return [
        *(row for name in ANSWERS for row in _printed(name, judged)),
        _ranges(judged),
        _refused(middle),
        _an_hour_off(seed),
    ]


def _printed(name: str, judged: list[Judged]) -> Iterator[Row]:
    printed = [one for one in judged if one.error(name) is not None]
    covered = sum(one.covers(name) for one in printed)
    yield Row(
        f"{name}: intervals printed that cover the truth",
        f">= {COVERED:.0%}",
        f"{covered} of {len(printed)}",
        _is_within(len(printed) - covered, len(printed), 1 - COVERED),
    )
    for words, those, share in (
        ("the plausible middle", [one for one in printed if one.regime.is_plausible], 0.0),
        ("all worlds", printed, FARTHER_SHARE),
    ):
        off = [one for one in those if abs(one.error(name) or 0.0) > FARTHEST]
        worst = max(those, key=lambda one: abs(one.error(name) or 0.0))
        traits = ", ".join(worst.regime.traits) or "ordinary"
        yield Row(
            f"{name}: points off by more than {FARTHEST:.0%} in {words}",
            f"<= {share:.0%}",
            f"{len(off)} of {len(those)}; worst {worst.error(name):+.0%} ({traits})",
            _is_within(len(off), len(those), share),
        )


def _ranges(judged: list[Judged]) -> Row:
    """Judge the ranges that stand in the place of a number, which say that the machines are within."""
    given = [one for one in judged if one.error("machines") is None and one.interval("machines") is not None]
    covered = sum(one.covers("machines") for one in given)
    return Row(
        "machines: ranges in the place of a number that cover the truth", f">= {COVERED:.0%}",
        f"{covered} of {len(given)}", _is_within(len(given) - covered, len(given), 1 - COVERED),
    )  # fmt: skip


def _refused(middle: list[Judged]) -> Row:
    refused = sum(one.error("machines") is None for one in middle)
    return Row(
        "machines: refused in the plausible middle", f"<= {REFUSED:.0%}", f"{refused} of {len(middle)}",
        _is_within(refused, len(middle), REFUSED),
    )  # fmt: skip


def _an_hour_off(seed: int) -> Row:
    """Play worlds with a clock that is wrong by an hour on every second day, or from the middle on, and without."""
    moved, refused = list[float](), 0
    for number, duty in enumerate(("always", "office", "shop", "evening")):
        regime = Regime(machines=300, duty=duty, left_on=0.02, check_ins=CheckIns(0.5), lease=48.0)
        right = _machines(regime, seed, number)
        for days, hours in product((tuple(range(0, DAYS, 2)), tuple(range(DAYS // 2, DAYS))), (-1, 1)):
            wrong = _machines(regime.but(wrong_days=days, wrong_hours=hours), seed, number)
            if isinstance(right, Estimate) and isinstance(wrong, Estimate):
                moved.append(wrong.value / right.value - 1)
            else:
                refused += 1
    worst = max(moved, key=abs)
    return Row(
        "machines: moved by a clock that is an hour wrong on some days", f"<= {AN_HOUR_OFF:.0%}",
        f"{worst:+.1%}, {len(moved)} worlds, {refused} refused", abs(worst) <= AN_HOUR_OFF,
    )  # fmt: skip


def _machines(regime: Regime, seed: int, number: int) -> Answer:
    seen = play(regime, np.random.default_rng([seed, number]))
    return measure(observe(seen.address, seen.hour, DAYS, seen.others)).machines


def _is_within(count: int, of: int, share: float) -> bool:
    """Whether so many are no more than a share of all, but for chance."""
    return count <= share * of + 2 * sqrt(share * (1 - share) * of)
