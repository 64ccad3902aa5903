"""What the centre's secret makes: a key for each purpose, texts sealed with them, and addresses that it signs.

What is sealed is of no use to whoever gets the database alone.
"""

import base64
import re
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac

# Keys made from the centre's secret, another one for each purpose, and texts sealed with them.
#
# What is sealed is of no use to whoever gets the database alone.


def key_for(purpose: str) -> bytes:
    """Return the key of a purpose, 32 bytes."""
    return salted_hmac(f"quetsach.office.{purpose}", "", algorithm="sha256").digest()


def seal(text: str, *, purpose: str) -> bytes:
    """Return a sealed text, in ASCII."""
    return _fernet(purpose).encrypt(text.encode())


def unseal(sealed: bytes, *, purpose: str) -> str | None:
    """Return the text; ``None`` if it was sealed with another key, as by another centre."""
    try:
        return _fernet(purpose).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        return None


def _fernet(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key_for(purpose)))


# Addresses that the centre signs, so that a link opens one thing.

_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class SignedNumbers:
    """Numbers that stand in an address and that nobody but the centre can write.

    Args:
        salt: names what the address is for; a token for one thing is none for another.
        count: how many numbers.
    """

    salt: str
    count: int

    def token(self, *numbers: int) -> str:
        """Return the part of the address that holds the numbers."""
        return Signer(salt=self.salt).sign(".".join(map(str, numbers)))

    def read(self, token: str) -> tuple[int, ...] | None:
        """Return the numbers; ``None`` if the centre did not write them for this."""
        try:
            text = Signer(salt=self.salt).unsign(token[:_MAX_LENGTH])
        except BadSignature:
            return None
        found = re.fullmatch(r"\.".join([r"([0-9]{1,18})"] * self.count), text)
        return tuple(map(int, found.groups())) if found else None
