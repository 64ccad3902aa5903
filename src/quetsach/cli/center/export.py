"""``quetsach center lake export``: sightings of a period as a file for others, whole or not at all."""

import argparse
import bz2
import gzip
import io
import lzma
import sys
import zipfile
from collections.abc import Buffer, Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any, BinaryIO, override

import pyarrow as pa

from quetsach.centre.known_words import require_known
from quetsach.cli.center.opened import centre_with_lake, reader
from quetsach.cli.locations import new_file
from quetsach.cli.output import print_json, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import Period, parse_day
from quetsach.core.text import Number, Text
from quetsach.feeds.export import HandedOn, Writing
from quetsach.feeds.export_documents import COMPOSED
from quetsach.feeds.export_forms import FORMS, read_sender
from quetsach.feeds.tlp import Tlp
from quetsach.lake.exported import Asked, expired_days, sightings


class _KeptOpen(io.RawIOBase):
    """A file to write to that is left open by whoever closes this."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer, /) -> int:
        return self._raw.write(data)


_PACKED: dict[str, Callable[[BinaryIO], Any]] = {
    ".gz": lambda raw: gzip.GzipFile("", "wb", fileobj=raw, mtime=0),
    ".bz2": lambda raw: bz2.open(raw, "wb"),  # noqa: SIM115  (whoever calls it closes it)
    ".xz": lambda raw: lzma.open(raw, "wb"),  # noqa: SIM115  (likewise)
    ".zst": lambda raw: pa.CompressedOutputStream(pa.PythonFile(_KeptOpen(raw), mode="w"), "zstd"),
}
"""What a file is packed by, by the ending of its name."""
_ZIP = ".zip"
_TIME_OF_MEMBERS = (1980, 1, 1, 0, 0, 0)
"""The first that a zip can say: the same sightings make the same file."""

type Documents = Iterator[Iterator[Buffer]]


def run(arguments: argparse.Namespace) -> int:
    """Write sightings of a period in a form for others."""
    form = FORMS[arguments.form]
    if form.needs_sender and arguments.sender is None:
        hint = Text("name who hands on: {option}", option='--sender "National centre <reports@centre.example>"')
        raise InputError(Text("the form {form} says who hands on", form=form.name), hint=hint)
    asked = Asked(
        _period(arguments.first, arguments.last),
        arguments.feed,
        arguments.report,
        arguments.family,
        arguments.isp,
        arguments.place,
    )
    centre, done = centre_with_lake(arguments), HandedOn()
    sender = read_sender(arguments.sender) if arguments.sender else None
    writing = Writing(form, centre.layouts, Tlp(arguments.tlp), sender, COMPOSED.get(form.name))
    chosen = ("feed", "report", "family", "isp", "province")
    with centre.view() as view:
        words = {name: (word,) for name in chosen if (word := getattr(asked, name)) is not None}
        require_known(centre, view, asked.period, words)
        rows = sightings(view, asked, by=reader("center lake export"), reason=arguments.reason)
        documents = writing.documents(rows, done)
        if str(arguments.out) == "-":
            _write_one(documents, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            with new_file(arguments.out) as file:
                _write(documents, arguments.out, file, ending=form.ending)
        expired = expired_days(view, asked)
    _tell(arguments, done, expired)
    return ExitCode.NOTHING_FOUND


def _period(first: str, last: str) -> Period:
    begin, end = parse_day(first), parse_day(last)
    if end < begin:
        raise InputError(Text("a period ends before it begins"), where=f"{begin} … {end}")
    return Period(begin, end)


def _write(documents: Documents, path: Path, file: BinaryIO, *, ending: str) -> None:
    if path.suffix == _ZIP:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, document in enumerate(documents, 1):
                named = zipfile.ZipInfo(f"{path.stem[:_LONGEST_STEM]}-{number:04}{ending}", _TIME_OF_MEMBERS)
                named.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(named, "w", force_zip64=True) as member:
                    member.writelines(document)
        return
    with _packed(path, file) as packed:
        _write_one(documents, packed)


_LONGEST_STEM = 100


@contextmanager
def _packed(path: Path, file: BinaryIO) -> Iterator[IO[bytes]]:
    if (pack := _PACKED.get(path.suffix)) is None:
        yield file
        return
    with pack(file) as packed:
        yield packed


def _write_one(documents: Documents, file: IO[bytes]) -> None:
    """Write what has to be one document.

    Raises:
        InputError: there are more sightings than one document of the form holds.
    """
    held: list[Buffer] = []
    for number, document in enumerate(documents, 1):
        if number > 1:
            raise InputError(
                Text("these are more sightings than one document of this form holds"),
                hint=Text("name a file that ends in .zip, which holds as many documents as are needed"),
            )
        pieces = iter(document)
        held = [first for first in (next(pieces, None),) if first is not None]
        following = next(pieces, None)
        if following is not None:  # a form without an end: nothing has to be kept back
            file.writelines(chain(held, [following], pieces))
            held = []
    file.writelines(held)


def _tell(arguments: argparse.Namespace, done: HandedOn, expired: int) -> None:
    """Say what was written, on standard error: standard output may be the file."""
    found = {
        "form": arguments.form,
        "sightings": done.sightings,
        "withheld": done.withheld,
        "documents": done.documents,
        "expired_days": expired,
    }
    if arguments.json and str(arguments.out) != "-":
        print_json(found)
        return
    language = chosen_language(arguments)
    told = [Text("{sightings} sightings were written.", sightings=Number(done.sightings))]
    if done.withheld:
        told.append(
            Text("{withheld} are marked TLP:RED and were left out.", withheld=Number(done.withheld)),
        )
    if expired:
        told.append(Text("Those of {days} days of reports have expired and are not in it.", days=Number(expired)))
    for text in told:
        tell(text, language, sys.stderr)
