"""Who asks: the visitor's address as our own proxies saw it, and never as the visitor claims it."""

from collections.abc import Mapping
from typing import Any

from quetsach.core.address import Address
from quetsach.core.errors import InputError


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
