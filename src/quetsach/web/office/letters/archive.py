"""The PDFs and attachments of letters, each kept under its checksum, written once and never changed."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from quetsach.campaign.letters.errors import LetterError
from quetsach.lake import durable


def archive_put(contents: Iterable[bytes]) -> list[str]:
    """Keep files; when this returns they outlast a power cut.

    Returns:
        The SHA-256 of each in hex, in order; a file that is there already is left as it is.
    """
    folder = _folder()
    moves: dict[Path, Path] = {}
    sums = []
    durable.make_folder(folder / "incoming")
    for content in contents:
        sha256 = hashlib.sha256(content).hexdigest()
        sums.append(sha256)
        final = folder / sha256[:2] / sha256
        if final in moves.values() or final.exists():
            continue
        staged = folder / "incoming" / uuid4().hex
        staged.write_bytes(content)
        durable.sync(staged)
        moves[staged] = final
    durable.publish(moves.items())
    return sums


def archive_read(sha256: str) -> bytes:
    """Return a file's bytes.

    Raises:
        LetterError: it is not there, or not what its checksum says.
    """
    path = _folder() / sha256[:2] / sha256
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LetterError(
            "a file of a letter is missing", where=str(path), hint="restore it from the backup"
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise LetterError("a file of a letter was changed", where=str(path), hint="restore it from the backup")
    return content


def _folder() -> Path:
    data: Path | None = settings.CENTER.data
    if data is None:
        raise LetterError("the centre has no data folder", hint="set QUETSACH_DATA")
    return data / "letters"
