"""What the questions about effects, their registration and the evaluation take."""

import argparse
from pathlib import Path

from quetsach.cli.center.acts import act
from quetsach.cli.packs_keys import add_pass_file
from quetsach.cli.parser import Parser

METHODS = ("did", "sc", "sdid", "cits", "wedge")
COUNTED = ("units", "size")
SCALES = ("level", "log", "count")


def register_effect(parser: Parser) -> None:
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
    _add_covariate(parser)
    add_spill_over(parser)
    _add_settings(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=act("assess.effect:run"))


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


def _add_covariate(parser: Parser) -> None:
    """Add the option by which units are made comparable."""
    parser.add_argument(
        "--covariate",
        action="append",
        default=[],
        metavar="COLUMN",
        help="sc, sdid: column of the panel that units are made comparable by, as it was before the start (repeatable)",
    )


def add_spill_over(parser: argparse.ArgumentParser) -> None:
    """Add the option by which a spill-over is stated."""
    parser.add_argument(
        "--spill-over",
        type=float,
        metavar="PERCENT",
        help="share of the effect that may reach the controls: the interval holds all from none of it to PERCENT",
    )


def register_fidelity(parser: Parser) -> None:
    """Add ``fidelity``."""
    parser.show_examples(
        "quetsach center assess fidelity viet-nam-2027 --record starts.csv\n"
        "quetsach center assess fidelity viet-nam-2027"
    )
    parser.add_argument("campaign", metavar="CAMPAIGN", help="a campaign whose order of roll-out was drawn")
    parser.add_argument(
        "--record",
        type=Path,
        metavar="CSV",
        help="take in unit,started,source,noted and any of reached_percent,reached_before; the newest counts",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=act("assess.rollout:tell_record"))


def register_lot(parser: Parser) -> None:
    """Add ``lot``."""
    parser.show_examples(
        "quetsach center assess lot garden-2027 --customers customers.csv --start 2027-05-03 "
        '--seed "XSMB 2027-04-20 48213" --out arms.csv\n'
        "quetsach center assess lot garden-2027 --days 2027-05-03..2027-06-27 --start 2027-05-03 "
        '--seed "XSMB 2027-04-20 48213" --out arms.csv'
    )
    parser.add_argument("campaign", metavar="TRIAL", help="identifier of the trial")
    units = parser.add_mutually_exclusive_group(required=True)
    units.add_argument("--customers", type=Path, metavar="CSV", help="header customer or customer,stratum")
    units.add_argument("--days", metavar="FIRST..LAST", help="days, each with all who are found on it")
    parser.add_argument(
        "--treated", type=float, default=50, metavar="PERCENT", help="how many get the measure (default: 50)"
    )
    parser.add_argument("--start", required=True, metavar="DATE", help="first day on which anybody can get it")
    parser.add_argument("--seed", required=True, metavar="TEXT", help="public seed: the numbers of a draw yet to come")
    parser.add_argument("--out", type=Path, required=True, metavar="CSV", help="where the list with the sides goes")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    parser.add_argument("--json", action="store_true", help="print the record as JSON")
    parser.set_defaults(run=act("assess.trial:draw"))


def register_panel(parser: Parser) -> None:
    """Add ``panel``."""
    parser.show_examples(
        "quetsach center assess panel viet-nam-2027 --out panel.csv\n"
        "quetsach center assess effect --panel panel.csv --registration registration.json"
    )
    parser.add_argument("campaign", metavar="CAMPAIGN", help="a campaign whose analysis was registered")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: to the terminal)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    parser.set_defaults(run=act("assess.registration:write_panel"))


def add_noise_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--panel``, ``--noise`` and ``--correlation``: where the noise of a plan comes from."""
    parser.add_argument(
        "--panel", type=Path, metavar="FILE", help="figures of the units so far, which their noise is measured from"
    )
    parser.add_argument("--noise", type=float, metavar="PERCENT", help="stated noise of a unit from period to period")
    parser.add_argument(
        "--correlation",
        type=float,
        default=0.5,
        metavar="R",
        help="of the stated noise in a period with that in the next (default: 0.5)",
    )


def register_registration(parser: Parser) -> None:
    """Add ``register``."""
    parser.show_examples("quetsach center assess register viet-nam-2027 --plan plan.toml")
    parser.add_argument("campaign", metavar="CAMPAIGN", help="identifier of the campaign")
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="TOML: windows, panel, method, target")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    add_noise_options(parser)
    parser.add_argument(
        "--anyway", action="store_true", help="sign a plan that is too weak, or whose power nobody knows, all the same"
    )
    add_pass_file(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=act("assess.registration:run"))


def register_rollout(parser: Parser) -> None:
    """Add ``rollout``."""
    parser.show_examples(
        "quetsach center assess rollout viet-nam-2027 --units provinces.csv --steps 6 --first 2027-05-03 "
        '--every 21d --seed "XSMB 2027-04-20 48213"'
    )
    parser.add_argument("campaign", metavar="CAMPAIGN", help="identifier of the campaign")
    parser.add_argument("--units", type=Path, required=True, metavar="CSV", help="header unit or unit,size")
    parser.add_argument("--steps", type=int, required=True, metavar="N", help="how many groups begin one after another")
    parser.add_argument("--first", required=True, metavar="DATE", help="day on which the first step begins")
    parser.add_argument("--every", default="21d", metavar="Nd", help="days from step to step (default: 21d)")
    parser.add_argument("--seed", metavar="TEXT", help="public seed: the numbers of a draw yet to come")
    parser.add_argument("--by-size", action="store_true", help="give every step units of all sizes")
    parser.add_argument(
        "--rehearse", action="store_true", help="draw nothing: tell what an order of this kind could find"
    )
    parser.add_argument("--target", type=float, default=50, metavar="PERCENT", help="to be found (default: 50)")
    parser.add_argument(
        "--weeks-around", type=int, default=8, metavar="N", help="before the first step and after the last (default: 8)"
    )
    add_noise_options(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    parser.add_argument("--json", action="store_true", help="print the order as JSON")
    parser.set_defaults(run=act("assess.rollout:run"))


def register_evaluate(parser: Parser) -> None:
    """Add ``evaluate``."""
    parser.show_examples(
        "quetsach center evaluate viet-nam-2020\n"
        "quetsach center evaluate viet-nam-2020 --out report --panel provinces.csv --method wedge"
    )
    parser.add_argument("campaign", metavar="CAMPAIGN", help="a campaign of the office or of this build")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the report (default: evaluation-CAMPAIGN)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    parser.add_argument(
        "--panel", type=Path, metavar="FILE", help="CSV unit,period,outcome,treated (default: the registered panel)"
    )
    parser.add_argument("--method", choices=METHODS, help="of the analysis (default: wedge)")
    parser.add_argument(
        "--scale", choices=SCALES, help="of the analysis (default: log, or count where a figure is zero)"
    )
    parser.add_argument("--counted", choices=COUNTED, help="treated units count alike, or by size (default: units)")
    _add_covariate(parser)
    add_spill_over(parser)
    parser.add_argument(
        "--negative-control", type=Path, metavar="FILE", help="the same units with an outcome that was not aimed at"
    )
    parser.add_argument("--ramp", type=int, metavar="N", help="cits: periods until the effect is whole")
    parser.add_argument(
        "--subscribers",
        type=Path,
        metavar="FILE",
        help="CSV isp,subscribers: grades the providers (default: those of the centre)",
    )
    parser.add_argument(
        "--province-subscribers", type=Path, metavar="FILE", help="CSV province,subscribers by code: a map of rates"
    )
    parser.add_argument("--registration", type=Path, metavar="FILE", help="the analysis as it was registered")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    parser.set_defaults(run=act("evaluate:run"))
