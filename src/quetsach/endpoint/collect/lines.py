"""The readers ``lines`` and ``files``: settings line by line, and files that count by lying where they lie."""

import posixpath
import re
from collections.abc import Iterator
from itertools import islice

from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.command import LONGEST_COMMAND_BYTES
from quetsach.endpoint.collect.property_list import archived_paths, parse_property_list, values_under
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.text import TextFile
from quetsach.endpoint.trouble import Reason, Trouble

_MOST_COMMANDS = 1_000
_HEAD_BYTES = 4_096


def read_lines(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield the lines of text files. Fields: ``place``, ``path``, ``line``, ``command``, ``user``.

    A tab is a blank in ``line`` and ``command``: as an escape, patterns would miss most lines of ``hosts``.
    """
    place = reading.place
    comments = tuple(comment.encode() for comment in place.comment)
    for user, file in reading.texts():
        if isinstance(file, Trouble):
            yield file
            continue
        if file.is_program:
            continue
        path = printable(file.anchor.path)
        for anchor in file.lines():
            line = anchor.line.strip()
            if not line or (comments and line.startswith(comments)):
                continue
            if len(line) > LONGEST_COMMAND_BYTES:
                reading.stop_at(file.anchor.path)
            command = command_in(line, place.command)
            if place.needs_command and not command:
                continue
            fields = {
                "place": place.name,
                "path": path,
                "line": printable(line.replace(b"\t", b" ")),
                "command": printable(command.replace(b"\t", b" ")),
                "user": printable(user.name),
            }
            yield Artefact(place.kind, anchor, fields, reading.named(command, user.home, file.anchor))


def read_files(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield files. Fields: ``place``, ``path``, ``name``, ``command``, ``user``. A file refers to itself too."""
    place = reading.place
    for user, path, file in reading.files():
        if isinstance(file, Trouble):
            yield file
            continue
        command = _command_of(reading, file)
        if place.needs_command and not command:
            continue
        fields = {
            "place": place.name,
            "path": printable(file.anchor.path),
            "name": printable(posixpath.basename(path)),
            "command": printable(command),
            "user": printable(user.name),
        }
        named = reading.named(command, user.home, file.anchor)
        yield Artefact(place.kind, file.anchor, fields, tuple(dict.fromkeys((file.anchor.path, *named))))


def command_in(line: bytes, pattern: re.Pattern[bytes] | None) -> bytes:
    """Return what a line runs: the groups that took part in each match, one command after another with ``;``.

    Only the first ``LONGEST_COMMAND_BYTES`` count: however a pattern is written, a line costs little.
    """
    if pattern is None:
        return b""
    matches = islice(pattern.finditer(line[:LONGEST_COMMAND_BYTES]), _MOST_COMMANDS)
    commands = (next((group for group in match.groups() if group), b"").strip() for match in matches)
    return b"; ".join(command for command in commands if command)


def _command_of(reading: Reading, file: TextFile) -> bytes:
    """Return what a file runs, by its form; empty for content of another form, which is said."""
    place = reading.place
    if not (place.form or place.command) or (not place.form and b"\0" in file.content[:_HEAD_BYTES]):
        return b""
    if not reading.may_read(file):
        return b""
    if not place.form:
        return _text_command(reading, file)
    found = parse_property_list(file.content)
    if found is None:
        reading.troubles[file.anchor.path] = Trouble(file.anchor.path, Reason.DAMAGED)
        return b""
    return b"; ".join(archived_paths(found) if place.form == "archived-paths" else values_under(found, place.names))


def _text_command(reading: Reading, file: TextFile) -> bytes:
    """Return what the lines of a text run, of so many as a command can be made of."""
    lines = (line for line in file.content.splitlines() if line.strip())
    commands = (command_in(line, reading.place.command) for line in lines)
    found = list(islice((command for command in commands if command), _MOST_COMMANDS + 1))
    if len(found) > _MOST_COMMANDS or any(len(command) >= LONGEST_COMMAND_BYTES for command in found):
        reading.stop_at(file.anchor.path)
    return b"; ".join(found[:_MOST_COMMANDS])
