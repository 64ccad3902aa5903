"""Who asks: the visitor's address as our own proxies saw it, and names of a day that nobody can turn back into it."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from quetsach.core.address import Address
from quetsach.core.errors import InputError

# Who asks: the visitor's address as our own proxies saw it, and never as the visitor claims it.


def client_address(meta: Mapping[str, Any], *, proxy_hops: int) -> Address | None:
    """Return the visitor's address.

    Each trusted proxy appends the address it was called from to ``X-Forwarded-For``; what stands further left was
    sent by the visitor and may be invented. With no proxy the header is not looked at.

    Args:
        meta: WSGI environment: ``REMOTE_ADDR`` and, behind proxies, ``HTTP_X_FORWARDED_FOR``.
        proxy_hops: how many trusted proxies stand in front.

    Returns:
        ``None`` where the proxies did not say it, or not in the form of an address.
    """
    seen = str(meta.get("REMOTE_ADDR", ""))
    if proxy_hops:
        forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", proxy_hops)
        if len(forwarded) < proxy_hops:
            return None
        seen = forwarded[-proxy_hops]
    try:
        return Address.parse(seen.strip()[:60])
    except InputError:
        return None


# Where reports of one day come from, under names that nobody can turn back into an address.

_NAME_BYTES = 8
_SITE_BITS = 80
"""What of an IPv6 address is left out of its /48."""


class DayKey:
    """A random key that lives in memory for one UTC day. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day: date | None = None
        self._key = b""

    def of(self, now: datetime) -> bytes:
        """Return the key of the day; that of another day is thrown away."""
        today = now.astimezone(UTC).date()
        with self._lock:
            if today != self._day:
                self._day, self._key = today, secrets.token_bytes(32)
            return self._key


SOURCES = DayKey()
"""Names the sources of reports in this process; a restart begins with a new key."""


@dataclass(frozen=True, slots=True)
class Source:
    """Names of a sender's network for one day; ``site`` is empty for IPv4, both where the sender is not from outside.

    Attributes:
        line: of the IPv4 address or the /64.
        site: of the /48.
        is_ipv6: whether ``line`` is a /64.
    """

    line: str = ""
    site: str = ""
    is_ipv6: bool = False


NOWHERE = Source()
"""Of a report that did not come over the network."""


def source_of(address: Address | None, *, key: bytes) -> Source:
    """Name the network of an address. All whose address the proxies did not say are one source."""
    line = _name(key, b"line", address.network_number if address else 0)
    if address is None or address.version == 4:
        return Source(line)
    return Source(line, _name(key, b"site", address.number >> _SITE_BITS), is_ipv6=True)


def _name(key: bytes, kind: bytes, number: int) -> str:
    return hmac.new(key, kind + number.to_bytes(16), hashlib.sha256).digest()[:_NAME_BYTES].hex()
