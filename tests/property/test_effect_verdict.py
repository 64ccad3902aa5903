"""Whatever is handed over: a verdict comes of the registered analysis of the registered panel alone, checks passed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.unit.assess.effect.panels import csv_of, grounds_of, noisy, panel_of, registration_of, wedge_panel

from quetsach.assess.effect import Counted, Design, Finding, Method, Panel, Scale
from quetsach.assess.effect.grounds import NEEDED, Grounds
from quetsach.assess.effect.registration import Registration
from quetsach.assess.effect.verdict import NotGiven, Verdict, judge
from quetsach.assess.estimate import AssessError
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation.judging import analyse_effect
from quetsach.centre.evaluation.sources import HandedOver
from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period

_DESIGNS = (Design(Method.WEDGE), Design(Method.SDID, Scale.LOG), Design(Method.SC, Scale.LOG))
_UNITS, _PERIODS, _START = 24, 30, 20


def _one_treated(reduction: float, *, seed: int) -> Panel:
    outcome = np.exp(noisy(_UNITS, _PERIODS, seed=seed, deviation=0.5) / 10)
    outcome[0, _START:] *= 1 - reduction
    return replace(panel_of(outcome, [_START] + [_PERIODS] * (_UNITS - 1)), sha256="f" * 64)


@cache
def _grounds(number: int, reduction: float, seed: int) -> Grounds:
    """An analysis as it was registered, of the registered panel; not all have a verdict."""
    design = _DESIGNS[number]
    is_wedge = design.method is Method.WEDGE
    return grounds_of(wedge_panel(reduction, seed=seed) if is_wedge else _one_treated(reduction, seed=seed), design)


def _of(name: str, change: Callable[[Registration], object]) -> Callable[[Grounds], Grounds]:
    def tampered(grounds: Grounds) -> Grounds:
        assert grounds.registration is not None
        return replace(grounds, registration=replace(grounds.registration, **{name: change(grounds.registration)}))

    return tampered


def _of_design(**changes: object) -> Callable[[Grounds], Grounds]:
    return _of("design", lambda registration: replace(registration.design, **changes))


def _of_origin(**changes: object) -> Callable[[Grounds], Grounds]:
    def tampered(grounds: Grounds) -> Grounds:
        assert grounds.origin is not None
        return replace(grounds, origin=replace(grounds.origin, **changes))

    return tampered


def _as_analysed(tampered: Callable[[Grounds], Grounds]) -> Callable[[Grounds], Grounds]:
    """Say that what was tampered with was used so, too: only the panel's origin tells that it was not so registered."""

    def followed(grounds: Grounds) -> Grounds:
        made = tampered(grounds)
        assert made.registration is not None
        return replace(made, design=made.registration.design, target=made.registration.target)

    return followed


_CHANGED: dict[str, Callable[[Grounds], Grounds]] = {
    "campaign": _of("campaign", lambda _: "another"),
    "start": _of("start", lambda r: r.start + timedelta(days=1)),
    "target": _of("target", lambda r: r.target / 2),
    "lower target": _of("target", lambda r: r.target - 1e-9),
    "controls": _of("controls", lambda r: (*r.controls, "u99")),
    "feeds": _of("feeds", lambda r: (*r.feeds, "another/sinkhole")),
    "no feeds": _of("feeds", lambda _: ()),
    "families": _of("families", lambda _: (("mirai", 0.5),)),
    "network": _of("network", lambda _: "another"),
    "order": _of("order", lambda r: r.order[:1] if len(r.order) > 1 else (("u1",),)),
    "roll_out": _of("roll_out", lambda _: "2" * 64),
    "registered_at": _of("registered_at", lambda r: r.registered_at - timedelta(days=1)),
    "panel": _of("panel", lambda r: replace(r.panel, outcome="addresses") if r.panel else None),
    "no panel": _of("panel", lambda _: None),
    "windows": _of("before", lambda r: Period(r.before.first + timedelta(days=1), r.before.last + timedelta(days=1))),
    "seed": _of_design(seed=1),
    "exposure": _of_design(dummies=3),
    "counted": _of_design(counted=Counted.SIZE),
    "spill-over": _of_design(spill_over=0.2),
    "ramp": _of_design(ramp=3),
}


TAMPERED: dict[str, Callable[[Grounds], Grounds]] = {
    "nothing registered": lambda grounds: replace(grounds, registration=None),
    "nothing registered, no origin": lambda grounds: replace(grounds, registration=None, origin=None),
    "handed over": lambda grounds: replace(grounds, origin=None),
    "another panel": _of_origin(sha256="e" * 64),
    "no panel that was counted": lambda grounds: replace(grounds, panel=replace(grounds.panel, sha256="")),
    "of another registration": _of_origin(registration="0" * 64),
    "counted otherwise": _of_origin(rule="by hand"),
    "of other figures": _of_origin(outcome="addresses"),
    **{f"registration: {name}": tampered for name, tampered in _CHANGED.items()},
    **{f"registration and analysis: {name}": _as_analysed(tampered) for name, tampered in _CHANGED.items()},
}


@pytest.mark.parametrize("number", range(len(_DESIGNS)))
def test_what_is_tampered_with_below_would_have_a_verdict(number: int) -> None:
    assert any(isinstance(judge(_grounds(number, reduction, 1)), Verdict) for reduction in (0.6, 0.7, 0.8))


@given(
    st.sampled_from(sorted(TAMPERED)),
    st.integers(0, len(_DESIGNS) - 1),
    st.sampled_from([0.0, 0.3, 0.6, 0.7, 0.8]),
    st.integers(1, 12),
)
@settings(max_examples=400, deadline=None)
def test_nothing_that_was_tampered_with_has_a_verdict(name: str, number: int, reduction: float, seed: int) -> None:
    try:
        tampered = TAMPERED[name](_grounds(number, reduction, seed))
    except AssessError:  # not even a registration
        return
    assert isinstance(judge(tampered), NotGiven), name
    with pytest.raises(AssessError, match="no verdict can be given"):
        Verdict(tampered)


@given(st.integers(0, len(_DESIGNS) - 1), st.floats(-0.5, 0.95), st.integers(1, 10_000))
@settings(max_examples=60, deadline=None)
def test_a_verdict_has_every_check_of_its_method_made_and_passed(number: int, reduction: float, seed: int) -> None:
    grounds = _grounds(number, round(reduction, 1), seed % 40)
    found = judge(grounds)
    assume(isinstance(found, Verdict))
    assert isinstance(grounds.answer, Finding)
    checks = {check.id: check for check in grounds.answer.checks}
    is_claimed = not grounds.answer.effect.low <= 0 <= grounds.answer.effect.high
    for name in NEEDED[grounds.answer.method]:
        assert name in checks
        assert (checks[name].is_told and checks[name].holds) or (checks[name].least is None and not is_claimed)
    assert grounds.departures() == ()


@given(
    st.integers(2, 14),
    st.integers(2, 14),
    st.integers(0, 10_000),
    st.sampled_from([method for method in Method if method is not Method.CITS]),
    st.floats(0.05, 1.0),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_any_panel_that_is_handed_over_to_an_evaluation_has_no_verdict(
    units: int, periods: int, seed: int, method: Method, fall: float, is_registered: bool
) -> None:
    """There is no lake here that could show the panel to be the registered one."""
    generator = np.random.default_rng(seed)
    starts = [int(start) for start in generator.integers(1, periods + 1, units)]
    outcome = np.exp(generator.standard_normal((units, periods)) / 10)
    outcome[np.arange(periods) >= np.array(starts)[:, None]] *= fall
    panel = panel_of(outcome, starts)
    centre = Centre(Path("/nonexistent-centre"))
    try:
        registration = registration_of(panel, Design(method)) if is_registered else None
        handed = HandedOver(Design(method), panel=("panel.csv", csv_of(panel)), registration=registration)
        made = analyse_effect(centre, centre.campaign("viet-nam-2020"), None, handed)  # type: ignore[arg-type]
    except QuetsachError:  # no panel, or nothing that can be registered
        return
    assert made is not None
    assert isinstance(made.verdict, NotGiven)
    if isinstance(made.finding, Finding):
        json.dumps(made.finding.as_json(), allow_nan=False)
