"""Two windows on what both have, and the doubt that keeps figures from going out."""

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason, Notice
from quetsach.assess.events import Calendar, Holiday
from quetsach.assess.hosts import doubts
from quetsach.assess.hosts.breaks import DaySeen, DestinationSeen
from quetsach.assess.hosts.calibration import Calibrated, Calibration
from quetsach.assess.hosts.comparison import Comparison, Gone, WindowMeasured, compare
from quetsach.assess.hosts.doubts import may_be_named
from quetsach.assess.hosts.measure import Observed, Watch, add_up, best_watches, measure, measure_part
from quetsach.assess.hosts.schedule import GapLadder
from quetsach.core.period import Period
from quetsach.core.text import LocalText, number_text

JUNE = Period(date(2020, 6, 1), date(2020, 6, 28))
JULY = Period(JUNE.last + timedelta(days=1), JUNE.last + timedelta(days=28))
MIRAI, NECURS = Watch("own", "sinkhole", "mirai", 4), Watch("own", "sinkhole", "necurs", 4)
OTHER = Watch("other", "sinkhole", "mirai", 4)

_ANSWER = NotEstimable(NotEstimableReason.NO_DATA)


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


def told(comparison: Comparison) -> list[Notice]:
    """Return the notices of changes: not those of what would go unseen, as most windows here have few days or none."""
    return [notice for notice in comparison.notices if notice.code != "reach-unchecked"]


def codes(comparison: Comparison) -> set[str]:
    return {notice.code for notice in told(comparison)}


def test_half_as_many_machines_are_a_reduction_by_half() -> None:
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(50)}))
    assert reduction(comparison) == pytest.approx(50, abs=1)
    assert not told(comparison)
    assert not comparison.blocks


def test_only_what_both_windows_have_is_compared() -> None:
    before = window(JUNE, {MIRAI: seen(100), NECURS: seen(80)})
    comparison = compare(before, window(JULY, {MIRAI: seen(50)}))
    assert comparison.panel == (MIRAI,)
    assert reduction(comparison) == pytest.approx(50, abs=1)


def test_a_reduction_has_the_bands_of_both_windows() -> None:
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(50)}))
    was, now = (measure(seen(n)).machines for n in (100, 50))
    assert isinstance(was, Estimate)
    assert isinstance(now, Estimate)
    assert isinstance(comparison.machines, Estimate)
    assert comparison.machines.low == pytest.approx(100 * (1 - now.high / was.low))
    assert comparison.machines.high == pytest.approx(100 * (1 - now.low / was.high))
    assert comparison.machines.low < 50 < comparison.machines.high


def test_a_family_that_vanishes_is_told_and_blocks_and_the_total_says_what_it_is_of() -> None:
    before = window(JUNE, {MIRAI: seen(100), NECURS: seen(80)})
    comparison = compare(before, window(JULY, {MIRAI: seen(100)}))
    assert [(g.watch, round(g.daily_addresses)) for g in comparison.gone] == [(NECURS, 160)]
    assert codes(comparison) == {"families-gone"}
    assert comparison.blocks
    assert reduction(comparison) == pytest.approx(0, abs=1)
    assert isinstance(comparison.if_gone_are_clean, Estimate)
    assert comparison.if_gone_are_clean.value == pytest.approx(100 * 80 / 180, abs=1)
    assert (comparison.covered.families, comparison.covered.of) == (1, 2)
    assert comparison.covered.percent == pytest.approx(100 * 100 / 180, abs=1)
    [notice] = told(comparison)
    assert "necurs không còn được ghi nhận" in notice.text.vi
    assert "cleaned, or no longer seen" in notice.text.en


def test_a_family_of_which_a_trace_is_left_is_gone_and_no_reduction() -> None:
    before = window(JUNE, {MIRAI: seen(100), NECURS: seen(80)})
    comparison = compare(before, window(JULY, {MIRAI: seen(100), NECURS: seen(2)}))
    assert [g.watch.family for g in comparison.gone] == ["necurs"]
    assert comparison.panel == (MIRAI,)


def test_a_family_that_cannot_be_counted_any_more_is_not_dropped_silently() -> None:
    before = window(JUNE, {MIRAI: seen(100), NECURS: seen(80)})
    [notice] = told(compare(before, window(JULY, {MIRAI: seen(100), NECURS: seen(80, hours=400.0)})))
    assert notice.code == "families-left-out"
    assert "necurs chỉ đếm được máy trong kỳ đầu (45% số ca nhiễm của kỳ đó)" in notice.text.vi


def test_a_small_family_that_vanishes_is_told_and_not_named_where_it_could_expose_somebody() -> None:
    before = window(JUNE, {MIRAI: seen(400), NECURS: seen(4)})
    comparison = compare(before, window(JULY, {MIRAI: seen(400)}))
    assert codes(comparison) == {"few-machines-gone"}
    assert not comparison.blocks
    assert "necurs" not in comparison.notices[0].text.vi + comparison.notices[0].text.en


def test_a_family_under_another_name_is_gone_and_new() -> None:
    comparison = compare(
        window(JUNE, {MIRAI: seen(100), NECURS: seen(80)}),
        window(JULY, {MIRAI: seen(100), replace(NECURS, family="other"): seen(80)}),
    )
    assert codes(comparison) == {"families-gone", "families-new"}


def test_two_sensors_of_a_family_are_not_added_up() -> None:
    before = window(JUNE, {MIRAI: seen(100), OTHER: seen(90)})
    comparison = compare(before, window(JULY, {MIRAI: seen(50), OTHER: seen(45)}))
    assert comparison.panel == (MIRAI,)
    assert isinstance(comparison.machines, Estimate)
    assert comparison.machines.measured["before"] == pytest.approx(100, rel=0.03)


def test_two_sensors_that_see_different_reductions_block() -> None:
    before = window(JUNE, {MIRAI: seen(100), OTHER: seen(90)})
    comparison = compare(before, window(JULY, {MIRAI: seen(100), OTHER: seen(45)}))
    assert codes(comparison) == {"sensors-disagree"}
    assert comparison.blocks


def daily(period: Period, addresses: int) -> dict[date, DaySeen]:
    return {day: DaySeen(addresses + day.day % 3, addresses // 2) for day in period}


def test_a_family_that_falls_between_two_days_blocks_and_says_what_it_looks_like() -> None:
    before = replace(window(JUNE, {MIRAI: seen(100)}), days={MIRAI: daily(JUNE, 200)})
    after = replace(window(JULY, {MIRAI: seen(50)}), days={MIRAI: daily(JULY, 100)})
    comparison = compare(before, after)
    assert codes(comparison) == {"sudden-change"}
    assert comparison.blocks
    assert "Từ 29/06/2020" in comparison.notices[0].text.vi
    assert "mức trước đó" in comparison.notices[0].text.vi


def test_a_fall_on_a_day_between_the_windows_is_seen_too() -> None:
    later = Period(JULY.last + timedelta(days=1), JULY.last + timedelta(days=28))
    before = replace(window(JUNE, {MIRAI: seen(100)}), days={MIRAI: daily(JUNE, 200)})
    after = replace(window(later, {MIRAI: seen(50)}), days={MIRAI: daily(later, 100)})
    between = {day: DaySeen(200 if day < date(2020, 7, 10) else 100) for day in JULY}
    comparison = compare(before, after, between={MIRAI: between})
    assert "Từ 10/07/2020" in comparison.notices[0].text.vi


def test_all_families_of_a_sensor_that_fall_on_a_day_are_one_notice() -> None:
    before = replace(
        window(JUNE, {MIRAI: seen(100), NECURS: seen(80)}), days=dict.fromkeys((MIRAI, NECURS), daily(JUNE, 200))
    )
    after = replace(
        window(JULY, {MIRAI: seen(50), NECURS: seen(40)}), days=dict.fromkeys((MIRAI, NECURS), daily(JULY, 100))
    )
    [notice] = compare(before, after).notices
    assert "mọi họ mã độc do own/sinkhole ghi nhận" in notice.text.vi


def through(period: Period, domains: int) -> dict[date, dict[str, DestinationSeen]]:
    return {day: {f"{n}.example": DestinationSeen(20, 20) for n in range(domains)} for day in period}


def test_a_domain_that_is_gone_is_told_and_blocks() -> None:
    before = replace(
        window(JUNE, {MIRAI: seen(100)}), days={MIRAI: daily(JUNE, 200)}, destinations={MIRAI: through(JUNE, 10)}
    )
    after = replace(
        window(JULY, {MIRAI: seen(90)}), days={MIRAI: daily(JULY, 200)}, destinations={MIRAI: through(JULY, 9)}
    )
    comparison = compare(before, after)
    [notice] = [n for n in comparison.notices if n.code == "reach-changed"]
    assert notice.percent == 10.0
    assert comparison.blocks
    assert "own/sinkhole theo dõi mirai qua 10 tên miền" in notice.text.vi
    assert "mất 10,0%" in notice.text.vi
    assert "lost 10.0 %" in notice.text.en


def test_installations_that_are_gone_at_one_stroke_are_told_where_addresses_hide_it() -> None:
    before = replace(
        window(JUNE, {MIRAI: seen(100)}), days={MIRAI: daily(JUNE, 200)}, installations={MIRAI: daily(JUNE, 200)}
    )
    after = replace(
        window(JULY, {MIRAI: seen(100)}), days={MIRAI: daily(JULY, 200)}, installations={MIRAI: daily(JULY, 160)}
    )
    assert codes(compare(before, after)) == {"sudden-change"}


def test_an_interval_is_as_wide_as_what_a_sensor_can_lose_unseen() -> None:
    rng = np.random.default_rng(3)
    loud = {
        period: {day: DaySeen(int(n)) for day, n in zip(period, rng.normal(200, 40, period.days), strict=True)}
        for period in (JUNE, JULY)
    }
    comparison = compare(
        *(replace(window(p, {MIRAI: seen(n)}), days={MIRAI: loud[p]}) for p, n in ((JUNE, 100), (JULY, 50)))
    )
    assert comparison.unseen_points is not None
    assert isinstance(comparison.machines, Estimate)
    value = comparison.machines.value
    assert comparison.unseen_points > 20
    assert comparison.machines.low == pytest.approx(value - comparison.unseen_points)
    assert comparison.machines.high == pytest.approx(value + comparison.unseen_points)
    assert comparison.as_json()["unseen_points"] == comparison.unseen_points
    said = number_text(math.ceil(10 * comparison.unseen_points) / 10, "vi", decimals=1)
    assert f"dưới {said} điểm phần trăm" in comparison.could_go_unseen.vi
    assert not comparison.blocks


def test_every_comparison_says_that_a_slow_loss_of_reach_looks_like_cleaning() -> None:
    days = {period: {day: DaySeen(20_000, 10_000) for day in period} for period in (JUNE, JULY)}
    for known in (days, {JUNE: {}, JULY: {}}):
        comparison = compare(*(replace(window(p, {MIRAI: seen(100)}), days={MIRAI: known[p]}) for p in (JUNE, JULY)))
        assert "giống hệt như khi máy được làm sạch" in comparison.could_go_unseen.vi
        assert comparison.as_json()["could_go_unseen"]["en"] == comparison.could_go_unseen.en
        assert "looks just like cleaning" in comparison.could_go_unseen.en


def test_what_is_not_calibrated_says_that_it_assumes_one_machine_behind_each_address() -> None:
    before, after = window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(50)})
    told = compare(before, after).as_json()["assumed"]
    assert "sau mỗi địa chỉ chỉ có một máy" in told["vi"]
    known = [replace(w, calibrated={MIRAI: calibrated(value)}) for w, value in ((before, 120), (after, 60))]
    assert compare(*known).as_json()["assumed"] is None


def test_days_that_hardly_differ_leave_nothing_to_be_said() -> None:
    days = {period: {day: DaySeen(20_000 + day.day % 3, 10_000) for day in period} for period in (JUNE, JULY)}
    comparison = compare(*(replace(window(p, {MIRAI: seen(100)}), days={MIRAI: days[p]}) for p in (JUNE, JULY)))
    assert comparison.notices == ()


def test_a_reach_that_could_not_be_checked_is_told() -> None:
    [notice] = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(50)})).notices
    assert (notice.code, notice.percent) == ("reach-unchecked", 100)
    assert "chiếm 100% số ca nhiễm" in notice.text.vi


def calibrated(value: float) -> Calibrated:
    by = Calibration((1, 2, 3, 4), 120.0, 0.8, 0.05)
    return Calibrated(Estimate(value, value * 0.95, value * 1.05), by)


def test_machines_that_are_calibrated_in_both_windows_are_compared() -> None:
    before = replace(window(JUNE, {MIRAI: seen(100)}), calibrated={MIRAI: calibrated(140.0)})
    after = replace(window(JULY, {MIRAI: seen(50)}), calibrated={MIRAI: calibrated(63.0)})
    comparison = compare(before, after)
    assert isinstance(comparison.machines, Estimate)
    assert comparison.machines.measured == {"before": 140.0, "after": 63.0}
    assert comparison.machines.low == pytest.approx(100 * (1 - 63 * 1.05 / (140 * 0.95)))
    assert comparison.calibrated_families == ("mirai",)
    [told_of] = comparison.as_json()["calibrated"]  # type: ignore[misc]
    assert told_of["before"]["networks"] == [1, 2, 3, 4]


def test_a_family_that_is_calibrated_in_one_window_is_assumed_in_both() -> None:
    before = replace(window(JUNE, {MIRAI: seen(100)}), calibrated={MIRAI: calibrated(140.0)})
    comparison = compare(before, window(JULY, {MIRAI: seen(50)}))
    assert isinstance(comparison.machines, Estimate)
    assert comparison.machines.measured["before"] == pytest.approx(100, rel=0.02)
    assert comparison.calibrations == {}
    assert comparison.calibrated_families == ()


def test_what_calibration_refuses_in_one_window_is_refused() -> None:
    refused = replace(calibrated(1.0), machines=NotEstimable(NotEstimableReason.WAYS_DISAGREE))
    before = replace(window(JUNE, {MIRAI: seen(100)}), calibrated={MIRAI: calibrated(140.0)})
    comparison = compare(before, replace(window(JULY, {MIRAI: seen(50)}), calibrated={MIRAI: refused}))
    assert isinstance(comparison.machines, NotEstimable)
    assert comparison.machines.reason is NotEstimableReason.WAYS_DISAGREE


def test_families_are_told_by_their_names_and_not_by_identifiers() -> None:
    names = {"necurs": LocalText("Necurs", "Necurs"), "unknown": LocalText("Không rõ", "Unknown")}
    before = replace(window(JUNE, {MIRAI: seen(100), NECURS: seen(80)}), names=names)
    [notice] = told(compare(before, window(JULY, {MIRAI: seen(100)})))
    assert notice.text.vi.startswith("Necurs không còn được ghi nhận")
    assert notice.text.en.startswith("Necurs: gone")


def test_a_family_that_is_refused_in_one_window_is_told_once_and_with_the_reason() -> None:
    once = replace(seen(80), mode=NotEstimableReason.UNEVEN_RATES)
    before = window(JUNE, {MIRAI: seen(100), NECURS: seen(80)})
    [notice] = told(compare(before, window(JULY, {MIRAI: seen(100), NECURS: once})))[1:]
    assert notice.code == "refused-in-one-window"
    assert "necurs chỉ đếm được máy trong kỳ đầu" in notice.text.vi
    assert NotEstimable(NotEstimableReason.UNEVEN_RATES).text.vi in notice.text.vi


def test_a_family_that_another_sensor_counts_in_both_windows_is_not_told_as_left_out() -> None:
    once = replace(seen(90), mode=NotEstimableReason.UNEVEN_RATES)
    comparison = compare(
        window(JUNE, {MIRAI: seen(100), OTHER: seen(90)}), window(JULY, {MIRAI: seen(100), OTHER: once})
    )
    assert codes(comparison) == {"feed-mode"}


def test_a_family_that_is_not_seen_on_some_weekdays_any_more_is_told() -> None:
    before = replace(window(JUNE, {MIRAI: seen(100)}), days={MIRAI: daily(JUNE, 200)})
    weekdays = {day: found for day, found in daily(JULY, 200).items() if day.weekday() < 5}
    after = replace(window(JULY, {MIRAI: seen(100)}), days={MIRAI: weekdays})
    [notice] = told(compare(before, after))
    assert notice.code == "days-differ"
    assert "28 ngày của kỳ đầu và 20 ngày của kỳ sau" in notice.text.vi


def test_a_holiday_in_one_of_the_windows_is_told() -> None:
    tet = Holiday(Period(date(2020, 7, 1), date(2020, 7, 6)), LocalText("Tết Nguyên đán", "Lunar New Year"))
    before, after = window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(90)})
    assert codes(compare(before, after, calendar=Calendar(holidays=(tet,)))) == {"holidays-differ"}


def test_unequal_windows_are_refused() -> None:
    longer = Period(JULY.first, JULY.last + timedelta(days=2))
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(longer, {MIRAI: seen(50)}))
    assert isinstance(comparison.machines, NotEstimable)
    assert comparison.machines.reason is NotEstimableReason.UNEQUAL_WINDOWS


def test_windows_that_share_no_instrument_are_refused() -> None:
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {OTHER: seen(50)}))
    assert comparison.machines == NotEstimable(NotEstimableReason.UNEQUAL_PANELS)


def test_where_machines_are_refused_for_rare_check_ins_the_feed_is_not_blamed() -> None:
    """Both windows have the sensor, all of the time: what stands in the way is the malware's schedule."""
    before, after = (window(period, {MIRAI: seen(100, per_hour=0.02)}) for period in (JUNE, JULY))
    own = before.measured[MIRAI].machines
    assert isinstance(own, NotEstimable)
    comparison = compare(before, after)
    assert isinstance(comparison.machines, NotEstimable)
    assert comparison.machines.reason is own.reason is not NotEstimableReason.UNEQUAL_PANELS


def test_the_reason_is_that_of_most_sightings_and_not_of_most_families() -> None:
    """Two families of a few addresses would say "count over a longer window", which helps nobody."""
    small = {Watch("own", "sinkhole", name, 4): replace(seen(2, per_hour=0.02), rows=50) for name in ("a", "b")}
    before, after = (window(period, {MIRAI: seen(100, per_hour=0.02), **small}) for period in (JUNE, JULY))
    comparison = compare(before, after)
    assert isinstance(comparison.machines, NotEstimable)
    assert comparison.machines.reason is NotEstimableReason.RARE_CHECK_INS


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
    once = replace(seen(50), mode=NotEstimableReason.DEDUPLICATED)
    comparison = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: once}))
    assert "feed-mode" in codes(comparison)
    assert comparison.blocks
    assert isinstance(comparison.machines, NotEstimable)


def test_a_comparison_is_told_to_machines_with_its_texts() -> None:
    told = compare(window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(50, addresses=6.0)})).as_json()
    assert told["blocks_publication"] is True
    assert told["panel"] == [{"feed": "own", "report": "sinkhole", "family": "mirai", "ip_version": 4}]


def test_an_unfit_feed_is_refused_by_every_estimator() -> None:
    made = measure(replace(seen(50), mode=NotEstimableReason.DELTA_MODE))
    for answer in (made.machines, made.by_events, made.by_growth):
        assert isinstance(answer, NotEstimable)
        assert answer.reason is NotEstimableReason.DELTA_MODE


def test_the_sensor_that_sees_most_machines_stands_for_a_family() -> None:
    measured = {MIRAI: measure(seen(50)), OTHER: measure(seen(80)), NECURS: measure(seen(10))}
    assert best_watches(measured) == {("mirai", 4): OTHER, ("necurs", 4): NECURS}


def test_a_sensor_that_counts_goes_before_one_that_sees_more_and_counts_not() -> None:
    unfit = measure(replace(seen(500), mode=NotEstimableReason.DEDUPLICATED))
    assert best_watches({MIRAI: measure(seen(50)), OTHER: unfit})["mirai", 4] == MIRAI


def test_parts_of_a_country_add_up_to_it() -> None:
    whole = measure(seen(100))
    parts = [measure_part(seen(n), whole).machines for n in (70, 30)]
    total = add_up((part, 1) for part in parts)
    assert isinstance(total, Estimate)
    assert isinstance(whole.machines, Estimate)
    assert total.value == pytest.approx(whole.machines.value, rel=0.02)


def test_a_part_of_a_refused_family_is_refused() -> None:
    whole = measure(replace(seen(50), mode=NotEstimableReason.DEDUPLICATED))
    assert measure_part(seen(10), whole).machines == whole.machines


def test_a_sum_with_too_many_refused_parts_is_refused() -> None:
    good, bad = Estimate(10, 9, 11), NotEstimable(NotEstimableReason.RARE_CHECK_INS)
    total = add_up([(good, 80), (bad, 20)])
    assert isinstance(total, NotEstimable)
    assert total.reason is NotEstimableReason.REFUSED_PARTS
    assert add_up([(good, 90), (bad, 10)]) == replace(good, measured={"refused_share": 0.1, "parts": 2})
    assert isinstance(add_up([(good, 89), (bad, 11)]), NotEstimable)
    assert add_up([(good, 0), (good, 0)]) == Estimate(20, 18, 22, {"refused_share": 0, "parts": 2})


@pytest.mark.parametrize(("rows", "hours", "is_few"), [(99, 100, True), (100, 99, True), (100, 100, False)])
def test_what_is_seen_on_few_days_or_in_few_hours_is_too_little(rows: int, hours: int, *, is_few: bool) -> None:
    hourly = np.append(np.zeros(23), 2.0 * hours)  # in two days of a clock that ran all the time
    made = Observed(GapLadder.empty(), 500.0, rows, 48.0, hourly=hourly)
    refused = measure(made).machines
    assert isinstance(refused, NotEstimable)
    assert (refused.reason is NotEstimableReason.FEW_SIGHTINGS) is is_few
    assert not is_few or refused.measured == {"rows": rows, "events": 500}


@pytest.mark.parametrize(("share", "is_told"), [(10, True), (9, False)])
def test_a_tenth_of_the_address_days_may_have_several_spellings(share: int, *, is_told: bool) -> None:
    many = replace(seen(100), rows=1000, mixed=1000 // share)
    assert isinstance(measure(many).machines, Estimate) is is_told


def test_what_is_wholly_refused_says_why() -> None:
    rare, dense = NotEstimable(NotEstimableReason.RARE_CHECK_INS), NotEstimable(NotEstimableReason.DENSE_POOL)
    assert add_up([(rare, 5), (dense, 50)]) == dense
    assert add_up([]) == NotEstimable(NotEstimableReason.NO_DATA)


def counted(period: Period, **machines: float) -> WindowMeasured:
    """A window of families whose machines are known to the last one, with twice as many addresses on each day."""
    watches = {Watch("own", "sinkhole", family, 4): count for family, count in machines.items()}
    like = seen(10)
    observed = {watch: replace(like, rows=int(56 * count)) for watch, count in watches.items()}
    measured = {w: replace(measure(like), machines=Estimate(n, n, n)) for w, n in watches.items()}
    return WindowMeasured(period, observed, measured)


@pytest.mark.parametrize(
    ("lost", "code", "said"),
    [
        (0.9, "few-machines-gone", "under 1 %"),
        (1, "few-machines-gone", "1 %"),
        (3, "few-machines-gone", "3 %"),
        (3.1, "families-gone", "3 %"),
    ],
)
def test_what_goes_waits_from_three_in_a_hundred_machines_on(lost: float, code: str, said: str) -> None:
    before = counted(JUNE, mirai=100 - lost, necurs=lost)
    [notice] = doubts.gone(before, [Gone(NECURS, Estimate(lost, lost, lost), 2 * lost)])
    assert notice.code == code
    assert f"They had {said} of the infections" in notice.text.en
    assert doubts.gone(before, []) == []


@pytest.mark.parametrize(("machines", "is_named"), [(5.0, True), (4.9, False)])
def test_a_family_of_ten_addresses_a_day_is_named(machines: float, *, is_named: bool) -> None:
    after = counted(JULY, mirai=100 - machines, necurs=machines)
    [notice] = doubts.new(after, [Gone(NECURS, _ANSWER, 2 * machines)])
    assert notice.text.en.startswith("necurs: not seen" if is_named else "1 small family: not seen")
    assert may_be_named(10)
    assert not may_be_named(9.99)


def test_a_family_that_two_sensors_see_has_the_share_of_the_one_that_sees_more() -> None:
    """By hand: 30 of 30 + 10, whatever the other sensor sees of the same machines."""
    before = counted(JUNE, mirai=30, necurs=10)
    both = replace(
        before,
        observed={**before.observed, OTHER: before.observed[MIRAI]},
        measured={**before.measured, OTHER: replace(before.measured[MIRAI], machines=Estimate(20, 20, 20))},
    )
    assert doubts.share_of(both, [MIRAI]) == pytest.approx(75)
    assert doubts.share_of(both, [OTHER]) == pytest.approx(50)
    assert doubts.share_of(counted(JUNE), []) == 0


@pytest.mark.parametrize(("events", "apart"), [(45.0, None), (44.9, 5.1)])
def test_measures_may_differ_by_five_points(events: float, apart: float | None) -> None:
    found = doubts.disagreement(Estimate(50, 40, 60), Estimate(events, 40, 60), _ANSWER)
    assert [notice.code for notice in found] == ([] if apart is None else ["measures-disagree"])
    if apart:
        assert found[0].percent == pytest.approx(apart)
        assert "differ by 5.1 points" in found[0].text.en
    assert doubts.disagreement(Estimate(50, 40, 60), _ANSWER, _ANSWER) == []


@pytest.mark.parametrize(("value", "low", "is_told"), [(45.0, 44.0, False), (45.1, 44.0, True), (50.0, 43.0, False)])
def test_two_sensors_disagree_by_more_than_five_points_and_what_their_bands_bring_together(
    value: float, low: float, *, is_told: bool
) -> None:
    """The other one sees 40, from 37 to 43."""
    before = counted(JUNE, mirai=30)
    before = replace(before, observed={**before.observed, OTHER: before.observed[MIRAI]})
    reductions = {MIRAI: Estimate(value, low, value + 2), OTHER: Estimate(40, 37, 43)}
    notices = doubts.sensors(before, reductions)
    assert [notice.percent for notice in notices] == ([pytest.approx(5.1)] if is_told else [])
    few = replace(before, observed={w: replace(seen, rows=28 * 10 - 1) for w, seen in before.observed.items()})
    assert doubts.sensors(few, reductions) == []


@pytest.mark.parametrize(("times", "is_told"), [(1.25, False), (1.26, True), (0.8, False), (0.79, True)])
def test_a_schedule_may_change_by_a_quarter(times: float, *, is_told: bool) -> None:
    before, after = window(JUNE, {MIRAI: seen(100)}), window(JULY, {MIRAI: seen(100)})
    schedule = replace(before.measured[MIRAI].schedule, interval_hours=1.0)  # type: ignore[type-var]
    changed = replace(schedule, interval_hours=times)
    first, second = (
        replace(one, measured={MIRAI: replace(one.measured[MIRAI], schedule=of)})
        for one, of in ((before, schedule), (after, changed))
    )
    notices = doubts.schedules(first, second, (MIRAI,))
    assert [notice.code for notice in notices] == (["schedule-changed"] if is_told else [])
    if is_told:
        assert f"is {times:.2f} times" in notices[0].text.en
