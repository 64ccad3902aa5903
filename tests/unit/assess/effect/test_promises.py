"""The tables of ``bench/validate.py`` on effects, in their short version."""

import numpy as np
import pytest
from bench.validation import effect, effect_designs, effect_faults, effect_oracles, wedge_designs
from tests.unit.assess.effect.panels import csv_of

from quetsach.assess.effect import Design, Finding, Method, Panel, Scale, analyse, read_panel


def test_intervals_cover_and_verdicts_hold() -> None:
    missed = [row for row in effect.rows(short=True, seed=2020) if not row.passed]
    assert missed == []


def test_no_design_is_told_narrower_than_it_is() -> None:
    missed = [row for row in effect_designs.rows(short=True, seed=2020) if not row.passed]
    assert missed == []


def test_what_befell_some_units_alone_is_no_effect() -> None:
    missed = [row for row in effect_faults.rows(short=True, seed=2020) if not row.passed]
    assert missed == []


def test_no_wedge_is_told_narrower_than_it_is() -> None:
    missed = [row for row in wedge_designs.rows(short=True, seed=2020) if not row.passed]
    assert missed == []


def test_other_programs_agree() -> None:
    missed = [row for row in effect_oracles.rows(short=True, seed=2020) if not row.passed]
    assert missed == []


def _panel(series: np.ndarray, starts: np.ndarray, periods: object) -> Panel:
    made = Panel(tuple(f"u{n}" for n in range(len(series))), periods, np.exp(series), starts)
    return read_panel(csv_of(made), where="x")


def test_the_table_of_cits_is_made_as_the_command_does() -> None:
    series = effect.national(np.random.default_rng(1), 3, effect=effect.HALF)
    outcome = effect.by_series(series, effect.HALF)
    for campaign in range(3):
        panel = _panel(series[campaign], np.array([150] + [242] * 6), effect.days())
        found = analyse(panel, Design(Method.CITS, Scale.LOG, ramp=60))
        assert isinstance(found, Finding)
        by_t = found.spread.interval()
        ends = (outcome.value[campaign], outcome.low[campaign], outcome.high[campaign])
        assert (by_t.value, by_t.low, by_t.high) == pytest.approx(ends, rel=1e-6)
