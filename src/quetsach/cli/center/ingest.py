"""``quetsach center ingest``: any feed into the lake, exactly once."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quetsach.centre.centre import Centre
from quetsach.centre.ingest import ingest_files
from quetsach.cli.center.publication import publish_and_tell
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text, number_text
from quetsach.lake.lake import IngestResult, Outcome

_COUNTED = {
    "records": Text("records"),
    "accepted": Text("accepted"),
    "duplicates": Text("duplicates"),
    "quarantined": Text("quarantined"),
    "repaired": Text("of them repaired"),
    "blank": Text("blank lines"),
}

COUNTS = tuple(_COUNTED)


def run(arguments: argparse.Namespace) -> int:
    """Take feed files into the lake."""
    data: Path = arguments.data or default_data()
    language = chosen_language(arguments)
    done: list[IngestResult] = []
    refused: list[tuple[str, QuetsachError]] = []
    for name, outcome in _ingest(arguments, data):
        if isinstance(outcome, QuetsachError):
            refused.append((name, outcome))
            complain(outcome, language, named="" if outcome.where == name else name)
        else:
            done.append(outcome)
            if not arguments.json:
                print(f"{outcome.file}: {_equation(asdict(outcome), language)}")
    if arguments.json:
        print_json(_as_json(done, refused, single=len(done) + len(refused) == 1))
    elif len(done) + len(refused) > 1:
        summary = Text("{done} of {all} files", done=len(done), all=len(done) + len(refused)).in_language(language)
        print(f"{summary}: {_equation(_totals(done), language)}")
    publish_and_tell(data, language, now=datetime.now(UTC), is_changed=any(result.accepted for result in done))
    return ExitCode.USAGE if refused else ExitCode.NOTHING_FOUND


def _ingest(arguments: argparse.Namespace, data: Path) -> Iterator[Outcome]:
    files: list[Path] = arguments.files
    with Progress(
        Text("ingesting", context="progress").in_language(chosen_language(arguments)),
        sum(_size(path) for path in files),
    ) as progress:
        yield from ingest_files(
            Centre(data),
            files,
            feed=arguments.feed,
            report=arguments.report,
            clock=lambda: datetime.now(UTC),
            progress=progress.advance,
        )


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
    more = ", ".join(shown[name] for name in ("repaired", "blank") if counts[name])
    equation = f"{shown['records']} = {shown['accepted']} + {shown['duplicates']} + {shown['quarantined']}"
    return f"{equation}  ({more})" if more else equation


def _as_json(done: list[IngestResult], refused: list[tuple[str, QuetsachError]], *, single: bool) -> dict[str, Any]:
    """One file: its result; several: the totals, each result and what was refused."""
    errors = [{"file": name, "error": error.what, "where": error.where, "hint": error.hint} for name, error in refused]
    results = [asdict(result) | {"seconds": round(result.seconds, 3)} for result in done]
    if single:
        return (results or errors)[0]
    return {**_totals(done), "files": results, "refused": errors}
