"""``quetsach center network``: which tables say where an address is."""

import argparse
import contextlib
import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, cast

from quetsach.centre.tables import imported_dates, keep_ranges, load_network_tables
from quetsach.cli.center.publication import publish_and_tell
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.address import Address
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.text import Number, Text
from quetsach.network import read_ranges

_FOUND = {
    "address": Text("IP address"),
    "first": Text("first of its range"),
    "last": Text("last of its range"),
    "asn": Text("AS number"),
    "as_name": Text("name of the AS"),
    "isp": Text("provider"),
    "isp_name": Text("name of the provider"),
    "day": Text("provider table of"),
    "network_version": Text("address table of"),
}
_DATE_IN_NAME = re.compile(r"(20\d{2}-\d{2}-\d{2})")


def take_in(arguments: argparse.Namespace) -> int:
    """Take in tables that say which AS and provider an address belongs to."""
    today = datetime.now(UTC).date()
    dated = _version(arguments.version, arguments.files, today)
    language = chosen_language(arguments)
    reading = Text("lines read", context="progress").in_language(language)
    with Progress(reading) as progress, _opened(arguments.files) as stream:
        where = ", ".join(path.name for path in arguments.files)
        ranges = read_ranges(stream, where=where, progress=progress.advance)
    data: Path = arguments.data or default_data()
    path = keep_ranges(data, ranges, dated=dated)
    newest = max(imported_dates(path.parent))
    result = {
        "version": str(dated),
        "version_in_use": str(newest),
        "stretches": len(ranges.starts),
        "as_numbers": len(ranges.names),
        "ipv4_addresses": sum(ranges.announced_ipv4().values()),
    }
    if arguments.json:
        print_json(result)
    else:
        counted = {"asns": Number(len(ranges.names)), "addresses": Number(sum(ranges.announced_ipv4().values()))}
        told = (
            Text("address table of {dated}: {asns} AS numbers, {addresses} announced IPv4 addresses; used from now on")
            if newest == dated
            else Text(
                "address table of {dated}: {asns} AS numbers, {addresses} announced IPv4 addresses; "
                "the newer one of {newest} stays in use"
            )
        )
        tell(told.with_values(**counted, dated=str(dated), newest=str(newest)), language)
    publish_and_tell(data, language, now=datetime.now(UTC))
    return ExitCode.NOTHING_FOUND


def look_up(arguments: argparse.Namespace) -> int:
    """Tell which AS and provider an address belongs to."""
    language = chosen_language(arguments)
    address = Address.parse(arguments.address)
    day = parse_day(arguments.day) if arguments.day else datetime.now(UTC).date()
    tables = load_network_tables(arguments.data or default_data())
    found = tables.look_up(address, day)
    result = {
        "address": str(found.address),
        "first": str(found.first),
        "last": str(found.last),
        "asn": found.asn,
        "as_name": found.as_name,
        "isp": found.isp,
        "isp_name": tables.isp_name(found.isp, "en"),
        "day": str(day),
        "network_version": tables.version,
    }
    if arguments.json:
        print_json(result)
    else:
        shown = result | {"isp_name": tables.isp_name(found.isp, language)}
        print_table(("", ""), [(_FOUND[name].in_language(language), value) for name, value in shown.items()])
    return ExitCode.NOTHING_FOUND


def _version(named: str | None, files: list[Path], today: date) -> date:
    in_names = [match[1] for path in files if (match := _DATE_IN_NAME.search(path.name))]
    return parse_day(named) if named else parse_day(in_names[0]) if in_names else today


@contextlib.contextmanager
def _opened(paths: list[Path]) -> Iterator[BinaryIO]:
    """Give the files as one stream of lines; gzip is known by its first bytes, what is wrong with it by line."""
    try:
        with contextlib.ExitStack() as open_files:
            yield cast("BinaryIO", _Joined([_plain(open_files.enter_context(path.open("rb"))) for path in paths]))
    except OSError as error:  # gzip.BadGzipFile is one
        raise InputError(Text("cannot be read: {reason}", reason=error)) from error
    except (EOFError, zlib.error) as error:
        raise InputError(
            Text("the gzip stream is damaged: {reason}", reason=error), hint=Text("fetch the file again")
        ) from error


def _plain(stream: BinaryIO) -> BinaryIO:
    magic = stream.read(2)
    stream.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if magic == b"\x1f\x8b" else stream


class _Joined:
    """Several files read as one, line by line; a last line without an end stays a line."""

    def __init__(self, streams: list[BinaryIO]) -> None:
        self._streams = streams

    def readline(self, limit: int) -> bytes:
        """Return the next line, cut at ``limit`` bytes; empty at the end of the last file."""
        while self._streams:
            if line := self._streams[0].readline(limit):
                return line
            self._streams.pop(0)
        return b""
