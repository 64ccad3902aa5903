"""One publication under way: which TUF metadata is still good, which must be made anew, and with which keys.

A role is signed again when what it says changes, when it is past half of its life, or when its keys were replaced.
Files are written whole under another name and renamed; ``timestamp.json`` comes last and commits everything before it.

Source: The Update Framework specification 1.0, sections 4 (formats) and 6 (repository).
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tuf.api.exceptions import LengthOrHashMismatchError, UnsignedMetadataError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization import DeserializationError

from quetsach.packs.errors import SigningError
from quetsach.packs.keys import ROLES, KeyRing

DELEGATED = ("packs", "canary", "tools", "withdrawals")
"""The roles that list files; each may sign only for names ``ROLE/*``. A centre can do without some (``OPTIONAL``)."""

_TOP = ("root", "targets", "snapshot", "timestamp")


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a signature of each role is good for. What is past half of its life is renewed by a publication."""

    root: timedelta = timedelta(days=365)
    targets: timedelta = timedelta(days=90)
    snapshot: timedelta = timedelta(days=7)
    timestamp: timedelta = timedelta(days=2)

    def of(self, role: str) -> timedelta:
        """Return the lifetime of a role; the delegated ones live as long as ``targets``."""
        lifetime: timedelta = getattr(self, role if role in _TOP else "targets")
        return lifetime


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publication did: the version of each role, the roles that are new, when the first of them expires (UTC).

    ``overdue`` names roles that should be renewed but whose private keys are not at hand; they are still valid.
    """

    versions: Mapping[str, int]
    renewed: tuple[str, ...]
    overdue: tuple[str, ...]
    expires: datetime
    root: bytes

    def as_json(self) -> dict[str, object]:
        """Return the publication as plain values for ``--json``."""
        return {
            "versions": dict(self.versions),
            "renewed": list(self.renewed),
            "overdue": list(self.overdue),
            "expires": self.expires.isoformat(),
            "root_sha256": hashlib.sha256(self.root).hexdigest(),
        }


type Delegator = Root | Targets


@dataclass(frozen=True, slots=True)
class Document:
    """Signed metadata with the exact bytes of its file, which is what snapshot and timestamp vouch for."""

    metadata: Metadata[Any]
    raw: bytes

    @property
    def signed(self) -> Signed:
        """Return what is signed, without the signatures."""
        signed: Signed = self.metadata.signed
        return signed

    def holds_under(self, delegator: Delegator, role: str) -> bool:
        """Say whether enough keys of the role, as the delegator names them, have signed."""
        try:
            delegator.verify_delegate(role, self.metadata.signed_bytes, self.metadata.signatures)
        except UnsignedMetadataError:
            return False
        return True


class Signing:
    """One publication under way: what the repository holds, what has become new, and the keys to sign it."""

    def __init__(self, folder: Path, keys: KeyRing, now: datetime, lifetimes: Lifetimes) -> None:
        self.folder = folder
        self._metadata = folder / "metadata"
        self._targets = folder / "targets"
        self._keys = keys
        self._now = now.replace(microsecond=0)
        self._lifetimes = lifetimes
        self._current: dict[str, Document] = {}
        self._renewed: list[str] = []
        self._overdue: list[str] = []

    @property
    def delegated_roles(self) -> tuple[str, ...]:
        """The roles that list files here: those that there are keys of."""
        return tuple(role for role in DELEGATED if role in self._keys.public)

    def old(self, role: str) -> Document | None:
        """Return what the repository holds for a role: root by its highest number, the rest as timestamp leads."""
        if role == "root":
            numbers = [int(p.name.split(".")[0]) for p in self._metadata.glob("*.root.json") if p.name[0].isdecimal()]
            return self._read(f"{max(numbers)}.root.json") if numbers else None
        if role == "timestamp":
            return self._read("timestamp.json")
        leader = self.old("timestamp" if role == "snapshot" else "snapshot")
        match leader.signed if leader else None:
            case Timestamp(snapshot_meta=listed) if role == "snapshot":
                return self._read(f"{listed.version}.snapshot.json")
            case Snapshot(meta=meta) if role != "snapshot" and f"{role}.json" in meta:
                return self._read(f"{meta[f'{role}.json'].version}.{role}.json")
        return None

    def keep(self, role: str) -> None:
        """Take a role as it is."""
        old = self.old(role)
        if old is None:
            raise SigningError(f"the repository lacks its {role}", where=str(self._metadata), hint="publish again")
        self._current[role] = old

    def former_root(self) -> Root | None:
        """Return the newest root of the repository."""
        old = self.old("root")
        return _as_root(old) if old else None

    def pending_root(self, version: int) -> Path:
        """Return where a root of that version waits for its signatures."""
        return self.folder / "pending" / f"{version}.root.json"

    def wanted_root(self) -> Document | None:
        """Return the root that agrees with the keys, with all signatures there are; ``None`` if the present one does.

        Signatures are those that wait in ``pending/`` and those of the keys at hand, old and new.
        """
        former = self.former_root()
        wanted = Root(version=former.version + 1 if former else 1, expires=self._expiry("root"))
        for role in _TOP:
            wanted.roles[role].threshold = ROLES[role].threshold
            for key in self._keys.public[role]:
                wanted.add_key(key, role)
        if former and _says_the_same(former, wanted):
            old = self.old("root")
            if old and not self._due("root", old, former):
                return None
        key_ids = {*wanted.roles["root"].keyids, *(former.roles["root"].keyids if former else ())}
        begun = self._begun(wanted)
        return self._sign(begun.metadata if begun else Metadata(wanted), key_ids)

    def root(self) -> None:
        """Make the root agree with the key folder; a new one is signed by a threshold of the old keys and the new."""
        wanted = self.wanted_root()
        if wanted is None:
            self.keep("root")
            return
        former, signed = self.former_root(), wanted.metadata
        root = _as_root(wanted)
        if root.get_root_verification_result(former, signed.signed_bytes, signed.signatures).verified:
            self._store("root", f"{root.version}.root.json", wanted)
            for path in self.pending_root(root.version).parent.glob("*.root.json"):
                path.unlink()
        else:
            self._cannot_sign("root", self.old("root") if former and _says_the_same(former, root) else None)

    def _begun(self, wanted: Root) -> Document | None:
        """Return the root that waits for signatures, if it says what is wanted and is good for long enough."""
        path = self.pending_root(wanted.version)
        begun = self._read_path(path)
        if begun is None or not isinstance(begun.signed, Root) or not _says_the_same(begun.signed, wanted):
            return None
        lifetime = begun.signed.expires - self._now
        is_good = self._lifetimes.root / 2 < lifetime <= self._lifetimes.root and begun.signed.version == wanted.version
        return begun if is_good else None

    def top_targets(self) -> None:
        """Make the role that hands ``packs/*``, ``tools/*`` and the like to their keys."""
        public = {role: self._keys.public[role] for role in self.delegated_roles}
        roles = {
            role: DelegatedRole(
                role, [k.keyid for k in keys], ROLES[role].threshold, terminating=True, paths=[f"{role}/*"]
            )
            for role, keys in public.items()
        }
        delegations = Delegations({key.keyid: key for keys in public.values() for key in keys}, roles)
        self._renew("targets", Targets(delegations=delegations), self._root())

    def delegated(self, role: str, files: Mapping[str, bytes] | None) -> None:
        """Make the list of the files of one role and store them; ``None`` lists again what is listed."""
        delegator = self._current["targets"].signed
        if not isinstance(delegator, Targets):
            raise SigningError("the repository's targets are not targets", where=str(self._metadata))
        if files is None:
            old = self.old(role)
            listed = dict(old.signed.targets) if old and isinstance(old.signed, Targets) else {}
        else:
            listed = {f"{role}/{name}": self._store_file(role, name, content) for name, content in files.items()}
        self._renew(role, Targets(targets=listed), delegator)

    def published(self, role: str) -> dict[str, bytes]:
        """Return the files that a role lists, by name without its folder.

        Raises:
            SigningError: a file is missing or is not what was signed.
        """
        old = self.old(role)
        listed = old.signed.targets if old and isinstance(old.signed, Targets) else {}
        files = {}
        for target in listed.values():
            name = target.path.removeprefix(f"{role}/")
            path = self._targets / role / f"{target.hashes['sha256']}.{name}"
            try:
                files[name] = path.read_bytes()
                target.verify_length_and_hashes(files[name])
            except (OSError, LengthOrHashMismatchError) as error:
                raise SigningError("a published file is damaged", where=str(path), hint="publish it again") from error
        return files

    def _store_file(self, role: str, name: str, content: bytes) -> TargetFile:
        """Write a file under the name that carries its hash."""
        path = self._targets / role / f"{hashlib.sha256(content).hexdigest()}.{name}"
        if not path.is_file() or path.read_bytes() != content:
            write_whole(path, content)
        return TargetFile.from_data(f"{role}/{name}", content, ["sha256"])

    def finish(self) -> Publication:
        """Make snapshot and timestamp, which commit everything before them."""
        meta = {f"{role}.json": _meta_file(self._current[role]) for role in ("targets", *self.delegated_roles)}
        self._renew("snapshot", Snapshot(meta=meta), self._root())
        self._renew("timestamp", Timestamp(snapshot_meta=_meta_file(self._current["snapshot"])), self._root())
        return Publication(
            {role: document.signed.version for role, document in self._current.items()},
            tuple(self._renewed),
            tuple(self._overdue),
            min(document.signed.expires for document in self._current.values()),
            self._current["root"].raw,
        )

    def _root(self) -> Root:
        return _as_root(self._current["root"])

    def _renew(self, role: str, wanted: Signed, delegator: Delegator) -> None:
        old = self.old(role)
        same = old is not None and _content(old.signed) == _content(wanted)
        if old and same and not self._due(role, old, delegator):
            self._current[role] = old
            return
        wanted.version = old.signed.version + 1 if old else 1
        wanted.expires = self._expiry(role)
        fresh = self._sign(Metadata(wanted), {key.keyid for key in self._keys.public[role]})
        if fresh.holds_under(delegator, role):
            self._store(role, "timestamp.json" if role == "timestamp" else f"{wanted.version}.{role}.json", fresh)
        else:
            self._cannot_sign(role, old if same else None)

    def _due(self, role: str, old: Document, delegator: Delegator) -> bool:
        past_half = old.signed.expires - self._now < self._lifetimes.of(role) / 2
        return past_half or not old.holds_under(delegator, role)

    def _cannot_sign(self, role: str, old: Document | None) -> None:
        """Keep the old metadata if it says the same and is still valid; a safe that is shut must not stop the rest."""
        if old is None or old.signed.is_expired(self._now):
            hint = f"put {role}*.pem into the folder of keys, publish, take them away again"
            if role == "root":
                hint += "; or let its holders sign one after the other: quetsach packs keys root"
            raise SigningError(
                f"too few private keys of {role} are at hand: {ROLES[role].threshold} must sign", hint=hint
            )
        self._current[role] = old
        self._overdue.append(role)

    def _sign(self, fresh: Metadata[Any], key_ids: set[str]) -> Document:
        for key_id in sorted(key_ids & self._keys.signers.keys()):
            fresh.sign(self._keys.signers[key_id], append=True)
        return Document(fresh, fresh.to_bytes())

    def _store(self, role: str, name: str, fresh: Document) -> None:
        write_whole(self._metadata / name, fresh.raw)
        self._current[role] = fresh
        self._renewed.append(role)

    def _expiry(self, role: str) -> datetime:
        return self._now + self._lifetimes.of(role)

    def _read(self, name: str) -> Document | None:
        return self._read_path(self._metadata / name)

    def _read_path(self, path: Path) -> Document | None:
        try:
            raw = path.read_bytes()
            return Document(Metadata.from_bytes(raw), raw)
        except FileNotFoundError:
            return None
        except DeserializationError as error:
            hint = "restore it from a copy: versions must never go back"
            raise SigningError("the repository's metadata is damaged", where=str(path), hint=hint) from error


def _as_root(document: Document) -> Root:
    if not isinstance(document.signed, Root):
        raise SigningError("the repository's root is not a root")
    return document.signed


def _says_the_same(one: Root, other: Root) -> bool:
    return one.keys == other.keys and one.roles == other.roles


def _content(signed: Signed) -> dict[str, object]:
    return {name: value for name, value in signed.to_dict().items() if name not in {"version", "expires"}}


def _meta_file(document: Document) -> MetaFile:
    return MetaFile.from_data(document.signed.version, document.raw, ["sha256"])


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that its name never stands for half of it, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
