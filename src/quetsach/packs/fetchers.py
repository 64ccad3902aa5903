"""Where the files of a repository come from: HTTP, with what broke off gone on with, or a folder carried there."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tuf.api import exceptions as tuf
from tuf.ngclient import FetcherInterface

from quetsach import storage
from quetsach.packs.transport import Patience, StatusError, TooLongError, TooSlowError, TransportError, fetch

_HASHED = re.compile(r"[0-9a-f]{64}(?=\.)")
"""How the name of a target starts: content of that name is the same for ever, so half of it can be gone on with."""

_ATTEMPTS = 3


class HttpFetcher(FetcherInterface):
    """Fetches over HTTP within the time that the signed length of a file allows.

    A target that breaks off is kept under ``parts`` and gone on with, at once and in the next update: with the rest of
    it, if the server has ranges, and from the start if not. What was put together is verified by its hash like
    everything else, and thrown away if that differs.
    """

    def __init__(self, patience: Patience, parts: Path) -> None:
        self._patience = patience
        self._parts = parts
        self.tick: Callable[[int], None] = lambda _received: None
        """Told how many bytes of a target are there."""
        self.went_on = False
        """Whether the last target was put together from more than one answer."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        raise NotImplementedError(url)  # abstract there, never reached here: `download_file` needs the length

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """Give the content of an address as a file that can be read."""
        try:
            if found := _HASHED.match(url.rpartition("/")[2]):
                with self._target(url, max_length, self._parts / found[0]) as file:
                    yield file
            else:
                with TemporaryFile() as file:
                    fetch(url, file, limit_bytes=max_length, patience=self._patience)
                    file.seek(0)
                    yield file
        except StatusError as error:
            raise tuf.DownloadHTTPError(f"{error}: {error.hint}" if error.hint else str(error), error.status) from error

    def discard_parts(self) -> None:
        """Throw away what was fetched in part."""
        for path in self._parts.iterdir() if self._parts.is_dir() else ():
            path.unlink()

    @contextmanager
    def _target(self, url: str, length: int, part: Path) -> Iterator[IO[bytes]]:
        storage.make_folder(self._parts)
        for other in self._parts.iterdir():
            if other != part:  # of a pack that is no longer wanted
                other.unlink()
        with part.open("ab+") as file:
            if file.tell() >= length:
                file.truncate(0)
            self.went_on = file.tell() > 0
            self._complete(url, file, length)
            file.seek(0)
            yield file
        part.unlink()  # only now that the hash is right; whoever sees that it is not calls `discard_parts`

    def _complete(self, url: str, file: IO[bytes], length: int) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            before = file.tell()
            try:
                fetch(url, file, limit_bytes=length, patience=self._patience, resume=True, tick=self.tick)
            except TransportError as error:
                is_final = isinstance(error, TooSlowError | TooLongError | StatusError)
                if is_final or attempt == _ATTEMPTS or file.tell() <= before:
                    raise
                self.went_on = True
            else:
                return


class FolderFetcher(FetcherInterface):
    """Reads a repository from a local folder: a USB stick carried to a place without a network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.removeprefix("folder:/")
        # A hostile stick could offer a pipe or device, or a link to a file of this machine whose reading never ends.
        if not path.is_file() or not path.resolve().is_relative_to(self._folder.resolve()):
            raise tuf.DownloadHTTPError(f"there is no file {path}", 404)
        with path.open("rb") as file:
            while chunk := file.read(65_536):
                yield chunk
