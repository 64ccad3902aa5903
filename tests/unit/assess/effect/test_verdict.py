import numpy as np
import pytest
from tests.unit.assess.effect.panels import noisy, panel_of

from quetsach.assess.effect import Design, Finding, Method, Scale, analyse
from quetsach.assess.effect.finding import Spread
from quetsach.assess.effect.verdict import Verdict, Word, judge
from quetsach.assess.refusal import Refusal, RefusalReason


def _finding(scale: Scale = Scale.LOG, *, effect: float = np.log(0.5)) -> Finding:
    spread = Spread(effect, 0.05, 62)
    return Finding(Method.WEDGE, scale, spread, spread.interval(), 10.0, None)


def _judged(finding: Finding, target: float) -> Verdict:
    verdict = judge(finding, target)
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.mark.parametrize(
    ("target", "word"),
    [(0.40, Word.ACHIEVED), (0.44, Word.ACHIEVED), (0.50, Word.NOT_DECIDED), (0.56, Word.NOT_ACHIEVED)],
)
def test_the_word_follows_from_the_interval(target: float, word: Word) -> None:
    assert _judged(_finding(), target).word is word


def test_an_interval_that_just_reaches_the_target_achieves_it() -> None:
    reduction = _finding().reduction
    assert reduction is not None
    assert _judged(_finding(), reduction.low).word is Word.ACHIEVED
    assert _judged(_finding(), reduction.high).word is Word.NOT_DECIDED


@pytest.mark.parametrize("scale", [Scale.LOG, Scale.LEVEL])
def test_the_probability_agrees_with_the_interval(scale: Scale) -> None:
    finding = _finding(scale)
    reduction = finding.reduction
    assert reduction is not None
    assert finding.chance_of(reduction.low) == pytest.approx(0.975)
    assert finding.chance_of(reduction.value) == pytest.approx(0.5)
    assert finding.chance_of(reduction.high) == pytest.approx(0.025)


def test_both_languages_name_the_target() -> None:
    text = _judged(_finding(), 0.375).text
    assert "37,5%" in text.vi
    assert "37.5 %" in text.en


def test_there_is_no_verdict_where_nothing_would_have_been() -> None:
    refused = judge(_finding(Scale.LEVEL, effect=11.0), 0.5)
    assert isinstance(refused, Refusal)
    assert refused.reason is RefusalReason.NO_RATIO


def test_a_fall_that_everybody_shares_is_not_the_campaigns() -> None:
    outcome = np.exp(noisy(30, 12, deviation=0.01) / 50)
    outcome[:, 7:] *= 0.4
    finding = analyse(panel_of(outcome, [7] * 10 + [12] * 20), Design(Method.DID, Scale.LOG))
    assert isinstance(finding, Finding)
    assert finding.observed is not None
    assert finding.observed < -0.5
    assert _judged(finding, 0.5).word is Word.NOT_ACHIEVED
