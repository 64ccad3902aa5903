"""Packs what is for everybody with gzip, for whoever takes it so (RFC 9110, section 12.5.3)."""

import gzip
import re

_TAKES = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?(?=,|$)")

_TEXT = re.compile(r"text/|image/svg\+xml|application/([a-z.]+\+)?(json|xml)\b")
_SHORTEST_BYTES = 200
"""Below it the headers are most of the answer."""


def may_be_packed(content_type: str, content: bytes) -> bool:
    """Say whether an answer of this media type gets smaller by it."""
    return len(content) >= _SHORTEST_BYTES and _TEXT.match(content_type) is not None


def takes_gzip(accepted: str) -> bool:
    """Say whether who sends this ``Accept-Encoding`` reads what is packed with gzip."""
    takes = _TAKES.search(accepted)
    return bool(takes and float(takes[1] or 1))


def packed(content: bytes, *, level: int = 6) -> bytes:
    """Pack with gzip: the same content is the same bytes."""
    return gzip.compress(content, compresslevel=level, mtime=0)
