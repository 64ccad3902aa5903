"""Files in the centre's data, each under its checksum, written once and never changed: letters, and kits."""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from quetsach import storage
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text

_logger = logging.getLogger("quetsach.web.office.blob_store")


class BlobError(QuetsachError):
    """A file that was kept is not there, or is not what it was; it is not handed out."""


@dataclass(frozen=True, slots=True)
class BlobStore:
    """One folder of such files.

    Args:
        folder: its name in the data folder.
        ending: how the names of its files end, after the checksum.
    """

    folder: str
    ending: str = ""

    def put(self, contents: Iterable[bytes]) -> list[str]:
        """Keep files; when this returns they outlast a power cut.

        Returns:
            The SHA-256 of each in hex, in order; a file that is there already is left as it is.
        """
        incoming = self._home() / "incoming"
        storage.make_folder(incoming)
        moves: dict[Path, Path] = {}
        sums = []
        for content in contents:
            sha256 = hashlib.sha256(content).hexdigest()
            sums.append(sha256)
            final = self._path(sha256)
            if final in moves.values() or final.exists():
                continue
            staged = incoming / uuid4().hex
            storage.write(staged, content)
            moves[staged] = final
        storage.publish(moves.items())
        return sums

    def read(self, sha256: str) -> bytes:
        """Return a file's bytes; one that is lost is also told to the log.

        Raises:
            BlobError: it is not there, or not what its checksum says.
        """
        path = self._path(sha256)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _lost(Text("a file that was kept is missing"), path) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _lost(Text("a file that was kept was changed"), path)
        return content

    def _path(self, sha256: str) -> Path:
        return self._home() / sha256[:2] / f"{sha256}{self.ending}"

    def _home(self) -> Path:
        data: Path | None = settings.CENTER.data
        if data is None:
            raise BlobError(Text("the centre has no data folder"), hint=Text("name it with --data"))
        return data / self.folder


LETTERS = BlobStore("letters")
"""The PDFs and attachments of letters."""
KITS = BlobStore("publicity", ".zip")
"""The archives of kits."""


def _lost(what: Text, path: Path) -> BlobError:
    _logger.error("%s: %s", what, path)
    return BlobError(what, where=str(path), hint=Text("put it back from the centre's backup"))
