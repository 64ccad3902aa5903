"""Bring the packs up to date from a signed repository, or refuse and leave everything as it was.

The client workflow is python-tuf's; this module bounds what it may fetch, names what went wrong, and installs all packs
of the repository at once. What the repository no longer lists is withdrawn here as well: that is how a centre takes
back a bad rule.

Source: The Update Framework specification 1.0, section 5.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tuf.api import exceptions as tuf
from tuf.api.metadata import Metadata, TargetFile, Targets
from tuf.api.serialization import DeserializationError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from quetsach.packs.container import CONTAINER_LIMIT_BYTES, unpack
from quetsach.packs.errors import PackError
from quetsach.packs.installed import SUFFIX, install, installed_or_none
from quetsach.packs.load import parse_pack
from quetsach.packs.transport import (
    Patience,
    StatusError,
    TooLongError,
    TooSlowError,
    TransportError,
    fetch,
)
from quetsach.packs.trust import REPOSITORY_FILE, ROOT_FILE, Trust, repository_toml

PACKS_LIMIT = 1000
_PACK_NAME = re.compile(r"packs/(?P<file>[a-z0-9][A-Za-z0-9._-]{0,120}\.qsp)")
_LIMITS = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=4,
    root_max_length=512_000,
    timestamp_max_length=16_384,
    snapshot_max_length=262_144,
    targets_max_length=1_048_576,
)


class Refusal(StrEnum):
    """Why a repository was refused."""

    EXPIRED = "expired"
    ROLLED_BACK = "rolled-back"
    NOT_SIGNED = "not-signed"
    ALTERED = "altered"
    TOO_LONG = "too-long"
    TOO_SLOW = "too-slow"
    DAMAGED = "damaged"
    BAD_NAME = "bad-name"
    BAD_PACK = "bad-pack"


_WORDS: Mapping[Refusal, tuple[str, str]] = {
    Refusal.EXPIRED: (
        "the repository has expired",
        "look at the date of this machine first; if it is right, the centre has to publish again",
    ),
    Refusal.ROLLED_BACK: (
        "the repository is older than what was seen before",
        "somebody may be holding updates back; try another network and tell the centre",
    ),
    Refusal.NOT_SIGNED: (
        "the repository is not signed by enough of the trusted keys",
        "this is another centre's repository, or a false one; a root of trust is named with --trust-root",
    ),
    Refusal.ALTERED: ("the content differs from what was signed", "try another network and tell the centre"),
    Refusal.TOO_LONG: ("the repository sends more than was signed", "try another network and tell the centre"),
    Refusal.TOO_SLOW: ("the repository answers too slowly", "try again later or on another network"),
    Refusal.DAMAGED: ("the repository's metadata is damaged", "try again later and tell the centre"),
    Refusal.BAD_NAME: ("the repository lists a name that a pack cannot have", "tell the centre"),
    Refusal.BAD_PACK: ("a pack of the repository cannot be used by this version", "a newer tool may be needed"),
}


class RefusedError(PackError):
    """The repository was refused, and the installed packs stay. ``reason`` says why in one word for programs."""

    def __init__(self, reason: Refusal, *, where: str, detail: str = "") -> None:
        what, hint = _WORDS[reason]
        super().__init__(
            f"{what}; the installed packs stay as they are", where=where, hint=f"{hint} ({detail})" if detail else hint
        )
        self.reason = reason


class UnreachableError(PackError):
    """The repository could not be reached; the installed packs stay."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What an update did, by file name of packs, and the version of each role that is now trusted."""

    installed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    versions: Mapping[str, int]
    repository: str
    fingerprint: str

    def as_json(self) -> dict[str, object]:
        """Return the result as plain values for ``--json``."""
        return {
            "repository": self.repository,
            "trust_root_sha256": self.fingerprint,
            "installed": list(self.installed),
            "unchanged": list(self.unchanged),
            "removed": list(self.removed),
            "versions": dict(self.versions),
        }


def update(
    state: Path,
    *,
    trust: Trust,
    remember: bool = False,
    patience: Patience | None = None,
    tick: Callable[[int, int], None] = lambda _done, _total: None,
) -> UpdateResult:
    """Verify the repository that ``trust`` names and install its packs.

    Args:
        state: the tool's state; metadata is kept under ``trust/``, packs under ``packs/``.
        trust: root of trust and address: ``http(s)://…`` or a local folder.
        remember: keep ``trust`` in the state, for a root of trust that a person named.
        patience: how long one file may take.
        tick: called with packs done and packs in all.

    Raises:
        RefusedError: something is not as it was signed; nothing was changed but TUF's own record of what it has seen.
        UnreachableError: the repository does not answer.
    """
    store = state / "trust" / trust.fingerprint[:16]
    with _one_update(state), _explained(trust.repository):
        store.mkdir(parents=True, exist_ok=True)
        client = _client(store, trust, patience or Patience())
        targets = _listed(client, store)
        old = _installed(state)
        packs: dict[str, bytes] = {}
        for done, (name, target) in enumerate(sorted(targets.items())):
            packs[name] = _content(client, target, old.get(name), store)
            if packs[name] != old.get(name):
                _require_usable(name, packs[name])
            tick(done + 1, len(targets))
        if packs != old:
            install(state, packs)
        if remember:
            _remember(state, trust)
    fresh = {name for name, content in packs.items() if old.get(name) != content}
    return UpdateResult(
        tuple(sorted(fresh)),
        tuple(sorted(packs.keys() - fresh)),
        tuple(sorted(old.keys() - packs.keys())),
        _versions(store),
        trust.repository,
        trust.fingerprint,
    )


def _client(store: Path, trust: Trust, patience: Patience) -> Updater:
    if trust.repository.startswith(("http://", "https://")):
        fetcher: FetcherInterface = _HttpFetcher(patience)
        base = trust.repository.rstrip("/")
    else:
        fetcher, base = _FolderFetcher(Path(trust.repository)), "folder:"
    return Updater(
        str(store),
        f"{base}/metadata/",
        target_dir=str(store),
        target_base_url=f"{base}/targets/",
        fetcher=fetcher,
        config=replace(_LIMITS),
        bootstrap=trust.root,
    )


def _listed(client: Updater, store: Path) -> dict[str, TargetFile]:
    """Return the packs that the repository lists, by file name."""
    client.refresh()
    client.get_targetinfo("packs/none")  # fetches and verifies the role `packs`, and keeps it in the store
    signed = Metadata[Targets].from_file(str(store / "packs.json")).signed
    if len(signed.targets) > PACKS_LIMIT:
        raise RefusedError(Refusal.TOO_LONG, where="packs", detail=f"{len(signed.targets)} packs")
    listed: dict[str, TargetFile] = {}
    for name in signed.targets:
        plain = _PACK_NAME.fullmatch(name)
        target = client.get_targetinfo(name) if plain and ".." not in name else None
        if plain is None or target is None:
            raise RefusedError(Refusal.BAD_NAME, where=ascii(name[:200]))
        if target.length > CONTAINER_LIMIT_BYTES:
            raise RefusedError(Refusal.TOO_LONG, where=name, detail=f"{target.length} bytes")
        listed[plain["file"]] = target
    return listed


def _content(client: Updater, target: TargetFile, old: bytes | None, store: Path) -> bytes:
    if old is not None:
        with suppress(tuf.LengthOrHashMismatchError):
            target.verify_length_and_hashes(old)
            return old
    path = Path(client.download_target(target, str(store / "download.part")))
    try:
        return path.read_bytes()
    finally:
        path.unlink()


def _require_usable(name: str, content: bytes) -> None:
    try:
        parse_pack(unpack(content), name)
    except PackError as error:
        raise RefusedError(Refusal.BAD_PACK, where=name, detail=str(error)) from error


def _installed(state: Path) -> dict[str, bytes]:
    folder = installed_or_none(state)
    return {path.name: path.read_bytes() for path in sorted(folder.glob(f"*{SUFFIX}"))} if folder else {}


def _versions(store: Path) -> dict[str, int]:
    roles = ("root", "timestamp", "snapshot", "targets", "packs")
    return {role: Metadata.from_file(str(store / f"{role}.json")).signed.version for role in roles}


def _remember(state: Path, trust: Trust) -> None:
    folder = state / "trust"
    for name, content in ((ROOT_FILE, trust.root), (REPOSITORY_FILE, repository_toml(trust).encode())):
        if not (folder / name).is_file() or (folder / name).read_bytes() != content:
            (folder / f"{name}.new").write_bytes(content)
            (folder / f"{name}.new").replace(folder / name)


class _HttpFetcher(FetcherInterface):
    """Fetches over HTTP within the time that the signed length of a file allows."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience

    def _fetch(self, url: str) -> Iterator[bytes]:
        raise NotImplementedError(url)  # abstract there, never reached here: `download_file` needs the length

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        with TemporaryFile() as file:
            try:
                fetch(url, file, limit_bytes=max_length, patience=self._patience)
            except StatusError as error:
                raise tuf.DownloadHTTPError(str(error), error.status) from error
            file.seek(0)
            yield file


class _FolderFetcher(FetcherInterface):
    """Reads a repository from a local folder: a USB stick carried to a place without a network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.removeprefix("folder:/")
        if not path.is_file():  # nor a pipe or device, which a hostile stick could offer
            raise tuf.DownloadHTTPError(f"there is no file {path}", 404)
        with path.open("rb") as file:
            while chunk := file.read(65_536):
                yield chunk


_REASONS: tuple[tuple[type[Exception], Refusal], ...] = (
    (tuf.ExpiredMetadataError, Refusal.EXPIRED),
    (tuf.BadVersionNumberError, Refusal.ROLLED_BACK),
    (tuf.UnsignedMetadataError, Refusal.NOT_SIGNED),
    (tuf.LengthOrHashMismatchError, Refusal.ALTERED),
    (tuf.DownloadLengthMismatchError, Refusal.TOO_LONG),
    (TooLongError, Refusal.TOO_LONG),
    (tuf.SlowRetrievalError, Refusal.TOO_SLOW),
    (TooSlowError, Refusal.TOO_SLOW),
    (DeserializationError, Refusal.DAMAGED),
    (tuf.RepositoryError, Refusal.DAMAGED),
)


@contextmanager
def _explained(repository: str) -> Iterator[None]:
    try:
        yield
    except PackError:
        raise
    except (tuf.RepositoryError, tuf.DownloadError, DeserializationError, TransportError) as error:
        for kind, reason in _REASONS:
            if isinstance(error, kind):
                raise RefusedError(reason, where=repository, detail=str(error)) from error
        raise UnreachableError(
            "the repository cannot be reached; the installed packs stay as they are", where=repository, hint=str(error)
        ) from error
    except OSError as error:
        raise UnreachableError("the update cannot be carried out", where=repository, hint=str(error)) from error


@contextmanager
def _one_update(state: Path) -> Iterator[None]:
    """Let one update run at a time; a lock of a process that has died is gone with it."""
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (state / "update.lock").open("wb")
    except OSError as error:
        raise UnreachableError("the state cannot be written", where=str(state), hint=str(error)) from error
    with lock:
        if os.name == "posix":
            import fcntl  # noqa: PLC0415  (Windows has none)

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UnreachableError("another update is running", where=str(state), hint="wait for it") from error
        yield
