"""The key that registrations are signed with: made at the first one, kept in the centre's data."""

from pathlib import Path
from typing import TYPE_CHECKING

from quetsach import storage
from quetsach.core.errors import QuetsachError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from quetsach.packs.key_files import Phrase

NAME = "registration"


def registration_key(folder: Path, phrase: "Phrase") -> "Ed25519PrivateKey":
    """Return the key in a folder; made, without a pass phrase, if there is none.

    Raises:
        QuetsachError: it cannot be read, opened or written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    from quetsach.packs.key_files import read_private, write_pair  # noqa: PLC0415

    path = folder / f"{NAME}.pem"
    if not path.exists():
        try:
            storage.make_folder(folder)
            write_pair(folder, NAME, Ed25519PrivateKey.generate(), "")
        except OSError as error:
            raise QuetsachError(f"the key cannot be written: {error.strerror}", where=str(path)) from error
    return read_private(path, phrase)


def kept_public_key(folder: Path) -> bytes | None:
    """Return the public key (32 bytes) of the centre whose keys lie in a folder; None where it has none.

    Raises:
        QuetsachError: the file is no such key.
    """
    from quetsach.packs.key_files import read_public  # noqa: PLC0415

    path = folder / f"{NAME}.pub"
    return bytes.fromhex(read_public(path).keyval["public"]) if path.exists() else None


def is_signed_by(public_key: bytes, signature: bytes, content: bytes) -> bool:
    """Say whether a signature of some content is by a public key (Ed25519, 32 bytes)."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True
