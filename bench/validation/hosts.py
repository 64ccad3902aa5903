"""Counting machines against a country whose machines are known: bias, refusals, and a cut while instruments change."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import numpy as np
from bench import observation
from bench.leases import Country, Seen, watch
from bench.validation.table import Row

from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.clock import is_dense
from quetsach.assess.hosts.comparison import Comparison, WindowMeasured, compare
from quetsach.assess.hosts.estimators import GROWTH_BUDGET, LARGEST_Q, READ_BUDGET, VALID_Q, Rate
from quetsach.assess.hosts.measure import Measured, Observed, Watch, measure
from quetsach.core.period import Period

MONDAY = observation.MONDAY
WATCH = Watch("feed", "report", "family", 4)
SCHEDULES = {"1 an hour at random": (1.0, False), "2 an hour in step": (2.0, True), "4 a day at random": (1 / 6, False)}
LEASES = {"6 h": (6.0, False), "24 h": (24.0, False), "24 h fixed": (24.0, True), "7 d": (168.0, False)}
DUTIES = ("always", "new", "sticky")
OUTAGES = (0.0, 0.15)
DENSITIES = (0.005, 0.03)

CHANGES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "nothing else": ({}, {}),
    "leases 7 d to 24 h": ({"lease": 168.0}, {"lease": 24.0}),
    "leases 24 h to 7 d": ({"lease": 24.0}, {"lease": 168.0}),
    "40 % of lines go behind shared addresses": ({}, {"nat": 0.4, "per_shared_address": 8}),
    "the botnet halves its check-ins": ({"rate": 2.0}, {"rate": 1.0}),
    "the feed keeps 70 %": ({"rate": 2.0}, {"rate": 2.0, "kept": 0.7}),
    "the sensor loses 15 % of its hours": ({}, {"outages": 0.15}),
    "dense pools, leases of 6 h": ({"lease": 6.0, "dense": 0.1}, {"lease": 6.0, "dense": 0.05}),
    "office machines": ({"duty": "sticky", "rate": 2.0, "periodic": True}, {}),
}


def observe(seen: Seen) -> Observed:
    """Sum sightings up as the lake does, in memory."""
    return observation.observe(seen.address, seen.hour, seen.days)


def rows(short: bool, seed: int) -> list[Row]:  # noqa: FBT001
    """Return the table."""
    return [*_grid(short, seed), *_events(short, seed), *_refusals(short, seed), *_cuts(short, seed)]


def _grid(short: bool, seed: int) -> Iterator[Row]:  # noqa: FBT001
    cells = list(product(SCHEDULES.items(), LEASES.items(), DUTIES, OUTAGES, DENSITIES))
    if short:
        rarest = next(cell for cell in cells if (cell[0][0], cell[1][0]) == ("4 a day at random", "6 h"))
        cells = [*[cell for cell in cells if cell[2] == "always" or not cell[3]][::9], rarest]
    inside: dict[str, float] = {}
    outside: dict[str, float] = {}
    growth: dict[str, float] = {}
    rare = refused = 0
    for number, ((schedule, (rate, in_step)), (lease, (hours, is_fixed)), duty, outages, dense) in enumerate(cells):
        errors, curve, q = [], [], []
        # Which hours are lost decides more where machines are on line in a third of them.
        runs = 1 if short else 16 if outages and duty != "always" else 4
        for run in range(runs):
            country = Country(hours, is_fixed, rate, in_step, duty, outages, dense=dense)
            seen = watch(country, np.random.default_rng([seed, number, run]))
            made = measure(observe(seen))
            q.append(made.machines.measured["q"])
            if isinstance(made.machines, Estimate):
                errors.append(made.machines.value / seen.online - 1)
            if errors and isinstance(made.by_growth, Estimate) and duty == "always" and not outages:
                curve.append(made.by_growth.value / seen.online - 1)
            rare += q[-1] >= LARGEST_Q
            refused += q[-1] >= LARGEST_Q and isinstance(made.machines, NotEstimable)
        name = f"{schedule}, leases {lease}, {duty}, {outages:.0%} down, {dense:.1%} of the pool"
        if len(errors) == runs:
            (inside if max(q) < VALID_Q else outside)[name] = float(np.mean(errors))
        if curve:
            growth[name] = float(np.mean(curve))
    yield _worst(f"REC bias, q < {VALID_Q}: worst of {len(inside)} cells", inside, 0.02)
    yield _worst(f"REC bias, not refused: worst of {len(inside) + len(outside)} cells", inside | outside, 0.05)
    yield _worst(f"accumulation curve, always on: worst of {len(growth)} cells", growth, GROWTH_BUDGET)
    yield _share(f"refuses where q >= {LARGEST_Q}", refused, rare)


def _events(short: bool, seed: int) -> Iterator[Row]:  # noqa: FBT001
    known: dict[str, float] = {}
    read: dict[str, float] = {}
    runs = 1 if short else 6
    for (schedule, (rate, in_step)), duty, nat in product(
        SCHEDULES.items(), DUTIES[:1] if short else DUTIES, (0.0, 0.25)
    ):
        errors: list[tuple[float, float]] = []
        for run in range(runs):
            seen = watch(
                Country(24.0, False, rate, in_step, duty, nat=nat, dense=0.01), np.random.default_rng([seed, run])
            )
            observed = observe(seen)
            by_known, by_read = (measure(observed, r).by_events for r in (Rate(rate, is_known=True), None))
            errors.append((_error(by_known, seen), _error(by_read, seen)))
        name = f"{schedule}, {duty}, {nat:.0%} behind shared addresses"
        known[name], read[name] = np.mean(errors, axis=0)
    read = {name: error for name, error in read.items() if np.isfinite(error)}
    yield _worst(f"event-rate bias, CGNAT included: worst of {len(known)} cells", known, 0.01)
    yield _worst(f"the same, the rate read off the data: worst of {len(read)} cells", read, READ_BUDGET)


def _refusals(short: bool, seed: int) -> Iterator[Row]:  # noqa: FBT001
    runs = 2 if short else 10
    dense = once = differences = 0
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        seen = watch(Country(lease=6.0, dense=0.1), rng)
        machines = measure(observe(seen)).machines
        dense += isinstance(machines, NotEstimable) or is_dense(machines.value, seen.pool)
        seen = watch(Country(lease=24.0, rate=2.0), rng)
        once += measure(observe(_once_a_day(seen))).machines == _refused(
            NotEstimableReason.DEDUPLICATED, _once_a_day(seen)
        )
        delta = _differences(seen)
        differences += measure(observe(delta)).machines == _refused(NotEstimableReason.DELTA_MODE, delta)
    yield _share("refuses pools of which 10 % are infected", dense, runs)
    yield _share("refuses a feed of one row for each address and day", once, runs)
    yield _share("refuses a feed that sends differences", differences, runs)


def _cuts(short: bool, seed: int) -> Iterator[Row]:  # noqa: FBT001
    runs = 1 if short else 5
    for number, (name, (before, after)) in enumerate(CHANGES.items()):
        errors, flagged, off = list[float](), 0, list[float]()
        for run in range(runs):
            first = Country(dense=0.02).but(**before)
            second = first.but(**after).but(machines=first.machines // 2)
            second = second if "dense" in after else second.but(dense=first.dense / 2)
            made = [watch(c, np.random.default_rng([seed, number, run, n])) for n, c in enumerate((first, second))]
            compared = _compare(*made)
            truth = 100 * (1 - made[1].online / made[0].online)
            if isinstance(compared.machines, NotEstimable):
                flagged += 1
                continue
            flagged += compared.blocks
            (off if compared.blocks else errors).append(abs(compared.machines.value - truth))
        worst = max(errors, default=0.0)
        said = [f"{worst:.1f} points"] * bool(errors) + [f"{flagged} of {runs} flagged"] * bool(flagged)
        got = ", ".join(said + [f"those off by up to {max(off, default=0.0):.1f}"] * bool(off))
        yield Row(f"error of a true cut by half: {name}", "< 2 points or flagged", got, worst < 2)


def _compare(*made: Seen) -> Comparison:
    windows = []
    for at, seen in enumerate(made):
        first = MONDAY + timedelta(days=at * seen.days)
        observed = observe(seen)
        measured = measure(observed)
        if isinstance(measured.machines, Estimate) and is_dense(measured.machines.value, seen.pool):
            refused = NotEstimable(NotEstimableReason.DENSE_POOL)
            measured = Measured(refused, measured.by_events, measured.by_growth, None, measured.rate, measured.rows)
        period = Period(first, first + timedelta(days=seen.days - 1))
        windows.append(WindowMeasured(period, {WATCH: observed}, {WATCH: measured}))
    return compare(*windows)


def _once_a_day(seen: Seen) -> Seen:
    _, first = np.unique(seen.address * 10_000 + (seen.hour // 24).astype(np.int64), return_index=True)
    return Seen(seen.address[first], seen.hour[first], seen.machine[first], seen.online, seen.pool, seen.days)


def _differences(seen: Seen) -> Seen:
    """Keep what each day has that was not sent since Sunday; Sundays have everything of the week before."""
    day = (seen.hour // 24).astype(np.int64)
    week = (day + 1) // 7  # the first day is a Monday: day 6 is a Sunday
    _, new = np.unique(seen.address * 1000 + week, return_index=True)
    sent = [(seen.address[new], seen.hour[new], seen.machine[new])]
    for sunday in range(6, seen.days, 7):
        _, full = np.unique(np.where((day > sunday - 7) & (day <= sunday), seen.address, -1), return_index=True)
        full = full[(day[full] > sunday - 7) & (day[full] <= sunday)]
        sent.append((seen.address[full], sunday * 24 + seen.hour[full] % 24, seen.machine[full]))
    address, hour, machine = (np.concatenate(parts) for parts in zip(*sent, strict=True))
    order = np.lexsort((hour, address))
    return Seen(address[order], hour[order], machine[order], seen.online, seen.pool, seen.days)


def _refused(reason: NotEstimableReason, seen: Seen) -> NotEstimable:
    observed = observe(seen)
    return NotEstimable(reason, {"rows": observed.rows, "events": observed.events})


def _error(answer: Answer, seen: Seen) -> float:
    return answer.value / seen.online - 1 if isinstance(answer, Estimate) else float("nan")


def _worst(measure_: str, errors: dict[str, float], limit: float) -> Row:
    if not errors:
        return Row(measure_, f"< {limit:.0%}", "no cell", passed=False)
    name = max(errors, key=lambda cell: abs(errors[cell]))
    return Row(measure_, f"< {limit:.0%}", f"{errors[name]:+.2%} ({name})", abs(errors[name]) < limit)


def _share(measure_: str, hits: int, of: int) -> Row:
    return Row(measure_, "100 %", f"{hits} of {of}", hits == of > 0)
