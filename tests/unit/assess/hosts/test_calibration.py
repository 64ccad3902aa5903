"""What is learned where installations have names: it holds for networks like those, and is refused for others."""

import numpy as np
import pytest
from bench.validation import calibration as worlds

from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.agreement import NamedHours
from quetsach.assess.hosts.calibration import Calibrated, NetworkPart, calibrate
from quetsach.assess.hosts.measure import Observed, measure
from quetsach.assess.hosts.schedule import GapLadder

WEEKS = 672.0
KNOWN = (50, 60, 70, 80)


def network(
    number: int, machines: float, *, times: float = 1.0, events: float = 1.0, is_named: bool = True
) -> NetworkPart:
    """Machines that are there all the time and check in by chance; ``times`` as many are counted by address."""
    count = int(machines * times * WEEKS)
    gaps = GapLadder.of(np.random.default_rng(number).exponential(1.0, count))
    named = NamedHours(machines * WEEKS, WEEKS, 1.0, 0.0, 28.0 * machines, 0.0) if is_named else None
    return NetworkPart(number, gaps, count * events, named)


def calibrated(parts: list[NetworkPart]) -> Calibrated | None:
    ladder = sum((part.ladder for part in parts), GapLadder.empty())
    whole = Observed(ladder, sum(part.events for part in parts), 10_000, WEEKS, np.full(24, 1e5), np.full(24, 28.0))
    return calibrate(whole, measure(whole), parts)


def test_a_bias_that_networks_share_is_taken_off_the_rest() -> None:
    parts = [network(n, machines, times=0.7) for n, machines in enumerate(KNOWN)]
    found = calibrated([*parts, network(9, 400, times=0.7, is_named=False)])
    assert found is not None
    assert isinstance(found.machines, Estimate)
    assert found.machines.value == pytest.approx(660, rel=0.02)
    assert found.by.times == pytest.approx(0.7, rel=0.02)
    assert found.by.machines == pytest.approx(260)


def test_networks_that_differ_make_a_range() -> None:
    times = (0.5, 0.7, 1.0, 1.3)
    parts = [network(n, machines, times=by) for n, (machines, by) in enumerate(zip(KNOWN, times, strict=True))]
    found = calibrated([*parts, network(9, 400, is_named=False)])
    assert found is not None
    assert isinstance(found.machines, NotEstimable)
    assert found.machines.reason is NotEstimableReason.TOO_WIDE
    assert found.machines.measured["low"] < 660 < found.machines.measured["high"]


def test_a_rest_of_another_kind_is_a_disagreement_of_ways() -> None:
    parts = [network(n, machines) for n, machines in enumerate(KNOWN)]
    found = calibrated([*parts, network(9, 400, events=1.5, is_named=False)])
    assert found is not None
    assert isinstance(found.machines, NotEstimable)
    assert found.machines.reason is NotEstimableReason.WAYS_DISAGREE


@pytest.mark.parametrize("left_out", ["networks", "machines", "names"])
def test_too_little_teaches_nothing(left_out: str) -> None:
    known = KNOWN[:3] if left_out == "networks" else (5, 6, 7, 8) if left_out == "machines" else KNOWN
    parts = [network(n, machines, is_named=left_out != "names") for n, machines in enumerate(known)]
    assert calibrated([*parts, network(9, 400, is_named=False)]) is None


def test_every_promise_of_the_table_is_kept() -> None:
    assert [row for row in worlds.rows(short=True, seed=2020) if not row.passed] == []
