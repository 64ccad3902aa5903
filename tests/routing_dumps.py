"""Dumps of routing tables as a collector writes them (RFC 6396): for tests of what reads them."""

import ipaddress
import struct
from collections.abc import Sequence

MOMENT = 1_793_491_200
"""2026-11-01T00:00:00Z."""


def record(kind: int, subtype: int, body: bytes, *, moment: int = MOMENT) -> bytes:
    """Return an MRT record."""
    return struct.pack(">IHHI", moment, kind, subtype, len(body)) + body


def peers() -> bytes:
    """Return an index of no peers."""
    return record(13, 1, bytes(4) + struct.pack(">HH", 0, 0))


def path(*segments: tuple[int, Sequence[int]], is_long: bool = False) -> bytes:
    """Return the attributes ORIGIN and AS_PATH; a segment is its type (1 a set, 2 a sequence) and its AS."""
    content = b"".join(bytes([kind, len(asns)]) + struct.pack(f">{len(asns)}I", *asns) for kind, asns in segments)
    head = b"\x50\x02" + struct.pack(">H", len(content)) if is_long else bytes([0x40, 2, len(content)])
    return b"\x40\x01\x01\x00" + head + content


def rib(prefix: str, *attributes: bytes, subtype: int | None = None) -> bytes:
    """Return the record of a prefix with an entry for each peer's attributes; with path identifiers from 8 on."""
    network = ipaddress.ip_network(prefix)
    chosen = subtype or (2 if network.version == 4 else 4)
    identifier = bytes(4) if chosen >= 8 else b""
    octets = network.network_address.packed[: (network.prefixlen + 7) // 8]
    body = bytes(4) + bytes([network.prefixlen]) + octets + struct.pack(">H", len(attributes))
    for peer, one in enumerate(attributes):
        body += struct.pack(">HI", peer, MOMENT) + identifier + struct.pack(">H", len(one)) + one
    return record(13, chosen, body)
