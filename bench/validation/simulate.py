"""The simulated country itself: exact where it promises to be, like what was published where it cannot be, and quick.

The full version takes about 5 minutes of CPU, nearly all of it the 200,000 hosts of 60 days.
"""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from bench.validation.table import Row

from quetsach.core.period import Period
from quetsach.simulate import Country, country, read_country
from quetsach.simulate.machines.days import Levels
from quetsach.simulate.machines.scenario import ActivityProfile, CheckIns, Family, Lease, LeaseKind, Schedule

ROOT = Path(__file__).parents[2]
DAY = 86_400


def rows(*, short: bool, seed: int) -> list[Row]:
    """Measure."""
    return [
        _event_rate(short=short, seed=seed),
        _design(short=short, seed=seed),
        _same_before(seed),
        _addresses_a_bot(seed),
        *_cost(short=short),
    ]


def _small(seed: int, *, hosts: int, days: int, family: Family | None = None, lease: Lease | None = None) -> Country:
    content = (ROOT / "data" / "scenarios" / "lease-change.toml").read_bytes()
    scenario = read_country(content, file="lease-change.toml")
    first = scenario.period.first
    isps = scenario.isps if lease is None else tuple(replace(isp, leases=(lease,)) for isp in scenario.isps[:1])
    return replace(
        scenario,
        seed=seed,
        hosts=hosts,
        period=Period(first, first + timedelta(days=days - 1)),
        families=scenario.families if family is None else (family,),
        isps=isps,
        measures=tuple(replace(m, first=first + timedelta(days=days // 4)) for m in scenario.measures),
    )


def _family(
    schedule: Schedule, interval: float, duties: dict[ActivityProfile, float], *, mean_days: float = 60
) -> Family:
    first = read_country(
        (ROOT / "data/scenarios/lease-change.toml").read_bytes(), file="lease-change.toml"
    ).period.first
    return Family("x", 1.0, (CheckIns(first, schedule, interval, 0.2),), duties, mean_days=mean_days)


def _event_rate(*, short: bool, seed: int) -> Row:
    """Check-ins by schedule and online seconds: what the event-rate estimator inverts must be exact."""
    worst = 0.0
    duties = ({ActivityProfile.ALWAYS: 1.0}, {ActivityProfile.OFFICE: 0.5, ActivityProfile.HOME: 0.5})
    for schedule in Schedule:
        for interval in (900.0, 3600.0):
            for duty in duties:
                scenario = _small(
                    seed, hosts=2000 if short else 20_000, days=7, family=_family(schedule, interval, duty)
                )
                events = seconds = 0
                for day in country(scenario):
                    events += len(day.events)
                    seconds += int((day.levels.off - day.levels.on).sum())
                worst = max(worst, abs(events * interval / seconds - 1))
    return Row("check-ins x interval against seconds on line, worst of 8", "< 1 %", f"{worst:.2%}", worst < 0.01)


def _design(*, short: bool, seed: int) -> Row:
    """The reduction by design against the one that was counted with and without campaign."""
    found = []
    for run in range(3 if short else 40):
        *_, last = country(_small(seed + run, hosts=2000, days=60))
        found.append(1 - _infected(last.levels) / _infected(last.without))
    off = abs(float(np.mean(found)) - 0.5)
    return Row(
        f"mean of {len(found)} counted reductions against 50 % by design", "< 2 points", f"{off:.2%}", off < 0.02
    )


def _infected(levels: Levels) -> int:
    return int((levels.ends - levels.begins).sum())


def _same_before(seed: int) -> Row:
    """Until the first measure, the country with and without campaign are one."""
    different = 0
    for day in country(_small(seed, hosts=2000, days=40)):
        if day.number < 10:
            with_, without = day.levels.infections, day.without.infections
            different += not np.array_equal(with_.hosts, without.hosts) or not np.array_equal(with_.ends, without.ends)
    return Row("days before the campaign on which the two plays differ", "0", str(different), different == 0)


def _addresses_a_bot(seed: int) -> Row:
    """Torpig (Stone-Gross et al., CCS 2009): 6.8 addresses a bot in ten days; homes and offices, a day's leases."""
    family = _family(
        Schedule.PERIODIC, 1200.0, {ActivityProfile.OFFICE: 0.5, ActivityProfile.HOME: 0.5}, mean_days=3000
    )
    lease = Lease(family.check_ins[0].first, LeaseKind.PPPOE, 1.0, 24.0)
    scenario = replace(_small(seed, hosts=3000, days=10, family=family, lease=lease), measures=())
    pairs, bots = set(), set()
    for day in country(scenario):
        stretches = np.unique(day.events.stretches)
        hosts = day.levels.infections.hosts[day.stretches.infections[stretches]].tolist()
        pairs |= set(zip(hosts, day.sources.upper[stretches].tolist(), strict=True))
        bots |= set(hosts)
    ratio = len(pairs) / len(bots)
    return Row("addresses a bot in ten days, leases of a day (Torpig: 6.8)", "5 to 9", f"{ratio:.1f}", 5 <= ratio <= 9)


def _cost(*, short: bool) -> list[Row]:
    hosts, days = (1500, (6, 18)) if short else (200_000, (20, 60))
    few, many = (_play(hosts, count) for count in days)
    growth = many["mebibytes"] / few["mebibytes"]
    cost = Row(
        f"{hosts:,} hosts x {days[1]} days, {many['rows']:,} rows; CPU",
        "<= 300 s" if not short else "<= 30 s",
        f"{many['cpu']:.0f} s",
        many["cpu"] <= (30 if short else 300),
    )
    memory = Row(f"memory of {days[1]} days against {days[0]}", "<= 1.1 times", f"{growth:.2f} times", growth <= 1.1)
    return [cost, memory]


def _play(hosts: int, days: int) -> dict[str, float]:
    command = [
        sys.executable,
        str(ROOT / "bench" / "simulate.py"),
        "--alone",
        "--hosts",
        str(hosts),
        "--days",
        str(days),
    ]
    got: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return got
