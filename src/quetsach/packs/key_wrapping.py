"""A private key under a pass phrase as PEM (PKCS #8), made so that trying out phrases is dear.

The library that reads these files writes them with 2,048 rounds of PBKDF2 and knows no setting for more; that many a
graphics card does a million times a second. What is written here has 600,000, and any tool that knows PKCS #8 opens it.

Source: RFC 5958 (EncryptedPrivateKeyInfo), RFC 8018 (PBES2, PBKDF2); the number of rounds: OWASP, Password Storage
Cheat Sheet.
"""

import base64
import hashlib
import os
import textwrap

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ROUNDS = 600_000

_SALT_BYTES = 16
_BLOCK_BYTES = 16
_KEY_BYTES = 32
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("06082a864886f70d0209")
_AES256_CBC = bytes.fromhex("060960864801650304012a")
_INTEGER, _OCTETS, _NULL, _SEQUENCE = 0x02, 0x04, 0x05, 0x30


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
