"""Addresses that no machine on the public internet can have: private, shared by a provider, reserved, documentation.

The IANA special-purpose registries (RFC 6890 with its updates) as far as they are not globally reachable, 100.64.0.0/10
(RFC 6598), multicast, and everything of IPv6 outside of 2000::/3, the only space that is given out (RFC 4291).
"""

import ipaddress
from bisect import bisect_right
from typing import Final

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
