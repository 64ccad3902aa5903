"""An effect in the report: nothing of it without unit, periods, starts, weights and size, and a plot to judge by."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from tests.unit.assess.effect.panels import grounds_of, noisy, panel_of, wedge_panel
from tests.unit.web.evaluation.samples import effect_of, inputs

from quetsach.assess.effect import Design, Method
from quetsach.assess.effect.panel import Panel
from quetsach.centre.evaluation.inputs import Effect
from quetsach.core.text import LocalText
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.document import Against, Evaluation, Statement
from quetsach.web.evaluation.page import render_page
from quetsach.web.evaluation.plots import draw
from quetsach.web.evaluation.writing import annex_files

LANGUAGES = ("vi", "en")


def one_treated() -> Panel:
    outcome = np.exp(noisy(30, 30) / 10)
    outcome[0, 18:] *= 0.5
    return replace(panel_of(outcome, [18] + [30] * 29), sha256="f" * 64)


def reported(method: Method) -> Evaluation:
    panel = wedge_panel(0.5) if method is Method.WEDGE else one_treated()
    design = Design(method, ramp=1 if method is Method.CITS else None)
    return compose(inputs(effect=Effect.of(grounds_of(panel, design))))


def facts(report: Evaluation, language: str = "en") -> dict[str, str]:
    table = report.table("effect-basis")
    return {table.columns[0].text(name, language): table.columns[1].text(value, language) for name, value in table.rows}


@pytest.mark.parametrize("method", list(Method))
def test_an_effect_is_told_with_everything_that_it_means_nothing_without(method: Method) -> None:
    told = facts(reported(method))
    assert told["Reduction by the campaign"].count("%") == 3
    assert "interval" in told["Reduction by the campaign"]
    assert told["Figures"] == "machines on line"
    assert told["Starts"].startswith("1975" if method is Method.WEDGE else "1988")
    assert told["Periods"].endswith("from 1970 to 1995" if method is Method.WEDGE else "from 1970 to 1999")
    assert {"Method", "Compared on", "Treated units", "Never treated", "Weights", "Estimated"} < set(told)
    assert (method is Method.WEDGE) is ("With any trend or curve that is not excluded" not in told)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_observed_is_drawn_against_what_was_expected(method: Method, language: str) -> None:
    made = reported(method)
    (plot,) = [b for s in made.sections for b in s.blocks if isinstance(b, Against)]
    svg = draw(plot, made, language)
    for words in (plot.observed.name, plot.expected.name):
        assert words.in_language(language) in svg
    assert svg.count('stroke-dasharray="6,4"') >= 1
    assert f"chart-title-{plot.table}-against" in render_page(made, language)


def test_the_plot_is_of_the_figures_in_the_annex() -> None:
    made = reported(Method.SC)
    rows = list(csv.DictReader(io.StringIO(dict(annex_files(made))["data/effect-course.csv"].decode())))
    assert [float(row["observed"]) for row in rows] == pytest.approx(list(one_treated().outcome[0]))
    assert all(float(row["low"]) < float(row["expected"]) < float(row["high"]) for row in rows)
    after = rows[18:]
    assert np.mean([float(row["observed"]) / float(row["expected"]) for row in after]) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("is_counted", [True, False])
def test_small_counts_of_the_centre_are_not_told_period_by_period(is_counted: bool) -> None:
    panel = one_treated()
    small = replace(panel, outcome=panel.outcome / 20)
    effect = replace(Effect.of(grounds_of(small, Design(Method.SC))), is_counted=is_counted)
    made = compose(inputs(effect=effect))
    assert ("effect-course" in {table.id for table in made.tables()}) is not is_counted
    missing = [row for row in made.table("not-computed").rows if row[1] and "under 10" in str(row[1])]
    assert bool(missing) is is_counted


def test_a_panel_with_gaps_says_that_nothing_is_expected_period_by_period() -> None:
    outcome = np.exp(noisy(30, 12) / 10)
    outcome[3, 2] = np.nan
    panel = replace(panel_of(outcome, [7] * 10 + [12] * 20), sha256="f" * 64)
    made = compose(inputs(effect=Effect.of(grounds_of(panel, Design(Method.DID)))))
    assert any("With gaps in the panel" in str(row[1]) for row in made.table("not-computed").rows)


def test_controls_that_a_method_weighs_are_listed_with_their_weights() -> None:
    shares = [row[1] for row in reported(Method.SC).table("effect-weights").rows]
    assert sum(float(str(share)) for share in shares) == pytest.approx(100, abs=0.5)
    assert "effect-weights" not in {table.id for table in reported(Method.DID).tables()}


def test_effects_by_time_are_a_table_of_their_own_that_is_folded_where_it_is_long() -> None:
    """Dozens of periods would bury the one line that says how large the effect is."""
    staggered = panel_of(noisy(30, 30), [9] * 5 + [14] * 5 + [30] * 20)
    long = compose(inputs(effect=Effect.of(grounds_of(staggered, Design(Method.DID)))))
    for made, is_long in ((reported(Method.WEDGE), False), (long, True)):
        times = made.table("effect-times")
        assert times.is_long is is_long
        assert len(times.rows) > 1
        assert not set(times.cells("part")) & set(made.table("effect").cells("part"))


def test_a_registration_is_dated_in_the_time_of_viet_nam() -> None:
    """Eight in the evening (UTC) is the next morning there."""
    effect = effect_of(0.6)
    assert effect.registered is not None
    late = replace(effect.registered, registered_at=datetime(2020, 5, 31, 20, 0, tzinfo=UTC))
    made = compose(inputs(effect=replace(effect, registered=late)))
    told = [b for s in made.sections if s.id == "effect" for b in s.blocks if isinstance(b, Statement)]
    (said,) = [one for one in told if one.title.en == "Pre-registration"]
    assert said.text == LocalText("Đăng ký ngày 01/06/2020.", "Registered on 1 June 2020.")


def test_seals_stand_with_the_method_and_not_among_the_findings() -> None:
    made = compose(inputs(effect=effect_of(0.6)))
    effect = made.sections[[s.id for s in made.sections].index("effect")]
    assert not any("SHA-256" in block.text.vi for block in effect.blocks if isinstance(block, Statement))
    registered = effect_of(0.6).registered
    assert registered is not None
    assert [row[1] for row in made.table("basis").rows] == [registered.digest]
