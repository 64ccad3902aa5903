"""The signing of a root by several people, one after the other, each with one's own key on a machine of one's own.

``begin_root`` writes the root that agrees with the public keys into ``pending/`` of the repository, with the root until
now beside it. The folder is carried from holder to holder; ``sign_root`` shows what is to be signed, adds signatures
and says how many are missing. The next publication takes the root once enough have signed: of its own keys, and of
those until now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization import DeserializationError

from quetsach.core.text import Text
from quetsach.packs import SigningError
from quetsach.packs.keys import RETIRED, ROLES, KeyRing, Phrase, Signers, key_id_of
from quetsach.packs.repository import one_publisher
from quetsach.packs.repository_folder import write_whole
from quetsach.packs.signing import Lifetimes, Signing

_ROOT_LIMIT_BYTES = 512_000
_SHOWN = 16
_LEAVE = "do not sign, and ask the others where this file came from"


@dataclass(frozen=True, slots=True)
class RootToSign:
    """A root under way: what it says and how many signatures it lacks.

    ``keys`` are identifiers by role, ``new`` and ``gone`` what differs from the root until now. ``path`` is ``None``
    when there is nothing to sign. ``is_compared`` says whether the root until now was there to compare with.
    """

    path: Path | None
    version: int
    expires: datetime
    keys: Mapping[str, tuple[str, ...]]
    new: Mapping[str, tuple[str, ...]]
    gone: Mapping[str, tuple[str, ...]]
    signed_by: tuple[str, ...]
    missing: int
    is_compared: bool

    def as_json(self) -> dict[str, object]:
        """Return plain values for ``--json``."""
        return {
            "path": str(self.path) if self.path else None,
            "version": self.version,
            "expires": self.expires.isoformat(),
            "keys": {role: list(ids) for role, ids in self.keys.items()},
            "new": {role: list(ids) for role, ids in self.new.items()},
            "gone": {role: list(ids) for role, ids in self.gone.items()},
            "signed_by": list(self.signed_by),
            "missing": self.missing,
        }

    def told(self) -> str:
        """Return what a holder has to read before signing, as lines of text."""
        lines = [f"Root version {self.version}, good until {self.expires:%Y-%m-%d}"]
        for role, ids in self.keys.items():
            marks = (f"{i[:_SHOWN]}…{' (new)' if i in self.new.get(role, ()) else ''}" for i in ids)
            lines.append(f"  {role} ({ROLES[role].threshold} must sign): {', '.join(marks)}")
            lines += [f"    no longer: {i[:_SHOWN]}…" for i in self.gone.get(role, ())]
        signers = ", ".join(f"{i[:_SHOWN]}…" for i in self.signed_by) or "nobody yet"
        lines.append(f"Signed by: {signers}")
        if not self.is_compared and self.version > 1:
            lines.append("The root until now is not beside it: what is new, and its signatures, cannot be told here.")
        missing = f"{self.missing} more needed" if self.missing else "enough; publish takes it"
        return "\n".join((*lines, f"Signatures: {missing}"))


def begin_root(out: Path, *, keys: KeyRing, now: datetime, lifetimes: Lifetimes | None = None) -> RootToSign:
    """Write the root that agrees with the keys, with the signatures of those at hand, and say what it lacks.

    Raises:
        SigningError: a key or the repository is not as it must be.
    """
    with one_publisher(out):
        signing = Signing(out, keys, now, lifetimes or Lifetimes())
        former = signing.former_root()
        wanted = signing.wanted_root()
        if wanted is None:
            if former is None:
                raise SigningError(Text("the repository's root is not there"), where=str(out))
            return _described(None, Metadata(former), former)
        path = signing.folder.pending_root(wanted.signed.version)
        if former is not None and (old := signing.folder.old("root")) is not None:
            write_whole(path.with_name(f"{former.version}.root.json"), old.raw)
        write_whole(path, wanted.raw)
        return _described(path, wanted.metadata, former)


def sign_root(path: Path, keys: Path | None, *, phrase: Phrase) -> RootToSign:
    """Add the signatures of the root keys in a folder to a root that was begun; without a folder only show it.

    Raises:
        SigningError: the file is no root or one that nobody should sign, or none of the keys may sign it.
    """
    begun = _read_root(path)
    _require_plain(path, begun.signed)
    before = path.with_name(f"{begun.signed.version - 1}.root.json")
    former = _read_root(before).signed if before.is_file() else None
    if former is not None:
        _require_genuine(before, former)
    if keys is not None:
        allowed = {*begun.signed.roles["root"].keyids, *(former.roles["root"].keyids if former else ())}
        signers = {i: s for i, s in _signers(keys, phrase).items() if former is None or i in allowed}
        if not allowed & signers.keys():
            raise SigningError(Text("none of these keys is a root key that may sign this"), where=str(keys))
        for key_id in sorted(signers):
            begun.sign(signers[key_id], append=True)
        write_whole(path, begun.to_bytes())
    return _described(path, begun, former)


def _require_plain(path: Path, root: Root) -> None:
    """A holder sees identifiers: each must be that of its key, and the numbers of keys those that everybody knows."""
    for key_id, key in root.keys.items():
        try:
            raw = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"]))
        except (ValueError, KeyError, TypeError) as error:
            raise SigningError(
                Text("it holds something that is no Ed25519 key"), where=str(path), hint=_LEAVE
            ) from error
        if SSlibKey.from_crypto(raw).keyid != key_id:
            raise SigningError(Text("one of its keys goes by the name of another"), where=str(path), hint=_LEAVE)
    for role, wanted in ((name, ROLES[name]) for name in root.roles):
        if (len(root.roles[role].keyids), root.roles[role].threshold) != (wanted.keys, wanted.threshold):
            what = Text(
                "it does not ask for {threshold} of {keys} keys of {role}",
                threshold=wanted.threshold,
                keys=wanted.keys,
                role=role,
            )
            raise SigningError(what, where=str(path), hint=_LEAVE)
    if not root.consistent_snapshot:
        raise SigningError(Text("it turns consistent snapshots off"), where=str(path), hint=_LEAVE)


def _require_genuine(path: Path, former: Root) -> None:
    """A root until now that its own keys have not signed was put there to make a change look harmless."""
    metadata = _read_root(path)
    result = former.get_verification_result("root", metadata.signed_bytes, metadata.signatures)
    if not result.verified:
        raise SigningError(Text("the root until now is not signed by its own keys"), where=str(path), hint=_LEAVE)


def _signers(folder: Path, phrase: Phrase) -> Mapping[str, CryptoSigner]:
    paths = (*sorted(folder.glob("root-*.pem")), *sorted((folder / RETIRED).glob("*.pem")))
    return Signers({key_id_of(path): path for path in paths}, phrase)


def _described(path: Path | None, metadata: Metadata[Root], former: Root | None) -> RootToSign:
    root = metadata.signed
    keys = {name: tuple(role.keyids) for name, role in root.roles.items()}
    until_now = {name: tuple(role.keyids) for name, role in former.roles.items()} if former else {}
    verdicts = [root.get_verification_result("root", metadata.signed_bytes, metadata.signatures)]
    if former is not None:
        verdicts.append(former.get_verification_result("root", metadata.signed_bytes, metadata.signatures))
    return RootToSign(
        path=path,
        version=root.version,
        expires=root.expires,
        keys=keys,
        new={name: tuple(i for i in ids if former and i not in until_now.get(name, ())) for name, ids in keys.items()},
        gone={name: tuple(i for i in ids if i not in keys.get(name, ())) for name, ids in until_now.items()},
        signed_by=tuple(sorted({key_id for verdict in verdicts for key_id in verdict.signed})),
        missing=0 if path is None else max(max(0, v.threshold - len(v.signed)) for v in verdicts),
        is_compared=former is not None,
    )


def _read_root(path: Path) -> Metadata[Root]:
    try:
        with path.open("rb") as file:
            metadata = Metadata[Root].from_bytes(file.read(_ROOT_LIMIT_BYTES))
    except OSError as error:
        raise SigningError(Text("this root cannot be read"), where=str(path), hint=str(error)) from error
    except DeserializationError as error:
        raise SigningError(Text("this file is not a root"), where=str(path)) from error
    if not isinstance(metadata.signed, Root):
        raise SigningError(Text("this file is not a root"), where=str(path))
    return metadata
