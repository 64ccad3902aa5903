"""What ``center evaluate`` makes of a panel that was handed over."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.assess.effect.panels import csv_of, noisy, panel_of

from quetsach.assess.effect import Counted, Finding, Method, Scale
from quetsach.assess.effect.verdict import NotGiven
from quetsach.assess.trial.lot import draw_lot
from quetsach.assess.trial.registration import Expected, Outcome, TrialRegistration, seal_trial
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation.analysis import analyse_effect
from quetsach.centre.evaluation.inputs import Effect
from quetsach.cli.center.evaluate import handed_over
from quetsach.cli.main import build_parser


def _effect(folder: Path, outcome: np.ndarray, treated: int, *options: str) -> Effect:
    path = folder / "panel.csv"
    path.write_bytes(csv_of(panel_of(outcome, [20] * treated + [30] * (len(outcome) - treated))))
    parser = build_parser()
    arguments = parser.parse_args(["center", "evaluate", "viet-nam-2020", "--panel", str(path), *options])
    centre = Centre(folder)
    found = analyse_effect(centre, centre.campaign("viet-nam-2020"), centre.view(), handed_over(arguments))
    assert found is not None
    return found


@pytest.mark.parametrize("method", [method.value for method in Method])
@pytest.mark.parametrize("fall", [1.0, 0.2])
def test_no_panel_that_was_handed_over_has_a_verdict(tmp_path: Path, method: str, fall: float) -> None:
    outcome = np.exp(noisy(24, 30, deviation=0.1) / 50)
    treated = 10 if method == "did" else 1
    outcome[:treated, 20:] *= fall
    made = _effect(tmp_path, outcome, treated, "--method", method)
    assert isinstance(made.verdict, NotGiven)
    assert method == "wedge" or "not-registered" in {reason.code for reason in made.verdict.reasons}


@pytest.mark.parametrize(("options", "scale"), [((), Scale.LOG), (("--scale", "level"), Scale.LEVEL)])
def test_the_scale_is_logarithms_unless_named(tmp_path: Path, options: tuple[str, ...], scale: Scale) -> None:
    found = _effect(tmp_path, noisy(24, 30), 10, "--method", "did", *options).finding
    assert isinstance(found, Finding)
    assert found.scale is scale


def test_units_count_by_size_where_that_is_asked_for(tmp_path: Path) -> None:
    made = _effect(tmp_path, noisy(24, 30), 10, "--method", "did", "--counted", "size")
    assert isinstance(made.finding, Finding)
    assert made.finding.counted is Counted.SIZE
    assert made.basis
    assert any("of all treated units together" in value.en for _, value in made.basis)


def test_a_stated_spill_over_widens_the_effect(tmp_path: Path) -> None:
    outcome = np.exp(noisy(24, 30, deviation=0.1) / 50)
    outcome[:10, 20:] *= 0.5
    plain, stated = (
        _effect(tmp_path, outcome, 10, "--method", "did", *options).finding for options in ((), ("--spill-over", "20"))
    )
    assert isinstance(plain, Finding)
    assert isinstance(stated, Finding)
    assert stated.effect.low == pytest.approx(plain.effect.low / 0.8)


def test_a_trial_in_the_folder_of_a_campaign_does_not_stop_its_evaluation(tmp_path: Path) -> None:
    folder = tmp_path / "campaigns/viet-nam-2020"
    folder.mkdir(parents=True)
    key = Ed25519PrivateKey.generate()
    lot, _ = draw_lot(
        {f"c{n}": "" for n in range(200)},
        campaign="viet-nam-2020",
        seed="XSMB 2999-04-20",
        share=0.5,
        start=date(2999, 5, 3),
        days=None,
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    trial = TrialRegistration(
        lot, Outcome.CLEANED, 14, 0, 0.1, Expected(0.5), 0.9, "VNPT", datetime(2026, 1, 2, tzinfo=UTC)
    )
    signed = seal_trial(trial, public_key=key.public_key().public_bytes_raw(), sign=key.sign)
    (folder / "registration.json").write_bytes(signed)
    made = _effect(tmp_path, noisy(24, 30), 10, "--method", "did")
    assert isinstance(made.verdict, NotGiven)
    assert "not-registered" in {reason.code for reason in made.verdict.reasons}
