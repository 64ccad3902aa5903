"""What the questions over windows of sightings share: their arguments, basis and definitions, CSV."""

import argparse
import textwrap
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from quetsach import storage
from quetsach.assess import Basis, Definition, period_text
from quetsach.assess.rows import MAX_BYTES
from quetsach.assess.subscribers import Subscribers, read_subscribers
from quetsach.assess.targets import coverage
from quetsach.campaign.section import Section
from quetsach.centre.centre import Centre
from quetsach.centre.registered import write_once
from quetsach.centre.tables import load_subscribers
from quetsach.cli.center.opened import opened_centre, reader
from quetsach.cli.locations import default_data
from quetsach.core.errors import InputError
from quetsach.core.period import Period, parse_day
from quetsach.core.table import csv_text
from quetsach.core.text import LocalText, Number, Text
from quetsach.lake.view import LakeView


def subscribers_of(file: Path | None, data: Path) -> Subscribers:
    """Return the subscribers in a file, else those that the centre keeps.

    Raises:
        QuetsachError: there are none, or the table is damaged.
    """
    if file is not None:
        return read_subscribers(storage.read_input(file, most_bytes=MAX_BYTES), where=str(file))
    kept = load_subscribers(data)
    if kept is None:
        raise InputError(
            Text("the centre knows no subscribers of providers"),
            hint=Text("quetsach center network import FILE --form subscribers, or --subscribers FILE"),
        )
    return kept


def campaign_folder(arguments: argparse.Namespace) -> Path:
    """Return where the files of the campaign that was named lie; it may not be there yet.

    Raises:
        QuetsachError: the name is no identifier.
    """
    name = Section({"CAMPAIGN": arguments.campaign}, "command line").identifier("CAMPAIGN")
    return Path(arguments.data or default_data()) / "campaigns" / name


def keep_once(
    arguments: argparse.Namespace, act: str, path: Path, content: bytes, *, digest: str, refusal: LocalText
) -> None:
    """Keep for good what later decides a verdict; where there is an office, with an entry of its log.

    Args:
        arguments: of the command.
        act: a ``RecordAct``.
        path: where it is kept.
        content: the file.
        digest: the SHA-256 (hex) that is published of it.
        refusal: what to say where it is there already.

    Raises:
        QuetsachError: it is there already, cannot be written, or cannot be logged.
    """
    if not Centre(arguments.data or default_data()).is_laid_out:
        write_once(path, content, refusal)
        return
    with opened_centre(arguments) as now:
        baseline = import_module("quetsach.web.office.campaigns.services.baseline")
        baseline.record_keep(
            act=baseline.RecordAct(act),
            path=path,
            content=content,
            refusal=refusal,
            campaign=campaign_folder(arguments).name,
            digest=digest,
            by=reader("center assess").who,
            now=now,
        )


def asked_period(arguments: argparse.Namespace) -> Period | None:
    """Return the period that was asked for; None for the usual one.

    Raises:
        InputError: half a period, or no days.
    """
    if arguments.first is None and arguments.last is None:
        return None
    if arguments.first is None or arguments.last is None:
        raise InputError(Text("a period needs both its days"), hint=Text("--from 2020-06-16 --to 2020-07-15"))
    return Period(parse_day(arguments.first), parse_day(arguments.last))


def newest_period(view: LakeView, days: int) -> Period:
    """Return the days up to the newest that has sightings, no later than today.

    Raises:
        InputError: there are no sightings yet.
    """
    newest = view.newest_day(until=datetime.now(UTC).date())
    if newest is None:
        raise InputError(Text("there are no sightings yet"), hint="quetsach center ingest FILE --feed NAME")
    return Period(newest - timedelta(days=days - 1), newest)


def show_basis(basis: Basis, language: str) -> None:
    """Print what a number was counted over and from."""
    text = Text(
        "Window {window} (UTC), data on {days} of {all} days; feeds: {feeds}; newest data: {newest}; address table: "
        "{tables}.",
        window=period_text(basis.window, language),
        days=basis.days_with_data,
        all=basis.window.days,
        feeds=", ".join(basis.feeds) or "–",
        newest=basis.as_of or "–",
        tables=", ".join(basis.network_versions) or "–",
    )
    tell_wrapped(text, language)


def show_coverage(basis: Basis, language: str) -> None:
    """Print what makes a number doubtful by the data that it stands on."""
    for notice in coverage(basis):
        tell_wrapped(Text("Note: {notice}", notice=notice.text), language)


def show_definitions(definitions: Iterable[Definition], language: str) -> None:
    """Print what the numbers mean."""
    for definition in definitions:
        print_wrapped(f"{definition.name.in_language(language)}: {definition.text.in_language(language)}")


def print_wrapped(text: str) -> None:
    """Print a paragraph, its later lines set in."""
    print("\n" + textwrap.fill(text, 100, subsequent_indent="  "))


def tell_wrapped(text: LocalText, language: str) -> None:
    """Print a paragraph in a language, its later lines set in."""
    print_wrapped(text.in_language(language))


def percent(share: float, decimals: int = 0, *, signed: bool = False) -> Text:
    """Return a share in percent."""
    return Text("{share} %", share=Number(100 * share, decimals, signed=signed))


def print_csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a header and rows as CSV."""
    print(csv_text([header, *rows]), end="")
