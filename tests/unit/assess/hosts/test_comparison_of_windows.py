"""Two windows on what both have, and the doubt that keeps figures from going out."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from quetsach.assess.estimate import Estimate
from quetsach.assess.hosts.comparison import Comparison, WindowMeasured, compare
from quetsach.assess.hosts.ladder import GapLadder
from quetsach.assess.hosts.measure import Observed, Watch, add_up, best_watches, measure, measure_part
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.period import Period

JUNE = Period(date(2020, 6, 1), date(2020, 6, 28))
JULY = Period(JUNE.last + timedelta(days=1), JUNE.last + timedelta(days=28))
MIRAI, NECURS = Watch("own", "sinkhole", "mirai", 4), Watch("own", "sinkhole", "necurs", 4)
OTHER = Watch("other", "sinkhole", "mirai", 4)


def seen(machines: int, *, per_hour: float = 1.0, addresses: float = 2.0, hours: float = 672.0) -> Observed:
    rng = np.random.default_rng(machines)
    gaps = rng.exponential(1 / per_hour, int(machines * per_hour * hours))
    daily = machines * addresses
    return Observed(GapLadder.of(gaps), float(len(gaps) + machines), int(28 * daily), hours, windows={24: daily})


def window(period: Period, observed: dict[Watch, Observed]) -> WindowMeasured:
    return WindowMeasured(period, observed, {watch: measure(what) for watch, what in observed.items()})


def reduction(comparison: Comparison) -> float:
    assert isinstance(comparison.machines, Estimate)
    return comparison.machines.value


def codes(comparison: Comparison) -> set[str]:
    return {notice.code for notice in comparison.notices}


def test_half_as_many_machines_are_a_reduction_by_half() -> None:
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(50)}))
    assert reduction(comparison) == pytest.approx(50, abs=1)
    assert not comparison.notices
    assert not comparison.blocks


def test_only_what_both_windows_have_is_compared() -> None:
    before = window(JUNE, {MIRAI: seen(100), NECURS: seen(80)})
    comparison = compare(before, window(JULY, {MIRAI: seen(50)}))
    assert comparison.panel == (MIRAI,)
    assert reduction(comparison) == pytest.approx(50, abs=1)


def test_unequal_windows_are_refused() -> None:
    longer = Period(JULY.first, JULY.last + timedelta(days=2))
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(longer, {MIRAI: seen(50)}))
    assert isinstance(comparison.machines, Refusal)
    assert comparison.machines.reason is RefusalReason.UNEQUAL_WINDOWS


def test_windows_that_share_no_instrument_are_refused() -> None:
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {OTHER: seen(50)}))
    assert comparison.machines == Refusal(RefusalReason.UNEQUAL_PANELS)


def test_where_machines_are_refused_for_rare_check_ins_the_feed_is_not_blamed() -> None:
    """Both windows have the sensor, all of the time: what stands in the way is the malware's schedule."""
    before, after = (window(period, {MIRAI: seen(100, per_hour=0.02)}) for period in (JUNE, JULY))
    own = before.measured[MIRAI].machines
    assert isinstance(own, Refusal)
    comparison = compare(before, after)
    assert isinstance(comparison.machines, Refusal)
    assert comparison.machines.reason is own.reason is not RefusalReason.UNEQUAL_PANELS


def test_a_report_that_falls_silent_blocks() -> None:
    before = window(JUNE, {MIRAI: seen(100), OTHER: seen(90)})
    comparison = compare(before, window(JULY, {MIRAI: seen(50), OTHER: seen(20, hours=200.0)}))
    assert "feed-dropped-out" in codes(comparison)
    assert comparison.blocks
    assert comparison.panel == (MIRAI,)


def test_measures_that_disagree_block() -> None:
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(50, addresses=6.0)}))
    assert codes(comparison) == {"measures-disagree"}
    assert comparison.blocks


def test_a_schedule_that_changes_is_told_and_events_keep_the_old_rate() -> None:
    comparison = compare(window(JUNE, {MIRAI: seen(100, per_hour=2.0)}), window(JULY, {MIRAI: seen(50)}))
    assert codes(comparison) == {"measures-disagree", "schedule-changed"}
    assert reduction(comparison) == pytest.approx(50, abs=1)
    assert isinstance(comparison.by_events, Estimate)
    assert comparison.by_events.value == pytest.approx(75, abs=1)


def test_a_feed_that_begins_to_send_one_row_a_day_blocks() -> None:
    once = replace(seen(50), mode=RefusalReason.DEDUPLICATED)
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: once}))
    assert "feed-mode" in codes(comparison)
    assert comparison.blocks
    assert isinstance(comparison.machines, Refusal)


def test_a_comparison_is_told_to_machines_with_its_texts() -> None:
    told = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(50, addresses=6.0)})).as_json()
    assert told["blocks_publication"] is True
    assert told["panel"] == [{"feed": "own", "report": "sinkhole", "family": "mirai", "ip_version": 4}]


def test_an_unfit_feed_is_refused_by_every_estimator() -> None:
    made = measure(replace(seen(50), mode=RefusalReason.DELTA_MODE))
    for answer in (made.machines, made.by_events, made.by_growth):
        assert isinstance(answer, Refusal)
        assert answer.reason is RefusalReason.DELTA_MODE


def test_the_sensor_that_sees_most_machines_stands_for_a_family() -> None:
    measured = {MIRAI: measure(seen(50)), OTHER: measure(seen(80)), NECURS: measure(seen(10))}
    assert best_watches(measured) == {("mirai", 4): OTHER, ("necurs", 4): NECURS}


def test_a_sensor_that_counts_goes_before_one_that_sees_more_and_counts_not() -> None:
    unfit = measure(replace(seen(500), mode=RefusalReason.DEDUPLICATED))
    assert best_watches({MIRAI: measure(seen(50)), OTHER: unfit})["mirai", 4] == MIRAI


def test_parts_of_a_country_add_up_to_it() -> None:
    whole = measure(seen(100))
    parts = [measure_part(seen(n), whole).machines for n in (70, 30)]
    total = add_up((part, 1) for part in parts)
    assert isinstance(total, Estimate)
    assert isinstance(whole.machines, Estimate)
    assert total.value == pytest.approx(whole.machines.value, rel=0.02)


def test_a_part_of_a_refused_family_is_refused() -> None:
    whole = measure(replace(seen(50), mode=RefusalReason.DEDUPLICATED))
    assert measure_part(seen(10), whole).machines == whole.machines


def test_a_sum_with_too_many_refused_parts_is_refused() -> None:
    good, bad = Estimate(10, 9, 11), Refusal(RefusalReason.RARE_CHECK_INS)
    total = add_up([(good, 80), (bad, 20)])
    assert isinstance(total, Refusal)
    assert total.reason is RefusalReason.REFUSED_PARTS
    few = add_up([(good, 95), (bad, 5)])
    assert isinstance(few, Estimate)
    assert few.value == 10


def test_what_is_wholly_refused_says_why() -> None:
    rare, dense = Refusal(RefusalReason.RARE_CHECK_INS), Refusal(RefusalReason.DENSE_POOL)
    assert add_up([(rare, 5), (dense, 50)]) == dense
    assert add_up([]) == Refusal(RefusalReason.NO_DATA)
