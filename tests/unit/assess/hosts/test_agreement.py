"""Where the picture behind session-hours does not hold: machines that are right, or a range with a reason."""

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pytest
from bench import observation
from bench.observation import observe
from bench.regimes import DAYS, CheckIns, Regime, Watched, play
from numpy.typing import NDArray

from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts import agreement
from quetsach.assess.hosts.agreement import NamedHours, Stays, Traces, check_part
from quetsach.assess.hosts.estimators import LARGEST_Q, REGULAR, VALID_Q, Rate
from quetsach.assess.hosts.measure import Measured, _beside, measure, measure_part, of_both_versions
from quetsach.assess.hosts.schedule import STEPS, GapLadder, Schedule, read_schedule
from quetsach.core.country import WEEKEND, Offices

ORDINARY = Regime(machines=200, lease=48.0)
PERIODIC = CheckIns(0.5, 0.05)
OFFICE = ORDINARY.but(duty="office", left_on=0.02)
SHOP = ORDINARY.but(duty="shop", check_ins=PERIODIC)


def seen(regime: Regime) -> Watched:
    return play(regime, np.random.default_rng(1))


def measured(regime: Regime, rate: Rate | None = None) -> tuple[Measured, Watched]:
    found = seen(regime)
    return measure(observe(found.address, found.hour, DAYS, found.others, found.bot), rate), found


def range_of(answer: Answer) -> tuple[float, float]:
    assert isinstance(answer, NotEstimable)
    return answer.measured["low"], answer.measured["high"]


@pytest.mark.parametrize(
    "regime",
    [
        ORDINARY,
        ORDINARY.but(check_ins=PERIODIC, kept=0.5),
        ORDINARY.but(check_ins=CheckIns(4.0, 0.3, 5, 5 / 60), lease=96.0),
        ORDINARY.but(check_ins=CheckIns(1.0, 1.0, 4, 10 / 3600)),
        OFFICE.but(check_ins=PERIODIC),
        OFFICE.but(check_ins=CheckIns(1.0, 0.1)),
        OFFICE.but(machines=400, check_ins=CheckIns(2.3, 0.1, is_even=True)),
        OFFICE.but(check_ins=PERIODIC, left_on=0.1),
        SHOP,
        ORDINARY.but(duty="evening", machines=400, check_ins=CheckIns(1.4, 0.02)),
        ORDINARY.but(duty="evening", check_ins=PERIODIC, live_days=tuple(d for d in range(DAYS) if d % 7 in (0, 2, 4))),
        ORDINARY.but(live_days=tuple(day for day in range(DAYS) if day % 7 in (0, 3)), live_from=5),
        ORDINARY.but(live_days=tuple(range(5, 16))),
        OFFICE.but(check_ins=PERIODIC, live_days=tuple(range(14))),
        ORDINARY.but(stamps=1 / 60),
        ORDINARY.but(stamps=1 / 60, check_ins=CheckIns(1 / 6)),
        ORDINARY.but(stamps=1 / 60, check_ins=CheckIns(0.26, 0.3, is_even=True)),
        ORDINARY.but(named=1.0),
        ORDINARY.but(movers=0.3, check_ins=CheckIns(0.5, 0.1, is_even=True)),
        ORDINARY.but(check_ins=CheckIns(1.0, 0.3, is_even=True), kept=0.8, outages=0.15),
    ],
    ids=lambda r: (
        f"{r.check_ins.tries} tries, {r.check_ins.interval} h, {r.duty}, {len(r.live_days)} days, {r.kept}, "
        f"{r.movers}, {r.outages}"
    ),
)
def test_machines_are_right_where_one_schedule_holds(regime: Regime) -> None:
    found, truth = measured(regime)
    assert isinstance(found.machines, Estimate), found.machines
    assert found.machines.value == pytest.approx(truth.online, rel=0.05)
    assert found.machines.low < truth.online < found.machines.high


@pytest.mark.parametrize(
    ("regime", "reason"),
    [
        (ORDINARY.but(shared=0.6, per_address=2, shared_moves=True), NotEstimableReason.UNEVEN_RATES),
        (ORDINARY.but(shared=0.6, per_address=3), NotEstimableReason.UNEVEN_RATES),
        (ORDINARY.but(shared=0.6, per_address=8, check_ins=PERIODIC), NotEstimableReason.UNEVEN_RATES),
        (ORDINARY.but(second=CheckIns(4.0), second_share=0.5), NotEstimableReason.UNEVEN_RATES),
        (
            OFFICE.but(
                machines=400,
                check_ins=CheckIns(2.3, 0.02),
                second=CheckIns(41.5, 0.05),
                second_share=0.2,
            ),
            NotEstimableReason.RARE_CHECK_INS,
        ),
        (ORDINARY.but(second=CheckIns(24.0), second_share=0.5, check_ins=PERIODIC), NotEstimableReason.UNEVEN_RATES),
        (
            ORDINARY.but(duty="comes and goes", on_off=(0.4, 0.6), check_ins=CheckIns(0.1)),
            NotEstimableReason.BROKEN_SESSIONS,
        ),
        (
            ORDINARY.but(duty="comes and goes", on_off=(0.5, 0.3), check_ins=CheckIns(0.3, 0.1), kept=0.5),
            NotEstimableReason.BROKEN_SESSIONS,
        ),
        (
            ORDINARY.but(duty="comes and goes", on_off=(3.0, 1.2), check_ins=CheckIns(2.0, 0.1)),
            NotEstimableReason.BROKEN_SESSIONS,
        ),
        (
            OFFICE.but(check_ins=CheckIns(1.0, 0.05), second=CheckIns(30.0, 0.05), second_share=0.3),
            NotEstimableReason.BROKEN_SESSIONS,
        ),
        (
            ORDINARY.but(check_ins=CheckIns(1.5), second=CheckIns(36.0), second_share=0.4, kept=0.5),
            NotEstimableReason.BROKEN_SESSIONS,
        ),
        (
            OFFICE.but(
                machines=547,
                kept=0.8,
                outages=0.15,
                check_ins=CheckIns(0.5, 0.02, 5, 10 / 3600),
                second=CheckIns(12.0, 0.05),
                second_share=0.33,
                lease=2.1,
                lease_kind="heavy",
            ),
            NotEstimableReason.RARE_CHECK_INS,
        ),
        (ORDINARY.but(machines=2), NotEstimableReason.FEW_SIGHTINGS),
        (ORDINARY.but(machines=9, check_ins=CheckIns(3.0)), NotEstimableReason.FEW_SIGHTINGS),
        (ORDINARY.but(stamps=1.0), NotEstimableReason.STAMPS_CUT),
        (
            ORDINARY.but(duty="comes and goes", on_off=(0.4, 0.6), check_ins=CheckIns(0.1), stamps=1 / 60),
            NotEstimableReason.BROKEN_SESSIONS,
        ),
        (ORDINARY.but(stamps=24.0, check_ins=CheckIns(0.3)), NotEstimableReason.STAMPS_CUT),
    ],
)
def test_what_does_not_hold_is_refused_and_no_way_stands_alone(regime: Regime, reason: NotEstimableReason) -> None:
    found, _ = measured(regime)
    for answer in (found.machines, found.by_events, found.by_growth):
        assert isinstance(answer, NotEstimable)
        assert answer.reason is reason


@pytest.mark.parametrize("per_address", [2, 3])
def test_the_range_of_shared_addresses_goes_from_addresses_to_machines(per_address: int) -> None:
    found, truth = measured(ORDINARY.but(shared=0.4, per_address=per_address))
    low, high = range_of(found.machines)
    assert low < truth.online < high


@pytest.mark.parametrize(
    "regime",
    [
        ORDINARY.but(duty="comes and goes", on_off=(0.4, 0.6), check_ins=CheckIns(0.1)),
        ORDINARY.but(check_ins=CheckIns(2.0, 1.0, 7, 8 / 60), kept=0.5),
    ],
    ids=["pauses", "tries"],
)
def test_the_range_of_gaps_that_no_schedule_explains_holds_the_machines(regime: Regime) -> None:
    found, truth = measured(regime)
    low, high = range_of(found.machines)
    assert low < truth.online < high


def test_bot_ids_that_tell_more_machines_than_addresses_do_are_a_disagreement() -> None:
    """All machines are in pairs: no address differs from another, so that nothing else shows it."""
    pairs = ORDINARY.but(shared=1.0, per_address=2, shared_moves=True, check_ins=CheckIns(0.5))
    unnamed, truth = measured(pairs.but(machines=600))
    named, _ = measured(pairs.but(machines=600, named=1.0))
    assert isinstance(named.machines, NotEstimable)
    low, high = range_of(named.machines)
    assert low < truth.online < high
    assert isinstance(unnamed.machines, NotEstimable)


def test_a_known_rate_stands_alone_and_contradicts_a_wrong_number() -> None:
    found, truth = measured(ORDINARY, Rate(1.0, is_known=True))
    assert isinstance(found.machines, Estimate)
    wrong, _ = measured(ORDINARY, Rate(2.0, is_known=True))
    assert isinstance(wrong.machines, NotEstimable)
    assert wrong.machines.reason is NotEstimableReason.WAYS_DISAGREE
    assert isinstance(wrong.by_events, Estimate)
    assert isinstance(wrong.by_growth, NotEstimable)
    assert truth.online < range_of(wrong.machines)[1]


def test_week_ends_that_nobody_can_tell_from_dead_domains_make_a_range() -> None:
    office = OFFICE.but(check_ins=PERIODIC)
    found, truth = measured(office.but(live_days=tuple(day for day in range(DAYS) if day % 7 in (0, 2, 4))))
    assert isinstance(found.machines, NotEstimable)
    assert found.machines.reason is NotEstimableReason.TOO_WIDE
    low, high = range_of(found.machines)
    assert low < truth.online < high


def test_evenings_whose_domains_rest_at_week_ends_are_no_office() -> None:
    evening = ORDINARY.but(duty="evening", check_ins=PERIODIC)
    found, truth = measured(evening.but(live_days=tuple(day for day in range(DAYS) if day % 7 < 5)))
    low, high = range_of(found.machines)
    assert low < truth.online * 5 / 7 < truth.online < high
    always, _ = measured(evening)
    assert isinstance(always.machines, Estimate)


def test_shops_whose_domains_rest_at_week_ends_are_no_office() -> None:
    found, truth = measured(SHOP.but(live_days=tuple(day for day in range(DAYS) if day % 7 < 5)))
    low, high = range_of(found.machines)
    assert low < truth.online * 5 / 7 < truth.online < high


@pytest.mark.parametrize("live_from", [1, 20])
def test_domains_that_are_live_by_the_hour_are_no_machines_that_are_switched_off(live_from: int) -> None:
    found, truth = measured(ORDINARY.but(live_from=live_from, live_hours=12))
    low, high = range_of(found.machines)
    assert low < truth.online / 2 * 1.05
    assert truth.online < high


def test_a_provider_is_not_fewer_machines_for_shared_addresses() -> None:
    whole, _ = measured(ORDINARY)
    provider = seen(ORDINARY.but(shared=0.8, per_address=8))
    part = measure_part(observe(provider.address, provider.hour, DAYS), whole)
    assert isinstance(part.machines, NotEstimable)
    assert part.machines.reason is NotEstimableReason.UNEVEN_RATES
    plain = seen(ORDINARY)
    assert isinstance(measure_part(observe(plain.address, plain.hour, DAYS), whole).machines, Estimate)


@pytest.mark.parametrize("machines", [12, 60])
@pytest.mark.parametrize("each", [2, 3])
def test_a_provider_whose_addresses_are_all_shared_alike_is_not_fewer_machines(machines: int, each: int) -> None:
    """No gap is unlike another there: two machines look like one that checks in twice as often."""
    whole, _ = measured(ORDINARY.but(machines=400))
    provider = seen(ORDINARY.but(machines=machines, lease=24.0 * DAYS * 100))
    shared = np.unique(provider.address, return_inverse=True)[1] // each
    order = np.lexsort((provider.hour, shared))
    part = measure_part(observe(shared[order], provider.hour[order], DAYS), whole)
    low, high = range_of(part.machines)
    assert low < provider.online < high


def test_a_provider_of_which_half_of_the_sightings_are_lost_is_a_range() -> None:
    whole, _ = measured(ORDINARY.but(machines=400))
    part = seen(ORDINARY.but(kept=0.5))
    found = measure_part(observe(part.address, part.hour, DAYS), whole)
    assert isinstance(found.machines, NotEstimable)
    assert found.machines.reason is NotEstimableReason.WAYS_DISAGREE


def _schedule(dispersion: float = 1.0, tries_step: int = -1) -> Schedule:
    return Schedule(40, 2.0, dispersion, 0.7, tries_step, has_nights=False, per_hour=1.0, is_periodic=False)


@pytest.mark.parametrize(("excess", "uneven"), [(0.05, 0.048), (0.0, -0.002), (0.3, 0.298)])
def test_rates_are_uneven_by_what_they_vary_beyond_chance_less_twice_its_error(excess: float, uneven: float) -> None:
    """20,000 stays of ten intervals at two an hour: chance makes 40,000 of the squares, and an error of 0.001."""
    stays = Stays(20_000, 200_000, 100_000, 40_000 + (1 + excess) * 400_000)
    assert stays.unevenness(_schedule(), 1.0) == pytest.approx(uneven)
    assert replace(stays, squares=80_000 + (1 + excess) * 400_000).unevenness(_schedule(), 2.0) == pytest.approx(
        uneven - 0.002
    )
    assert replace(stays, squares=80_000 + (1 + excess) * 400_000).unevenness(
        _schedule(tries_step=0), 1.0
    ) == pytest.approx(uneven)
    assert replace(stays, count=39).unevenness(_schedule(), 1.0) == 0


@pytest.mark.parametrize(
    ("uneven", "often", "expected"),
    [
        (0.03, 1.0, (92, 108 * 1.09)),
        (-0.03, 1.0, (92, 108)),
        (0.05, 1.0, (NotEstimableReason.UNEVEN_RATES, 92, 108 * 1.15)),
        (0.0, 1.16, (92, 108)),  # 1.15 and two errors of 10,000 check-ins: 1.17
        (0.0, 1.18, (NotEstimableReason.UNEVEN_RATES, 92, 108 * 1.18)),
        (0.0, 0.86, (92, 108)),  # 1 / 1.17 is 0.855
        (0.03, 0.85, (NotEstimableReason.WAYS_DISAGREE, 92 * 0.85, 108 * 1.09)),
    ],
)
def test_a_part_has_a_wider_interval_or_a_range_by_how_its_addresses_differ(
    uneven: float, often: float, expected: tuple[object, ...]
) -> None:
    stays = Stays(20_000, 200_000, 100_000, 40_000 + (1 + uneven + 0.002) * 400_000)
    whole = Estimate(1000, 920, 1080, {"events": 90_000, "session_hours": 45_000})
    part = Estimate(100, 92, 108, {"events": 10_000, "session_hours": 5_000 / often})
    found = check_part(part, whole, GapLadder.empty(), _schedule(), Traces(stays=stays))
    if isinstance(found, Estimate):
        assert (found.low, found.high) == pytest.approx(expected)
    else:
        assert (found.reason, *range_of(found)) == (expected[0], *map(pytest.approx, expected[1:]))


def test_names_on_a_part_of_the_sightings_leave_the_rest_open() -> None:
    answer = NamedHours(500.0, 100.0, 0.5).machines(1.0)
    assert answer is not None
    assert answer.value == 5
    assert answer.high > 10
    assert NamedHours(500.0, 100.0, 0.1).machines(1.0) is None


def told_once(found: Watched, limit_hours: float, *, is_by_clock: bool) -> NDArray[np.bool_]:
    """Return which sightings a feed tells that tells no address twice in so long, or in one slot of its clock."""
    kept = np.zeros(len(found.hour), dtype=bool)
    if is_by_clock:
        slots = found.address * 100_000 + (found.hour // limit_hours).astype(np.int64)
        kept[np.unique(slots, return_index=True)[1]] = True
        return kept
    before, last = -1, -np.inf
    for at, (address, hour) in enumerate(zip(found.address.tolist(), found.hour.tolist(), strict=True)):
        if address != before or hour - last >= limit_hours:
            kept[at], before, last = True, address, hour
    return kept


def limited(regime: Regime, limit_hours: float, *, is_by_clock: bool = False, rate: Rate | None = None) -> Measured:
    found = seen(regime)
    kept = told_once(found, limit_hours, is_by_clock=is_by_clock)
    return measure(observe(found.address[kept], found.hour[kept], DAYS, found.others), rate)


@pytest.mark.parametrize("limit_hours", [1 / 6, 0.25])
@pytest.mark.parametrize("is_by_clock", [True, False])
def test_a_feed_that_tells_an_address_once_in_a_short_time_loses_little(limit_hours: float, is_by_clock: bool) -> None:
    machines = limited(ORDINARY, limit_hours, is_by_clock=is_by_clock).machines
    assert isinstance(machines, Estimate), machines
    assert machines.value == pytest.approx(seen(ORDINARY).online, rel=0.02)


@pytest.mark.parametrize("is_by_clock", [True, False])
@pytest.mark.parametrize("per_address", [1, 2])
def test_a_feed_that_tells_an_address_once_in_long_is_refused_as_that(per_address: int, is_by_clock: bool) -> None:
    """With two machines behind most addresses it would be a fifth low, and nothing would show it."""
    regime = ORDINARY.but(shared=0.6 * (per_address - 1), per_address=per_address, shared_moves=True)
    found = limited(regime, 1.0, is_by_clock=is_by_clock, rate=Rate(1.0, is_known=True))
    for answer in (found.machines, found.by_events, found.by_growth):
        assert isinstance(answer, NotEstimable)
        assert answer.reason is NotEstimableReason.RATE_LIMITED
    assert "high" not in found.machines.measured


@pytest.mark.parametrize("every", [0.5, 1.0])
def test_shared_addresses_are_found_through_a_limit(every: float) -> None:
    shared = ORDINARY.but(shared=0.6, per_address=2, shared_moves=True, check_ins=CheckIns(every))
    assert isinstance(limited(shared, 0.25).machines, NotEstimable)


def test_check_ins_in_step_with_the_hour_are_no_limit() -> None:
    found, truth = measured(ORDINARY.but(check_ins=CheckIns(1.0, 0.02)))
    assert isinstance(found.machines, Estimate)
    assert found.machines.value == pytest.approx(truth.online, rel=0.02)


@pytest.mark.parametrize("hours", [-9, -3, 0, 7, 15])
@pytest.mark.parametrize("regime", [OFFICE.but(check_ins=PERIODIC), OFFICE.but(check_ins=CheckIns(0.5)), SHOP])
def test_a_working_day_may_run_through_midnight(regime: Regime, hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same offices in countries whose day is another part of that of UTC."""
    monkeypatch.setattr(observation, "OFFICES", Offices(timezone(timedelta(hours=7 - hours)), WEEKEND))
    found = seen(regime.but(machines=400, named=1.0))
    hour = found.hour + hours
    kept = (hour >= 0) & (hour < 24 * DAYS)
    others = (found.others + hours) % (24 * DAYS)
    machines = measure(observe(found.address[kept], hour[kept], DAYS, others, found.bot[kept])).machines
    assert isinstance(machines, Estimate), machines
    assert machines.value == pytest.approx(found.online, rel=0.04)  # a day at the edge may be cut


def test_shared_addresses_of_offices_are_found_where_their_day_runs_through_midnight() -> None:
    found = seen(OFFICE.but(machines=400, shared=0.6, per_address=2, shared_moves=True))
    hour = (found.hour + 15) % (24 * DAYS)
    order = np.lexsort((hour, found.address))
    machines = measure(observe(found.address[order], hour[order], DAYS, found.others)).machines
    assert isinstance(machines, NotEstimable)


@pytest.mark.parametrize("interval", [9.0, 9.5])
def test_sessions_of_one_check_in_are_no_slower_variant_where_check_ins_are_far_apart(interval: float) -> None:
    found, truth = measured(ORDINARY.but(machines=400, check_ins=CheckIns(interval, 0.05, 6, 6 / 60), lease=55.0))
    assert isinstance(found.machines, Estimate), found.machines
    assert found.machines.value == pytest.approx(truth.online, rel=0.05)


def test_names_of_machines_that_try_several_times_do_not_contradict() -> None:
    found, truth = measured(ORDINARY.but(check_ins=CheckIns(6.5, 0.05, 4, 7 / 60), lease=160.0, named=1.0))
    assert isinstance(found.machines, Estimate), found.machines
    assert found.machines.value == pytest.approx(truth.online, rel=0.05)


def test_few_stays_say_nothing_about_rates() -> None:
    found, _ = measured(ORDINARY)
    assert found.schedule is not None
    assert Stays(10, 100, 200, 900).unevenness(found.schedule, 1.0) == 0


def by_version(share_of_machines: float, share_of_check_ins: float) -> tuple[list[tuple[Answer, int]], Watched]:
    """Machines that have both versions of IP, and what each version sees of all of them."""
    found = seen(ORDINARY.but(named=1.0, check_ins=CheckIns(0.5)))
    rng = np.random.default_rng(4)
    is_sixth = (found.bot % 1000 < 1000 * share_of_machines) & (rng.random(len(found.bot)) < share_of_check_ins)
    parts = []
    for of in (~is_sixth, is_sixth):
        made = measure(observe(found.address[of], found.hour[of], DAYS, found.others))
        parts.append((made.machines, made.rows))
    return parts, found


def test_machines_with_both_versions_of_ip_are_not_counted_twice() -> None:
    parts, truth = by_version(1.0, 0.5)
    assert all(isinstance(answer, Estimate) for answer, _ in parts)
    both = of_both_versions(parts)
    assert isinstance(both, NotEstimable)
    assert both.reason is NotEstimableReason.BOTH_VERSIONS
    low, high = range_of(both)
    assert low < truth.online < high < 2.3 * truth.online


def test_a_few_machines_with_both_widen_the_interval() -> None:
    one, few = Estimate(200.0, 184.0, 216.0), Estimate(15.0, 13.8, 16.2)
    both = of_both_versions([(one, 1000), (few, 80)])
    assert isinstance(both, Estimate)
    assert (both.low, both.value, both.high) == pytest.approx((184.0, 207.5, 232.2))
    assert both.measured == {"parts": 2}
    widest = [Estimate(value, 100.0, 100.0) for value in (60.0, 35.0)]
    assert isinstance(
        of_both_versions([(replace(widest[0], high=100.0), 9), (replace(widest[1], high=35.0), 9)]), Estimate
    )
    beyond = [(widest[0], 9), (replace(widest[1], high=35.1), 9)]
    refused = of_both_versions(beyond)
    assert refused == NotEstimable(NotEstimableReason.BOTH_VERSIONS, {"low": 100.0, "high": 135.1})


def test_a_version_that_cannot_be_counted_says_why_and_leaves_the_other_as_the_least() -> None:
    one, other = Estimate(200.0, 184.0, 216.0), NotEstimable(NotEstimableReason.FEW_SIGHTINGS)
    assert of_both_versions([(one, 500), (other, 100)]) == NotEstimable(
        NotEstimableReason.FEW_SIGHTINGS, {"low": 184.0}
    )
    assert isinstance(of_both_versions([(one, 900), (other, 100)]), Estimate), "a tenth may be refused"
    assert isinstance(of_both_versions([(one, 899), (other, 101)]), NotEstimable)
    assert of_both_versions([(other, 5)]) == other


def test_a_known_rate_adds_both_versions_up() -> None:
    parts = [(Estimate(value, value, value, {"is_known": 1.0}), 100) for value in (60.0, 40.0)]
    added = of_both_versions(parts)
    assert isinstance(added, Estimate)
    assert added.value == 100


@pytest.mark.parametrize(
    ("inside", "outside", "reason"),
    [
        ({"gap_step": STEPS - 2}, {"gap_step": STEPS - 1}, NotEstimableReason.RARE_CHECK_INS),
        ({"limit": 0.35}, {"limit": 0.351}, NotEstimableReason.RATE_LIMITED),
        ({"uneven": 0.045}, {"uneven": 0.0451}, NotEstimableReason.UNEVEN_RATES),
        ({"q": LARGEST_Q, "lone": 0.1}, {"q": LARGEST_Q, "lone": 0.101}, NotEstimableReason.RARE_CHECK_INS),
        ({"q": LARGEST_Q - 0.001, "lone": 0.9}, {"q": LARGEST_Q, "lone": 0.9}, NotEstimableReason.RARE_CHECK_INS),
        ({"dispersion": 1.1}, {"dispersion": 1.101}, NotEstimableReason.BROKEN_SESSIONS),
        ({"misfit": 0.012}, {"misfit": 0.0121}, NotEstimableReason.BROKEN_SESSIONS),
        ({"slow": 0.12}, {"slow": 0.121}, NotEstimableReason.BROKEN_SESSIONS),
        ({"q": LARGEST_Q, "slow": 0.01}, {"q": LARGEST_Q, "slow": 0.011}, NotEstimableReason.BROKEN_SESSIONS),
        ({"hours_a_session": 1.5}, {"hours_a_session": 1.499}, NotEstimableReason.BROKEN_SESSIONS),
    ],
)
def test_a_schedule_holds_up_to_each_of_its_bounds(
    inside: dict[str, float], outside: dict[str, float], reason: NotEstimableReason
) -> None:
    usual = Schedule(20, 0.0, 1.0, 1.0, -1, has_nights=False, per_hour=1.0, is_periodic=False)
    names = ("limit", "uneven", "q", "lone", "misfit", "slow")
    for changed, expected in ((inside, None), (outside, reason)):
        fields = {name: value for name, value in changed.items() if hasattr(usual, name)}
        measured = dict.fromkeys(names, 0.0) | {"hours_a_session": 24.0} | changed
        assert agreement._first_failure(replace(usual, **fields), measured) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "q", "spread", "is_known", "events", "growth"),
    [
        ({}, 0.3, 1.0, False, True, True),
        ({"tries_step": 0}, 0.3, 1.0, False, True, True),
        ({"tries_step": 1}, 0.3, 1.0, False, True, False),
        ({"dispersion": 0.69}, 0.3, 0.69, False, True, False),
        ({"has_nights": True}, VALID_Q, 1.0, False, False, False),
        ({"has_nights": True}, VALID_Q - 0.001, 1.0, False, True, False),
        ({"has_nights": True}, VALID_Q, REGULAR, False, True, False),
        ({"has_nights": True}, VALID_Q, 1.0, True, True, False),
    ],
)
def test_ways_stand_beside_machines_inside_their_own_domain(
    changed: dict[str, Any], q: float, spread: float, *, is_known: bool, events: bool, growth: bool
) -> None:
    usual = Schedule(20, 0.0, 0.7, 1.0, -1, has_nights=False, per_hour=1.0, is_periodic=False)
    machines = Estimate(100.0, 90.0, 110.0, {"q": q, "spread": spread})
    by_events, by_growth = Estimate(99.0, 80.0, 120.0, {"is_known": float(is_known)}), Estimate(98.0, 70.0, 130.0)
    found = _beside(machines, replace(usual, **changed), by_events, by_growth)
    assert found[0] == (by_events if events else NotEstimable(NotEstimableReason.UNKNOWN_RATE, by_events.measured))
    assert found[1] == (by_growth if growth else NotEstimable(NotEstimableReason.CURVE_OUTSIDE))
    assert _beside(machines, None, by_events, by_growth) == (by_events, by_growth)


def test_only_a_known_rate_stands_beside_machines_that_are_refused() -> None:
    growth, known, read = Estimate(9.0, 8.0, 10.0), *(Estimate(9.0, 8.0, 10.0, {"is_known": of}) for of in (1.0, 0.0))
    broken, limited = (NotEstimable(getattr(NotEstimableReason, n)) for n in ("BROKEN_SESSIONS", "RATE_LIMITED"))
    assert _beside(broken, None, known, growth) == (known, broken)
    assert _beside(broken, None, read, growth) == (broken, broken)
    assert _beside(broken, None, limited, growth) == (broken, broken)
    assert _beside(limited, None, known, growth) == (limited, limited)


def test_gaps_without_a_length_tell_no_schedule() -> None:
    assert read_schedule(GapLadder.of(np.zeros(500)), 0.0) is None
    assert read_schedule(GapLadder.empty(), 0.0) is None
