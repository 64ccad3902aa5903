from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from tests.unit.assess.trial.trials import START, outcomes, trial

from quetsach.assess.effect.grounds import OF_ANOTHER_SIGNER
from quetsach.assess.effect.verdict import NotGiven, Word
from quetsach.assess.estimate import AssessError, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.trial.analysis import Outcomes, TrialFinding, analyse_trial, assigned
from quetsach.assess.trial.registration import TrialRegistration
from quetsach.assess.trial.verdict import TrialGrounds, TrialVerdict, judge_trial

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
