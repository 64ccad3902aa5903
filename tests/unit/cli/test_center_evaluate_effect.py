"""What ``center evaluate`` makes of a panel that was handed over."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.assess.effect.panels import csv_of, noisy, panel_of, registration_of

from quetsach.assess.effect import Counted, Design, Finding, Method, Panel, Scale
from quetsach.assess.effect.registration import Registration
from quetsach.assess.effect.roll_out import draw_roll_out
from quetsach.assess.effect.verdict import NotGiven
from quetsach.assess.trial.lot import draw_lot
from quetsach.assess.trial.registration import Expected, Outcome, TrialRegistration, seal_trial
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation.inputs import Effect
from quetsach.centre.evaluation.judging import analyse_effect
from quetsach.centre.evaluation.sources import File, HandedOver
from quetsach.cli.center.evaluate import handed_over
from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError, QuetsachError


def _effect(folder: Path, outcome: np.ndarray, treated: int, *options: str) -> Effect:
    return _of_file(folder, csv_of(panel_of(outcome, [20] * treated + [30] * (len(outcome) - treated))), *options)


def _of_file(folder: Path, content: bytes, *options: str) -> Effect:
    path = folder / "panel.csv"
    path.write_bytes(content)
    parser = build_parser()
    arguments = parser.parse_args(["center", "evaluate", "viet-nam-2020", "--panel", str(path), *options])
    centre = Centre(folder)
    found = analyse_effect(centre, centre.campaign("viet-nam-2020"), centre.view(), handed_over(arguments))
    assert found is not None
    return found


def _with_broadband(panel: Panel) -> bytes:
    """Return the file of a panel of 30 periods with a covariate."""
    header, *lines = csv_of(panel).decode().splitlines()
    rows = [f"{header},broadband", *(f"{line},{number // 30 % 7}" for number, line in enumerate(lines))]
    return "\n".join(rows).encode()


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


def test_covariates_of_a_panel_that_was_not_registered_are_named(tmp_path: Path) -> None:
    file = _with_broadband(panel_of(np.exp(noisy(24, 30, deviation=0.1) / 50), [20] + [30] * 23))
    plain, adjusted = (
        _of_file(tmp_path, file, "--method", "sdid", *options).finding for options in ((), ("--covariate", "broadband"))
    )
    assert isinstance(plain, Finding)
    assert isinstance(adjusted, Finding)
    assert adjusted.effect.value != plain.effect.value
    with pytest.raises(QuetsachError, match="column area is missing"):
        _of_file(tmp_path, file, "--method", "sdid", "--covariate", "area")
    with pytest.raises(QuetsachError, match="no covariates"):
        _of_file(tmp_path, file, "--method", "did", "--covariate", "broadband")


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


def _as_registered(folder: Path, registration: Registration, file: File | None) -> Effect:
    centre = Centre(folder)
    handed = HandedOver(registration.design, panel=file, registration=registration)
    found = analyse_effect(centre, centre.campaign("viet-nam-2020"), centre.view(), handed)
    assert found is not None
    return found


def test_covariates_that_were_registered_are_read_from_the_panel_that_is_handed_over(tmp_path: Path) -> None:
    panel = panel_of(np.exp(noisy(24, 30, deviation=0.1) / 50), [20] + [30] * 23)
    registration = registration_of(panel, Design(Method.SDID, covariates=("broadband",)))
    made = _as_registered(tmp_path, registration, ("panel.csv", _with_broadband(panel)))
    assert isinstance(made.finding, Finding)
    plain = _as_registered(tmp_path, registration_of(panel, Design(Method.SDID)), ("panel.csv", csv_of(panel)))
    assert isinstance(plain.finding, Finding)
    assert made.finding.effect.value != plain.finding.effect.value
    with pytest.raises(QuetsachError, match="column broadband is missing"):
        _as_registered(tmp_path, registration, ("panel.csv", csv_of(panel)))


def test_a_panel_is_not_counted_for_covariates_that_no_lake_has(tmp_path: Path) -> None:
    panel = panel_of(noisy(24, 30), [20] + [30] * 23)
    with pytest.raises(InputError, match="cannot count: broadband") as caught:
        _as_registered(tmp_path, registration_of(panel, Design(Method.SDID, covariates=("broadband",))), None)
    assert "--panel FILE" in str(caught.value.hint)


def _wedge_by_size(folder: Path, *, is_recorded: bool) -> tuple[Panel, Registration]:
    """Twelve units whose order is drawn in blocks of three, and lies with the campaign."""
    order = draw_roll_out(
        {f"u{n}": float(n) for n in range(12)},
        campaign="viet-nam-2020",
        seed="XSMB 2026-01-05",
        steps=3,
        first=date(2026, 3, 2),
        every_days=21,
        is_by_size=True,
        now=datetime(2026, 1, 6, tzinfo=UTC),
    )
    order = order if is_recorded else replace(order, strata=())
    kept = folder / "campaigns/viet-nam-2020/roll-out.json"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(order.to_json())
    starts = [next(5 + 4 * at for at, step in enumerate(order.steps) if f"u{n}" in step) for n in range(12)]
    panel = panel_of(np.exp(noisy(12, 20, deviation=0.5) / 10), starts)
    registration = replace(registration_of(panel, Design(Method.WEDGE)), roll_out=order.digest, strata=order.strata)
    return panel, registration


def test_the_strata_that_were_registered_are_kept_to(tmp_path: Path) -> None:
    panel, registration = _wedge_by_size(tmp_path, is_recorded=True)
    made = _as_registered(tmp_path, registration, ("panel.csv", csv_of(panel)))
    assert isinstance(made.finding, Finding)
    assert made.finding.effect.measured["draws"] == 6**4 - 1  # freely there are 34,649
    assert any("(strata: 4)" in value.en for _, value in made.basis)
    assert "blocks-not-recorded" not in {notice.code for notice in made.finding.notices}
    with pytest.raises(QuetsachError, match="was drawn without it"):
        _as_registered(tmp_path, registration, ("panel.csv", csv_of(panel).replace(b"u7,", b"v7,")))


def test_an_order_by_size_whose_blocks_nobody_recorded_is_drawn_freely_and_says_so(tmp_path: Path) -> None:
    panel, registration = _wedge_by_size(tmp_path, is_recorded=False)
    made = _as_registered(tmp_path, registration, ("panel.csv", csv_of(panel)))
    assert isinstance(made.finding, Finding)
    assert "blocks-not-recorded" in {notice.code for notice in made.finding.notices}
