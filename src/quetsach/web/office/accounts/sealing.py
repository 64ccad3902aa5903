"""How lists of stolen accounts lie in the database: a keyed hash of each address, and facts sealed under the address.

Whoever has the database alone learns how many addresses there are. With the key file he can try out addresses that he
knows from elsewhere, each by itself; no key lists them. The address itself is part of the key of its facts.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.signing import BadSignature, Signer

from quetsach import storage
from quetsach.campaign.accounts import AccountError, Facts
from quetsach.core.text import Text

FILE = "accounts.key"
_KEY_BYTES, _NONCE_BYTES, SALT_BYTES = 32, 12, 16
_LOOK_UP, _FILE, _FACTS = (f"quetsach.office.accounts.{name}\0".encode() for name in ("look-up", "file", "facts"))


@dataclass(frozen=True, slots=True)
class AccountKey:
    """The centre's key for lists of stolen accounts."""

    secret: bytes = field(repr=False)

    @classmethod
    def read(cls) -> Self:
        """Read the key of this centre.

        Raises:
            AccountError: there is none.
            StorageError: it is damaged.
        """
        path = _path()
        hint = Text("put {file} back from the centre's backup: lists that are sealed with it open with no other")
        try:
            return cls(storage.read_secret(path, least_bytes=_KEY_BYTES, hint=hint.filled(file=FILE)))
        except FileNotFoundError as error:
            raise AccountError(
                Text("the key of the lists is missing"), code="key", advice=hint.filled(file=FILE)
            ) from error

    @classmethod
    def make(cls) -> Self:
        """Make a new key, for the first list; one that is there stays."""
        path = _path()
        if not path.exists():
            storage.write(path, secrets.token_hex(_KEY_BYTES))
        return cls.read()

    def look_up(self, address: str) -> bytes:
        """Return what an address is found by."""
        return hmac.digest(self.secret, _LOOK_UP + address.encode(), "sha256")

    def digest(self, content: bytes) -> str:
        """Return what a file is known by, which nobody can work out from a file without the key."""
        return hmac.digest(self.secret, _FILE + content, "sha256").hex()

    def seal(self, facts: Facts, *, address: str, salt: bytes) -> bytes:
        """Return the facts of an address, to be opened by whoever names the address; ``salt`` is the list's own."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher(address, salt).encrypt(nonce, facts.packed(), salt)

    def unseal(self, sealed: bytes, *, address: str, salt: bytes) -> Facts | None:
        """Return the facts; ``None`` if they are another address's, another list's, or damaged."""
        nonce, content = bytes(sealed[:_NONCE_BYTES]), bytes(sealed[_NONCE_BYTES:])
        try:
            return Facts.unpacked(self._cipher(address, salt).decrypt(nonce, content, salt))
        except InvalidTag:
            return None

    def _cipher(self, address: str, salt: bytes) -> AESGCM:
        derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=_FACTS + address.encode())
        return AESGCM(derived.derive(self.secret))


# The link with which an owner has everything erased that lists say of the address: it goes to the address alone.

_LONGEST_TOKEN = 200
_OWNER_SALT = "quetsach.office.accounts.owner"


def owner_token(look_up: bytes) -> str:
    """Return the part of the link that says by what the address is found; nobody else can write one."""
    return Signer(salt=_OWNER_SALT).sign(bytes(look_up).hex())


def read_owner_token(token: str) -> bytes | None:
    """Return by what the address is found; ``None`` if the centre did not write this."""
    try:
        return bytes.fromhex(Signer(salt=_OWNER_SALT).unsign(token[:_LONGEST_TOKEN]))
    except (BadSignature, ValueError):
        return None


def _path() -> Path:
    data: Path | None = settings.CENTER.data
    if data is None:
        raise AccountError(Text("the centre has no data folder"), code="key")
    return data / FILE
