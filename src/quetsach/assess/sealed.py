"""What was decided before a start, signed so that nobody can change it after: canonical JSON with its signature."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol

from quetsach.assess.estimate import AssessError
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text

MAX_BYTES: Final = 8 << 20
_NOT_ONE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, QuetsachError)
_HINT: Final = Text("restore the file from a backup: what was registered stays as it was signed")

type Sign = Callable[[bytes], bytes]
"""Gives the signature (Ed25519, 64 bytes) of some content."""
type Verify = Callable[[bytes, bytes, bytes], bool]
"""Says whether a signature (second) of a content (third) is by a public key (first, 32 bytes)."""


class Registered(Protocol):
    """What can be signed: its content as JSON, when it was registered, and the day before which that had to be."""

    @property
    def start(self) -> date:
        """The first day of what is judged."""

    @property
    def registered_at(self) -> datetime:
        """When it was registered."""

    def content(self) -> dict[str, object]:
        """Return the content."""


class Seal[R: Registered](Protocol):
    """Gives the signed file of a registration."""

    def __call__(self, registration: R, *, public_key: bytes, sign: Sign) -> bytes:
        """Return the file; AssessError where it may not be signed."""


def canonical(content: Mapping[str, object]) -> bytes:
    """Return content byte for byte as it is signed: JSON, keys sorted, no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(content: Mapping[str, object]) -> str:
    """Return SHA-256 in hex over the canonical content."""
    return hashlib.sha256(canonical(content)).hexdigest()


def sealed(registration: Registered, *, public_key: bytes, sign: Sign) -> bytes:
    """Return the signed file.

    Raises:
        AssessError: it was made on the first day of the campaign or later.
    """
    if registration.registered_at.astimezone(UTC).date() >= registration.start:
        raise AssessError(
            Text("the campaign began on {day}: an analysis can be registered only before", day=str(registration.start)),
            hint=Text("an analysis that was not registered may be shown, and says so"),
        )
    content = registration.content()
    made = {
        "registration": content,
        "sha256": digest_of(content),
        "public_key": public_key.hex(),
        "signature": sign(canonical(content)).hex(),
    }
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def opened[R: Registered](
    content: bytes, read: Callable[[dict[str, Any]], R], *, where: str, verify: Verify
) -> tuple[R, bytes]:
    """Read a signed file; return what ``read`` makes of its content, and the public key that it is signed by.

    Raises:
        AssessError: it is damaged, its signature does not hold, or it was signed after the start.
    """
    if len(content) > MAX_BYTES:
        raise AssessError(Text("not a registration: too large"), where=where, hint=_HINT)
    try:
        whole: dict[str, Any] = json.loads(content)
        found: dict[str, Any] = whole["registration"]
        key, signature = bytes.fromhex(whole["public_key"]), bytes.fromhex(whole["signature"])
        registration = read(found)
        is_whole = registration.content() == found and digest_of(found) == whole["sha256"]
    except _NOT_ONE as error:
        raise AssessError(Text("not a registration: {reason}", reason=error), where=where, hint=_HINT) from error
    if not is_whole or not verify(key, signature, canonical(found)):
        raise AssessError(Text("the registration is not what was signed: it was changed"), where=where, hint=_HINT)
    if registration.registered_at.astimezone(UTC).date() >= registration.start:
        raise AssessError(Text("this was registered after the start"), where=where)
    return registration, key
