"""The keys of a repository: which roles sign, how many keys each needs, and the folder they lie in.

One key is two files: ``NAME.pub`` (public) and ``NAME.pem`` (private, PKCS #8, mode 0600, also under a pass phrase). A
private key under a pass phrase is opened only when it has to sign, so that nobody is asked for phrases in vain.

A signature is made with the private keys that happen to lie in the folder, so a centre keeps ``root-*.pem`` and
``targets.pem`` on media in a safe, brings them for the ceremony and takes them away again; the public halves stay. A
folder that holds all of them, as ``quetsach center up`` makes for the demonstration, is convenient and is no way to run
a national centre.
"""

import base64
import hashlib
import os
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from quetsach import storage
from quetsach.core.text import Text
from quetsach.packs import SigningError

# A private key under a pass phrase as PEM (PKCS #8), made so that trying out phrases is dear.
#
# The library that reads these files writes them with 2,048 rounds of PBKDF2 and knows no setting for more; that many a
# graphics card does a million times a second. What is written here has 600,000, and any tool that knows PKCS #8 opens
# it.
#
# Source: RFC 5958 (EncryptedPrivateKeyInfo), RFC 8018 (PBES2, PBKDF2); the number of rounds: OWASP, Password Storage
# Cheat Sheet.

ROUNDS = 600_000

_SALT_BYTES = 16
_BLOCK_BYTES = 16
_KEY_BYTES = 32
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("06082a864886f70d0209")
_AES256_CBC = bytes.fromhex("060960864801650304012a")
_INTEGER, _OCTETS, _NULL, _SEQUENCE = 0x02, 0x04, 0x05, 0x30
RETIRED = "retired"
"""Folder of private keys that were replaced; the next root is still signed with them, then they can be destroyed."""


def wrapped(private: bytes, phrase: bytes) -> bytes:
    """Return a private key (PKCS #8, DER) under a pass phrase, as PEM."""
    salt, start = os.urandom(_SALT_BYTES), os.urandom(_BLOCK_BYTES)
    key = hashlib.pbkdf2_hmac("sha256", phrase, salt, ROUNDS, _KEY_BYTES)
    missing = _BLOCK_BYTES - len(private) % _BLOCK_BYTES
    cipher = Cipher(algorithms.AES256(key), modes.CBC(start)).encryptor()
    sealed = cipher.update(private + bytes([missing]) * missing) + cipher.finalize()
    rounds = _value(_INTEGER, ROUNDS.to_bytes(ROUNDS.bit_length() // 8 + 1))
    by = _sequence(_PBKDF2, _sequence(_value(_OCTETS, salt), rounds, _sequence(_HMAC_SHA256, _value(_NULL, b""))))
    scheme = _sequence(_PBES2, _sequence(by, _sequence(_AES256_CBC, _value(_OCTETS, start))))
    text = base64.b64encode(_sequence(scheme, _value(_OCTETS, sealed))).decode()
    label = "ENCRYPTED PRIVATE KEY"
    return "\n".join((f"-----BEGIN {label}-----", *textwrap.wrap(text, 64), f"-----END {label}-----", "")).encode()


def _sequence(*parts: bytes) -> bytes:
    return _value(_SEQUENCE, b"".join(parts))


def _value(tag: int, content: bytes) -> bytes:
    """Return a value as DER; its length as one byte, or as a count of bytes and these."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


SHORTEST_PHRASE = 12
"""Characters that a pass phrase has at least: whoever steals the file can try phrases for as long as they like."""

type Phrase = Callable[[str], str]
"""Gives the pass phrase of the key of that name."""

_KEY_LIMIT_BYTES = 16_384
_KEY_LEAST_BYTES = 80
_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


def no_phrase(name: str) -> str:
    """Refuse to open a key that is under a pass phrase.

    Raises:
        SigningError: always.
    """
    raise SigningError(
        Text("the key {name} is under a pass phrase", name=name),
        hint=Text("run this on a terminal, or give --pass-file"),
    )


class Signers(Mapping[str, CryptoSigner]):
    """Private keys at hand by key identifier; each is opened, and its pass phrase asked for, at its first use."""

    def __init__(self, paths: Mapping[str, Path], phrase: Phrase) -> None:
        self._paths = paths
        self._phrase = phrase
        self._open: dict[str, CryptoSigner] = {}

    def __getitem__(self, key_id: str) -> CryptoSigner:
        if key_id not in self._open:
            path = self._paths[key_id]
            signer = CryptoSigner(read_private(path, self._phrase))
            if signer.public_key.keyid != key_id:
                raise SigningError(
                    Text("this private key does not belong to the public key beside it"), where=str(path)
                )
            self._open[key_id] = signer
        return self._open[key_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def key_id_of(path: Path) -> str:
    """Return the identifier of a private key: of one under a pass phrase, that of the public key beside it.

    Raises:
        SigningError: it is no key, or the public key is missing.
    """
    if is_encrypted(path):
        return str(read_public(path.with_suffix(".pub")).keyid)
    return str(CryptoSigner(read_private(path, no_phrase)).public_key.keyid)


def is_encrypted(path: Path) -> bool:
    """Say whether a private key is under a pass phrase."""
    return _read(path).lstrip().startswith(_ENCRYPTED)


def write_pair(folder: Path, name: str, private: Ed25519PrivateKey, phrase: str) -> str:
    """Write both files of a key, whole or not at all, and return its identifier; an empty phrase leaves it open.

    Raises:
        SigningError: the pass phrase is too short.
        OSError: the folder cannot be written.
    """
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    storage.write(folder / f"{name}.pem", private_pem(private, phrase))
    storage.write(folder / f"{name}.pub", public, mode=storage.SHARED)
    return str(SSlibKey.from_crypto(private.public_key()).keyid)


def private_pem(private: Ed25519PrivateKey, phrase: str) -> bytes:
    """Return a private key as PEM, under a pass phrase if there is one.

    Raises:
        SigningError: the pass phrase is too short.
    """
    if phrase and len(phrase) < SHORTEST_PHRASE:
        raise SigningError(
            Text("the pass phrase has fewer than {least} characters", least=SHORTEST_PHRASE),
            hint=Text("take five or more words that no text has"),
        )
    if phrase:
        return wrapped(private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), phrase.encode())
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_public(path: Path) -> SSlibKey:
    """Read a public key.

    Raises:
        SigningError: it cannot be read or is none of Ed25519.
    """
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError(Text("this is not a public key in PEM form"), where=str(path)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise SigningError(Text("this is not an Ed25519 key"), where=str(path))
    return SSlibKey.from_crypto(key)


def read_private(path: Path, phrase: Phrase) -> Ed25519PrivateKey:
    """Read a private key, asking for its pass phrase if it is under one.

    Raises:
        SigningError: it cannot be read, is none of Ed25519, or the pass phrase is wrong.
    """
    raw = _read(path)
    encrypted = raw.lstrip().startswith(_ENCRYPTED)
    secret = phrase(path.stem).encode() if encrypted else None
    if encrypted and not secret:
        raise SigningError(Text("no pass phrase was given"), where=str(path))
    try:
        key = load_pem_private_key(raw, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        what = Text("the pass phrase is wrong") if encrypted else Text("this is not a private key in PEM form")
        raise SigningError(what, where=str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError(Text("this is not an Ed25519 key"), where=str(path))
    return key


def _read(path: Path) -> bytes:
    try:
        return storage.read_secret(
            path,
            least_bytes=_KEY_LEAST_BYTES,
            most_bytes=_KEY_LIMIT_BYTES,
            hint=Text(
                "put the key back from its copy; one without a copy is replaced: `quetsach packs keys rotate NAME`"
            ),
        )
    except storage.StorageError as error:
        raise SigningError(
            Text("this key cannot be used: {reason}", reason=error.what), where=str(path), hint=error.hint
        ) from error
    except FileNotFoundError as error:
        hint = Text("all public keys (*.pub) must be in this folder; `quetsach packs keys new --out DIR` makes a set")
        raise SigningError(Text("this key cannot be read"), where=str(path), hint=hint) from error


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
            raise SigningError(
                Text("there is no key {name}", name=repr(name)), hint=Text("one of {names}", names=", ".join(ALL_NAMES))
            )
    try:
        storage.make_folder(folder)
        folder.chmod(storage.PRIVATE_FOLDER)
        if there := [name for name in names if any((folder / f"{name}{end}").exists() for end in (".pem", ".pub"))]:
            raise SigningError(
                Text("there is a key {key} already", key=there[0]),
                where=str(folder),
                hint=Text("keys are never overwritten; replace one with rotate"),
            )
        for name in names:
            write_pair(folder, name, Ed25519PrivateKey.generate(), phrase)
    except OSError as error:
        raise SigningError(Text("the keys cannot be written"), where=str(folder), hint=str(error)) from error
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
        raise SigningError(Text("the keys cannot be written"), where=str(folder), hint=str(error)) from error


def protect(folder: Path, name: str, *, old: Phrase, new: str) -> None:
    """Put a private key under another pass phrase.

    Raises:
        SigningError: there is no such key, the old phrase is wrong, the new one too short, or nothing can be written.
    """
    _require_known(folder, name)
    if not new:
        raise SigningError(Text("no pass phrase was given"), where=name)
    private = read_private(folder / f"{name}.pem", old)
    try:
        write_pair(folder, name, private, new)
    except OSError as error:
        raise SigningError(Text("the keys cannot be written"), where=str(folder), hint=str(error)) from error


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
                hint = Text("make {name} anew: quetsach packs keys rotate {name}", name=name)
                raise SigningError(
                    Text("{other} and {name} are the same key", other=other, name=name), where=where, hint=hint
                )


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
        raise SigningError(Text("there is no key {name}", name=repr(name)), where=str(folder))
