"""A repository as a client sees it: whom the tool trusts for it, and its files, verified under that root and bounded.

A trust folder holds ``root.json`` (TUF root metadata) and ``repository.toml`` (``url`` of the repository, ``reports``:
where the centre takes reports). The build of a centre carries one; another is taken only when a person names its root
explicitly, and is remembered in the state after it has proved itself. Nothing is ever trusted because it was seen
first.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tuf.api import exceptions as tuf
from tuf.api.metadata import Metadata, TargetFile, Targets
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from quetsach import storage
from quetsach.core.text import Text
from quetsach.packs import PackError, Refusal, RefusedError
from quetsach.packs.container import CONTAINER_LIMIT_BYTES
from quetsach.packs.transport import Patience, StatusError, TooLongError, TooSlowError, TransportError, fetch

ROOT_FILE = "root.json"
REPOSITORY_FILE = "repository.toml"
ROOT_LIMIT_BYTES = 512_000
_REPOSITORY_LIMIT_BYTES = 4096
# Where the files of a repository come from: HTTP, with what broke off gone on with, or a folder carried there.

_HASHED = re.compile(r"[0-9a-f]{64}(?=\.)")
"""How the name of a target starts: content of that name is the same for ever, so half of it can be gone on with."""

_ATTEMPTS = 3


class TrustError(PackError):
    """There is no root of trust, or it cannot be used."""


@dataclass(frozen=True, slots=True)
class Trust:
    """A root of trust (the bytes of its metadata), and where its centre is; the addresses may be empty."""

    root: bytes
    repository: str
    reports: str = ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the root's bytes: what ``sha256sum root.json`` prints and a centre publishes."""
        return hashlib.sha256(self.root).hexdigest()


def read_root(path: Path) -> bytes:
    """Read a file that a person named as root of trust.

    Raises:
        TrustError: it cannot be read or is no TUF root.
    """
    try:
        with path.open("rb") as file:
            root = storage.read_up_to(file, ROOT_LIMIT_BYTES)
    except OSError as error:
        raise TrustError(Text("the root of trust cannot be read"), where=str(path), hint=str(error)) from error
    if not root.strip(b"\0 \r\n"):
        hint = Text("name the root again: quetsach update --trust-root FILE --repository ADDRESS")
        raise TrustError(Text("the file is empty: it was not written to its end"), where=str(path), hint=hint)
    if not _looks_like_root(root):
        raise TrustError(
            Text("this file is not a root of trust"),
            where=str(path),
            hint=Text("a centre publishes it as metadata/1.root.json"),
        )
    return root


def load_trust(folder: Path) -> Trust | None:
    """Read a trust folder; ``None`` where there is none.

    Raises:
        TrustError: there is one, and it is damaged.
    """
    if not (folder / ROOT_FILE).is_file():
        return None
    addresses = _read_addresses(folder / REPOSITORY_FILE)
    return Trust(read_root(folder / ROOT_FILE), addresses.get("url", ""), addresses.get("reports", ""))


def repository_toml(trust: Trust) -> str:
    """Return the text of ``repository.toml``."""
    return f"url = {_toml_text(trust.repository)}\nreports = {_toml_text(trust.reports)}\n"


def _toml_text(text: str) -> str:
    """Quote text as TOML: as a JSON string, but without escapes of surrogate pairs and without a bare DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read_addresses(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            addresses = tomllib.loads(file.read(_REPOSITORY_LIMIT_BYTES).decode())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise TrustError(
            Text("the address of the repository cannot be read"), where=str(path), hint=str(error)
        ) from error
    if "url" not in addresses:
        hint = Text("name it again: quetsach update --repository ADDRESS")
        raise TrustError(Text("the file names no address: it was not written to its end"), where=str(path), hint=hint)
    if not all(isinstance(address, str) for address in addresses.values()):
        raise TrustError(Text("the address of the repository must be text"), where=str(path))
    return addresses


def _looks_like_root(raw: bytes) -> bool:
    try:
        return len(raw) <= ROOT_LIMIT_BYTES and json.loads(raw)["signed"]["_type"] == "root"
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


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


# A repository under its root of trust, as a client sees it: verified lists and verified files, and bounds on both.

PACKS_LIMIT = 1000
_LIMITS = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=4,
    root_max_length=512_000,
    timestamp_max_length=16_384,
    snapshot_max_length=262_144,
    targets_max_length=1_048_576,
)


class Source:
    """A repository under its root of trust: python-tuf's client, and what it keeps in its store."""

    def __init__(self, trust: Trust, store: Path, patience: Patience) -> None:
        self.store = store
        self.repository = trust.repository
        self._http: HttpFetcher | None = None
        fetcher: FetcherInterface
        if trust.repository.startswith(("http://", "https://")):
            fetcher = self._http = HttpFetcher(patience, store / "parts")
            base = trust.repository.rstrip("/")
        else:
            fetcher, base = FolderFetcher(Path(trust.repository)), "folder:"
        self.client = Updater(
            str(store),
            f"{base}/metadata/",
            target_dir=str(store),
            target_base_url=f"{base}/targets/",
            fetcher=fetcher,
            config=replace(_LIMITS),
            bootstrap=trust.root,
        )

    def listed(self, role: str, *, is_needed: bool = False) -> Mapping[str, TargetFile]:
        """Return the files that a role lists, by name; nothing where the repository has no such role.

        Raises:
            RefusedError: it has none and ``is_needed``: it is no repository of packs, and its silence takes none away.
        """
        targets = Metadata[Targets].from_file(str(self.store / "targets.json")).signed
        if targets.delegations is None or role not in (targets.delegations.roles or {}):
            if is_needed:
                raise RefusedError(Refusal.DAMAGED, where=self.repository, detail=f"it has no role {role}")
            return {}
        self.client.get_targetinfo(f"{role}/none")  # fetches and verifies the role, and keeps it in the store
        listed = Metadata[Targets].from_file(str(self.store / f"{role}.json")).signed.targets
        if len(listed) > PACKS_LIMIT:
            raise RefusedError(Refusal.TOO_LONG, where=role, detail=f"{len(listed)} files")
        return listed

    def content(
        self,
        target: TargetFile,
        old: bytes | None = None,
        *,
        limit_bytes: int = CONTAINER_LIMIT_BYTES,
        tick: Callable[[int], None] = lambda _received: None,
    ) -> bytes:
        """Return a file as it was signed: ``old`` if that is it, else fetched.

        ``tick`` is told, maybe in another thread, how many bytes are there, where they come over a network.
        """
        if target.length > limit_bytes:
            raise RefusedError(Refusal.TOO_LONG, where=target.path, detail=f"{target.length} bytes")
        if old is not None:
            with suppress(tuf.LengthOrHashMismatchError):
                target.verify_length_and_hashes(old)
                return old
        if self._http is not None:
            self._http.tick = tick
        try:
            return self._download(target)
        except tuf.LengthOrHashMismatchError:
            if self._http is None or not self._http.went_on:
                raise
        return self._download(target)  # what was kept may have been at fault: once more, and whole

    def _download(self, target: TargetFile) -> bytes:
        try:
            path = Path(self.client.download_target(target, str(self.store / "download.part")))
        except tuf.LengthOrHashMismatchError:
            if self._http is not None:
                self._http.discard_parts()
            raise
        try:
            return path.read_bytes()
        finally:
            path.unlink()
