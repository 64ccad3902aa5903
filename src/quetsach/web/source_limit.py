"""How much one sender may ask of everybody's time, however many addresses the sender has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quetsach.core.address import Address
from quetsach.web.rate_limit import RateLimit

_MAPPED_BITS = 96


@dataclass(frozen=True, slots=True)
class Width:
    """The bounds of one width of networks: prefix lengths of IPv4 and IPv6, and what one such network may ask."""

    ipv4: int
    ipv6: int
    burst: int
    per_minute: float

    def network(self, address: Address) -> Address:
        """Return the first address of the network that an address lies in."""
        kept = _MAPPED_BITS + self.ipv4 if address.version == 4 else self.ipv6
        return Address(address.number >> (128 - kept) << (128 - kept))


class SourceLimit:
    """Token buckets for networks of several widths: whoever has a thousand addresses of one network is one sender.

    Args:
        widths: from the narrowest on; the narrowest is the line of a household or an office.
    """

    def __init__(self, widths: Sequence[Width]) -> None:
        self._limits = [(width, RateLimit(burst=width.burst, per_minute=width.per_minute)) for width in widths]

    def take(self, address: Address | None, *, now: datetime) -> float:
        """Take one token of each width; what the narrow one refuses costs the wide ones nothing.

        Returns:
            0 when there was one, otherwise the seconds until there is.
        """
        for width, limit in self._limits:
            if seconds := limit.take(address and width.network(address), now=now):
                return seconds
        return 0.0
