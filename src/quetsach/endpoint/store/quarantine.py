"""The quarantine: files sealed so that no scanner trips over them, nothing can run them, and nobody can forge them.

Form of a sealed file: 8 bytes of magic, 32 random bytes (the mask's key), the masked body, and an HMAC-SHA-256 over all
of it under the key of this state folder. The body is a length and the record (JSON), then the parts of the file that
hold data, each as offset and length (64 bits, little endian) and bytes, then a part of length 0 at the file's size:
holes of sparse files stay holes. The mask is SHAKE-256 of key and block number; it hides, the HMAC protects.
"""

import hashlib
import hmac
import json
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

from quetsach.core.text import Text
from quetsach.endpoint import QuarantineError
from quetsach.endpoint.host.disk import (
    Own,
    data_parts,
    fstat,
    hash_file,
    open_own,
    read_at,
    sync,
    sync_folder,
    write_all,
    write_at,
)
from quetsach.endpoint.host.files import FileState

MAGIC = b"QSQRTN1\n"
MAX_RECORD_BYTES = 16 << 20

_SALT_BYTES = 32
_MAC_BYTES = 32
_BLOCK = 1 << 16
_LENGTH = struct.Struct("<I")
_PART = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """What is known of a sealed file. ``path`` is absolute inside the root and has no links; ``sha256`` is hex.

    ``sealed_at`` is ISO 8601 in UTC. ``family`` and ``evidence`` say why.
    """

    session: str
    number: int
    path: bytes
    state: FileState
    sha256: str
    family: str
    evidence: str
    sealed_at: str

    def as_json(self) -> dict[str, Any]:
        """Return the form that is sealed with the file."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in ("path", "state")}
        return plain | {"path": quote_from_bytes(self.path, safe="/"), "state": self.state.as_json()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read ``as_json`` back; the caller has checked that the text is our own."""
        path = unquote_to_bytes(value["path"])
        return cls(**{**value, "path": path, "state": FileState.from_json(value["state"])})


def seal(source: int, record: SealedRecord, destination: Path, key: bytes) -> None:
    """Seal an open file into ``destination``, which is complete, synced and read back when this returns.

    Raises:
        QuarantineError: the content is not what ``record`` says, or what was written does not read back.
        OSError: no space, or the like; nothing is left of the attempt.
    """
    temporary = destination.with_name(destination.name + ".part")
    try:
        fd = open_own(temporary, Own.FRESH)
        try:
            _write_sealed(fd, source, record, key)
            sync(fd)
        finally:
            os.close(fd)
        _confirm(temporary, record, key)
        temporary.replace(destination)
        sync_folder(destination.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _confirm(path: Path, record: SealedRecord, key: bytes) -> None:
    if Sealed.open(path, key).record != record:
        raise QuarantineError(Text("the quarantined copy does not read back"), where=str(path))


def _write_sealed(fd: int, source: int, record: SealedRecord, key: bytes) -> None:
    salt = os.urandom(_SALT_BYTES)
    mac = hmac.new(key, MAGIC + salt, "sha256")
    write_all(fd, MAGIC + salt)
    mask = _Mask(salt)

    def put(data: bytes) -> None:
        masked = mask.apply(data)
        mac.update(masked)
        write_all(fd, masked)

    text = json.dumps(record.as_json(), separators=(",", ":"), sort_keys=True).encode()
    put(_LENGTH.pack(len(text)) + text)
    digest = hashlib.sha256()
    position = 0
    for start, end in data_parts(source, record.state.size_bytes):
        _hash_hole(digest, start - position)
        put(_PART.pack(start, end - start))
        for offset in range(start, end, _BLOCK):
            data = read_at(source, min(_BLOCK, end - offset), offset)
            if len(data) != min(_BLOCK, end - offset):
                raise QuarantineError(Text("the file became shorter while it was read"))
            digest.update(data)
            put(data)
        position = end
    _hash_hole(digest, record.state.size_bytes - position)
    put(_PART.pack(record.state.size_bytes, 0))
    write_all(fd, mac.digest())
    if digest.hexdigest() != record.sha256:
        raise QuarantineError(Text("the file changed while it was read"))


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file whose HMAC and content hold."""

    path: Path
    record: SealedRecord
    _start: int

    @classmethod
    def open(cls, path: Path, key: bytes) -> Self:
        """Check a sealed file as a whole: its HMAC first, then that the content has the recorded hash.

        Raises:
            QuarantineError: it is not there, was damaged, or was not sealed under ``key``.
        """
        _check_mac(path, key)
        with _Body(path) as body:
            try:
                (length,) = _LENGTH.unpack(body.take(_LENGTH.size))
                if length > MAX_RECORD_BYTES:
                    raise _broken(path)
                record = SealedRecord.from_json(json.loads(body.take(length)))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise _broken(path) from error
            start = body.position
            digest = hashlib.sha256()
            position = 0
            for offset, data in body.parts():
                if offset < position or offset + len(data) > record.state.size_bytes:
                    raise _broken(path)
                _hash_hole(digest, offset - position)
                digest.update(data)
                position = offset + len(data)
            _hash_hole(digest, record.state.size_bytes - position)
        if digest.hexdigest() != record.sha256:
            raise _broken(path)
        return cls(path, record, start)

    def write_to(self, fd: int) -> None:
        """Write the content into an open empty file; holes stay holes.

        Raises:
            QuarantineError: the sealed file changed since it was opened.
        """
        with _Body(self.path, skip=self._start) as body:
            for offset, data in body.parts():
                written = 0
                while written < len(data):
                    written += write_at(fd, data[written:], offset + written)
        os.ftruncate(fd, self.record.state.size_bytes)
        if hash_file(fd) != self.record.sha256:
            raise _broken(self.path)

    def content(self, limit: int) -> bytes:
        """Return the content of a small file; ``QuarantineError`` when it is larger than ``limit`` bytes."""
        if self.record.state.size_bytes > limit:
            raise QuarantineError(Text("the quarantined file is too large for this"), where=str(self.path))
        whole = bytearray(self.record.state.size_bytes)
        with _Body(self.path, skip=self._start) as body:
            for offset, data in body.parts():
                whole[offset : offset + len(data)] = data
        return bytes(whole)


class _Mask:
    """The keystream, taken from its start and used in order."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt
        self._block = 0
        self._ready = b""

    def apply(self, data: bytes) -> bytes:
        while len(self._ready) < len(data):
            self._ready += hashlib.shake_256(self._salt + struct.pack("<Q", self._block)).digest(_BLOCK)
            self._block += 1
        stream, self._ready = self._ready[: len(data)], self._ready[len(data) :]
        return (int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")).to_bytes(len(data), "little")


class _Body:
    """The unmasked body of a sealed file, read in order."""

    def __init__(self, path: Path, *, skip: int = 0) -> None:
        self._path = path
        self._file = path.open("rb")
        salt = self._file.read(len(MAGIC) + _SALT_BYTES)[len(MAGIC) :]
        self._left = fstat(self._file.fileno()).st_size - len(MAGIC) - _SALT_BYTES - _MAC_BYTES
        self._mask = _Mask(salt)
        self.position = 0
        while self.position < skip:
            self.take(min(_BLOCK, skip - self.position))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def take(self, size: int) -> bytes:
        """Return exactly ``size`` bytes."""
        data = self._file.read(size) if size <= self._left else b""
        if len(data) != size:
            raise _broken(self._path)
        self._left -= size
        self.position += size
        return self._mask.apply(data)

    def parts(self) -> Iterator[tuple[int, bytes]]:
        """Yield offset and bytes of what is not a hole, in blocks."""
        while True:
            offset, length = _PART.unpack(self.take(_PART.size))
            if not length:
                break
            end = offset + length
            while offset < end:
                data = self.take(min(_BLOCK, end - offset))
                yield offset, data
                offset += len(data)
        if self._left:
            raise _broken(self._path)


def _check_mac(path: Path, key: bytes) -> None:
    try:
        with path.open("rb") as file:
            left = fstat(file.fileno()).st_size - _MAC_BYTES
            head = file.read(len(MAGIC) + _SALT_BYTES)
            if left < len(MAGIC) + _SALT_BYTES or not head.startswith(MAGIC):
                raise _broken(path)
            mac = hmac.new(key, head, "sha256")
            left -= len(head)
            while left > 0 and (part := file.read(min(left, 1 << 20))):
                mac.update(part)
                left -= len(part)
            if left or not hmac.compare_digest(mac.digest(), file.read()):
                raise _broken(path)
    except FileNotFoundError as error:
        raise QuarantineError(Text("the quarantined item is not there any more"), where=str(path)) from error


def _broken(path: Path) -> QuarantineError:
    return QuarantineError(
        Text("the quarantined item was damaged, or sealed by another installation"),
        where=str(path),
        hint=Text("it is not put back; the other items can be"),
    )


def _hash_hole(digest: "hashlib._Hash", size: int) -> None:
    zeros = bytes(min(size, 1 << 20))
    while size > 0:
        digest.update(zeros[:size])
        size -= len(zeros)
