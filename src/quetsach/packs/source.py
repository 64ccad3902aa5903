"""A repository under its root of trust, as a client sees it: verified lists and verified files, and bounds on both."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tuf.api import exceptions as tuf
from tuf.api.metadata import Metadata, TargetFile, Targets
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from quetsach.packs.container import CONTAINER_LIMIT_BYTES
from quetsach.packs.fetchers import FolderFetcher, HttpFetcher
from quetsach.packs.refusal import Refusal, RefusedError
from quetsach.packs.transport import Patience
from quetsach.packs.trust import Trust

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
