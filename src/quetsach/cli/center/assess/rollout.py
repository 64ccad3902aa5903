"""``quetsach center assess rollout``: draws the random order in which units begin, once."""

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center.assess.records import campaign_folder, read_file, write_once
from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.output import print_json, print_table, say
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day

if TYPE_CHECKING:
    from quetsach.assess.effect.roll_out import RollOut
    from quetsach.cli.commands import Subcommands

FILE = "roll-out.json"
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


def register(questions: "Subcommands") -> None:
    """Add ``rollout``."""
    parser = add_command(
        questions,
        "rollout",
        summary="draw the random order in which units begin, once, from a public seed",
        examples="quetsach center assess rollout viet-nam-2027 --units provinces.csv --steps 6 --first 2027-05-03 "
        '--every 21d --seed "XSMB 2027-04-20 48213"',
    )
    parser.add_argument("campaign", metavar="CAMPAIGN", help="identifier of the campaign")
    parser.add_argument("--units", type=Path, required=True, metavar="CSV", help="header unit or unit,size")
    parser.add_argument("--steps", type=int, required=True, metavar="N", help="how many groups begin one after another")
    parser.add_argument("--first", required=True, metavar="DATE", help="day on which the first step begins")
    parser.add_argument("--every", default="21d", metavar="Nd", help="days from step to step (default: 21d)")
    parser.add_argument("--seed", required=True, metavar="TEXT", help="public seed: the numbers of a draw yet to come")
    parser.add_argument("--by-size", action="store_true", help="give every step units of all sizes")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    parser.add_argument("--json", action="store_true", help="print the order as JSON")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.assess.effect.roll_out import draw_roll_out, read_units  # noqa: PLC0415

    every = re.fullmatch(r"([1-9]\d{0,3})d?", arguments.every)
    if not every:
        raise InputError("not a number of days", where="--every", hint="--every 21d")
    folder = campaign_folder(arguments)
    drawn = draw_roll_out(
        read_units(read_file(arguments.units), where=arguments.units.name),
        campaign=folder.name,
        seed=arguments.seed,
        steps=arguments.steps,
        first=parse_day(arguments.first),
        every_days=int(every[1]),
        is_by_size=arguments.by_size,
        now=datetime.now(UTC),
    )
    path = folder / FILE
    write_once(path, drawn.to_json(), "the order was drawn already: it is not drawn again")
    if arguments.json:
        print_json({**drawn.content(), "sha256": drawn.digest, "file": str(path)})
    else:
        _tell(drawn, path, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _tell(drawn: "RollOut", path: Path, language: str) -> None:
    words = _WORDS[language]
    rows = [
        (index, f"{day:%d/%m/%Y}" if language == "vi" else str(day), len(units), ", ".join(units))
        for index, (day, units) in enumerate(zip(drawn.days, drawn.steps, strict=True), 1)
    ]
    print_table(words["header"], rows, right=(0, 2))
    say(str(words["drawn"]).format(seed=drawn.seed, path=path))
    say(str(words["digest"]).format(digest=drawn.digest))
