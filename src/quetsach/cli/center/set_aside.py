"""``quetsach center feeds quarantine``: the records that were set aside, one by one, and all of them as a file."""

import argparse
import io
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TextIO

from quetsach.centre.ingest import retry_set_aside
from quetsach.cli.center.opened import centre_with_lake, reader
from quetsach.cli.center.publication import publish_and_tell
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_data, new_file
from quetsach.cli.output import print_json, print_json_list, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import Number, Text, all_in_language, number_text
from quetsach.feeds.layout import Layout
from quetsach.feeds.layout_files import Layouts
from quetsach.feeds.record import MAX_RECORD_BYTES, MAX_RECORD_LINES, Reason, excerpt
from quetsach.lake.retry import Retried
from quetsach.lake.set_aside import COLUMNS, SetAside, as_csv, as_json_lines, record_at, records_set_aside

_QUARANTINE = (Text("file"), Text("line"), Text("offset"), Text("reason"), Text("column"), Text("excerpt"))
_BATCH_ROWS = 10_000
_SHOWN_BYTES = 4096

EXPECTED = {
    Reason.BAD_IP: Text("an address, IPv4 or IPv6"),
    Reason.EMPTY_IP: Text("an address, IPv4 or IPv6"),
    Reason.BAD_DESTINATION_IP: Text("an address, IPv4 or IPv6, or nothing"),
    Reason.BAD_TIMESTAMP: Text("a time in the form that the layout says"),
    Reason.BAD_PORT: Text("the number of a port, or nothing"),
    Reason.BAD_DESTINATION_PORT: Text("the number of a port, or nothing"),
    Reason.SHORT_ROW: Text("as many cells as the header has"),
    Reason.LONG_ROW: Text("as many cells as the header has"),
    Reason.BAD_QUOTES: Text("quotes that are closed within {lines} lines", lines=MAX_RECORD_LINES),
    Reason.BAD_UTF8: Text("text in UTF-8"),
    Reason.REPEATED_HEADER: Text("a record, not the header again"),
    Reason.TOO_LONG: Text("a record of at most {bytes} bytes", bytes=MAX_RECORD_BYTES),
    Reason.FUTURE: Text("a time that is not more than a day after that of the ingest"),
    Reason.RESERVED_IP: Text("an address that a machine on the public internet can have"),
    Reason.IP_RANGE: Text("one address, not a range"),
    Reason.BAD_JSON: Text("an object of JSON"),
    Reason.BAD_YAML: Text("a document of YAML with a name and its value on each line, and nothing else"),
    Reason.OTHER_KIND: Text("a record of the kind that the layout reads"),
}
"""What should have stood there, by why a record was set aside."""


def print_list(arguments: argparse.Namespace) -> int:
    """Show the records that were set aside, and why."""
    centre = centre_with_lake(arguments)
    language = chosen_language(arguments)
    rejects = centre.view().quarantined(arguments.delivery, by=reader("center feeds quarantine list"))
    rejects = rejects.rename_columns(["file", "delivery", "line", "offset", "length", "reason", "column", "excerpt"])
    if arguments.json:
        print_json_list(row for batch in rejects.to_batches(max_chunksize=_BATCH_ROWS) for row in batch.to_pylist())
    elif rejects.num_rows:
        shown = rejects.select(["file", "line", "offset", "reason", "column", "excerpt"])
        print_table(
            all_in_language(_QUARANTINE, language),
            zip(*(column.to_pylist() for column in shown.columns), strict=True),
            right=(1, 2),
        )
    else:
        tell(Text("Nothing was set aside."), language)
    return ExitCode.NOTHING_FOUND


def show(arguments: argparse.Namespace) -> int:
    """Show one record: its bytes, why it was set aside, and what was expected."""
    centre, language = centre_with_lake(arguments), chosen_language(arguments)
    by = reader("center feeds quarantine show")
    with centre.view() as view:
        found = record_at(view, delivery=arguments.delivery, offset=arguments.offset, by=by)
    layout, expected = _layout_of(centre.layouts, found), EXPECTED[Reason(found.reason)]
    names = {field: names for field, names in layout.columns.items() if found.column in names} if layout else {}
    if arguments.json:
        record = dict(zip(COLUMNS, found.cells(), strict=True))
        print_json(
            {
                **record,
                "is_cut": found.is_cut,
                "expected": expected.en,
                "layout": {"has_changed": _has_changed(layout, found), "columns": names},
            }
        )
        return ExitCode.NOTHING_FOUND
    place = Text(
        "{file}, line {line}, from byte {offset}, {length} bytes",
        file=excerpt(found.delivery.file),
        line=found.line,
        offset=found.byte_offset,
        length=found.byte_length,
    )
    tell(place, language)
    tell(Text("Set aside because: {reason}", reason=found.reason), language)
    tell(Text("Expected: {expected}", expected=expected), language)
    for field, columns in names.items():
        alternatives = ", ".join(columns)
        told = Text(
            "Column {column} is read as {field}, from the first of: {names}",
            column=found.column,
            field=field,
            names=alternatives,
        )
        tell(told, language)
    if _has_changed(layout, found):
        tell(Text("The layout has changed since this file was taken in, or is gone."), language)
    _print_bytes(found, language)
    return ExitCode.NOTHING_FOUND


def _layout_of(layouts: Layouts, found: SetAside) -> Layout | None:
    of_feed = layouts.of_feed(found.delivery.feed) if found.delivery.feed in layouts.feeds() else ()
    return next((one for one in of_feed if one.report == found.delivery.report), None)


def _has_changed(layout: Layout | None, found: SetAside) -> bool:
    return layout is None or layout.version != found.delivery.versions.get("layout", "")


def _print_bytes(found: SetAside, language: str) -> None:
    """Print the bytes of a record: text as it is, other bytes as hexadecimal numbers."""
    shown = found.content[:_SHOWN_BYTES]
    print()
    if found.text is not None:
        say(shown.decode("utf-8", "replace"))
    else:
        for start in range(0, len(shown), 16):
            row = shown[start : start + 16]
            letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
            print(f"{found.byte_offset + start:>12}  {row.hex(' '):<47}  {letters}")
    if len(shown) < found.byte_length:
        more = found.byte_length - len(shown)
        tell(Text("… and {bytes} bytes more: quetsach center feeds quarantine export", bytes=more), language)


def export(arguments: argparse.Namespace) -> int:
    """Write the records that were set aside, with their bytes, as CSV or lines of JSON."""
    if arguments.out is None:
        _write(arguments, sys.stdout)
        return ExitCode.NOTHING_FOUND
    with new_file(arguments.out) as raw:
        file = io.TextIOWrapper(raw, encoding="utf-8", newline="", write_through=True)
        _write(arguments, file)
        file.detach()
    return ExitCode.NOTHING_FOUND


def retry(arguments: argparse.Namespace) -> int:
    """Read records again, and tell what is understood now and what stays set aside."""
    centre, language = centre_with_lake(arguments), chosen_language(arguments)
    if sum((bool(arguments.deliveries), arguments.all, bool(arguments.reason and not arguments.deliveries))) != 1:
        hint = "quetsach center feeds quarantine retry --all"
        raise InputError(Text("name deliveries, or all of them, or a reason"), hint=hint)
    done: list[Retried] = []
    refused: list[tuple[str, QuetsachError]] = []
    found = retry_set_aside(
        centre,
        arguments.deliveries or None,
        reason=arguments.reason or "",
        clock=lambda: datetime.now(UTC),
        is_dry_run=arguments.check,
    )
    for file, outcome in found:
        if isinstance(outcome, QuetsachError):
            refused.append((file, outcome))
            complain(outcome, language, named="" if outcome.where == file else excerpt(file))
        else:
            done.append(outcome)
            if not arguments.json:
                _tell_retried(outcome, language, is_check=arguments.check)
    if arguments.json:
        told = [{"file": file, "error": error.in_language("en"), "hint": error.hint} for file, error in refused]
        print_json({"is_check": arguments.check, "retried": [asdict(one) for one in done], "refused": told})
    elif not done and not refused:
        tell(Text("Nothing is set aside that could be read again."), language)
    if not arguments.check:
        is_changed = any(one.accepted for one in done)
        publish_and_tell(arguments.data or default_data(), language, now=datetime.now(UTC), is_changed=is_changed)
    return ExitCode.USAGE if refused else ExitCode.NOTHING_FOUND


def _tell_retried(one: Retried, language: str, *, is_check: bool) -> None:
    file, records, accepted = excerpt(one.file), Number(one.records), Number(one.accepted)
    duplicates, aside = Number(one.duplicates), Number(one.quarantined)
    if is_check:
        told = Text(
            "{file}: of {records} records that were set aside {accepted} would be accepted, {duplicates} are "
            "duplicates, {aside} would stay set aside.",
            file=file,
            records=records,
            accepted=accepted,
            duplicates=duplicates,
            aside=aside,
        )
    else:
        told = Text(
            "{file}: of {records} records that were set aside {accepted} are accepted now, {duplicates} are "
            "duplicates, {aside} stay set aside.",
            file=file,
            records=records,
            accepted=accepted,
            duplicates=duplicates,
            aside=aside,
        )
    tell(told, language)
    for reason, number in sorted(one.reasons.items(), key=lambda item: (-item[1], item[0])):
        say(f"  {reason}: {number_text(number, language)}")


def _write(arguments: argparse.Namespace, file: TextIO) -> None:
    by = reader("center feeds quarantine export")
    with centre_with_lake(arguments).view() as view:
        records = records_set_aside(view, delivery=arguments.delivery, feed=arguments.feed, by=by)
        file.writelines(as_csv(records) if arguments.form == "csv" else as_json_lines(records))
