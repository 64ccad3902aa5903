"""The keys of a repository: which roles sign, how many keys each needs, and the folder they lie in.

A signature is made with the private keys that happen to lie in the folder, so a centre keeps ``root-*.pem`` and
``targets.pem`` on media in a safe, brings them for the ceremony and takes them away again; the public halves stay. A
folder that holds all of them, as ``quetsach center up`` makes for the demonstration, is convenient and is no way to run
a national centre.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey

from quetsach import storage
from quetsach.core.text import Text
from quetsach.packs.errors import SigningError
from quetsach.packs.key_files import (
    Phrase,
    Signers,
    is_encrypted,
    key_id_of,
    no_phrase,
    read_private,
    read_public,
    write_pair,
)

RETIRED = "retired"
"""Folder of private keys that were replaced; the next root is still signed with them, then they can be destroyed."""


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """How many keys a role has and how many of them must sign."""

    keys: int
    threshold: int


ROLES: Mapping[str, RoleKeys] = {
    "root": RoleKeys(3, 2),
    "targets": RoleKeys(1, 1),
    "packs": RoleKeys(1, 1),
    "canary": RoleKeys(1, 1),
    "tools": RoleKeys(1, 1),
    "withdrawals": RoleKeys(1, 1),
    "snapshot": RoleKeys(1, 1),
    "timestamp": RoleKeys(1, 1),
}
"""The four roles of TUF, and those that ``targets`` delegates to, each for the files ``ROLE/*``."""

OPTIONAL = frozenset({"canary", "withdrawals"})
"""Roles that a centre can do without: a folder without their public keys makes a repository without them."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Public keys by role, and signers by key identifier for the private keys that are at hand."""

    public: Mapping[str, tuple[SSlibKey, ...]]
    signers: Mapping[str, CryptoSigner]


@dataclass(frozen=True, slots=True)
class KeyState:
    """What a folder holds of one key: ``private`` is ``open``, ``encrypted`` or ``away``."""

    name: str
    role: str
    key_id: str
    private: str


def key_names(role: str) -> tuple[str, ...]:
    """Return the file names (without suffix) of a role's keys: ``root-1`` … or just ``packs``."""
    count = ROLES[role].keys
    return (role,) if count == 1 else tuple(f"{role}-{number}" for number in range(1, count + 1))


ALL_NAMES = tuple(name for role in ROLES for name in key_names(role))
"""The names of all keys that a repository can have."""


def new_keys(folder: Path, names: Sequence[str] = ALL_NAMES, *, phrase: str = "") -> tuple[str, ...]:
    """Make Ed25519 keys and return their names: one for every place of every role, or only those that are named.

    Args:
        folder: where they go; it is made if it does not exist.
        names: which keys; each person can so make one's own on a machine of one's own.
        phrase: pass phrase for the private keys; empty leaves them open.

    Raises:
        SigningError: there is such a key already, a name is unknown, or the folder cannot be written.
    """
    for name in names:
        if name not in ALL_NAMES:
            raise SigningError(f"there is no key {name!r}", hint=Text("one of {names}", names=", ".join(ALL_NAMES)))
    try:
        storage.make_folder(folder)
        folder.chmod(storage.PRIVATE_FOLDER)
        if there := [name for name in names if any((folder / f"{name}{end}").exists() for end in (".pem", ".pub"))]:
            raise SigningError(
                f"there is a key {there[0]} already",
                where=str(folder),
                hint="keys are never overwritten; replace one with rotate",
            )
        for name in names:
            write_pair(folder, name, Ed25519PrivateKey.generate(), phrase)
    except OSError as error:
        raise SigningError("the keys cannot be written", where=str(folder), hint=str(error)) from error
    return tuple(names)


def rotate(folder: Path, name: str, *, phrase: str = "") -> str:
    """Replace one key by a new one and return the identifier of the new; the next publication makes it valid.

    Raises:
        SigningError: there is no key of that name, or the folder cannot be written.
    """
    _require_known(folder, name)
    try:
        private = folder / f"{name}.pem"
        if private.is_file():
            retired = folder / RETIRED
            storage.make_folder(retired)
            former = retired / f"{read_public(folder / f'{name}.pub').keyid}.pem"
            storage.write(former.with_suffix(".pub"), (folder / f"{name}.pub").read_bytes(), mode=storage.SHARED)
            storage.publish([(private, former)])
        return write_pair(folder, name, Ed25519PrivateKey.generate(), phrase)
    except OSError as error:
        raise SigningError("the keys cannot be written", where=str(folder), hint=str(error)) from error


def protect(folder: Path, name: str, *, old: Phrase, new: str) -> None:
    """Put a private key under another pass phrase.

    Raises:
        SigningError: there is no such key, the old phrase is wrong, the new one too short, or nothing can be written.
    """
    _require_known(folder, name)
    if not new:
        raise SigningError("no pass phrase was given", where=name)
    private = read_private(folder / f"{name}.pem", old)
    try:
        write_pair(folder, name, private, new)
    except OSError as error:
        raise SigningError("the keys cannot be written", where=str(folder), hint=str(error)) from error


def load_keys(folder: Path, *, phrase: Phrase = no_phrase) -> KeyRing:
    """Read a folder of keys; a pass phrase is asked for only when a key that is under one has to sign.

    Raises:
        SigningError: a public key is missing, a file is not a key, or two are the same.
    """
    public = {
        role: tuple(read_public(folder / f"{name}.pub") for name in key_names(role))
        for role in ROLES
        if role not in OPTIONAL or (folder / f"{role}.pub").exists()
    }
    _require_different(public, str(folder))
    paths = (*folder.glob("*.pem"), *(folder / RETIRED).glob("*.pem"))
    return KeyRing(public, Signers({key_id_of(path): path for path in paths}, phrase))


def _require_different(public: Mapping[str, tuple[SSlibKey, ...]], where: str) -> None:
    """A key that stands in two places makes one thief, or one holder, out of two."""
    places: dict[str, str] = {}
    for role, keys in public.items():
        for name, key in zip(key_names(role), keys, strict=True):
            if (other := places.setdefault(key.keyid, name)) != name:
                hint = f"make {name} anew: quetsach packs keys rotate {name}"
                raise SigningError(f"{other} and {name} are the same key", where=where, hint=hint)


def list_keys(folder: Path) -> tuple[KeyState, ...]:
    """Say what a folder holds; keys whose public half is not there are left out.

    Raises:
        SigningError: a file is not a key.
    """
    found = []
    for role in ROLES:
        for name in key_names(role):
            if (folder / f"{name}.pub").exists():
                private = folder / f"{name}.pem"
                state = ("encrypted" if is_encrypted(private) else "open") if private.exists() else "away"
                found.append(KeyState(name, role, str(read_public(folder / f"{name}.pub").keyid), state))
    return tuple(found)


def _require_known(folder: Path, name: str) -> None:
    if name not in ALL_NAMES or not (folder / f"{name}.pub").is_file():
        raise SigningError(f"there is no key {name!r}", where=str(folder))
