"""``quetsach center assess effect``: what treatment did to a panel, and whether a target was met."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.assess.effect import Counted, Design, Method, Scale
from quetsach.assess.effect.fidelity import share_seen
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.panel_file import MAX_BYTES
from quetsach.assess.effect.registration import Registration
from quetsach.assess.trial.registration import is_trial
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation.analysis import analyse_panel
from quetsach.centre.evaluation.sources import File
from quetsach.centre.panel import panel_origin
from quetsach.centre.registered import kept_record, order_of, read_registered
from quetsach.cli.center.arguments.effects import METHODS
from quetsach.cli.center.assess.effect_told import EffectReport, tell_effect
from quetsach.cli.center.assess.fidelity import tell_fidelity
from quetsach.cli.center.assess.trial_told import TrialReport
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError

_RANGES = {"ramp": (1, 10_000), "exposure": (0, 100), "seed": (0, 2**63 - 1)}


def spill_over_of(arguments: argparse.Namespace) -> float | None:
    """Return the stated spill-over as a share; None where none was stated.

    Raises:
        InputError: it is no share.
    """
    if arguments.spill_over is None:
        return None
    if not 0 <= arguments.spill_over < 100:
        raise InputError("must be from 0 to less than 100", where="--spill-over", hint="--spill-over 20")
    return float(arguments.spill_over) / 100


def run(arguments: argparse.Namespace) -> int:
    """Estimate the effect of a campaign on anyone's panel."""
    if arguments.registration and is_trial(storage.read_input(arguments.registration)):
        return _run_trial(arguments)
    registration = read_registered(arguments.registration) if arguments.registration else None
    centre = Centre(arguments.data or default_data())
    design, target = _design(arguments, registration), _target(arguments, registration)
    folder = centre.campaign_folder(registration.campaign) if registration else None
    panel, answer = analyse_panel(
        (arguments.panel.name, storage.read_input(arguments.panel, most_bytes=MAX_BYTES)),
        design,
        negative=named_file(arguments.negative_control),
        registration=registration,
        order=order_of(folder) if folder else None,
    )
    if target is None:
        report = EffectReport(panel, answer, None, None)
    else:
        origin = panel_origin(registration, centre) if registration else None
        report = EffectReport.of(Grounds(answer, panel, design, target, registration, origin))
    record = kept_record(folder, registration) if folder else None
    seen = share_seen(panel, design, record.order, record.notes) if record else None
    if arguments.json:
        kept = {**record.fidelity.as_json(), "effect_seen": seen} if record else None
        print_json({**report.as_json(), "fidelity": kept})
    else:
        tell_effect(report, chosen_language(arguments))
        if record:
            tell_fidelity(record.fidelity, chosen_language(arguments), seen=seen)
    return ExitCode.NOTHING_FOUND


def _run_trial(arguments: argparse.Namespace) -> int:
    """Analyse a trial by its registration, which has every setting.

    Raises:
        QuetsachError: a file is none of its kind, or a setting was named.
    """
    settings = ("method", "target", "scale", "counted", "ramp", "exposure", "seed", "covariate", "spill_over")
    if named := [name for name in (*settings, "negative_control") if getattr(arguments, name) not in (None, [])]:
        where = "--" + named[0].replace("_", "-")
        raise InputError("a trial is analysed as it was registered", where=where, hint="leave it out")
    report = TrialReport.of(arguments.panel, arguments.registration, arguments.data or default_data())
    if arguments.json:
        print_json(report.as_json())
    else:
        report.tell(chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def named_file(path: Path | None) -> File | None:
    """Return the name and content of a panel that was named; ``None`` where none was.

    Raises:
        InputError: it cannot be read.
    """
    return None if path is None else (path.name, storage.read_input(path, most_bytes=MAX_BYTES))


def _design(arguments: argparse.Namespace, registration: Registration | None) -> Design:
    """Return the settings: those named, else those registered, else the usual ones."""
    named = {
        "dummies" if name == "exposure" else name: _within(arguments, name, *ends) for name, ends in _RANGES.items()
    }
    if arguments.scale:
        named["scale"] = Scale(arguments.scale)
    if arguments.counted:
        named["counted"] = Counted(arguments.counted)
    if arguments.covariate:
        named["covariates"] = tuple(arguments.covariate)
    named["spill_over"] = spill_over_of(arguments)
    if arguments.method:
        named["method"] = Method(arguments.method)
    elif registration is None:
        raise InputError("no method was named", where="--method", hint=f"one of {', '.join(METHODS)}")
    settings = {name: value for name, value in named.items() if value is not None}
    return replace(registration.design, **settings) if registration else Design(**settings)


def _within(arguments: argparse.Namespace, name: str, least: int, most: int) -> Any:
    value = getattr(arguments, name)
    if value is not None and not least <= value <= most:
        raise InputError(f"must be from {least} to {most}", where=f"--{name}")
    return value


def _target(arguments: argparse.Namespace, registration: Registration | None) -> float | None:
    if arguments.target is None:
        return registration.target if registration else None
    if not 0 < arguments.target < 100:
        raise InputError("must be more than 0 and less than 100", where="--target", hint="--target 50")
    return float(arguments.target) / 100
