"""``quetsach center assess rollout``: draws the random order in which units begin, once."""

import argparse
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach import storage
from quetsach.cli.center.assess.planned_power import (
    add_noise_options,
    asked_noise,
    asked_panel,
    rehearse,
    tell_power,
)
from quetsach.cli.center.assess.windows import campaign_folder, keep_once
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, Parser, add_language, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day

if TYPE_CHECKING:
    from quetsach.assess.effect.roll_out import RollOut
    from quetsach.centre.planning import PlannedPower

_REHEARSAL = "rehearsal of an order"
_WHOLE, _WEEKS_AT_MOST = 100, 260
_WORDS = {
    "vi": {
        "header": ("đợt", "ngày bắt đầu", "số đơn vị", "đơn vị"),
        "drawn": "Đã rút thứ tự một lần từ giá trị khởi tạo (seed) {seed!r}; không rút lại. Tệp: {path}",
        "digest": "SHA-256 {digest}: hãy công bố cùng giá trị khởi tạo trước khi bắt đầu.",
    },
    "en": {
        "header": ("step", "first day", "units", "which"),
        "drawn": "Drawn once from the seed {seed!r} and not to be drawn again. File: {path}",
        "digest": "SHA-256 {digest}: publish it, with the seed, before the start.",
    },
}


def register(parser: Parser) -> None:
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
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.centre.registered import ROLL_OUT, refuse_trial  # noqa: PLC0415

    folder = campaign_folder(arguments)
    language = chosen_language(arguments)
    if bool(arguments.seed) == arguments.rehearse:
        raise InputError("an order is either drawn or rehearsed", where="--seed", hint="--seed TEXT or --rehearse")
    if arguments.rehearse:
        power = _power(arguments, _drawn(arguments, folder.name, _REHEARSAL))
        if arguments.json:
            print_json({"power": power.power.content() if power.power else None})
        else:
            tell_power(power, language)
        return ExitCode.NOTHING_FOUND
    refuse_trial(folder)
    drawn = _drawn(arguments, folder.name, arguments.seed)
    path = folder / ROLL_OUT
    refusal = "the order was drawn already: it is not drawn again"
    keep_once(arguments, "order-draw", path, drawn.to_json(), digest=drawn.digest, refusal=refusal)
    power = _power(arguments, drawn)
    if arguments.json:
        told = power.power.content() if power.power else None
        print_json({**drawn.content(), "sha256": drawn.digest, "file": str(path), "power": told})
    else:
        _tell(drawn, path, language)
        tell_power(power, language)
    return ExitCode.NOTHING_FOUND


def _drawn(arguments: argparse.Namespace, campaign: str, seed: str) -> "RollOut":
    from quetsach.assess.effect.roll_out import draw_roll_out, read_units  # noqa: PLC0415

    every = re.fullmatch(r"([1-9]\d{0,3})d?", arguments.every)
    if not every:
        raise InputError("not a number of days", where="--every", hint="--every 21d")
    return draw_roll_out(
        read_units(storage.read_input(arguments.units), where=arguments.units.name),
        campaign=campaign,
        seed=seed,
        steps=arguments.steps,
        first=parse_day(arguments.first),
        every_days=int(every[1]),
        is_by_size=arguments.by_size,
        now=datetime.now(UTC),
    )


def _power(arguments: argparse.Namespace, drawn: "RollOut") -> "PlannedPower":
    """Return what a wedge with this order could find by its usual settings, week by week."""
    from quetsach.assess.effect import Design, Method, Scale  # noqa: PLC0415
    from quetsach.assess.effect.fidelity import planned_days  # noqa: PLC0415
    from quetsach.lake.weekly import WEEK_DAYS, weeks  # noqa: PLC0415

    if not 0 < arguments.target < _WHOLE:
        raise InputError("must be more than 0 and less than 100", where="--target", hint="--target 50")
    if not 1 <= arguments.weeks_around <= _WEEKS_AT_MOST:
        raise InputError(f"must be from 1 to {_WEEKS_AT_MOST}", where="--weeks-around")
    begins = planned_days(drawn)
    around = timedelta(weeks=arguments.weeks_around)
    of_panel = weeks(drawn.first - around, drawn.days[-1] + around + timedelta(WEEK_DAYS - 1), anchor=drawn.first)
    noise = asked_noise(arguments, asked_panel(arguments), tuple(begins))
    design = Design(Method.WEDGE, Scale.COUNT)
    target = arguments.target / _WHOLE
    return rehearse(begins, of_panel, design, target=target, noise=noise, strata=drawn.strata)


def _tell(drawn: "RollOut", path: Path, language: str) -> None:
    words = _WORDS[language]
    rows = [
        (index, f"{day:%d/%m/%Y}" if language == "vi" else str(day), len(units), ", ".join(units))
        for index, (day, units) in enumerate(zip(drawn.days, drawn.steps, strict=True), 1)
    ]
    print_table(words["header"], rows, right=(0, 2))
    say(str(words["drawn"]).format(seed=drawn.seed, path=path))
    say(str(words["digest"]).format(digest=drawn.digest))
