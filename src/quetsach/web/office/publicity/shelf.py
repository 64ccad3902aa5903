"""Where the archives of kits lie: each under its checksum, written once and never changed."""

import hashlib
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from quetsach.campaign.publicity.errors import PublicityError
from quetsach.lake import durable


def shelf_put(archive: bytes) -> str:
    """Keep an archive so that it outlasts a power cut; return its SHA-256 in hex."""
    sha256 = hashlib.sha256(archive).hexdigest()
    folder = _folder()
    durable.make_folder(folder / "incoming")
    durable.write(_path(folder, sha256), archive, staged=folder / "incoming" / uuid4().hex)
    return sha256


def shelf_read(sha256: str) -> bytes:
    """Return an archive.

    Raises:
        PublicityError: it is not there, or not what its checksum says.
    """
    path = _path(_folder(), sha256)
    try:
        archive = path.read_bytes()
    except OSError as error:
        raise PublicityError("the archive of this kit is missing", where=path.name, hint="make a new kit") from error
    if hashlib.sha256(archive).hexdigest() != sha256:
        raise PublicityError("the archive of this kit was changed", where=path.name, hint="make a new kit")
    return archive


def _path(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / f"{sha256}.zip"


def _folder() -> Path:
    data: Path | None = settings.CENTER.data
    if data is None:
        raise PublicityError("the centre has no data folder", hint="set QUETSACH_DATA")
    return data / "publicity"
