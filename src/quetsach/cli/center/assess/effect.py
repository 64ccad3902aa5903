"""``quetsach center assess effect``: what treatment did to a panel, and whether a target was met."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quetsach import storage
from quetsach.cli.center.assess.fidelity import tell_fidelity
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json
from quetsach.cli.parser import ExitCode, Parser, add_language, chosen_language
from quetsach.core.errors import InputError

if TYPE_CHECKING:
    from quetsach.assess.effect import Design
    from quetsach.assess.effect.registration import Registration
    from quetsach.centre.evaluation.sources import File

METHODS = ("did", "sc", "sdid", "cits", "wedge")
COUNTED = ("units", "size")
SCALES = ("level", "log", "count")
_RANGES = {"ramp": (1, 10_000), "exposure": (0, 100), "seed": (0, 2**63 - 1)}


def register(parser: Parser) -> None:
    """Add ``effect``."""
    parser.show_examples(
        "quetsach center assess effect --panel provinces.csv --method wedge --target 50\n"
        "quetsach center assess effect --panel smoking.csv --method sdid --json"
    )
    parser.add_argument(
        "--panel",
        type=Path,
        required=True,
        metavar="FILE",
        help="CSV: unit,period,outcome,treated; of a trial: customer,found,cleaned,until",
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        help="difference in differences, synthetic control, synthetic DID, interrupted series with controls, wedge",
    )
    parser.add_argument(
        "--target",
        type=float,
        metavar="PERCENT",
        help="hold the reduction against PERCENT; without a registration there is no verdict",
    )
    parser.add_argument(
        "--scale",
        choices=SCALES,
        help="differences of outcomes, of logarithms, or of logarithms of counts that may be few or none (default: "
        "log, or count where a figure is zero)",
    )
    parser.add_argument(
        "--counted",
        choices=COUNTED,
        help="treated units count alike, or by size before the start (default: units)",
    )
    parser.add_argument(
        "--covariate",
        action="append",
        default=[],
        metavar="COLUMN",
        help="sc, sdid: column of the panel that units are made comparable by, as it was before the start (repeatable)",
    )
    add_spill_over(parser)
    _add_settings(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(parser)
    parser.set_defaults(run=_run)


def _add_settings(parser: Parser) -> None:
    """Add what belongs to one method, and what was settled before the start."""
    parser.add_argument(
        "--ramp", type=int, metavar="N", help="cits: periods until the effect is whole (default: at once)"
    )
    parser.add_argument(
        "--exposure", type=int, metavar="N", help="wedge: times since the start told one by one (default: 6)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of random draws (default: 2020)")
    parser.add_argument(
        "--registration",
        type=Path,
        metavar="FILE",
        help="signed registration: gives the settings not named here; where any differs there is no verdict",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the centre's data, which the registered panel is counted from"
    )
    parser.add_argument(
        "--negative-control",
        type=Path,
        metavar="FILE",
        help="the same units and starts with an outcome that the campaign cannot have changed, such as other botnets",
    )


def add_spill_over(parser: argparse.ArgumentParser) -> None:
    """Add the option by which a spill-over is stated."""
    parser.add_argument(
        "--spill-over",
        type=float,
        metavar="PERCENT",
        help="share of the effect that may reach the controls: the interval holds all from none of it to PERCENT",
    )


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


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.assess.effect.fidelity import share_seen  # noqa: PLC0415
    from quetsach.assess.effect.grounds import Grounds  # noqa: PLC0415
    from quetsach.assess.effect.panel_file import MAX_BYTES  # noqa: PLC0415
    from quetsach.assess.trial.registration import is_trial  # noqa: PLC0415
    from quetsach.centre.centre import Centre  # noqa: PLC0415
    from quetsach.centre.evaluation.analysis import analyse_panel  # noqa: PLC0415
    from quetsach.centre.panel import panel_origin  # noqa: PLC0415
    from quetsach.centre.registered import kept_record, order_of, read_registered  # noqa: PLC0415
    from quetsach.cli.center.assess.effect_told import EffectReport, tell_effect  # noqa: PLC0415

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
    from quetsach.cli.center.assess.trial_told import TrialReport  # noqa: PLC0415

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


def named_file(path: Path | None) -> "File | None":
    """Return the name and content of a panel that was named; ``None`` where none was.

    Raises:
        InputError: it cannot be read.
    """
    from quetsach.assess.effect.panel_file import MAX_BYTES  # noqa: PLC0415

    return None if path is None else (path.name, storage.read_input(path, most_bytes=MAX_BYTES))


def _design(arguments: argparse.Namespace, registration: "Registration | None") -> "Design":
    """Return the settings: those named, else those registered, else the usual ones."""
    from quetsach.assess.effect import Counted, Design, Method, Scale  # noqa: PLC0415

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


def _target(arguments: argparse.Namespace, registration: "Registration | None") -> float | None:
    if arguments.target is None:
        return registration.target if registration else None
    if not 0 < arguments.target < 100:
        raise InputError("must be more than 0 and less than 100", where="--target", hint="--target 50")
    return float(arguments.target) / 100
