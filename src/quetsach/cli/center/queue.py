"""``quetsach center feeds send``, ``commit`` and ``queue``: deliveries that come from other machines."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quetsach.centre.centre import Centre
from quetsach.centre.deliveries import find_deliveries
from quetsach.centre.ingest import ingest_files
from quetsach.centre.publication import due
from quetsach.centre.queue.jetstream import Committed, Committer, Status, joined, send, waiting
from quetsach.centre.queue.landing import Queue, Ticket, land, load_queue
from quetsach.centre.sources.pulling import outcomes_as_json
from quetsach.cli.failure import complain, system_error
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import Text, all_in_language
from quetsach.feeds.layout_files import Layouts
from quetsach.feeds.lines import MAX_HEADER_BYTES
from quetsach.feeds.packed import is_packed
from quetsach.feeds.record import legible
from quetsach.lake.intake import Outcome
from quetsach.lake.lake import IngestResult

_WAITING = (Text("feed"), Text("report"), Text("deliveries that wait"))
_TABLES_AGE = timedelta(minutes=1)
"""So long a committer uses the tables that it has read."""


def send_them(arguments: argparse.Namespace) -> int:
    """Lay files where committers see them, and say so in the queue."""
    data, language = arguments.data or default_data(), chosen_language(arguments)
    found, queue = find_deliveries(arguments.files), load_queue(data)
    queue.require_folder()
    for path, why in found.passed_over:
        say(Text("passed over: {file} {why}", file=str(path), why=why).in_language(language), sys.stderr)
    if not found.files:
        raise InputError(Text("there is no file to send"), where=", ".join(map(str, arguments.files)))
    layouts = Centre(data).layouts
    if not layouts.of_feed(arguments.feed):
        hint = Text("known feeds: {known}", known=", ".join(layouts.feeds()))
        raise InputError(Text("unknown feed {feed}", feed=arguments.feed), hint=hint)
    sent = asyncio.run(_send(arguments, queue, layouts, found.files))
    if arguments.json:
        print_json(sent)
    return ExitCode.USAGE if any(one["status"] == "failed" for one in sent) else ExitCode.NOTHING_FOUND


async def _send(
    arguments: argparse.Namespace, queue: Queue, layouts: Layouts, files: tuple[Path, ...]
) -> list[dict[str, str]]:
    sent: list[dict[str, str]] = []
    language = chosen_language(arguments)
    async with joined(queue) as jetstream:
        for path in files:
            try:
                name = legible(path.name)[:255]
                ticket = await asyncio.to_thread(
                    land, queue, path, feed=arguments.feed, report=arguments.report, name=name
                )
                report = arguments.report or _report_of(path, arguments.feed, layouts)
                is_new = await send(jetstream, queue, ticket, report=report)
            except (QuetsachError, OSError) as error:
                told = error if isinstance(error, QuetsachError) else system_error(error)
                complain(told, language, named=str(path))
                sent.append({"file": str(path), "status": "failed", "error": told.what})
                continue
            sent.append({"file": str(path), "status": "sent" if is_new else "known", "sha256": ticket.sha256})
            if not arguments.json:
                what = Text("{file}: sent") if is_new else Text("{file}: was sent a moment ago; it is there once")
                tell(what.filled(file=str(path)), language)
    return sent


def _report_of(path: Path, feed: str, layouts: Layouts) -> str | None:
    """Return the report of a file as far as its name and head tell it: which committer it waits for, no more."""
    with path.open("rb") as stream:
        head = stream.read(MAX_HEADER_BYTES)
    try:
        if is_packed(head, path.name):
            return None
        return layouts.layout_of(feed, None, file_name=path.name, head=head).report
    except QuetsachError:
        return None  # its commit says why


def commit(arguments: argparse.Namespace) -> int:
    """Take in what collectors have sent, until told to stop or until nothing waits."""
    data, language = arguments.data or default_data(), chosen_language(arguments)
    refused: list[Committed] = []

    def told(one: Committed) -> None:
        if one.status is Status.REFUSED:
            refused.append(one)
        _tell(one, language, as_json=arguments.json)

    committer = Committer(load_queue(data), _Intake(data), told, lambda: datetime.now(UTC))
    asyncio.run(_until_stopped(committer, until_empty=arguments.until_empty))
    return ExitCode.USAGE if refused and arguments.until_empty else ExitCode.NOTHING_FOUND


async def _until_stopped(committer: Committer, *, until_empty: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await committer.work(stopped, until_empty=until_empty)


class _Intake:
    """Takes files into a centre's lake, by its tables of this minute."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._centre, self._read_at = Centre(data), datetime.now(UTC)

    def __call__(self, path: Path, ticket: Ticket) -> tuple[Outcome, ...]:
        if datetime.now(UTC) - self._read_at > _TABLES_AGE:
            self._centre, self._read_at = Centre(self._data), datetime.now(UTC)
        done = tuple(
            ingest_files(
                self._centre,
                [path],
                feed=ticket.feed,
                report=ticket.report,
                clock=lambda: datetime.now(UTC),
                name=ticket.name,
            )
        )
        if any(isinstance(one, IngestResult) and one.accepted for _, one in done):
            due.note_change(self._data)
        return done


def _tell(one: Committed, language: str, *, as_json: bool) -> None:
    if as_json:
        error = {"error": one.error.what, "where": one.error.where, "hint": one.error.hint} if one.error else {}
        line = {"file": one.name, "status": one.status, "files": outcomes_as_json(one.outcomes), **error}
        print(json.dumps(line, ensure_ascii=False), flush=True)
        return
    if one.status is Status.TAKEN:
        tell(Text("{file}: taken in", file=one.name), language)
    for name, trouble in _errors(one):
        complain(trouble, language, named=name)


def _errors(one: Committed) -> Iterator[tuple[str, QuetsachError]]:
    for name, outcome in (*one.outcomes, (one.name, one.error)):
        if isinstance(outcome, QuetsachError):
            yield name, outcome


def print_queue(arguments: argparse.Namespace) -> int:
    """List what waits to be taken in."""
    language = chosen_language(arguments)

    async def ask() -> dict[str, int]:
        async with joined(load_queue(arguments.data or default_data())) as jetstream:
            return await waiting(jetstream)

    rows = [(*subject.split(".")[1:3], count) for subject, count in sorted(asyncio.run(ask()).items())]
    if arguments.json:
        print_json([{"feed": feed, "report": report, "waiting": count} for feed, report, count in rows])
    elif rows:
        print_table(all_in_language(_WAITING, language), rows, right=(2,))
    else:
        tell(Text("No delivery waits."), language)
    return ExitCode.NOTHING_FOUND
