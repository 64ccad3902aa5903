"""``quetsach center feeds sources`` and ``feeds pull``: where feeds are fetched from, and fetching them."""

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from quetsach.centre.centre import Centre
from quetsach.centre.sources import SourceError
from quetsach.centre.sources.pulling import Pulled, Status, as_json, due_sources, pull, states
from quetsach.centre.sources.source import Faults, Source, load_sources
from quetsach.cli.center.publication import publish_and_tell
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import QuetsachError
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.text import Text, all_in_language

_LIST = (Text("source"), Text("kind"), Text("feed"), Text("last success"), Text("next due"), Text("last error"))
_TOLD = {
    Status.TAKEN: Text("{file}: taken in", file=""),
    Status.REFUSED: Text("{file}: refused", file=""),
    Status.UNCHANGED: Text("{file}: nothing new", file=""),
    Status.UNREAD: Text("{file}: no layout reads this report, so that it was left there", file=""),
    Status.OFFERED: Text("{file}: would be fetched", file=""),
}


def print_list(arguments: argparse.Namespace) -> int:
    """List the sources."""
    centre, language = Centre(arguments.data or default_data()), chosen_language(arguments)
    found, faults = states(centre)
    if arguments.json:
        print_json(
            [
                {
                    "source": source.name,
                    "kind": source.kind,
                    "feed": source.feed,
                    "report": source.report,
                    "is_paused": source.is_paused,
                    "tried_at": state.tried_at or None,
                    "succeeded_at": state.succeeded_at or None,
                    "due_at": None if source.is_paused else state.due_at(source, centre).isoformat(),
                    "failures": state.failures,
                    "error": state.error or None,
                }
                for source, state in found
            ]
            + [
                {"source": None, "file": file, "error": {each: error.in_language(each) for each in DATA_LANGUAGES}}
                for file, error in faults.items()
            ]
        )
    elif found:
        rows = []
        for source, state in found:
            due = f"{max(state.due_at(source, centre), datetime.now(UTC)):%Y-%m-%d %H:%M}Z"
            paused = Text("paused").in_language(language)
            last = state.succeeded_at[:16].replace("T", " ") + "Z" if state.succeeded_at else "—"
            error = state.error.get(language) or "—"
            rows.append((source.name, source.kind, source.feed, last, paused if source.is_paused else due, error))
        print_table(all_in_language(_LIST, language), rows)
    elif not faults:
        tell(Text("There are no sources: each is a file in the folder sources of the centre's data."), language)
    _complain(faults.values(), language)
    return ExitCode.USAGE if faults else ExitCode.NOTHING_FOUND


def _complain(faults: Iterable[QuetsachError], language: str) -> None:
    for error in faults:
        complain(error, language)


def pull_them(arguments: argparse.Namespace) -> int:
    """Fetch what sources have, and take it in."""
    data, language = arguments.data or default_data(), chosen_language(arguments)
    done: list[Pulled] = []
    with Progress(Text("fetching", context="progress").in_language(language)) as progress:
        sources, faults = _chosen(data, arguments.sources, language)
        for source in sources:
            work = pull(
                Centre(data),
                source,
                clock=lambda: datetime.now(UTC),
                progress=progress.advance,
                is_dry_run=arguments.dry_run,
            )
            for one in work:
                done.append(one)
                _tell(one, language, is_quiet=arguments.json)
    if arguments.json:
        print_json([as_json(one) for one in done])
    elif not done and not faults:
        tell(Text("No source is due."), language)
    _complain(faults.values(), language)
    if not arguments.dry_run:
        publish_and_tell(data, language, now=datetime.now(UTC), is_changed=any(one.accepted for one in done))
    is_bad = any(one.status in {Status.FAILED, Status.REFUSED, Status.BUSY} for one in done)
    return ExitCode.USAGE if is_bad or faults else ExitCode.NOTHING_FOUND


def _chosen(data: Path, named: list[str], language: str) -> tuple[list[Source], Faults]:
    """Return the sources that are due, with what is wrong with others; or those that were named."""
    if not named:
        return due_sources(Centre(data), datetime.now(UTC))
    sources, faults = load_sources(data)
    known = {source.name: source for source in sources}
    for name in named:
        if name not in known:
            _complain(faults.values(), language)  # it may be one of these
            hint = Text("known: {names}", names=", ".join(known) or "—")
            raise SourceError(Text("there is no source {name}", name=name), hint=hint)
    return [known[name] for name in named], {}


def _tell(one: Pulled, language: str, *, is_quiet: bool) -> None:
    if one.status in _TOLD and not is_quiet:
        tell(_TOLD[one.status].with_values(file=f"{one.source}: {one.name}"), language)
    if one.status is Status.BUSY:
        complain(SourceError(Text("another pull of this source is at work"), where=one.source), language)
    for name, outcome in (*one.outcomes, ("", one.error)):
        if isinstance(outcome, QuetsachError):
            complain(outcome, language, named=one.source if not name else f"{one.source}: {name}")
