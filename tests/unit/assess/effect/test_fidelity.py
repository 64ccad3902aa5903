from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from quetsach.assess.effect import Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.fidelity import (
    ON_TIME_DAYS,
    Kept,
    Note,
    fidelity_of,
    flow_of,
    kept_of,
    planned_days,
    read_notes,
    share_seen,
)
from quetsach.assess.effect.panel import Step, periods_of
from quetsach.assess.effect.roll_out import draw_roll_out
from quetsach.assess.estimate import AssessError

FIRST = date(2027, 5, 3)
ORDER = draw_roll_out(
    {f"u{n}": 1.0 for n in range(36)},
    campaign="demo",
    seed="XSMB 48213",
    steps=6,
    first=FIRST,
    every_days=21,
    is_by_size=False,
    now=datetime(2027, 1, 1, tzinfo=UTC),
)
PLANNED = planned_days(ORDER)
WEEKS = [FIRST + timedelta(weeks=n) for n in range(-8, 25)]
LAST = WEEKS[-1] + timedelta(6)
HEADER = "unit,started,source,noted,reached_percent,reached_before\n"


def note_of(unit: str, *, late_days: int | None = 0, reached: float = 1.0, early_days: int = 0) -> Note:
    planned = PLANNED[unit]
    started = None if late_days is None else planned + timedelta(late_days)
    return Note(unit, started, "x", LAST, reached, planned - timedelta(early_days) if early_days else None)


def panel_of_notes(notes: list[Note], effect: float) -> Panel:
    """Figures that fall by the effect where and as far as a unit was really reached."""
    generator, rows = np.random.default_rng(3), []
    for note in notes:
        came = min((day for day in (note.started, note.spilled) if day), default=date.max)
        reached = np.array([(note.reached or 0.0) * (week >= came) for week in WEEKS])
        rows.append(np.exp(8 + effect * reached + 0.005 * generator.standard_normal(len(WEEKS))))
    periods = periods_of(Step.DAY, ((week.toordinal(), str(week)) for week in WEEKS))
    starts = np.array([sum(week < PLANNED[note.unit] for week in WEEKS) for note in notes])
    return Panel(tuple(note.unit for note in notes), periods, np.array(rows), starts)


def test_units_are_as_planned_early_late_never_or_not_noted() -> None:
    first = ORDER.steps[0]
    notes = (
        note_of(first[0], late_days=6),
        note_of(first[1], late_days=-1),
        note_of(first[2], late_days=7),
        note_of(first[3], late_days=None),
        Note(first[4], None, "x", FIRST + timedelta(3)),  # its turn had just come
    )
    step = fidelity_of(ORDER, notes, last=LAST).steps[0]
    assert step.kept == dict.fromkeys(Kept, 1) | {Kept.NOT_NOTED: 2}
    assert sum(step.kept.values()) == step.units == 6
    assert step.spilled == 1  # who begins early is reached before its turn


def test_time_reached_is_told_from_and_before_the_turn() -> None:
    notes = [note_of(unit, late_days=None if number % 4 == 0 else 0) for number, unit in enumerate(PLANNED)]
    found = fidelity_of(ORDER, tuple(notes), last=LAST)
    assert found.too_early == 0
    assert found.reached == pytest.approx(0.75, abs=0.02)
    early = fidelity_of(ORDER, tuple(note_of(unit, reached=0.5, early_days=7) for unit in PLANNED), last=LAST)
    assert early.reached == pytest.approx(0.5)
    assert early.spilled == 36
    assert early.too_early == pytest.approx(0.5 * 30 * 7 / sum(21 * 6 * n for n in range(6)))


@pytest.mark.parametrize(
    ("noted_days", "started_days", "kept"),
    [
        (ON_TIME_DAYS - 1, None, Kept.NOT_NOTED),
        (ON_TIME_DAYS, None, Kept.NEVER),
        (30, ON_TIME_DAYS - 1, Kept.AS_PLANNED),
        (30, ON_TIME_DAYS, Kept.LATE),
        (30, 0, Kept.AS_PLANNED),
        (30, -1, Kept.EARLY),
    ],
)
def test_a_day_decides_how_a_turn_was_kept(noted_days: int, started_days: int | None, kept: Kept) -> None:
    started = None if started_days is None else FIRST + timedelta(started_days)
    assert kept_of(FIRST, Note("u", started, "x", FIRST + timedelta(noted_days), 1.0, None)) is kept
    assert kept_of(FIRST, None) is Kept.NOT_NOTED


def test_a_unit_that_was_not_noted_leaves_those_behind_it_in_the_count() -> None:
    first, *others = PLANNED
    found = fidelity_of(ORDER, tuple(note_of(unit) for unit in others), last=LAST)
    assert found.reached == 1
    assert first not in others


@pytest.mark.parametrize("seed", range(4))
def test_the_share_seen_is_what_the_estimate_falls_to(seed: int) -> None:
    generator = np.random.default_rng(seed)
    notes = [
        note_of(
            unit,
            late_days=None if generator.random() < 0.1 else 28 * int(generator.random() < 0.2),
            reached=float(generator.uniform(0.5, 1)),
            early_days=21 * int(generator.random() < 0.3),
        )
        for unit in PLANNED
    ]
    panel, design = panel_of_notes(notes, np.log(0.5)), Design(Method.WEDGE, Scale.LOG)
    found = analyse(panel, design)
    assert isinstance(found, Finding)
    seen = share_seen(panel, design, ORDER, tuple(notes))
    assert seen is not None
    assert seen < 0.9
    assert found.effect.value / np.log(0.5) == pytest.approx(seen, abs=0.03)


def test_an_order_that_was_kept_sees_all_of_the_effect() -> None:
    notes = [note_of(unit) for unit in PLANNED]
    panel = panel_of_notes(notes, -0.7)
    not_yet = tuple(Note(unit, None, "x", day + timedelta(ON_TIME_DAYS - 1)) for unit, day in PLANNED.items())
    for recorded in (tuple(notes), tuple(notes[:5]), (), not_yet):
        assert share_seen(panel, Design(Method.WEDGE), ORDER, recorded) == pytest.approx(1)


def test_periods_that_are_no_days_tell_no_share() -> None:
    notes = [note_of(unit) for unit in PLANNED]
    panel = panel_of_notes(notes, -0.7)
    years = periods_of(Step.NUMBER, ((year, str(year)) for year in range(len(WEEKS))))
    numbered = Panel(panel.units, years, panel.outcome, panel.starts)
    assert share_seen(numbered, Design(Method.WEDGE), ORDER, tuple(notes)) is None


def test_the_flow_counts_units_that_have_figures_on_both_sides_of_their_turn() -> None:
    notes = [note_of(unit) for unit in PLANNED]
    panel = panel_of_notes(notes, -0.7)
    lost = panel.units.index(ORDER.steps[2][0])
    panel.outcome[lost, panel.starts[lost] :] = np.nan
    fidelity = fidelity_of(ORDER, tuple(notes), last=LAST)
    flow = flow_of(ORDER, panel, fidelity)
    assert flow.drawn == 36
    assert [(step.analysed, step.lost) for step in flow.steps] == [(6, 0), (6, 0), (5, 1), (6, 0), (6, 0), (6, 0)]
    assert [step.kept for step in flow.steps] == [step.kept for step in fidelity.steps]
    assert {step.kept for step in flow_of(ORDER, panel, None).steps} == {None}


def test_a_record_is_read() -> None:
    unit, other = ORDER.steps[1][:2]
    lines = f"{unit},2027-05-24,report,2027-06-01,80,2027-05-20\n{other},,nobody answered,2027-07-01,,\n"
    assert read_notes((HEADER + lines).encode(), ORDER, where="x") == (
        Note(unit, date(2027, 5, 24), "report", date(2027, 6, 1), 0.8, date(2027, 5, 20)),
        Note(other, None, "nobody answered", date(2027, 7, 1)),
    )


@pytest.mark.parametrize(
    "line",
    [
        "nowhere,2027-05-24,x,2027-06-01,,",
        "UNIT,2027-05-24,x,,,",
        "UNIT,2027-05-24,,2027-06-01,,",
        "UNIT,2027-06-24,x,2027-06-01,,",
        "UNIT,2027-05-24,x,2027-06-01,120,",
        "UNIT,2027-05-24,x,2027-06-01,80,2027-05-24",
        "UNIT,24/5/2027,x,2027-06-01,,",
        "UNIT,,x,2027-06-01,,\nUNIT,,x,2027-06-01,,",
    ],
)
def test_a_record_that_cannot_be_is_refused(line: str) -> None:
    with pytest.raises(AssessError):
        read_notes((HEADER + line.replace("UNIT", ORDER.steps[1][0])).encode(), ORDER, where="x")
