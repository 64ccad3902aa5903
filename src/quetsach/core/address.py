"""Network addresses as the project counts them, and those that no machine on the public internet can have."""

import ipaddress
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from quetsach.core.errors import InputError
from quetsach.core.text import Text

# Addresses that no machine on the public internet can have: private, shared by a provider, reserved, documentation.
#
# The IANA special-purpose registries (RFC 6890 with its updates) as far as they are not globally reachable,
# 100.64.0.0/10 (RFC 6598), multicast, and everything of IPv6 outside of 2000::/3, the only space that is given out (RFC
# 4291).

RESERVED_IPV4: Final = (
    "0.0.0.0/8",  # this network (RFC 791)
    "10.0.0.0/8",  # private (RFC 1918)
    "100.64.0.0/10",  # behind a provider's address translation (RFC 6598)
    "127.0.0.0/8",  # loopback (RFC 1122)
    "169.254.0.0/16",  # link-local (RFC 3927)
    "172.16.0.0/12",  # private (RFC 1918)
    "192.0.0.0/24",  # protocol assignments (RFC 6890)
    "192.0.2.0/24",  # documentation (RFC 5737)
    "192.168.0.0/16",  # private (RFC 1918)
    "198.18.0.0/15",  # benchmarks (RFC 2544)
    "198.51.100.0/24",  # documentation (RFC 5737)
    "203.0.113.0/24",  # documentation (RFC 5737)
    "224.0.0.0/3",  # multicast (RFC 5771), reserved and broadcast (RFC 1112, 919)
)
RESERVED_IPV6: Final = (
    "::/3",  # loopback, unspecified, translated (RFC 4291, 6052) and not given out
    "2001::/23",  # protocol assignments, Teredo among them (RFC 2928, 4380)
    "2001:db8::/32",  # documentation (RFC 3849)
    "3fff::/20",  # documentation (RFC 9637)
    "4000::/2",  # not given out
    "8000::/1",  # not given out; unique local (RFC 4193), link-local and multicast (RFC 4291)
)
_IPV4 = ipaddress.ip_network("::ffff:0:0/96")


def reserved_bounds() -> tuple[int, ...]:
    """Return the 128-bit numbers at which addresses become reserved and cease to be, in turn, beginning with 0.

    IPv4 is as ``core.address`` keeps it, IPv4-mapped. An address is reserved where an odd number of bounds lie at or
    below it.
    """
    mapped = int(_IPV4.network_address)
    spans = [
        *((mapped | int(net[0]), (mapped | int(net[-1])) + 1) for net in map(ipaddress.IPv4Network, RESERVED_IPV4)),
        (0, mapped),
        (mapped + (1 << 32), int(ipaddress.IPv6Network(RESERVED_IPV6[0])[-1]) + 1),
        *((int(net[0]), int(net[-1]) + 1) for net in map(ipaddress.IPv6Network, RESERVED_IPV6[1:])),
    ]
    bounds: list[int] = []
    for first, end in sorted(spans):
        if bounds and bounds[-1] == first:
            bounds[-1] = end
        else:
            bounds += [first, end]
    return tuple(bound for bound in bounds if bound < 1 << 128)


_BOUNDS: Final = reserved_bounds()


def is_reserved(number: int) -> bool:
    """Say whether an address (128 bits, IPv4-mapped) is one that no machine on the public internet can have."""
    return bisect_right(_BOUNDS, number) % 2 == 1


# Network addresses as the project counts them.
#
# An address is not a machine: it is the key under which a feed saw one. IPv4 is kept as IPv4-mapped IPv6, so that one
# 16-byte key orders and joins both versions (RFC 4291 section 2.5.5.2).

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
            raise InputError(Text("not an IP address: {text}", text=repr(text[:60]))) from error
        if isinstance(parsed, ipaddress.IPv4Address):
            return cls(_MAPPED_IPV4 | int(parsed))
        if parsed.scope_id is not None:
            raise InputError(Text("an address with a zone is not global: {text}", text=repr(text[:60])))
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
