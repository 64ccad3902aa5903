from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats
from tests.unit.assess.trial.trials import NOW, SEED, START, outcomes, trial

from quetsach.assess.effect.grounds import OF_ANOTHER_SIGNER
from quetsach.assess.effect.verdict import NotGiven, Word
from quetsach.assess.estimate import AssessError, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.trial.analysis import Outcomes, TrialFinding, _spread_of_days, analyse_trial, assigned
from quetsach.assess.trial.lot import draw_lot, strata_of_days, treated_of
from quetsach.assess.trial.registration import TrialRegistration
from quetsach.assess.trial.verdict import TrialGrounds, TrialVerdict, judge_trial
from quetsach.core.period import Period

PLANNED = trial()
TABLE = outcomes(PLANNED, 0.3)


def _grounds(table: Outcomes = TABLE, planned: TrialRegistration = PLANNED) -> TrialGrounds:
    return TrialGrounds(analyse_trial(table, planned), table, planned)


def _codes(grounds: TrialGrounds) -> set[str]:
    judged = judge_trial(grounds)
    assert isinstance(judged, NotGiven), judged
    return {reason.code for reason in judged.reasons}


def _lost(table: Outcomes, chosen: np.ndarray) -> Outcomes:
    return replace(table, until=np.where(chosen, 3.0, table.until), cleaned=np.where(chosen, np.nan, table.cleaned))


def test_the_lot_decides_the_side_and_not_what_was_received() -> None:
    swapped = replace(TABLE, received=1.0 - assigned(TABLE, PLANNED.lot))
    found, plain = analyse_trial(swapped, PLANNED), analyse_trial(TABLE, PLANNED)
    assert isinstance(found, TrialFinding)
    assert isinstance(plain, TrialFinding)
    assert found.difference == plain.difference
    assert next(check for check in found.checks if check.id == "received").value == 0


@pytest.mark.parametrize(("target", "word"), [(0.1, Word.ACHIEVED), (0.3, Word.NOT_DECIDED), (0.6, Word.NOT_ACHIEVED)])
def test_a_sound_trial_has_a_verdict(target: float, word: Word) -> None:
    judged = judge_trial(_grounds(planned=replace(PLANNED, target=target)))
    assert isinstance(judged, TrialVerdict)
    assert judged.word is word
    assert f"{100 * target:.0f} điểm" in judged.text.vi


@pytest.mark.parametrize(("target", "said"), [(0.125, "12,5 điểm"), (0.1004, "10 điểm")])
def test_a_target_is_said_in_points_to_a_tenth(target: float, said: str) -> None:
    judged = judge_trial(_grounds(planned=replace(PLANNED, target=target)))
    assert isinstance(judged, TrialVerdict)
    assert said in judged.text.vi


@pytest.mark.parametrize(
    ("low", "exact", "contradicts"), [(0.01, 0.051, True), (0.01, 0.05, False), (0.0, 0.5, False), (-0.1, 0.5, False)]
)
def test_an_interval_without_zero_that_the_exact_test_calls_chance_has_no_verdict(
    low: float, exact: float, *, contradicts: bool
) -> None:
    grounds = _grounds()
    found = grounds.finding
    checks = tuple(replace(check, value=exact) if check.id == "exact" else check for check in found.checks)
    told = replace(grounds, answer=replace(found, strict=replace(found.strict, low=low), checks=checks))
    if contradicts:
        assert _codes(told) == {"check-contradicts-exact"}
    else:
        assert isinstance(judge_trial(told), TrialVerdict)


def test_a_verdict_holds_whatever_became_of_the_lost() -> None:
    by_chance = np.random.default_rng(3).random(len(TABLE)) < 0.2
    table = _lost(TABLE, by_chance)
    found = analyse_trial(table, PLANNED)
    assert isinstance(found, TrialFinding)
    assert found.difference.low > 0.1 > found.strict.low
    judged = judge_trial(_grounds(table))
    assert isinstance(judged, TrialVerdict)
    assert judged.word is Word.NOT_DECIDED


def test_extremes_are_those_of_all_lost_failing_on_one_side_and_succeeding_on_the_other() -> None:
    lost = np.arange(len(TABLE)) % 10 == 0
    table = _lost(TABLE, lost)
    is_treated = assigned(TABLE, PLANNED.lot)
    found = analyse_trial(table, PLANNED)
    worst = analyse_trial(
        replace(
            table,
            until=TABLE.until,
            cleaned=np.where(lost, np.where(is_treated, np.nan, 1.0), TABLE.cleaned),
        ),
        PLANNED,
    )
    assert isinstance(found, TrialFinding)
    assert isinstance(worst, TrialFinding)
    assert found.strict.low == pytest.approx(worst.difference.low)
    best = analyse_trial(
        replace(
            table,
            until=TABLE.until,
            cleaned=np.where(lost, np.where(is_treated, 1.0, np.nan), TABLE.cleaned),
        ),
        PLANNED,
    )
    assert isinstance(best, TrialFinding)
    assert found.strict.high == pytest.approx(best.difference.high)
    assert found.strict.value == found.difference.value


def test_many_more_lost_on_one_side_leave_no_verdict() -> None:
    chosen = assigned(TABLE, PLANNED.lot) & (np.random.default_rng(3).random(len(TABLE)) < 0.2)
    assert _codes(_grounds(_lost(TABLE, chosen))) == {"check-failed-lost-alike"}


def test_a_table_of_other_customers_has_no_verdict() -> None:
    strata = {f"d{name}": "" for name in TABLE.strata}
    assert "other-customers" in _codes(_grounds(replace(TABLE, strata=strata)))
    one_fewer = Outcomes(
        dict(list(TABLE.strata.items())[1:]),
        TABLE.found[1:],
        *(getattr(TABLE, name)[1:] for name in ("cleaned", "again", "until", "arm", "received", "before")),
    )
    assert "other-customers" in _codes(_grounds(one_fewer))


def test_a_provider_that_put_people_on_another_side_has_no_verdict() -> None:
    arm = assigned(TABLE, PLANNED.lot).astype(float)
    assert isinstance(judge_trial(_grounds(replace(TABLE, arm=arm))), TrialVerdict)
    arm[3] = 1 - arm[3]
    assert _codes(_grounds(replace(TABLE, arm=arm))) == {"check-failed-lot-kept"}


def test_sides_that_were_unlike_before_have_no_verdict() -> None:
    before = np.random.default_rng(4).standard_normal(len(TABLE))
    assert isinstance(judge_trial(_grounds(replace(TABLE, before=before))), TrialVerdict)
    before[assigned(TABLE, PLANNED.lot)] += 0.6
    assert _codes(_grounds(replace(TABLE, before=before))) == {"check-failed-balance"}


def test_customers_found_before_the_start_or_outside_of_the_days_have_no_verdict() -> None:
    early = (START - timedelta(1), *TABLE.found[1:])
    assert _codes(_grounds(replace(TABLE, found=early))) == {"found-outside"}
    by_days = trial(days=56)
    table = outcomes(by_days, 0.3)
    assert isinstance(judge_trial(_grounds(table, by_days)), TrialVerdict)
    late = (START + timedelta(100), *table.found[1:])
    assert "found-outside" in _codes(_grounds(replace(table, found=late), by_days))


def test_a_registration_that_somebody_else_signed_has_no_verdict() -> None:
    assert _codes(replace(_grounds(), departed=(OF_ANOTHER_SIGNER,))) == {"registration-of-another"}


def test_a_verdict_cannot_be_made_where_something_stands_in_its_way() -> None:
    with pytest.raises(AssessError, match="no verdict"):
        TrialVerdict(replace(_grounds(), departed=(OF_ANOTHER_SIGNER,)))


@pytest.mark.parametrize(
    ("planned", "reason"),
    [(trial(30), NotEstimableReason.FEW_FOLLOWED), (trial(days=14), NotEstimableReason.TOO_FEW_UNITS)],
)
def test_few_customers_or_days_are_refused(planned: TrialRegistration, reason: NotEstimableReason) -> None:
    table = outcomes(planned, 0.3)
    found = analyse_trial(table, planned)
    assert isinstance(found, NotEstimable)
    assert found.reason is reason
    assert _codes(TrialGrounds(found, table, planned)) == {reason.value}


@pytest.mark.parametrize("control", [0.0, 1.0])
def test_a_trial_in_which_nearly_all_fare_alike_is_refused(control: float) -> None:
    found = analyse_trial(outcomes(PLANNED, 0.0, control=control), PLANNED)
    assert isinstance(found, NotEstimable)
    assert found.reason is NotEstimableReason.FEW_OUTCOMES


@pytest.mark.parametrize(
    ("followed", "successes", "is_told"), [(20, 10, True), (19, 10, False), (20, 5, True), (20, 4, False)]
)
def test_twenty_on_each_side_and_five_successes_are_enough(followed: int, successes: int, *, is_told: bool) -> None:
    planned = trial(40)
    table = outcomes(planned, 0.0)
    is_treated = assigned(table, planned.lot)
    cleaned = np.full(40, np.nan)
    cleaned[np.flatnonzero(is_treated)[:successes]] = 3.0
    until = np.full(40, 60.0)
    until[np.flatnonzero(~is_treated)[: 20 - followed]] = 3.0
    found = analyse_trial(replace(table, cleaned=cleaned, until=until), planned)
    assert isinstance(found, TrialFinding) is is_told
    if isinstance(found, TrialFinding):
        assert found.difference.value == pytest.approx(successes / 20)
        assert (found.treated.followed, found.treated.successes, found.controls.lost) == (20, successes, 0)
    elif isinstance(found, NotEstimable):
        assert found.measured in ({"followed": 19, "needed": 20}, {"outcomes": 4, "needed": 5})


@pytest.mark.parametrize("empty", [0, 1])
def test_days_have_an_interval_no_narrower_than_welch_s_test_of_their_shares(empty: int) -> None:
    """Where all days have as many customers; days without any are none."""
    planned = trial(days=16)
    table = outcomes(planned, 0.2)
    day = np.repeat(np.arange(16), 10)
    is_gone = day < empty
    table = replace(table, until=np.where(is_gone, 3.0, table.until), cleaned=np.where(is_gone, np.nan, table.cleaned))
    found = analyse_trial(table, planned)
    assert isinstance(found, TrialFinding)
    success = table.success(planned.outcome, within_days=14, again_days=0)
    is_treated = assigned(table, planned.lot)
    sides = [
        [success[day == d].mean() for d in range(empty, 16) if is_treated[day == d][0] == s] for s in (True, False)
    ]
    welch = stats.ttest_ind(*sides, equal_var=False).confidence_interval()
    assert found.difference.low <= welch.low + 1e-9
    assert found.difference.high >= welch.high - 1e-9
    assert found.difference.value == pytest.approx(np.mean(sides[0]) - np.mean(sides[1]))


@pytest.mark.parametrize("each", [1, 10])
def test_days_with_as_many_customers_spread_as_in_welch_s_test(each: int) -> None:
    """A day without customers is none; days that are all alike do not spread."""
    generator = np.random.default_rng(7)
    given = np.arange(24) % 2 == 0
    count = np.full(24, float(each))
    hits = generator.binomial(each, 0.5, 24).astype(float)
    test = stats.ttest_ind(hits[given] / each, hits[~given] / each, equal_var=False)
    low, high = test.confidence_interval()
    assert _spread_of_days(given, hits, count) == pytest.approx((high - low) / 2)
    empty = _spread_of_days(np.append(given, True), np.append(hits, 0.0), np.append(count, 0.0))
    assert empty == pytest.approx((high - low) / 2)
    assert _spread_of_days(given, count / 2, count) == 0


def test_days_find_the_effect_by_other_lots_over_the_same_days() -> None:
    planned = trial(days=56)
    found = analyse_trial(outcomes(planned, 0.3), planned)
    assert isinstance(found, TrialFinding)
    assert found.difference.low < 0.3 < found.difference.high
    assert 0.05 < found.difference.high - found.difference.low < 0.3
    assert next(check for check in found.checks if check.id == "exact").value < 0.01


def test_who_is_clean_sooner_is_told_over_all_the_time() -> None:
    found = analyse_trial(TABLE, PLANNED)
    assert isinstance(found, TrialFinding)
    assert not isinstance(found.sooner, NotEstimable)
    assert found.sooner.probability < 0.001
    assert [(back.value, back.high < 0.05) for back in found.back if isinstance(back, Estimate)] == [(0, True)] * 2


def test_who_is_back_is_told_of_those_who_were_clean_and_watched() -> None:
    is_back = ~np.isnan(TABLE.cleaned) & (np.arange(len(TABLE)) % 5 == 0)
    table = replace(TABLE, again=np.where(is_back, TABLE.cleaned + 10, np.nan))
    found = analyse_trial(table, PLANNED)
    assert isinstance(found, TrialFinding)
    assert found.back_days == 30
    for back in found.back:
        assert isinstance(back, Estimate)
        assert back.low < 0.2 < back.high


def test_who_was_not_watched_for_long_enough_after_being_clean_is_not_among_who_could_be_back() -> None:
    """A fifth is back after ten days and two fifths were watched for five: of the other three fifths one third is."""
    clean = np.flatnonzero(~np.isnan(TABLE.cleaned) & assigned(TABLE, PLANNED.lot))[:100]
    assert len(clean) == 100
    cleaned, again, until = np.full((3, len(TABLE)), np.nan)
    cleaned[clean], again[clean[:20]] = 5.0, 15.0
    until[:] = 60.0
    cleaned[clean[20:60]], until[clean[20:60]] = 12.0, 17.0
    found = analyse_trial(replace(TABLE, cleaned=cleaned, again=again, until=until), PLANNED)
    assert isinstance(found, TrialFinding)
    back, others = found.back
    assert isinstance(back, Estimate)
    assert back.value == pytest.approx(1 / 3)
    assert isinstance(others, NotEstimable)


@pytest.mark.parametrize("apart", [0.2, 1.0])
def test_days_that_fare_alike_on_each_side_leave_no_room_about_the_difference(apart: float) -> None:
    """Ten customers a day, so many more of them clean on days with the measure: every other lot crosses just there."""
    planned = trial(days=16)
    table = outcomes(planned, 0.0)
    is_treated = assigned(table, planned.lot)
    of_ten = np.where(is_treated, 5 + 5 * apart, 5 - 5 * apart)
    table = replace(table, cleaned=np.where(np.arange(len(table)) % 10 < of_ten, 3.0, np.nan))
    found = analyse_trial(table, planned)
    assert isinstance(found, TrialFinding)
    assert (found.difference.value, found.difference.low, found.difference.high) == pytest.approx([apart] * 3)
    # Two weekdays have three days and five have two: one lot in 3 · 3 · 2⁵ is the drawn one, and gives as much
    [exact] = [check.value for check in found.checks if check.id == "exact"]
    assert exact == pytest.approx(1 / 288, abs=0.002)
    assert exact > 1 / 2000
    assert 2000 * exact == pytest.approx(round(2000 * exact), abs=1e-9)


def test_what_no_other_lot_gives_the_drawn_one_gives_among_two_thousand() -> None:
    planned = trial(days=56)
    table = outcomes(planned, 0.0)
    table = replace(table, cleaned=np.where(assigned(table, planned.lot), 3.0, np.nan))
    found = analyse_trial(table, planned)
    assert isinstance(found, TrialFinding)
    assert [check.value for check in found.checks if check.id == "exact"] == [1 / 2000]


def test_few_days_that_spread_among_many_that_do_not_have_the_interval_of_welch_s_test() -> None:
    """It is wider than that of other lots, which take both sides together."""
    days = Period(START, START + timedelta(55))
    lot, drawn = draw_lot(
        strata_of_days(days), campaign="garden", seed=SEED, share=0.25, start=START, days=days, now=NOW
    )
    planned = replace(trial(days=56), lot=lot)
    shares = {str(day): 5 for day in days} | {day: 9 - 8 * (n % 2) for n, day in enumerate(sorted(drawn))}
    shares[min(set(shares) - drawn)] = 6
    table = outcomes(planned, 0.0)
    of_ten = np.array([shares[str(day)] for day in table.found])
    table = replace(table, cleaned=np.where(np.arange(len(table)) % 10 < of_ten, 3.0, np.nan))
    found = analyse_trial(table, planned)
    assert isinstance(found, TrialFinding)
    sides = [[share / 10 for day, share in shares.items() if (day in drawn) is side] for side in (True, False)]
    welch = stats.ttest_ind(*sides, equal_var=False).confidence_interval()
    assert (found.difference.low, found.difference.high) == pytest.approx((welch.low, welch.high))


def test_those_who_were_drawn_for_the_measure_are_on_its_side() -> None:
    units = {f"c{n}": "" for n in range(400)}
    _, drawn = draw_lot(units, campaign="garden", seed=SEED, share=0.5, start=START, days=None, now=NOW)
    sides = assigned(TABLE, PLANNED.lot)
    assert {name for name, is_treated in zip(TABLE.strata, sides, strict=True) if is_treated} == drawn
    by_days = trial(days=16)
    assert by_days.lot.days is not None
    chosen = treated_of(strata_of_days(by_days.lot.days), seed=SEED, share=0.5)
    table = outcomes(by_days, 0.0)
    sides = assigned(table, by_days.lot)
    assert {str(day) for day, is_treated in zip(table.found, sides, strict=True) if is_treated} == chosen


def test_another_reading_of_a_trial_of_days_has_the_same_interval() -> None:
    """The lots that chance is told by come from the digest of the drawn list: nobody chose them, everybody has them."""
    planned = trial(days=28)
    table = outcomes(planned, 0.1)
    found, again = (analyse_trial(table, planned) for _ in range(2))
    assert found == again
    other = replace(planned, lot=replace(planned.lot, listed="f" * 64))
    assert found != analyse_trial(table, other)


def test_customers_found_outside_of_the_days_are_in_no_count() -> None:
    planned = trial(days=16)
    table = outcomes(planned, 0.2)
    late = replace(table, found=(START + timedelta(100), *table.found[1:]))
    kept = Outcomes(
        dict(list(table.strata.items())[1:]),
        table.found[1:],
        *(getattr(table, name)[1:] for name in ("cleaned", "again", "until", "arm", "received", "before")),
    )
    found, without = analyse_trial(late, planned), analyse_trial(kept, planned)
    assert isinstance(found, TrialFinding)
    assert isinstance(without, TrialFinding)
    assert found.difference == without.difference


@pytest.mark.parametrize(("days", "is_told"), [(16, True), (15, False)])
def test_eight_days_on_each_side_are_enough(days: int, *, is_told: bool) -> None:
    planned = trial(days=days)
    found = analyse_trial(outcomes(planned, 0.2), planned)
    assert isinstance(found, TrialFinding) is is_told
    if isinstance(found, NotEstimable):
        assert found.measured == {"units": 7, "needed": 8}


def test_checks_say_how_often_chance_gives_as_much_by_the_exact_test() -> None:
    """By scipy's exact tests of the tables that are written out here."""
    planned = trial(40)
    table = outcomes(planned, 0.0)
    is_treated = assigned(table, planned.lot)
    own, others = np.flatnonzero(is_treated), np.flatnonzero(~is_treated)
    cleaned, until = np.full(40, np.nan), np.full(40, 60.0)
    cleaned[own[:15]] = cleaned[others[:5]] = 3.0  # 15 of 20, and 5 of 20 ...
    arm, received, before = np.full((3, 40), np.nan)
    arm[own[:3]], arm[others[:1]] = 1.0, 1.0
    received[own[:4]], received[others[:4]] = [1, 1, 1, 0], [0, 0, 0, 0]
    told = replace(table, cleaned=cleaned, until=until, arm=arm, received=received, before=before)
    found = analyse_trial(told, planned)
    assert isinstance(found, TrialFinding)
    checks = {check.id: check for check in found.checks}
    assert checks["exact"].value == pytest.approx(stats.fisher_exact([[15, 5], [5, 15]]).pvalue)
    assert (checks["lost-alike"].value, checks["lost-alike"].least) == (pytest.approx(1.0), pytest.approx(0.05))
    assert (checks["lot-kept"].value, checks["lot-kept"].least) == (0.75, 1)
    assert (checks["received"].value, checks["received"].least) == (7 / 8, None)
    assert "balance" not in checks  # of nobody is it known
    even = analyse_trial(replace(told, before=np.ones(40)), planned)
    assert isinstance(even, TrialFinding)
    assert "balance" not in {check.id for check in even.checks}  # where all are alike there is nothing to be told
    unlike = analyse_trial(replace(told, before=np.where(is_treated, 1.0, 0.0) + np.arange(40) / 100), planned)
    assert isinstance(unlike, TrialFinding)
    [balance] = [check for check in unlike.checks if check.id == "balance"]
    assert balance.value < 1e-6
    assert balance.least == 0.01


@pytest.mark.parametrize(("free", "share"), [(30, 1), (31, 0)])
def test_back_is_who_is_back_within_thirty_days(free: int, share: float) -> None:
    found = analyse_trial(replace(TABLE, again=TABLE.cleaned + free), PLANNED)
    assert isinstance(found, TrialFinding)
    assert found.back_days == 30
    assert [back.value for back in found.back if isinstance(back, Estimate)] == [share] * 2
