"""Keys made from the centre's secret, another one for each purpose, and texts sealed with them.

What is sealed is of no use to whoever gets the database alone.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac


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
