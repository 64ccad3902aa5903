"""The flow of units through a registered roll-out, in the chapter of the effect."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.assess.effect.test_fidelity import LAST, ORDER, PLANNED, note_of, panel_of_notes
from tests.unit.web.evaluation.samples import effect_of, inputs

from quetsach.assess.effect.fidelity import Flow, fidelity_of, flow_of
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.document import Boxes, Evaluation
from quetsach.web.evaluation.page import render_page
from quetsach.web.evaluation.plots import draw


def _flow(*, is_recorded: bool) -> Flow:
    """A first unit that never began, a last one that was reached too early, and one without later figures."""
    notes = [note_of(unit) for unit in PLANNED]
    panel = panel_of_notes(notes, -0.7)
    panel.outcome[7, panel.starts[7] :] = np.nan
    notes[0], notes[-1] = note_of(notes[0].unit, late_days=None), note_of(notes[-1].unit, early_days=14)
    return flow_of(ORDER, panel, fidelity_of(ORDER, tuple(notes), last=LAST) if is_recorded else None)


def _report(found: Flow | None) -> Evaluation:
    return compose(inputs(effect=replace(effect_of(0.5), flow=found)))


def test_every_step_says_how_it_began_and_what_was_analysed() -> None:
    table = _report(_flow(is_recorded=True)).table("flow")
    assert table.cells("units") == [6] * 6
    assert table.cells("never") == [1, 0, 0, 0, 0, 0]
    assert table.cells("as_planned") == [5, 6, 6, 6, 6, 6]
    assert (table.cells("analysed"), table.cells("lost")) == ([6, 5, 6, 6, 6, 6], [0, 1, 0, 0, 0, 0])


def test_without_a_record_nothing_is_said_of_how_units_began() -> None:
    report = _report(_flow(is_recorded=False))
    assert report.table("flow").cells("as_planned") == [None] * 6
    assert "Không có ghi chép nào" in render_page(report, "vi")


def test_without_a_registered_order_there_is_no_flow() -> None:
    assert "flow" not in {table.id for table in _report(None).tables()}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", ("36 đơn vị được rút thăm vào 6 đợt", "5 đúng ngày", "1 không bắt đầu", "6 được phân tích")),
        ("en", ("Units drawn: 36; steps: 6", "5 as planned", "1 never", "6 analysed")),
    ],
)
def test_the_drawing_has_the_figures_of_its_table(language: str, words: tuple[str, ...]) -> None:
    report = _report(_flow(is_recorded=True))
    plots = [block for section in report.sections for block in section.blocks if isinstance(block, Boxes)]
    svg = draw(plots[0], report, language)
    assert all(f">{word}<" in svg for word in words)
    assert 'role="img"' in svg
    page = render_page(report, language)
    assert ("đối chứng đúng nghĩa" if language == "vi" else "it is no true control any more") in page
