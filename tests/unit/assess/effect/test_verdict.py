"""No verdict but of the registered analysis of the registered panel, with its checks passed."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.unit.assess.effect.panels import grounds_of, noisy, panel_of, wedge_panel

import quetsach
from quetsach.assess.effect import Check, Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.finding import Spread
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.verdict import Likelihood, NotGiven, Verdict, Word, judge
from quetsach.assess.estimate import AssessError, Estimate, Notice
from quetsach.core.text import LocalText

HALVED = wedge_panel(0.6)


def codes(grounds: Grounds) -> set[str]:
    judged = judge(grounds)
    return {reason.code for reason in judged.reasons} if isinstance(judged, NotGiven) else set()


def verdict_of(grounds: Grounds) -> Verdict:
    judged = judge(grounds)
    assert isinstance(judged, Verdict), judged
    return judged


def with_effect(effect: float) -> Grounds:
    """Return the registered wedge with a finding of this effect and an error of 0.05."""
    made = grounds_of(HALVED)
    spread = Spread(effect, 0.05, 62)
    return replace(made, answer=replace(made.finding, spread=spread, effect=spread.interval(), strict=None))


@pytest.mark.parametrize(
    ("target", "word"),
    [(0.40, Word.ACHIEVED), (0.44, Word.ACHIEVED), (0.50, Word.NOT_DECIDED), (0.56, Word.NOT_ACHIEVED)],
)
def test_the_word_follows_from_the_interval(target: float, word: Word) -> None:
    made = with_effect(np.log(0.5))
    found = verdict_of(grounds_of(HALVED, target=target, answer=made.answer))
    assert (found.word, found.target, found.target_id) == (word, target, "botnet-addresses")


def test_a_wedge_whose_interval_just_reaches_the_target_does_not_achieve_it() -> None:
    """Just above the truth that would be said in 2.5 of 100."""
    found = grounds_of(HALVED).finding
    assert found.reduction
    assert found.judged
    assert found.judged.low < found.reduction.low - 0.001
    at_its_end = verdict_of(grounds_of(HALVED, target=found.reduction.low))
    assert at_its_end.word is Word.NOT_DECIDED
    assert "that it is judged by" in at_its_end.text.en
    assert verdict_of(grounds_of(HALVED, target=found.judged.low - 0.001)).word is Word.ACHIEVED


def test_an_interval_that_just_reaches_the_target_achieves_it() -> None:
    assert Word.of(Estimate(0.6, 0.5, 0.7), 0.5) is Word.ACHIEVED
    assert Word.of(Estimate(0.6, 0.5, 0.7), 0.7) is Word.NOT_DECIDED


def test_the_probability_agrees_with_the_interval() -> None:
    found = with_effect(np.log(0.5)).finding
    for end, chance in ((found.effect.high, 0.975), (found.effect.value, 0.5), (found.effect.low, 0.025)):
        assert found.chance_below(end) == pytest.approx(chance)


@pytest.mark.parametrize(
    ("target", "likelihood"),
    [
        (0.40, Likelihood.VERY_HIGH),
        (0.48, Likelihood.HIGH),
        (0.50, Likelihood.EVEN),
        (0.53, Likelihood.LOW),
        (0.60, Likelihood.VERY_LOW),
    ],
)
def test_the_probability_is_told_in_one_of_five_words(target: float, likelihood: Likelihood) -> None:
    made = with_effect(np.log(0.5))
    verdict = verdict_of(grounds_of(HALVED, target=target, answer=made.answer))
    assert verdict.likelihood is likelihood
    assert "100" not in likelihood.text.vi + likelihood.text.en


def test_a_verdict_holds_by_every_account_that_the_time_before_does_not_exclude() -> None:
    made = with_effect(np.log(0.5))
    wide = Estimate(np.log(0.5), np.log(0.4), np.log(0.65))
    assert verdict_of(grounds_of(HALVED, target=0.42, answer=made.answer)).word is Word.ACHIEVED
    strict = verdict_of(grounds_of(HALVED, target=0.42, answer=replace(made.finding, strict=wide)))
    assert strict.word is Word.NOT_DECIDED
    assert strict.likelihood is Likelihood.HIGH


def test_both_languages_name_the_target() -> None:
    text = verdict_of(grounds_of(HALVED, target=0.375)).text
    assert "37,5%" in text.vi
    assert "37.5 %" in text.en


def test_a_null_panel_achieves_nothing_though_everything_fell_by_half() -> None:
    """A decline that all share, on levels of unequal units: the large treated ones lose more."""
    for seed in range(8):
        outcome = np.exp(noisy(24, 20, seed=seed, deviation=0.5) / 40)
        outcome *= np.where(np.arange(24) < 10, 8.0, 1.0)[:, None]
        outcome[:, 10:] *= 0.4
        panel = replace(panel_of(outcome, [10] * 10 + [20] * 14), sha256="a" * 64)
        found = analyse(panel, Design(Method.DID, Scale.LEVEL))
        assert isinstance(found, Finding)
        assert found.reduction
        assert found.reduction.value > 0.25  # what levels would claim
        assert "levels-of-unequal-units" in {notice.code for notice in found.notices}
        levels, logs = (grounds_of(panel, Design(Method.DID, scale), target=0.25) for scale in (Scale.LEVEL, None))
        assert "levels-of-unequal-units" in codes(levels)
        judged = judge(logs)
        assert isinstance(judged, NotGiven) or judged.word is not Word.ACHIEVED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"registration": None}, "not-registered"),
        ({"origin": None}, "panel-of-unknown-origin"),
        ({"target": 0.4}, "departs-in-target"),
        ({"design": Design(Method.WEDGE, seed=3)}, "departs-in-seed"),
        ({"panel": replace(HALVED, sha256="e" * 64)}, "another-panel"),
        ({"panel": replace(HALVED, sha256="")}, "another-panel"),
        ({"panel": replace(HALVED, starts=HALVED.starts[::-1])}, "departs-in-order"),
    ],
)
def test_what_is_not_as_registered_has_no_verdict(change: dict[str, object], code: str) -> None:
    assert code in codes(replace(grounds_of(HALVED), **change))


def test_a_step_that_begins_after_the_last_period_is_compared_with_and_not_out_of_turn() -> None:
    made = grounds_of(HALVED)
    assert made.registration is not None
    waiting = replace(HALVED, starts=np.where(HALVED.starts == HALVED.cohorts[-1], 26, HALVED.starts))
    assert codes(replace(made, panel=waiting)) == set()
    first = replace(HALVED, starts=np.where(HALVED.starts == HALVED.cohorts[0], 26, HALVED.starts))
    assert "departs-in-order" in codes(replace(made, panel=first))
    design = Design(Method.DID)
    registration = replace(made.registration, design=design)
    grounds = replace(made, registration=registration, design=design, panel=waiting)
    assert "departs-in-controls" not in {notice.code for notice in grounds.departures()}


@pytest.mark.parametrize("change", [{"rule": "by hand"}, {"outcome": "addresses"}, {"registration": "0" * 64}])
def test_a_panel_that_was_made_otherwise_than_registered_has_no_verdict(change: dict[str, str]) -> None:
    made = grounds_of(HALVED)
    assert made.origin is not None
    assert codes(replace(made, origin=replace(made.origin, **change))) == {"another-panel"}


def test_a_panel_whose_source_departed_has_no_verdict() -> None:
    made = grounds_of(HALVED)
    assert made.origin is not None
    departed = Notice("departs-in-feeds", LocalText("Khác", "Another"))
    assert "departs-in-feeds" in codes(replace(made, origin=replace(made.origin, departed=(departed,))))


def test_a_registration_of_before_panels_were_recorded_has_no_verdict_and_says_so() -> None:
    made = grounds_of(HALVED)
    assert made.registration is not None
    old = replace(made.registration, panel=None)
    assert codes(replace(made, registration=old)) == {"registration-names-no-panel"}


def with_checks(*checks: Check) -> Grounds:
    made = grounds_of(HALVED)
    return replace(made, answer=replace(made.finding, checks=checks))


TREND, CHANCE = (
    Check(name, LocalText("x", "y"), 0.5, least) for name, least in (("trends-before", 0.05), ("permutation", None))
)


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ((replace(TREND, value=0.049), replace(CHANCE, value=0.001)), "check-failed-trends-before"),
        ((TREND, replace(CHANCE, value=0.2)), "check-contradicts-permutation"),
        ((replace(CHANCE, value=0.001),), "check-not-made-trends-before"),
        ((TREND,), "check-not-made-permutation"),
    ],
)
def test_a_check_that_fails_or_was_not_made_takes_the_verdict_away(checks: tuple[Check, ...], code: str) -> None:
    assert codes(with_checks(*checks)) == {code}


def test_checks_that_hold_leave_it() -> None:
    assert verdict_of(with_checks(TREND, replace(CHANCE, value=0.001))).word is Word.ACHIEVED


def test_chance_is_no_contradiction_to_an_interval_that_claims_nothing() -> None:
    made = grounds_of(wedge_panel(0.0, seed=3), target=0.5)
    assert verdict_of(made).word is Word.NOT_ACHIEVED


def block(treated: int, controls: int, *, seed: int = 4, fall: float = 0.5) -> Panel:
    outcome = np.exp(noisy(treated + controls, 40, seed=seed, deviation=0.5) / 10)
    outcome[:treated, 25:] *= fall
    return replace(panel_of(outcome, [25] * treated + [40] * controls), sha256="b" * 64)


def test_the_interval_of_a_synthetic_control_that_its_placebos_contradict_decides_nothing() -> None:
    made = grounds_of(block(1, 24), Design(Method.SC, Scale.LOG), target=0.2)
    placebo = next(check for check in made.finding.checks if check.id == "placebo-effect")
    others = [check for check in made.finding.checks if check is not placebo]
    for value, expected in ((0.04, set()), (0.3, {"check-contradicts-placebo-effect"})):
        answer = replace(made.finding, checks=(*others, replace(placebo, value=value)))
        assert {c for c in codes(replace(made, answer=answer)) if "placebo-effect" in c} == expected


def test_with_few_placebos_no_effect_is_certain_enough() -> None:
    """Six controls: chance alone gives the largest effect in one of seven, whatever it is."""
    found = codes(grounds_of(block(1, 6), Design(Method.CITS, Scale.LOG, ramp=3), target=0.2))
    assert "check-of-few-placebo-effect" in found
    assert "check-contradicts-placebo-effect" not in found


@pytest.mark.parametrize(("controls", "code"), [(9, "check-of-few-{}"), (10, "check-failed-{}")])
def test_a_check_that_cannot_fail_is_none(controls: int, code: str) -> None:
    """The treated unit is wilder than any control before the start; of nine, each is a tenth."""
    panel = block(1, controls, fall=1.0)
    outcome = panel.outcome.copy()
    outcome[0] *= np.exp(3 * np.random.default_rng(8).standard_normal(40))
    design = Design(Method.CITS, Scale.LOG, ramp=3)
    found = codes(grounds_of(panel.with_outcome(outcome), design, target=0.2))
    assert {c for c in found if "noise-before" in c} == {code.format("noise-before")}


def test_few_controls_leave_a_verdict_that_claims_nothing() -> None:
    made = grounds_of(block(1, 12, fall=1.0, seed=6), Design(Method.CITS, Scale.LOG, ramp=3), target=0.9)
    assert verdict_of(made).word is Word.NOT_ACHIEVED
    told = {c["id"]: c.get("holds") for c in grounds_of(block(1, 6), made.design).finding.as_json()["checks"]}
    assert told["noise-before"] is None


def test_a_series_that_had_bent_before_the_start_has_no_verdict() -> None:
    panel = block(1, 24, fall=1.0)
    outcome = panel.outcome.copy()
    outcome[0] *= np.exp(-0.2 * np.clip(np.arange(40) - 14, 0, None))
    bent = panel.with_outcome(outcome)
    assert "check-failed-trends-before" in codes(grounds_of(bent, Design(Method.CITS, Scale.LOG, ramp=3), target=0.2))


def test_a_treated_unit_that_is_noisier_than_its_controls_has_no_verdict() -> None:
    panel = block(1, 24, fall=1.0)
    outcome = panel.outcome.copy()
    outcome[0] *= np.exp(np.random.default_rng(8).standard_normal(40))
    assert "check-failed-noise-before" in codes(
        grounds_of(panel.with_outcome(outcome), Design(Method.CITS, Scale.LOG, ramp=3), target=0.2)
    )


def test_provinces_that_began_at_their_peak_have_no_verdict() -> None:
    """Those that are worst begin first: they would have come back without any campaign."""
    panel = wedge_panel(0.0, seed=2)
    outcome, ahead = panel.outcome.copy(), panel.starts[:, None] - np.arange(panel.shape[1])
    outcome[(ahead > 0) & (ahead <= 3)] *= 1.5
    assert "check-failed-trends-before" in codes(grounds_of(panel.with_outcome(outcome), target=0.1))


@pytest.mark.parametrize(
    ("sizes", "never", "is_enough"),
    [((12,), 12, True), ((12, 6), 6, True), ((19,), 5, False), ((5,), 19, False), ((12, 12), 2, False)],
)
def test_groups_that_an_interval_is_known_to_fail_with_have_no_verdict(
    sizes: tuple[int, ...], never: int, *, is_enough: bool
) -> None:
    starts = [5 + 12 * step for step, size in enumerate(sizes) for _ in range(size)] + [30] * never
    outcome = np.exp(noisy(len(starts), 30, deviation=0.3) / 20)
    panel = replace(panel_of(outcome, starts), sha256="c" * 64)
    assert ("few-units-apart" not in codes(grounds_of(panel, Design(Method.DID)))) is is_enough
    assert "few-units-apart" not in codes(grounds_of(panel))  # a wedge has the interval that its lot gives


def test_an_effect_that_wears_off_has_no_verdict() -> None:
    outcome = np.exp(noisy(24, 30, deviation=0.3) / 20)
    starts = np.array([5] * 8 + [12] * 8 + [20] * 8)
    since = np.arange(30) - starts[:, None]
    for fading, expected in ((0.0, set()), (0.2, {"effect-wears-off"})):
        effect = np.where(since >= 0, np.log(0.5) * np.exp(-fading * np.maximum(since, 0)), 0.0)
        panel = replace(panel_of(outcome * np.exp(effect), starts.tolist()), sha256="d" * 64)
        assert codes(grounds_of(panel, target=0.3)) - {"check-contradicts-permutation"} == expected


def test_there_is_no_verdict_where_nothing_would_have_been() -> None:
    made = grounds_of(HALVED)
    spread = Spread(11.0, 0.05, 62)
    level = replace(made.finding, scale=Scale.LEVEL, after_mean=10.0)
    answer = replace(level, spread=spread, effect=spread.interval(), strict=None)
    assert "no-ratio" in codes(replace(made, answer=answer))


def test_a_verdict_cannot_be_made_by_hand() -> None:
    with pytest.raises(AssessError, match="not-registered"):
        Verdict(replace(grounds_of(HALVED), registration=None))


def test_every_reason_is_told_in_both_languages() -> None:
    judged = judge(Grounds(analyse(HALVED, Design(Method.DID)), HALVED, Design(Method.DID), 0.5, None, None))
    assert isinstance(judged, NotGiven)
    told = judged.as_json()
    assert told["verdict"] is None
    assert "likelihood" not in str(told)
    assert all(reason.text.vi and reason.text.vi != reason.text.en for reason in judged.reasons)


def test_words_and_probabilities_leave_the_house_by_the_verdict_alone() -> None:
    """Nothing but ``verdict`` reads an interval against a target, or a probability off an error."""
    root = Path(quetsach.__file__).parent
    users = set()
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and (
                node.attr == "chance_below" or (node.attr == "of" and getattr(node.value, "id", "") == "Word")
            ):
                users.add(file.relative_to(root).as_posix())
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Verdict" and "assess" in file.parts:
                users.add(file.relative_to(root).as_posix())
    assert users == {"assess/effect/verdict.py", "assess/trial/verdict.py"}
