"""Calibration by network: worlds of several networks of which some name their installations, counted with and without.

What leases, shared addresses and a second schedule do differs from network to network, around what the world has.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from bench.observation import observe
from bench.regimes import DAYS, CheckIns, Regime, Watched, play
from bench.validation.regimes import FARTHEST
from bench.validation.table import Row

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.hosts.calibration import NetworkPart, calibrate
from quetsach.assess.hosts.measure import measure

COVERED = (0.9, 0.98)
KINDS = ("ordinary", "pairs", "3 to 1", "two schedules", "named ones differ")


@dataclass(frozen=True, slots=True)
class Judged:
    """A world: the machines that were on line, and what was told of them with and without calibration."""

    kind: str
    truth: float
    assumed: Answer
    calibrated: Answer | None


def judge(seed: int, count: int) -> Iterator[Judged]:
    """Play worlds of each kind in turn."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind = KINDS[number % len(KINDS)]
        named = int(rng.integers(4, 9))
        base = Regime(
            check_ins=CheckIns(
                float(np.exp(rng.uniform(np.log(0.3), np.log(1.5)))), float(rng.choice([1.0, 0.3, 0.1]))
            ),
            lease=float(np.exp(rng.uniform(np.log(20), np.log(200)))),
            kept=float(rng.choice([1.0, 0.8])),
            duty=str(rng.choice(["always", "office"], p=[0.8, 0.2])) if kind == "ordinary" else "always",
        )
        worlds = [
            play(_network(kind, base, rng, is_named=n < named), rng) for n in range(named + int(rng.integers(3, 9)))
        ]
        yield _judged(kind, worlds)


def _network(kind: str, base: Regime, rng: np.random.Generator, *, is_named: bool) -> Regime:
    """Draw a network of a world."""
    made = base.but(
        machines=int(rng.integers(60, 200)),
        lease=base.lease * float(np.exp(rng.normal(0, 0.4))),
        named=1.0 if is_named else 0.0,
    )
    share = float(rng.uniform(0.2, 0.6))
    if kind == "pairs":
        return made.but(shared=share, per_address=2, shared_moves=True)
    if kind == "3 to 1":
        return made.but(shared=share, per_address=3, shared_moves=True)
    if kind == "two schedules":
        second = CheckIns(base.check_ins.interval * 6, 1.0)
        return made.but(second=second, second_share=0.3 + float(rng.uniform(-0.1, 0.1)))
    if kind == "named ones differ" and not is_named:
        return made.but(shared=0.9, per_address=8, shared_moves=True)
    return made


def _judged(kind: str, worlds: list[Watched]) -> Judged:
    addresses = [seen.address + 10_000_000 * n for n, seen in enumerate(worlds)]
    bots = [np.where(seen.bot >= 0, seen.bot + 100_000 * n, -1) for n, seen in enumerate(worlds)]
    hours = [seen.hour for seen in worlds]
    whole = observe(np.concatenate(addresses), np.concatenate(hours), DAYS, worlds[0].others, np.concatenate(bots))
    measured = measure(whole)
    parts = []
    for n, (address, hour, bot) in enumerate(zip(addresses, hours, bots, strict=True)):
        beside = np.concatenate([worlds[0].others, *hours[:n], *hours[n + 1 :]])
        part = observe(address, hour, DAYS, beside, bot)
        parts.append(NetworkPart(n, part.ladder, part.events, part.traces.named))
    found = calibrate(whole, measured, parts)
    truth = sum(seen.online for seen in worlds)
    return Judged(kind, truth, measured.machines, found.machines if found else None)


def rows(short: bool, seed: int) -> list[Row]:  # noqa: FBT001
    """Return the table."""
    judged = list(judge(seed, 15 if short else 150))
    made = []
    for kind in KINDS:
        those = [one for one in judged if one.kind == kind]
        made.append(_told(kind, those))
    printed = [one for one in judged if isinstance(one.calibrated, Estimate)]
    off = [one.calibrated.value / one.truth - 1 for one in printed if isinstance(one.calibrated, Estimate)]
    covered = sum(_covers(one.calibrated, one.truth) for one in printed)
    sharp = [one for one in printed if isinstance(one.assumed, Estimate)]
    narrower = [_width(one.calibrated) / _width(one.assumed) for one in sharp]
    return [
        Row(
            "calibrated: intervals printed that cover the truth", f">= {COVERED[0]:.0%}",
            f"{covered} of {len(printed)}", covered >= COVERED[0] * len(printed) - 1,
        ),
        Row(
            f"calibrated: points off by more than {FARTHEST:.0%}", "0",
            f"{sum(abs(o) > FARTHEST for o in off)} of {len(off)}; worst {max(off, key=abs):+.1%}",
            not any(abs(o) > FARTHEST for o in off),
        ),
        Row(
            "calibrated against assumed: width of the interval, median", "<= 1.0",
            f"{np.median(narrower):.2f} of {len(narrower)}", bool(np.median(narrower) <= 1),
        ),
        *made,
    ]  # fmt: skip


def _told(kind: str, judged: list[Judged]) -> Row:
    """Say of a kind how often there is a number, and how often it covers, with calibration and without."""
    words = []
    for name in ("assumed", "calibrated"):
        answers = [(getattr(one, name), one.truth) for one in judged]
        printed = [(a, truth) for a, truth in answers if isinstance(a, Estimate)]
        words.append(f"{name} {sum(_covers(a, truth) for a, truth in printed)} of {len(printed)}")
    missed = sum(isinstance(one.calibrated, Estimate) and not _covers(one.calibrated, one.truth) for one in judged)
    return Row(
        f"{kind}: covered of printed, {len(judged)} worlds",
        "<= 1 in 5 missed",
        ", ".join(words),
        missed <= 1 + len(judged) // 5,
    )


def _covers(answer: Answer | None, truth: float) -> bool:
    return isinstance(answer, Estimate) and answer.low <= truth <= answer.high


def _width(answer: Answer | None) -> float:
    return answer.high / answer.low - 1 if isinstance(answer, Estimate) else np.inf
