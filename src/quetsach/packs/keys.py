"""The keys of a repository: which roles sign, how many keys each needs, and the folder they lie in.

One key is two files: ``NAME.pub`` (public, always in the folder) and ``NAME.pem`` (private, PKCS #8, mode 0600). A
signature is made with the private keys that happen to lie there, so a centre keeps ``root-*.pem`` and ``targets.pem``
on media in a safe, brings them for the ceremony and takes them away again. A folder that holds all of them, as
``quetsach center up`` makes for the demonstration, is convenient and is no way to run a national centre.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from quetsach.packs.errors import PackError

_KEY_LIMIT_BYTES = 16_384
RETIRED = "retired"
"""Folder of private keys that were replaced; the next root is still signed with them, then they can be destroyed."""


class SigningError(PackError):
    """The repository cannot be made or signed as asked. It is the centre's to mend, not a pack that is bad."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """How many keys a role has and how many of them must sign."""

    keys: int
    threshold: int


ROLES: Mapping[str, RoleKeys] = {
    "root": RoleKeys(3, 2),
    "targets": RoleKeys(1, 1),
    "packs": RoleKeys(1, 1),
    "tools": RoleKeys(1, 1),
    "snapshot": RoleKeys(1, 1),
    "timestamp": RoleKeys(1, 1),
}
"""The roles of TUF and the two that ``targets`` delegates to: ``packs`` (packs/*) and ``tools`` (tools/*)."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Public keys by role, and signers by key identifier for the private keys that are at hand."""

    public: Mapping[str, tuple[SSlibKey, ...]]
    signers: Mapping[str, CryptoSigner]


def key_names(role: str) -> tuple[str, ...]:
    """Return the file names (without suffix) of a role's keys: ``root-1`` … or just ``packs``."""
    count = ROLES[role].keys
    return (role,) if count == 1 else tuple(f"{role}-{number}" for number in range(1, count + 1))


def new_keys(folder: Path) -> tuple[str, ...]:
    """Make an Ed25519 key for every role and return their names.

    Raises:
        SigningError: the folder already holds keys, or cannot be written.
    """
    names = tuple(name for role in ROLES for name in key_names(role))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        if any(folder.glob("*.p*")):
            raise SigningError(
                "there are keys already", where=str(folder), hint="keys are never overwritten; replace one with rotate"
            )
        for name in names:
            _write_pair(folder, name)
    except OSError as error:
        raise SigningError("the keys cannot be written", where=str(folder), hint=str(error)) from error
    return names


def rotate(folder: Path, name: str) -> str:
    """Replace one key by a new one and return the identifier of the new; the next publication makes it valid.

    Raises:
        SigningError: there is no key of that name, or the folder cannot be written.
    """
    if name not in {known for role in ROLES for known in key_names(role)} or not (folder / f"{name}.pub").is_file():
        raise SigningError(f"there is no key {name!r}", where=str(folder))
    try:
        private = folder / f"{name}.pem"
        if private.is_file():
            retired = folder / RETIRED
            retired.mkdir(mode=0o700, exist_ok=True)
            private.rename(retired / f"{_public_key(folder / f'{name}.pub').keyid}.pem")
        return _write_pair(folder, name)
    except OSError as error:
        raise SigningError("the keys cannot be written", where=str(folder), hint=str(error)) from error


def load_keys(folder: Path) -> KeyRing:
    """Read a folder of keys.

    Raises:
        SigningError: a public key is missing, or a file is not a key.
    """
    public = {role: tuple(_public_key(folder / f"{name}.pub") for name in key_names(role)) for role in ROLES}
    signers: dict[str, CryptoSigner] = {}
    for path in (*folder.glob("*.pem"), *(folder / RETIRED).glob("*.pem")):
        signer = CryptoSigner(_private_key(path))
        signers[signer.public_key.keyid] = signer
    return KeyRing(public, signers)


def _write_pair(folder: Path, name: str) -> str:

    signer = CryptoSigner.generate_ed25519()
    public = (
        _private_key_of(signer.private_bytes).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    for suffix, content, mode in ((".pem", signer.private_bytes, 0o600), (".pub", public, 0o644)):
        new = folder / f"{name}{suffix}.new"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(folder / f"{name}{suffix}")
    return str(signer.public_key.keyid)


def _public_key(path: Path) -> SSlibKey:

    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError("this is not a public key in PEM form", where=str(path)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise SigningError("this is not an Ed25519 key", where=str(path))
    return SSlibKey.from_crypto(key)


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        return _private_key_of(_read(path))
    except SigningError as error:
        raise SigningError(error.what, where=str(path)) from error


def _private_key_of(pem: bytes) -> Ed25519PrivateKey:

    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningError("this is not a private key in PEM form without a pass phrase") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError("this is not an Ed25519 key")
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_KEY_LIMIT_BYTES)
    except OSError as error:
        hint = "all public keys (*.pub) must be in this folder; `quetsach packs keys new --out DIR` makes a set"
        raise SigningError("this key cannot be read", where=str(path), hint=hint) from error
