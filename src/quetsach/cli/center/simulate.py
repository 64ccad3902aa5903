"""``quetsach center simulate``: a country with known truth, as feed files."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.output import Progress, print_json
from quetsach.core.errors import InputError
from quetsach.core.number import number_text

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands


def register(subcommands: "Subcommands") -> None:
    """Add ``simulate``."""
    parser = add_command(
        subcommands,
        "simulate",
        summary="write the feed files of a country whose true numbers are known",
        examples="quetsach center simulate viet-nam-2020 --out feeds\n"
        "quetsach center simulate viet-nam-2020 --out feeds --scale 1\n"
        "quetsach center ingest feeds/*.csv --feed shadowserver\n"
        "quetsach center assess targets --campaign viet-nam-2020",
    )
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario of this build, or the path of a TOML file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.add_argument("--scale", type=int, metavar="N", help="one address stands for N (default: the scenario's)")
    parser.add_argument("--seed", type=int, metavar="N", help="of the random draws (default: the scenario's)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.cli.center.tables import bundled_ranges, load_scenario  # noqa: PLC0415
    from quetsach.simulate import simulate  # noqa: PLC0415

    scenario = load_scenario(arguments.scenario)
    out: Path = arguments.out
    rows, files = 0, 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        with Progress("Mô phỏng / simulating", scenario.days) as progress:
            for name, pieces in simulate(scenario, bundled_ranges(), scale=arguments.scale, seed=arguments.seed):
                rows += _write(out / name, pieces)
                files += 1
                progress.advance(note=name)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(error.filename or out)) from error
    language = chosen_language(arguments)
    if arguments.json:
        note = {"vi": scenario.note.vi, "en": scenario.note.en}
        print_json({"scenario": scenario.id, "files": files, "rows": rows, "out": str(out), "note": note})
    elif language == "vi":
        print(f"Đã ghi {files} tệp, {number_text(rows, language)} dòng vào {out}")
        print(scenario.note.vi)
    else:
        print(f"{files} files, {rows:,} rows in {out}")
        print(scenario.note.en)
    return ExitCode.NOTHING_FOUND


def _write(path: Path, pieces: Iterator[bytes]) -> int:
    """Write one file, whole or not at all; return how many rows it has under the header."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    lines = 0
    try:
        with unfinished.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                lines += piece.count(b"\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return lines - 1
