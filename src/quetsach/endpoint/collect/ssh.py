"""The reader ``ssh``: keys that may sign in, of every account (``sshd(8)``, ``sshd_config(5)``)."""

import base64
import binascii
import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.text import TextFile, read_texts
from quetsach.endpoint.collect.users import User
from quetsach.endpoint.trouble import Trouble

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


def read_keys(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield keys.

    Fields: ``place``, ``user``, ``options``, ``algorithm``, ``fingerprint``, ``comment``, ``command``, ``path``.
    """
    usual = (path.removeprefix("{home}/").encode() for path in reading.place.paths)
    patterns = tuple(dict.fromkeys((*usual, *_configured(reading))))
    for user in reading.accounts:
        for pattern in patterns:
            file = reading.text(_place(pattern, user))
            if isinstance(file, Trouble):
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
