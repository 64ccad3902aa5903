"""The readers ``lines``, ``files`` and ``ssh``: settings line by line, whole files, keys that may sign in."""

import base64
import binascii
import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.accounts import User
from quetsach.endpoint.collect.named_files import LONGEST_COMMAND_BYTES
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.text import TextFile, archived_paths, parse_property_list, read_texts, values_under
from quetsach.endpoint.scan_issue import Reason, ScanIssue

# The readers ``lines`` and ``files``: settings line by line, and files that count by lying where they lie.

_MOST_COMMANDS = 1_000
_HEAD_BYTES = 4_096


def read_lines(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield the lines of text files. Fields: ``place``, ``path``, ``line``, ``command``, ``user``.

    A tab is a blank in ``line`` and ``command``: as an escape, patterns would miss most lines of ``hosts``.
    """
    place = reading.place
    comments = tuple(comment.encode() for comment in place.comment)
    for user, file in reading.texts():
        if isinstance(file, ScanIssue):
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


def read_files(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield files. Fields: ``place``, ``path``, ``name``, ``command``, ``user``. A file refers to itself too."""
    place = reading.place
    for user, path, file in reading.files():
        if isinstance(file, ScanIssue):
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
        reading.troubles[file.anchor.path] = ScanIssue(file.anchor.path, Reason.DAMAGED)
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


# The reader ``ssh``: keys that may sign in, of every account (``sshd(8)``, ``sshd_config(5)``).

_MOST_SETTINGS = 32
_KEY = re.compile(
    rb"(?:^|\s)((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]{1,64})\s+([A-Za-z0-9+/=]{16,32768})(?:\s+(.*))?$"
)
_FORCED_COMMAND = re.compile(rb'command="((?:\\"|[^"])*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AuthorizedKey:
    """One key. ``fingerprint`` is as ``ssh-keygen -l`` shows it; ``command`` is what the key is bound to run."""

    options: bytes
    algorithm: bytes
    fingerprint: str
    comment: bytes
    command: bytes


def read_keys(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield keys.

    Fields: ``place``, ``user``, ``options``, ``algorithm``, ``fingerprint``, ``comment``, ``command``, ``path``.
    """
    usual = (path.removeprefix("{home}/").encode() for path in reading.place.paths)
    patterns = tuple(dict.fromkeys((*usual, *_configured(reading))))
    for user in reading.accounts:
        for pattern in patterns:
            file = reading.text(_place(pattern, user))
            if isinstance(file, ScanIssue):
                yield file
            elif file is not None:
                yield from _keys(reading, file, user)


def _keys(reading: Reading, file: TextFile, user: User) -> Iterator[Artefact]:
    for anchor in file.lines():
        key = parse_authorized_key(anchor.line)
        if key is not None:
            fields = {
                "place": reading.place.name,
                "user": printable(user.name),
                "options": printable(key.options),
                "algorithm": printable(key.algorithm),
                "fingerprint": key.fingerprint,
                "comment": printable(key.comment),
                "command": printable(key.command),
                "path": printable(file.anchor.path),
            }
            named = reading.named(key.command, user.home, file.anchor)
            yield Artefact(ArtefactKind.AUTHORIZED_KEY, anchor, fields, named)


def parse_authorized_key(line: bytes) -> AuthorizedKey | None:
    """Read one line; ``None`` if it holds no key."""
    line = line.strip()
    found = None if line.startswith(b"#") else _KEY.search(line)
    if found is None:
        return None
    options = line[: found.start(1)].strip()
    command = _FORCED_COMMAND.search(options)
    return AuthorizedKey(
        options=options,
        algorithm=found[1],
        fingerprint=_fingerprint(found[2]),
        comment=(found[3] or b"").strip(),
        command=command[1].replace(b'\\"', b'"') if command else b"",
    )


def _fingerprint(encoded: bytes) -> str:
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return ""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _configured(reading: Reading) -> list[bytes]:
    """Return the patterns of ``AuthorizedKeysFile`` in the server's settings."""
    files = read_texts(reading.tree, b"/etc/ssh/sshd_config", *reading.names(b"/etc/ssh/sshd_config.d")[0])
    patterns: list[bytes] = []
    for file in files:
        for line in file.content.split(b"\n") if isinstance(file, TextFile) else ():
            words = line.replace(b"=", b" ", 1).split()
            if words and words[0].lower() == b"authorizedkeysfile":
                patterns += [word.strip(b'"') for word in words[1:] if word != b"none"]
    return patterns[:_MOST_SETTINGS]


def _place(pattern: bytes, user: User) -> bytes:
    for token, value in ((b"%h", user.home), (b"%u", user.name), (b"%%", b"%")):
        pattern = pattern.replace(token, value)
    return posixpath.join(user.home, pattern)
