"""``quetsach center feeds sources`` and ``feeds pull``: where feeds are fetched from, and fetching them."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from quetsach.centre.centre import Centre
from quetsach.centre.sources import SourceError
from quetsach.centre.sources.pulling import Pulled, Status, as_json, due_sources, pull, states
from quetsach.centre.sources.source import Source, load_sources
from quetsach.cli.center.publication import publish_and_tell
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import QuetsachError
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
    found = states(centre)
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
    else:
        tell(Text("There are no sources: each is a file in the folder sources of the centre's data."), language)
    return ExitCode.NOTHING_FOUND


def pull_them(arguments: argparse.Namespace) -> int:
    """Fetch what sources have, and take it in."""
    data, language = arguments.data or default_data(), chosen_language(arguments)
    done: list[Pulled] = []
    with Progress(Text("fetching", context="progress").in_language(language)) as progress:
        for source in _chosen(data, arguments.sources):
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
    elif not done:
        tell(Text("No source is due."), language)
    if not arguments.dry_run:
        publish_and_tell(data, language, now=datetime.now(UTC), is_changed=any(one.accepted for one in done))
    is_bad = any(one.status in {Status.FAILED, Status.REFUSED, Status.BUSY} for one in done)
    return ExitCode.USAGE if is_bad else ExitCode.NOTHING_FOUND


def _chosen(data: Path, named: list[str]) -> list[Source]:
    if not named:
        return due_sources(Centre(data), datetime.now(UTC))
    known = {source.name: source for source in load_sources(data)}
    for name in named:
        if name not in known:
            hint = Text("known: {names}", names=", ".join(known) or "—")
            raise SourceError(Text("there is no source {name}", name=name), hint=hint)
    return [known[name] for name in named]


def _tell(one: Pulled, language: str, *, is_quiet: bool) -> None:
    if one.status in _TOLD and not is_quiet:
        tell(_TOLD[one.status].with_values(file=f"{one.source}: {one.name}"), language)
    if one.status is Status.BUSY:
        complain(SourceError(Text("another pull of this source is at work"), where=one.source), language)
    for name, outcome in (*one.outcomes, ("", one.error)):
        if isinstance(outcome, QuetsachError):
            complain(outcome, language, named=one.source if not name else f"{one.source}: {name}")
