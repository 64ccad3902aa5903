"""One publication under way: which TUF metadata is still good, which must be made anew, and with which keys.

A role is signed again when what it says changes, when it is past half of its life, or when its keys were replaced. What
was signed on another machine and carried here is taken as it is, if it is signed, good and complete.

Source: The Update Framework specification 1.0, sections 4 (formats) and 6 (repository).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Root, Signed, Snapshot, Targets, Timestamp

from quetsach.core.text import LocalText, Text
from quetsach.packs import HeldBackError, SigningError
from quetsach.packs.keys import ROLES, KeyRing
from quetsach.packs.repository_folder import Delegator, Document, RepositoryFolder, read_document

DELEGATED = ("packs", "canary", "tools", "withdrawals")
"""The roles that list files; each may sign only for names ``ROLE/*``. A centre can do without some (``OPTIONAL``)."""

_TOP = ("root", "targets", "snapshot", "timestamp")

type Objection = Callable[[Mapping[str, bytes]], LocalText | None]
"""Told the packs that everybody would get (content by file name), it says what they wait for; ``None``: nothing."""


def no_objection(_packs: Mapping[str, bytes]) -> LocalText | None:
    """Let everything out: whoever has the keys decides."""
    return None


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


class Signing:
    """One publication under way: what the repository holds, what has become new, and the keys to sign it."""

    def __init__(
        self, folder: Path, keys: KeyRing, now: datetime, lifetimes: Lifetimes, objection: Objection = no_objection
    ) -> None:
        self.folder = RepositoryFolder(folder)
        self._objection = objection
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

    def keep_all(self) -> None:
        """Take every role as it is, or as it was signed elsewhere and carried here since.

        Raises:
            SigningError: a role is missing.
        """
        self._current["root"] = self._required("root", self.folder.old("root"))
        self._current["targets"] = self._required("targets", self._whole("targets", self._root()))
        targets = self._top_targets()
        for role in targets.delegations.roles or {} if targets.delegations else {}:
            self._current[role] = self._required(role, self._whole(role, targets))

    def require_consent(self, packs: Mapping[str, bytes]) -> None:
        """Let pass packs for everybody (content by file name) that wait for nothing, or that everybody has.

        Raises:
            HeldBackError: they must wait.
        """
        offered = {f"packs/{name}": hashlib.sha256(content).hexdigest() for name, content in packs.items()}
        old = self.folder.old("packs")
        if (old is None or _hashes(old) != offered) and (reason := self._objection(packs)):
            raise HeldBackError(Text("these packs wait for a second person"), where=str(self.folder.path), hint=reason)

    def former_root(self) -> Root | None:
        """Return the newest root of the repository."""
        old = self.folder.old("root")
        return _as_root(old) if old else None

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
            old = self.folder.old("root")
            if old and not self._due("root", old, former):
                return None
        key_ids = {*wanted.roles["root"].keyids, *(former.roles["root"].keyids if former else ())}
        begun = self._begun(wanted)
        return self._sign(begun.metadata if begun else Metadata(wanted), key_ids)

    def root(self) -> None:
        """Make the root agree with the key folder; a new one is signed by a threshold of the old keys and the new."""
        wanted = self.wanted_root()
        if wanted is None:
            self._current["root"] = self._required("root", self.folder.old("root"))
            return
        former, signed = self.former_root(), wanted.metadata
        root = _as_root(wanted)
        if root.get_root_verification_result(former, signed.signed_bytes, signed.signatures).verified:
            self.folder.store("root", wanted)
            self._take("root", wanted, is_new=True)
            for path in self.folder.pending_root(root.version).parent.glob("*.root.json"):
                path.unlink()
        else:
            self._cannot_sign("root", self.folder.old("root") if former and _says_the_same(former, root) else None)

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
        delegator = self._top_targets()
        if files is None:
            whole = self._whole(role, delegator)
            listed = whole.listed if whole else {}
        else:
            listed = {f"{role}/{name}": self.folder.store_file(role, name, content) for name, content in files.items()}
        self._renew(role, Targets(targets=listed), delegator)

    def finish(self) -> Publication:
        """Make snapshot and timestamp, which commit everything before them."""
        old = self.folder.old("snapshot")
        # What a snapshot once named stays named, though no longer delegated: clients take its absence for an attack.
        meta = dict(old.signed.meta) if old and isinstance(old.signed, Snapshot) else {}
        meta |= {f"{role}.json": document.meta for role, document in self._current.items() if role != "root"}
        self._renew("snapshot", Snapshot(meta=meta), self._root())
        self._renew("timestamp", Timestamp(snapshot_meta=self._current["snapshot"].meta), self._root())
        return self.result()

    def result(self) -> Publication:
        """Say what has been done so far."""
        return Publication(
            {role: document.signed.version for role, document in self._current.items()},
            tuple(self._renewed),
            tuple(self._overdue),
            min(document.signed.expires for document in self._current.values()),
            self._current["root"].raw,
        )

    def _begun(self, wanted: Root) -> Document | None:
        """Return the root that waits for signatures, if it says what is wanted and is good for long enough."""
        begun = read_document(self.folder.pending_root(wanted.version))
        if begun is None or not isinstance(begun.signed, Root) or not _says_the_same(begun.signed, wanted):
            return None
        lifetime = begun.signed.expires - self._now
        is_good = self._lifetimes.root / 2 < lifetime <= self._lifetimes.root and begun.signed.version == wanted.version
        return begun if is_good else None

    def _root(self) -> Root:
        return _as_root(self._current["root"])

    def _top_targets(self) -> Targets:
        signed = self._current["targets"].signed
        if not isinstance(signed, Targets):
            raise SigningError(Text("the repository's targets are not targets"), where=str(self.folder.metadata))
        return signed

    def _required(self, role: str, document: Document | None) -> Document:
        if document is None:
            raise SigningError(
                Text("the repository lacks its {role}", role=role),
                where=str(self.folder.path),
                hint=Text("publish again"),
            )
        return document

    def _whole(self, role: str, delegator: Delegator) -> Document | None:
        """Return the last version of a role, if it is signed, good, complete and may go out; else what clients see."""
        last, old = self.folder.last(role), self.folder.old(role)
        if last is None or (old is not None and last.raw == old.raw):
            return old
        is_good = not last.signed.is_expired(self._now) and last.holds_under(delegator, role)
        return last if is_good and self.folder.is_complete(last) and self._may_go_out(role, last) else old

    def _may_go_out(self, role: str, document: Document) -> bool:
        """Whether a list that was signed elsewhere and carried here waits for nothing."""
        old = self.folder.old(role)
        is_known = role != "packs" or (old is not None and _hashes(old) == _hashes(document))
        return is_known or not self._objection(self.folder.files_of(role, document))

    def _renew(self, role: str, wanted: Signed, delegator: Delegator) -> None:
        whole, last = self._whole(role, delegator), self.folder.last(role)
        same = whole is not None and _content(whole.signed) == _content(wanted)
        if whole and same and not self._due(role, whole, delegator):
            old = self.folder.old(role)
            self._take(role, whole, is_new=old is None or old.raw != whole.raw)
            return
        wanted.version = last.signed.version + 1 if last else 1
        wanted.expires = self._expiry(role)
        fresh = self._sign(Metadata(wanted), {key.keyid for key in self._keys.public[role]})
        if fresh.holds_under(delegator, role):
            self.folder.store(role, fresh)
            self._take(role, fresh, is_new=True)
        else:
            self._cannot_sign(role, whole if same else None)

    def _due(self, role: str, old: Document, delegator: Delegator) -> bool:
        past_half = old.signed.expires - self._now < self._lifetimes.of(role) / 2
        return past_half or not old.holds_under(delegator, role)

    def _cannot_sign(self, role: str, old: Document | None) -> None:
        """Keep the old metadata if it says the same and is still valid; a safe that is shut must not stop the rest."""
        if old is None or old.signed.is_expired(self._now):
            hint = Text("put {role}*.pem into the folder of keys, publish, take them away again", role=role)
            if role == "root":
                hint = Text("{hint}; or let its holders sign one after the other: quetsach packs keys root", hint=hint)
            raise SigningError(
                Text(
                    "too few private keys of {role} are at hand: {threshold} must sign",
                    role=role,
                    threshold=ROLES[role].threshold,
                ),
                hint=hint,
            )
        self._current[role] = old
        self._overdue.append(role)

    def _sign(self, fresh: Metadata[Any], key_ids: set[str]) -> Document:
        for key_id in sorted(key_ids & self._keys.signers.keys()):
            fresh.sign(self._keys.signers[key_id], append=True)
        return Document(fresh, fresh.to_bytes())

    def _take(self, role: str, document: Document, *, is_new: bool) -> None:
        self._current[role] = document
        if is_new:
            self._renewed.append(role)

    def _expiry(self, role: str) -> datetime:
        return self._now + self._lifetimes.of(role)


def _as_root(document: Document) -> Root:
    if not isinstance(document.signed, Root):
        raise SigningError(Text("the repository's root is not a root"))
    return document.signed


def _says_the_same(one: Root, other: Root) -> bool:
    return one.keys == other.keys and one.roles == other.roles


def _hashes(document: Document) -> dict[str, str]:
    return {path: target.hashes["sha256"] for path, target in document.listed.items()}


def _content(signed: Signed) -> dict[str, object]:
    return {name: value for name, value in signed.to_dict().items() if name not in {"version", "expires"}}
