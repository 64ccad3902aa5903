"""``quetsach center ingest``: any feed into the lake, exactly once."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from quetsach.centre.centre import Centre
from quetsach.centre.deliveries import STANDARD_INPUT, Found, find_deliveries, spooled
from quetsach.centre.ingest import ingest_files
from quetsach.cli.center.publication import publish_and_tell
from quetsach.cli.failure import complain, system_error
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import Text, number_text
from quetsach.lake.intake import Outcome
from quetsach.lake.lake import IngestResult

_COUNTED = {
    "records": Text("records"),
    "accepted": Text("accepted"),
    "duplicates": Text("duplicates"),
    "quarantined": Text("quarantined"),
    "repaired": Text("of them repaired"),
    "blank": Text("blank lines"),
    "context": Text("objects that say more of records"),
}

COUNTS = tuple(_COUNTED)


def run(arguments: argparse.Namespace) -> int:
    """Take feed files into the lake."""
    pa.set_memory_pool(pa.system_memory_pool())  # that of the wheels asks the kernel for new pages all the time
    data: Path = arguments.data or default_data()
    language = chosen_language(arguments)
    found = find_deliveries(arguments.files)
    _refuse_nothing(arguments, found)
    for path, why in found.passed_over:
        told = Text("passed over: {file} {why}", file=str(path), why=why).in_language(language)
        say(told, sys.stderr)
    done: list[IngestResult] = []
    refused: list[tuple[str, QuetsachError]] = []
    for name, outcome in _ingest(arguments, data, found.files):
        if isinstance(outcome, QuetsachError):
            refused.append((name, outcome))
            complain(outcome, language, named="" if outcome.where == name else name)
        else:
            done.append(outcome)
            if not arguments.json:
                print(f"{outcome.file}: {_equation(asdict(outcome), language)}")
    if arguments.json:
        print_json(_as_json(done, refused, found, language))
    elif len(done) + len(refused) > 1:
        summary = Text("{done} of {all} files", done=len(done), all=len(done) + len(refused)).in_language(language)
        print(f"{summary}: {_equation(_totals(done), language)}")
    publish_and_tell(data, language, now=datetime.now(UTC), is_changed=any(result.accepted for result in done))
    return ExitCode.USAGE if refused else ExitCode.NOTHING_FOUND


def _refuse_nothing(arguments: argparse.Namespace, found: Found) -> None:
    if arguments.name and STANDARD_INPUT not in found.files:
        raise InputError(
            Text("--name is for what comes in through standard input"), hint="quetsach center ingest - --name a.csv"
        )
    if not found.files:
        raise InputError(Text("there is no file to take in"), where=", ".join(map(str, arguments.files)))


def _ingest(arguments: argparse.Namespace, data: Path, files: tuple[Path, ...]) -> Iterator[Outcome]:
    named = [path for path in files if path != STANDARD_INPUT]
    with Progress(
        Text("ingesting", context="progress").in_language(chosen_language(arguments)),
        sum(_size(path) for path in named),
    ) as progress:

        def take(paths: list[Path], name: str = "") -> Iterator[Outcome]:
            return ingest_files(
                Centre(data),
                paths,
                feed=arguments.feed,
                report=arguments.report,
                clock=lambda: datetime.now(UTC),
                progress=progress.advance,
                name=name,
            )

        if named:
            yield from take(named)
        if len(named) < len(files):
            yield from _from_standard_input(take, arguments.name or "stdin", data)


def _from_standard_input(
    take: Callable[[list[Path], str], Iterator[Outcome]], name: str, data: Path
) -> Iterator[Outcome]:
    with ExitStack() as held:
        try:
            path = held.enter_context(spooled(sys.stdin.buffer, data))
        except QuetsachError as error:
            yield name, error
        except OSError as error:
            yield name, system_error(error)
        else:
            yield from take([path], name)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # the ingest of the file itself will say why


def _totals(done: list[IngestResult]) -> dict[str, int]:
    return {name: sum(getattr(result, name) for result in done) for name in COUNTS}


def _equation(counts: dict[str, int], language: str) -> str:
    """The invariant as people write it, then what else is worth a word."""
    shown = {name: f"{number_text(counts[name], language)} {_COUNTED[name].in_language(language)}" for name in COUNTS}
    more = ", ".join(shown[name] for name in ("repaired", "blank", "context") if counts[name])
    equation = f"{shown['records']} = {shown['accepted']} + {shown['duplicates']} + {shown['quarantined']}"
    return f"{equation}  ({more})" if more else equation


def _as_json(
    done: list[IngestResult], refused: list[tuple[str, QuetsachError]], found: Found, language: str
) -> dict[str, Any]:
    """One file: its result; several: the totals, each result, what was refused, and what of folders was passed over."""
    errors = [{"file": name, "error": error.what, "where": error.where, "hint": error.hint} for name, error in refused]
    results = [asdict(result) | {"seconds": round(result.seconds, 3)} for result in done]
    if len(done) + len(refused) == 1 and not found.passed_over:
        return (results or errors)[0]
    passed_over = [{"file": str(path), "why": why.in_language(language)} for path, why in found.passed_over]
    return {**_totals(done), "files": results, "refused": errors, "passed_over": passed_over}
