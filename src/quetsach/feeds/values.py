"""What the text of a cell means; each distinct text is decided once."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quetsach.core.address import Address
from quetsach.core.errors import InputError
from quetsach.feeds.record import Reason

_TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+]00:00)?", re.ASCII
)
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MEMORY = 1 << 18
"""How many distinct texts are remembered from one slice to the next."""

_MEMORABLE = 64
"""Longer texts are never remembered: memory must not grow with what a hostile file holds."""


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
        self._known = _Known(function)

    def all_of(self, texts: Sequence[str]) -> list[T]:
        """Return the results for texts, in their order."""
        if len(self._known) + len(texts) > _MEMORY:
            self._known.clear()
        return list(map(self._known.__getitem__, texts))


class _Known[T](dict[str, T]):
    """A dictionary that works out what it is asked for the first time."""

    def __init__(self, function: Callable[[str], T]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, text: str) -> T:
        result = self._function(text)
        if len(text) <= _MEMORABLE:
            self[text] = result
        return result
