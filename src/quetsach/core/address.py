"""Network addresses as the project counts them.

An address is not a machine: it is the key under which a feed saw one. IPv4 is kept as IPv4-mapped IPv6, so that one
16-byte key orders and joins both versions (RFC 4291 section 2.5.5.2).
"""

import ipaddress
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from quetsach.core.errors import InputError
from quetsach.core.reserved import is_reserved

_MAPPED_IPV4 = 0xFFFF << 32


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One IPv4 or IPv6 address; ``number`` is the 128-bit IPv6 (or IPv4-mapped) value."""

    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the usual text form; zone suffixes, CIDR and leading zeros are refused.

        Raises:
            InputError: the text is not an address.
        """
        try:
            parsed = ipaddress.ip_address(text.strip())
        except ValueError as error:
            raise InputError(f"not an IP address: {text[:60]!r}") from error
        if isinstance(parsed, ipaddress.IPv4Address):
            return cls(_MAPPED_IPV4 | int(parsed))
        if parsed.scope_id is not None:
            raise InputError(f"an address with a zone is not global: {text[:60]!r}")
        return cls(int(parsed))

    @property
    def version(self) -> int:
        """4 or 6."""
        return 4 if self.number >> 32 == 0xFFFF else 6

    @property
    def key(self) -> UUID:
        """The 16 bytes as a UUID: the type in which the lake stores addresses."""
        return UUID(int=self.number)

    @property
    def network_number(self) -> int:
        """What the lake matches a visitor by: the address itself for IPv4, the start of its /64 for IPv6."""
        return self.number if self.version == 4 else self.number >> 64 << 64

    @property
    def standard(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        """The standard library's own object."""
        if self.version == 4:
            return ipaddress.IPv4Address(self.number & 0xFFFF_FFFF)
        return ipaddress.IPv6Address(self.number)

    @property
    def is_shared_or_hidden(self) -> bool:
        """Whether the address cannot stand for one line: private, loopback, link-local, reserved or CGNAT space."""
        return is_reserved(self.number)

    def __str__(self) -> str:
        return str(self.standard)
