"""Seals how a person is reached, so that a stolen database does not tell; and makes keys that nobody stores."""

import base64
import hashlib
import hmac
from functools import cache
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from quetsach.campaign.helpdesk.case_code import KEY_SPACE, case_key


@cache
def _key_for(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"quetsach help desk: {purpose}".encode()).derive(secret.encode())


def seal(text: str) -> bytes:
    """Return a sealed text."""
    return _fernet().encrypt(text.encode())


def unseal(sealed: bytes) -> str | None:
    """Return the text; ``None`` if it was sealed with another key of the centre."""
    try:
        return _fernet().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        return None


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key_for(settings.SECRET_KEY, "contact")))


def key_of(form: UUID) -> str:
    """Return the key of the case that a form makes: the same form gives the same key, and no one else can make it."""
    digest = hmac.digest(_key_for(settings.SECRET_KEY, "key of a case"), form.bytes, "sha256")
    return case_key(int.from_bytes(digest) % KEY_SPACE)


def key_digest(code: str, key: str) -> str:
    """Return what is kept of a key: without the centre's secret it cannot be tried out."""
    secret = _key_for(settings.SECRET_KEY, "digest of a key")
    return hmac.new(secret, f"{code} {key}".encode(), hashlib.sha256).hexdigest()
