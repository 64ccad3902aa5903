"""The journal of one session: what is about to be done is on disk before it is done.

Form: 8 bytes of magic, then records. A record is its length and the CRC-32 of that length (both 32 bits, little
endian), an HMAC-SHA-256 over the previous record's HMAC and the payload, and the payload, one JSON object in UTF-8.
A file that ends within its last record was being written when the machine stopped: that record was never acted on and
is dropped. Everything else that does not hold is damage or forgery and is refused.
"""

import hmac
import json
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from quetsach import storage
from quetsach.core.text import SystemText, Text
from quetsach.endpoint import JournalError
from quetsach.endpoint.host.disk import Own, open_own, sync, sync_folder, write_all

MAGIC = b"QSJRNL1\n"
MAX_RECORD_BYTES = 16 << 20
MAX_JOURNAL_BYTES = 1 << 30

_HEAD = struct.Struct("<II")
_MAC_BYTES = 32

type Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a journal holds: its records, the bytes they fill, and the HMAC that the next record continues."""

    records: tuple[Record, ...]
    length: int
    chain: bytes


def read_journal(data: bytes, key: bytes) -> Reading:
    """Return the records of a journal.

    Raises:
        JournalError: it is no journal, was damaged before its end, or was not written with ``key``.
    """
    if not data.startswith(MAGIC):
        if MAGIC.startswith(data) or not data.strip(b"\0"):
            return Reading((), 0, b"")
        raise JournalError(Text("this file is not a session journal"))
    records: list[Record] = []
    position, chain = len(MAGIC), b""
    while (found := _next_payload(data, position, chain, key)) is not None:
        payload, chain, position = found
        records.append(_parse(payload, position))
    return Reading(tuple(records), position, chain)


def _next_payload(data: bytes, position: int, chain: bytes, key: bytes) -> tuple[bytes, bytes, int] | None:
    """Return payload, HMAC and end of the record at ``position``; ``None`` at the end or at a record cut short."""
    if len(data) - position < _HEAD.size:
        return None
    if not any(data[position : position + _HEAD.size]) and not any(data[position:]):
        return None  # space that was reserved and never written
    length, check = _HEAD.unpack_from(data, position)
    if check != zlib.crc32(data[position : position + 4]) or length > MAX_RECORD_BYTES:
        raise _damaged(position)
    start = position + _HEAD.size + _MAC_BYTES
    end = start + length
    if end > len(data):
        return None
    payload = data[start:end]
    expected = _mac(key, chain, payload)
    if not hmac.compare_digest(expected, data[start - _MAC_BYTES : start]):
        if end == len(data) and not data[end - 1]:
            return None  # the length reached the disk, the content did not
        raise _damaged(position)
    return payload, expected, end


def _parse(payload: bytes, position: int) -> Record:
    try:
        record = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise _damaged(position) from error
    if not isinstance(record, dict):
        raise _damaged(position)
    return record


def _damaged(position: int) -> JournalError:
    return JournalError(
        Text("the session journal was damaged or changed at byte {position}", position=position),
        hint=Text("nothing was done on its word; keep the folder and ask the centre for help"),
    )


def _mac(key: bytes, chain: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, chain + payload, "sha256")


class Journal:
    """The journal at a path; ``records`` are those it held when it was opened.

    Opening only reads, also while another process writes. The first ``append`` makes the file if there is none and
    cuts off a record that was never completed; whoever appends holds the lock of the state.
    """

    def __init__(self, path: Path, key: bytes, after_record: Callable[[], None] | None = None) -> None:
        self.path = path
        self._key = key
        self._after_record = after_record
        self._fd: int | None = None
        reading = read_journal(_read_all(path), key)
        self.records = reading.records
        self._length = reading.length
        self._chain = reading.chain

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def append(self, record: Record) -> None:
        """Write one record; it is on disk when this returns.

        Raises:
            JournalError: it cannot be written, so nothing more may be done.
        """
        payload = json.dumps(record, separators=(",", ":"), sort_keys=True).encode()
        if len(payload) > MAX_RECORD_BYTES:
            raise JournalError(Text("a record is larger than a journal takes"))
        self._chain = _mac(self._key, self._chain, payload)
        length = struct.pack("<I", len(payload))
        try:
            if self._fd is None:
                self._fd = self._open_for_appending()
            write_all(self._fd, length + struct.pack("<I", zlib.crc32(length)) + self._chain + payload)
            sync(self._fd)
        except OSError as error:
            raise JournalError(
                Text("the session journal cannot be written: {reason}", reason=SystemText(error.strerror)),
                where=str(self.path),
                hint=Text("make room on that disk and run the same command again: it goes on where it stopped"),
            ) from error
        if self._after_record is not None:
            self._after_record()

    def _open_for_appending(self) -> int:
        fd = open_own(self.path, Own.KEPT)
        os.ftruncate(fd, self._length)
        os.lseek(fd, 0, os.SEEK_END)
        if not self._length:
            write_all(fd, MAGIC)
            sync(fd)
            sync_folder(self.path.parent)
        return fd


def _read_all(path: Path) -> bytes:
    try:
        fd = open_own(path, Own.READ)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise JournalError(
            Text("the session journal cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error
    with os.fdopen(fd, "rb") as file:
        data = storage.read_up_to(file, MAX_JOURNAL_BYTES)
    if len(data) > MAX_JOURNAL_BYTES:
        raise JournalError(Text("the session journal is larger than any that is written"), where=str(path))
    return data
