"""Bring the packs up to date from a signed repository, or refuse and leave everything as it was.

The client workflow is python-tuf's; this module bounds what it may fetch, names what went wrong, and installs all packs
of the repository at once. What the repository no longer lists is withdrawn here as well: that is how a centre takes
back a bad rule.

Source: The Update Framework specification 1.0, section 5.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tuf.api import exceptions as tuf
from tuf.api.metadata import Metadata, TargetFile
from tuf.api.serialization import DeserializationError

from quetsach import storage
from quetsach.core.text import Text
from quetsach.packs import PackError, Refusal, RefusedError, UnreachableError
from quetsach.packs.container import CONTAINER_LIMIT_BYTES, unpack
from quetsach.packs.installed import (
    SUFFIX,
    PackName,
    Ring,
    install,
    installed_or_none,
    newest_of,
    parse_name,
    remember_ring,
    remembered_ring,
)
from quetsach.packs.load import parse_pack
from quetsach.packs.source import REPOSITORY_FILE, ROOT_FILE, Source, Trust, repository_toml
from quetsach.packs.transport import Patience, TooLongError, TooSlowError, TransportError
from quetsach.packs.withdrawal import (
    LIST_FILE,
    LIST_LIMIT_BYTES,
    Withdrawal,
    keep_withdrawals,
    kept_list,
    list_bytes,
    parse_list,
)

_TOTAL_LIMIT_BYTES = 256 << 20
"""All packs together may not be larger: they are in memory until they are installed at once."""


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """What an update did, by file name of packs, and the version of each role that is now trusted."""

    installed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    versions: Mapping[str, int]
    repository: str
    fingerprint: str
    ring: Ring

    def as_json(self) -> dict[str, object]:
        """Return the result as plain values for ``--json``."""
        return {
            "repository": self.repository,
            "trust_root_sha256": self.fingerprint,
            "installed": list(self.installed),
            "unchanged": list(self.unchanged),
            "removed": list(self.removed),
            "withdrawn": list(self.withdrawn),
            "ring": self.ring,
            "versions": dict(self.versions),
        }


def update(
    state: Path,
    *,
    trust: Trust,
    ring: Ring | None = None,
    remember: bool = False,
    patience: Patience | None = None,
    tick: Callable[[int, int], None] = lambda _done, _total: None,
) -> UpdateResult:
    """Verify the repository that ``trust`` names and install its packs.

    What the repository has taken back counts as soon as its list is verified, also if a pack cannot be fetched then.

    Args:
        state: the tool's state; metadata is kept under ``trust/``, packs under ``packs/``.
        trust: root of trust and address: ``http(s)://…`` or a local folder.
        ring: which packs to get from now on; ``None`` for the ring that the state remembers.
        remember: keep ``trust`` in the state, for a root of trust that a person named.
        patience: how long one file may take.
        tick: called with packs done and packs in all.

    Raises:
        RefusedError: something is not as it was signed; no pack was changed.
        UnreachableError: the repository does not answer.
    """
    with opened(state, trust, patience) as source:
        withdrawn = _take_back(source, state)
        ring = ring or remembered_ring(state)
        targets = _listed(source, ring)
        old = _installed(state)
        packs: dict[str, bytes] = {}
        for done, (name, target) in enumerate(sorted(targets.items())):
            packs[name] = source.content(target, old.get(name))
            if packs[name] != old.get(name):
                _require_usable(name, packs[name])
            tick(done + 1, len(targets))
        if packs != old:
            install(state, packs)
        remember_ring(state, ring)
        if remember:
            _remember(state, trust)
    fresh = {name for name, content in packs.items() if old.get(name) != content}
    return UpdateResult(
        installed=tuple(sorted(fresh)),
        unchanged=tuple(sorted(packs.keys() - fresh)),
        removed=tuple(sorted(old.keys() - packs.keys())),
        withdrawn=tuple(one.label for one in withdrawn),
        versions=_versions(source.store),
        repository=trust.repository,
        fingerprint=trust.fingerprint,
        ring=ring,
    )


@contextmanager
def opened(state: Path, trust: Trust, patience: Patience | None = None) -> Iterator[Source]:
    """Give the repository that ``trust`` names, with its top metadata verified anew; one update runs at a time.

    Raises:
        RefusedError: something is not as it was signed.
        UnreachableError: the repository does not answer, or another update is running.
    """
    store = state / "trust" / trust.fingerprint[:16]
    with _one_update(state), _explained(trust.repository):
        storage.make_folder(store)
        source = Source(trust, store, patience or Patience())
        source.client.refresh()
        yield source


def _take_back(source: Source, state: Path) -> tuple[Withdrawal, ...]:
    """Keep what the repository has taken back: from now on it is disarmed, whatever comes of the packs."""
    target = source.listed("withdrawals").get(f"withdrawals/{LIST_FILE}")
    raw = list_bytes(())
    if target is not None:
        kept = kept_list(state)
        raw = source.content(target, kept, limit_bytes=LIST_LIMIT_BYTES)
    try:
        withdrawn = parse_list(raw, where=LIST_FILE)
    except PackError as error:
        raise RefusedError(Refusal.BAD_LIST, where=LIST_FILE, detail=error.hint) from error
    keep_withdrawals(state, raw)
    return withdrawn


def _listed(source: Source, ring: Ring) -> Mapping[str, TargetFile]:
    """Return the newest packs that the repository lists for a ring, by file name."""
    listed: list[tuple[PackName, TargetFile]] = []
    for role in dict.fromkeys((Ring.GENERAL.role, ring.role)):
        for path in source.listed(role, is_needed=role == Ring.GENERAL.role):
            name = parse_name(path)
            target = source.client.get_targetinfo(path) if name else None
            if name is None or name.role != role or target is None:
                raise RefusedError(Refusal.BAD_NAME, where=ascii(path[:200]))
            if target.length > CONTAINER_LIMIT_BYTES:
                raise RefusedError(Refusal.TOO_LONG, where=path, detail=f"{target.length} bytes")
            listed.append((name, target))
    newest = newest_of(listed)
    if (total := sum(target.length for target in newest.values())) > _TOTAL_LIMIT_BYTES:
        raise RefusedError(Refusal.TOO_LONG, where=source.repository, detail=f"{total} bytes in all")
    return newest


def _require_usable(name: str, content: bytes) -> None:
    try:
        pack = parse_pack(unpack(content), name)
    except PackError as error:
        raise RefusedError(Refusal.BAD_PACK, where=name, detail=str(error)) from error
    if name != f"{pack.family}-{pack.version}{SUFFIX}":
        raise RefusedError(Refusal.BAD_PACK, where=name, detail=f"it holds {pack.family} {pack.version}")


def _installed(state: Path) -> dict[str, bytes]:
    folder = installed_or_none(state)
    return {path.name: path.read_bytes() for path in sorted(folder.glob(f"*{SUFFIX}"))} if folder else {}


def _versions(store: Path) -> dict[str, int]:
    """Return the version of each role that is trusted now; the newest root has a name of its own on every system."""
    root = max(int(path.name.split(".")[0]) for path in (store / "root_history").glob("*.root.json"))
    others = ("timestamp", "snapshot", "targets", "packs")
    return {"root": root} | {role: Metadata.from_file(str(store / f"{role}.json")).signed.version for role in others}


def _remember(state: Path, trust: Trust) -> None:
    folder = state / "trust"
    for name, content in ((ROOT_FILE, trust.root), (REPOSITORY_FILE, repository_toml(trust).encode())):
        if not (folder / name).is_file() or (folder / name).read_bytes() != content:
            storage.write(folder / name, content)


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
        detail = f"{error.what}: {error.hint}" if isinstance(error, TransportError) and error.hint else str(error)
        raise UnreachableError(
            Text("the repository cannot be reached; the installed packs stay as they are"),
            where=repository,
            hint=detail,
        ) from error
    except OSError as error:
        raise UnreachableError(Text("the update cannot be carried out"), where=repository, hint=str(error)) from error


@contextmanager
def _one_update(state: Path) -> Iterator[None]:
    """Let one update run at a time; a lock of a process that has died is gone with it."""
    held = ExitStack()
    try:
        storage.make_folder(state)
        held.enter_context(storage.locked(state / "update.lock", waits=False))
    except BlockingIOError as error:
        raise UnreachableError(Text("another update is running"), where=str(state), hint=Text("wait for it")) from error
    except OSError as error:
        raise UnreachableError(Text("the state cannot be written"), where=str(state), hint=str(error)) from error
    with held:
        yield
