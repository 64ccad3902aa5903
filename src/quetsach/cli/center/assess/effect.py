"""``quetsach center assess effect``: what treatment did to a panel, and whether a target was met."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.output import print_json
from quetsach.core.errors import InputError

if TYPE_CHECKING:
    from quetsach.assess.effect import Design, Panel
    from quetsach.assess.effect.registration import Registration
    from quetsach.assess.notice import Notice
    from quetsach.cli.commands import Subcommands

_METHODS = ("did", "sc", "sdid", "cits", "wedge")
_SCALES = ("level", "log")


def register(questions: "Subcommands") -> None:
    """Add ``effect``."""
    parser = add_command(
        questions,
        "effect",
        summary="the effect of a campaign on anyone's panel: unit, period, outcome, treated",
        examples="quetsach center assess effect --panel provinces.csv --method wedge --target 50\n"
        "quetsach center assess effect --panel smoking.csv --method sdid --json",
    )
    parser.add_argument(
        "--panel", type=Path, required=True, metavar="FILE", help="CSV with columns unit,period,outcome,treated"
    )
    parser.add_argument(
        "--method",
        choices=_METHODS,
        required=True,
        help="difference in differences, synthetic control, synthetic DID, interrupted series with controls, wedge",
    )
    parser.add_argument("--target", type=float, metavar="PERCENT", help="judge a reduction of at least PERCENT")
    parser.add_argument(
        "--scale", choices=_SCALES, help="differences of outcomes or of logarithms (default: log for cits and wedge)"
    )
    parser.add_argument(
        "--ramp", type=int, default=1, metavar="N", help="cits: periods until the effect is whole (default: 1)"
    )
    parser.add_argument(
        "--exposure", type=int, default=6, metavar="N", help="wedge: times since the start told apart (default: 6)"
    )
    parser.add_argument("--seed", type=int, default=2020, metavar="N", help="of random draws (default: 2020)")
    parser.add_argument(
        "--registration", type=Path, metavar="FILE", help="no verdict unless the analysis is the registered one"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.assess.effect import analyse, read_panel  # noqa: PLC0415
    from quetsach.cli.center.assess.effect_told import EffectReport, tell_effect  # noqa: PLC0415

    panel = read_panel(read_file(arguments.panel), where=arguments.panel.name)
    design, target = _design(arguments), _target(arguments)
    registration = _registration(arguments.registration) if arguments.registration else None
    if registration and target is None:
        target = registration.target
    report = EffectReport.of(
        panel, analyse(panel, design), target=target, departures=_departures(registration, panel, design, target)
    )
    if arguments.json:
        print_json(report.as_json())
    else:
        tell_effect(report, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _design(arguments: argparse.Namespace) -> "Design":
    from quetsach.assess.effect import Design, Method, Scale  # noqa: PLC0415

    for name, least, most in (("ramp", 1, 10_000), ("exposure", 0, 100), ("seed", 0, 2**63 - 1)):
        if not least <= getattr(arguments, name) <= most:
            raise InputError(f"must be from {least} to {most}", where=f"--{name}")
    scale = Scale(arguments.scale) if arguments.scale else None
    return Design(Method(arguments.method), scale, arguments.ramp, arguments.exposure, arguments.seed)


def _target(arguments: argparse.Namespace) -> float | None:
    if arguments.target is None:
        return None
    if not 0 < arguments.target < 100:
        raise InputError("must be more than 0 and less than 100", where="--target", hint="--target 50")
    return float(arguments.target) / 100


def _departures(
    registration: "Registration | None", panel: "Panel", design: "Design", target: float | None
) -> "tuple[Notice, ...] | None":
    """Return where the analysis departs from the registered one; None where none was registered."""
    from quetsach.assess.effect.departures import departures  # noqa: PLC0415

    if registration is None or target is None:
        return None
    return departures(registration, panel=panel, design=design, target=target)


def _registration(path: Path) -> "Registration":
    from quetsach.assess.effect.registration import read_registration  # noqa: PLC0415
    from quetsach.cli.center.assess.registration_key import is_signed_by  # noqa: PLC0415

    registration, _ = read_registration(read_file(path), where=path.name, verify=is_signed_by)
    return registration


def read_file(path: Path) -> bytes:
    """Return a file's bytes, one more than a panel may have at most."""
    from quetsach.assess.effect.panel_file import MAX_BYTES  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
