"""Files of partners on their way in: kept whole on disk until every record is accounted for."""

import gzip
import hashlib
import io
import os
import tempfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from quetsach import storage
from quetsach.campaign.errors import PartnerError
from quetsach.campaign.partners.record import MAX_LINE_BYTES, read_records
from quetsach.core.text import Number, SystemText, Text
from quetsach.web.limits import PARTNER_BODY_BYTES

MAX_TEXT_BYTES = 256 << 20
MAX_RECORDS = 1_000_000
_GZIP = b"\x1f\x8b"
_SKIP_BYTES = 1 << 16
_LEFT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file that is wholly here."""

    sha256: str
    size_bytes: int
    records: int


def spool_folder() -> Path:
    """Return the folder of files that are still to be taken in.

    Raises:
        PartnerError: the centre has no data folder.
    """
    if settings.CENTER.data is None:
        raise PartnerError(Text("this centre keeps no files"), code="no-folder", status=503)
    folder: Path = settings.CENTER.data / "partners"
    storage.make_folder(folder)
    return folder


def spool_path(partner: int, sha256: str) -> Path:
    """Return where a file of a partner lies."""
    return spool_folder() / f"{partner}-{sha256}"


def spool(chunks: Iterable[bytes], *, partner: int) -> Spooled:
    """Write a file down and look through it once, so that what cannot be read is refused before anything is taken.

    Raises:
        PartnerError: too large, damaged, empty, or not of a form that can be read.
    """
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(dir=spool_folder(), prefix="incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > PARTNER_BODY_BYTES:
                    raise _too_large(
                        Text("the file is larger than {size} bytes", size=Number(PARTNER_BODY_BYTES)),
                        Text("compress it with gzip"),
                    )
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        records = _count(Path(name))
        storage.publish([(Path(name), spool_path(partner, digest.hexdigest()))])
    finally:
        Path(name).unlink(missing_ok=True)
    return Spooled(digest.hexdigest(), size, records)


def sweep(*, keep: Collection[tuple[int, str]], now: datetime) -> None:
    """Remove what a break-off left behind: files that nobody waits for any more, a day after they were written."""
    names = {f"{partner}-{sha256}" for partner, sha256 in keep}
    for path in spool_folder().iterdir():
        with suppress(FileNotFoundError):
            if path.name not in names and now.timestamp() - path.stat().st_mtime > _LEFT_SECONDS:
                path.unlink()


def _too_large(what: Text, hint: Text) -> PartnerError:
    return PartnerError(what, code="too-large", status=413, hint=hint)


def _count(path: Path) -> int:
    records = 0
    try:
        with spool_opened(path) as lines:
            for _ in read_records(lines, where="report"):
                records += 1
                if records > MAX_RECORDS:
                    raise _too_large(
                        Text("the file has more than {most} records", most=Number(MAX_RECORDS)),
                        Text("send it in parts"),
                    )
    except (OSError, EOFError, zlib.error) as error:
        raise PartnerError(
            Text("the compressed file is damaged: {reason}", reason=SystemText(error)),
            code="damaged",
            hint=Text("compress it again and send it again"),
        ) from error
    if not records:
        raise PartnerError(Text("the file holds no record"), code="empty")
    return records


@contextmanager
def spool_opened(path: Path) -> Iterator[Iterator[bytes]]:
    """Open a file that may be compressed and give its lines, each cut where it is longer than a record may be."""
    with path.open("rb") as file:
        is_compressed = file.read(2) == _GZIP
        file.seek(0)
        if is_compressed:
            with gzip.GzipFile(fileobj=file) as inner, io.BufferedReader(inner, 1 << 18) as text:
                yield _lines(text)
        else:
            yield _lines(file)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    left = MAX_TEXT_BYTES
    while line := file.readline(MAX_LINE_BYTES + 1):
        left -= len(line)
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            while rest := file.readline(_SKIP_BYTES):
                left -= len(rest)
                if rest.endswith(b"\n") or left < 0:
                    break
        if left < 0:
            raise _too_large(
                Text("the text is larger than {size} bytes", size=Number(MAX_TEXT_BYTES)), Text("send it in parts")
            )
        yield line
