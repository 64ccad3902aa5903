"""Tells from which page a request comes, as the visitor's browser says (W3C Fetch Metadata; RFC 6454, section 7).

The portal sets no cookie, so the usual token has nothing to compare with; and its ``Referrer-Policy: no-referrer``
makes browsers send ``Origin: null`` with our own forms, which Django's check would refuse. Programs that are no browser
say nothing and carry no visitor's rights.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.http.request import split_domain_port


def is_from_us(meta: Mapping[str, Any], host: Callable[[], str]) -> bool:
    """Whether a request comes from a page of this centre or from no page at all.

    Args:
        meta: its environment.
        host: returns the host that it is for; asked only where it matters.
    """
    if site := meta.get("HTTP_SEC_FETCH_SITE"):
        return site in ("same-origin", "none")
    origin = meta.get("HTTP_ORIGIN", "null")
    if origin == "null":
        return True
    try:
        sender = urlsplit(origin).netloc
    except ValueError:
        return False
    return split_domain_port(sender) == split_domain_port(host())
