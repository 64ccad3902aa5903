"""What the text of a cell means; each distinct text is decided once."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quetsach.core.address import Address
from quetsach.core.errors import InputError
from quetsach.feeds.reject import Reason

_TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+]00:00)?", re.ASCII
)
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MEMORY = 1 << 18
"""How many distinct texts are remembered from one slice to the next."""


def parse_timestamp(text: str) -> int | None:
    """Return microseconds since 1970 UTC; ``None`` unless it is a UTC time of the years 2000 to 2100.

    ``2020-06-16 07:30:00`` as Shadowserver writes it, or ISO 8601 with ``T``, a fraction, ``Z`` or ``+00:00``. Another
    offset is refused: feeds are in UTC, so one that is not deserves a look.
    """
    found = _TIMESTAMP.fullmatch(text.strip())
    if found is None or not "2000" <= found["year"] <= "2100":
        return None
    try:
        moment = datetime.fromisoformat(found[0])
    except ValueError:
        return None
    return (moment.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def parse_address(text: str) -> bytes | None:
    """Return the 16 bytes of an address (``core.address``), or ``None``."""
    try:
        return Address.parse(text).number.to_bytes(16)
    except InputError:
        return None


def parse_port(text: str) -> int | None:
    """Return a port number, or ``None``."""
    number = _number(text)
    return number if number is not None and number <= 0xFFFF else None


def parse_asn(text: str) -> int | None:
    """Return an AS number of at most 32 bits, with or without ``AS`` before it, or ``None``."""
    number = _number(text.strip().upper().removeprefix("AS"))
    return number if number is not None and number <= 0xFFFF_FFFF else None


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if _NUMBER.fullmatch(digits) else None


@dataclass(frozen=True, slots=True)
class Typed:
    """How a field is read and why a record falls: ``empty`` and ``bad`` are ``None`` where it does not fall."""

    field: str
    parse: Callable[[str], int | bytes | None]
    empty: Reason | None
    bad: Reason | None


TYPED = (
    Typed("observed_at", parse_timestamp, Reason.BAD_TIMESTAMP, Reason.BAD_TIMESTAMP),
    Typed("address", parse_address, Reason.EMPTY_IP, Reason.BAD_IP),
    Typed("port", parse_port, None, Reason.BAD_PORT),
    Typed("destination_address", parse_address, None, Reason.BAD_DESTINATION_IP),
    Typed("destination_port", parse_port, None, Reason.BAD_DESTINATION_PORT),
    Typed("claimed_asn", parse_asn, None, None),
)
"""Every field that is more than text, in the order in which a record is judged."""


class Memory[T]:
    """Results of a pure function by text, bounded: it forgets everything when full."""

    def __init__(self, function: Callable[[str], T]) -> None:
        self._function = function
        self._known: dict[str, T] = {}

    def all_of(self, texts: Sequence[str]) -> list[T]:
        """Return the results for texts, in their order."""
        known, function = self._known, self._function
        if len(known) + len(texts) > _MEMORY:
            known.clear()
        for text in texts:
            if text not in known:
                known[text] = function(text)
        return [known[text] for text in texts]
