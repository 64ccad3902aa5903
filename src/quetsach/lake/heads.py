"""Signed heads of the access log, kept beside the lake: a log whose end was cut off is shorter than its heads say.

::

    heads/<lake>.jsonl    a line for each reading: how many lines the log had then, the digest of the last, signed
    <lake>.heads.pem      the key (Ed25519), made with the first head, for the account of the centre alone

``heads`` is there to be replaced by a link or mount to where this account can add but not take away. Whoever has the
key and may write both the log and its heads can make others: nothing here shows that.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from quetsach import storage
from quetsach.core.text import Text
from quetsach.lake import LakeError

FOLDER = "heads"
_TAIL_BYTES = 4096
_PIECE_BYTES = 1 << 20
_MOST_LINE_BYTES = 4096
_RESTORE = Text("restore it from a backup of the centre")


@dataclass(frozen=True, slots=True)
class Head:
    """What the log was at a moment: its lines and bytes, and the SHA-256 of the last line."""

    lines: int
    size_bytes: int
    digest: str
    at: str

    @property
    def signed(self) -> bytes:
        """What the signature is of."""
        return b"quetsach access log head 1\n" + json.dumps(asdict(self), sort_keys=True).encode()


def heads_path(lake: Path) -> Path:
    """Return where the heads of a lake's log are kept."""
    return lake.absolute().parent / FOLDER / f"{lake.absolute().name}.jsonl"


def key_path(lake: Path) -> Path:
    """Return where the key is that they are signed with."""
    return lake.absolute().parent / f"{lake.absolute().name}.heads.pem"


def key_name(lake: Path) -> str:
    """Return the SHA-256 of the public key, in hexadecimal digits; empty where there is no key yet.

    Raises:
        LakeError: it is damaged.
    """
    return _name_of(_read_key(lake)) if key_path(lake).exists() else ""


def seal(lake: Path, log: BinaryIO, last: bytes, *, now: datetime) -> None:
    """Keep a signed head of a log that has just grown; when this returns it lasts. Its writer holds the lock.

    Args:
        lake: the lake's folder.
        log: open for reading.
        last: its last line, without the end of the line.
        now: the time (aware).

    Raises:
        LakeError: the key is damaged.
        OSError: it cannot be kept.
    """
    path = heads_path(lake)
    storage.make_folder(path.parent)
    key = _read_key(lake) if key_path(lake).exists() else _made_key(lake)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "a+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
        lines, size_bytes = _counted(log, _last_of(tail))
        digest = hashlib.sha256(last).hexdigest()
        head = Head(lines, size_bytes, digest, now.astimezone(UTC).isoformat(timespec="seconds"))
        written = {**asdict(head), "key": _name_of(key), "signature": key.sign(head.signed).hex()}
        torn = b"\n" if tail and not tail.endswith(b"\n") else b""  # by a power cut
        file.write(torn + json.dumps(written).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads that are kept of a log: those that are signed, how many are not, and what else is wrong with them."""

    signed: tuple[Head, ...]
    faults: tuple[Text, ...]

    def missing(self, digests: Mapping[int, str], lines: int) -> Iterator[Text]:
        """Yield what of the log is not as it was.

        Args:
            digests: the SHA-256 of the lines that heads stand for, by their numbers from 1.
            lines: how many there are.
        """
        longest = max(self.signed, key=lambda head: head.lines, default=None)
        if longest and longest.lines > lines:
            yield Text(
                "the access log had {lines} lines on {at}, and has {there}: {missing} are missing",
                lines=longest.lines,
                at=longest.at,
                there=lines,
                missing=longest.lines - lines,
            )
        changed = (head for head in self.signed if head.lines <= lines and digests.get(head.lines) != head.digest)
        if first := min(changed, key=lambda head: head.lines, default=None):
            yield Text("line {line} of the access log is another than on {at}", line=first.lines, at=first.at)


def read_heads(lake: Path) -> Heads:
    """Return the heads that are kept of a lake's log; read them before the log, which may grow meanwhile.

    Raises:
        LakeError: the heads or the key cannot be read.
    """
    if not key_path(lake).exists():
        is_gone = heads_path(lake).exists()
        told = Text("the key that the heads of the access log are signed with is gone")
        return Heads((), (told,) if is_gone else ())
    key, faults = _read_key(lake), list[Text]()
    found = list(_heads(lake))
    own = [(head, signature) for head, name, signature in found if head and name == _name_of(key)]
    signed = tuple(head for head, signature in own if _is_signed(key, head, signature))
    if not found:
        faults.append(Text("the access log has no head any more"))
    if foreign := sum(head is not None for head, _, _ in found) - len(own):
        faults.append(Text("{number} heads of the access log are signed with another key", number=foreign))
    if damaged := len(found) - foreign - len(signed):
        faults.append(Text("{number} heads of the access log are damaged or not signed", number=damaged))
    return Heads(signed, tuple(faults))


def _heads(lake: Path) -> Iterator[tuple[Head | None, str, str]]:
    """Yield each head with the name of its key and its signature; ``None`` for a line that is none."""
    try:
        with heads_path(lake).open("rb") as file:
            while line := file.readline(_MOST_LINE_BYTES):
                yield _parsed(line) or (None, "", "")
    except FileNotFoundError:
        return
    except OSError as error:
        raise LakeError(Text("the heads of the access log cannot be read"), where=str(heads_path(lake))) from error


def _parsed(line: bytes) -> tuple[Head, str, str] | None:
    try:
        found = json.loads(line)
        head = Head(int(found["lines"]), int(found["size_bytes"]), str(found["digest"]), str(found["at"]))
        return head, str(found["key"]), str(found["signature"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _last_of(tail: bytes) -> Head | None:
    parsed = _parsed(tail.rstrip(b"\n").rpartition(b"\n")[2])
    return parsed[0] if parsed else None


def _counted(log: BinaryIO, before: Head | None) -> tuple[int, int]:
    """Return the lines and bytes of a log, counted on from a head; from its beginning where it does not fit."""
    size = log.seek(0, os.SEEK_END)
    lines, start = (before.lines, before.size_bytes) if before and 0 < before.size_bytes <= size else (0, 0)
    log.seek(start)
    while piece := log.read(_PIECE_BYTES):
        lines += piece.count(b"\n")
    return lines, size


def _is_signed(key: Ed25519PrivateKey, head: Head, signature: str) -> bool:
    try:
        key.public_key().verify(bytes.fromhex(signature), head.signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _name_of(key: Ed25519PrivateKey) -> str:
    return hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()


def _made_key(lake: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    storage.write(key_path(lake), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def _read_key(lake: Path) -> Ed25519PrivateKey:
    path = key_path(lake)
    try:
        key = load_pem_private_key(storage.read_secret(path, hint=_RESTORE), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LakeError(Text("this is not a private key in PEM form"), where=str(path), hint=_RESTORE) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LakeError(Text("this is not an Ed25519 key"), where=str(path), hint=_RESTORE)
    return key
