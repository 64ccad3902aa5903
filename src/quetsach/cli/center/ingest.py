"""``quetsach center ingest``: any feed into the lake, exactly once."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json
from quetsach.core.errors import QuetsachError

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands
    from quetsach.lake.lake import IngestResult

COUNTS = ("records", "accepted", "duplicates", "quarantined", "repaired", "blank")


def register(subcommands: "Subcommands") -> None:
    """Add ``ingest``."""
    parser = add_command(
        subcommands,
        "ingest",
        summary="take feed files into the lake, each exactly once",
        examples="quetsach center ingest 2020-06-16-event4_sinkhole-vn.csv --feed shadowserver\n"
        "quetsach center ingest sightings.csv --feed plain --report honeypot-hn --json\n"
        "quetsach center feeds list",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="delivered files, as they came")
    parser.add_argument("--feed", required=True, metavar="NAME", help="where they came from (see `feeds list`)")
    parser.add_argument("--report", metavar="NAME", help="which report (default: by the file's name, else its header)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    files: list[Path] = arguments.files
    done: list[IngestResult] = []
    refused: list[tuple[Path, QuetsachError]] = []
    for path, outcome in _ingest(arguments, files):
        if isinstance(outcome, QuetsachError):
            refused.append((path, outcome))
            print(f"quetsach: {path}: {outcome.explain()}", file=sys.stderr)
        else:
            done.append(outcome)
            if not arguments.json:
                print(_sentence(outcome))
    if arguments.json:
        print_json(_as_json(done, refused, single=len(files) == 1))
    elif len(files) > 1:
        print(f"{len(done)} of {len(files)} files: {_equation(_totals(done))}")
    return ExitCode.USAGE if refused else ExitCode.NOTHING_FOUND


def _ingest(arguments: argparse.Namespace, files: list[Path]) -> Iterator[tuple[Path, "IngestResult | QuetsachError"]]:
    """Yield what became of each file; one that is refused does not keep the others back."""
    from quetsach.cli.center.tables import load_families, load_network_tables  # noqa: PLC0415
    from quetsach.lake.lake import Lake  # noqa: PLC0415
    from quetsach.network import annotate  # noqa: PLC0415

    data = arguments.data or default_data()
    lake, families, tables = Lake(data / "lake"), load_families(), load_network_tables(data)
    with Progress("Đang nạp / ingesting", sum(_size(path) for path in files)) as progress:
        for path in files:
            try:
                result = lake.ingest(
                    path,
                    feed=arguments.feed,
                    report=arguments.report,
                    families=families,
                    annotate=lambda sightings: annotate(sightings, tables),
                    now=datetime.now(UTC),
                    progress=progress.advance,
                )
            except QuetsachError as error:
                yield path, error
            else:
                yield path, result


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # the ingest of the file itself will say why


def _totals(done: "list[IngestResult]") -> dict[str, int]:
    return {name: sum(getattr(result, name) for result in done) for name in COUNTS}


def _equation(counts: dict[str, int]) -> str:
    return (
        f"{counts['records']:,} records = {counts['accepted']:,} accepted + {counts['duplicates']:,} duplicates"
        f" + {counts['quarantined']:,} quarantined"
    )


def _sentence(result: "IngestResult") -> str:
    more = [f"{count:,} {word}" for word, count in (("repaired", result.repaired), ("blank", result.blank)) if count]
    return f"{result.file}: {_equation(asdict(result))}{f'  ({", ".join(more)})' if more else ''}"


def _as_json(done: "list[IngestResult]", refused: list[tuple[Path, QuetsachError]], *, single: bool) -> dict[str, Any]:
    """One file: its result; several: the totals, each result and what was refused."""
    errors = [
        {"file": str(path), "error": error.what, "where": error.where, "hint": error.hint} for path, error in refused
    ]
    results = [asdict(result) | {"seconds": round(result.seconds, 3)} for result in done]
    if single:
        return (results or errors)[0]
    return {**_totals(done), "files": results, "refused": errors}
