"""Which indicators would point at honest machines: what everyone has, what is too small, what is nobody's."""

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from quetsach.core.indicator_list import ALGORITHMS, LARGEST_HASHED, SMALLEST_HASHED, ListKind
from quetsach.packs.errors import PackError
from quetsach.packs.importer.found import Listed, Reason, Refused

_BROADEST = {4: 16, 6: 32}
_LARGEST_BLOCK = 16 << 20
_NOBODYS = ("localhost", "local", "lan", "internal", "home.arpa", "arpa", "invalid", "onion", "localdomain")
"""RFC 6761, RFC 6762, RFC 8375, RFC 7686; what lies below them means another thing in each network."""
_AFTER_HOST = re.compile(r"[/?#]")
_TINY_TEXTS = (b"\r\n", b"\n\n", b"\r\n\r\n", b"\0\0", b"  ", b"{}", b"[]", b"MZ", b"\x7fELF", b"\xef\xbb\xbf", b"null")


@dataclass(frozen=True, slots=True)
class Commonplace:
    """What every machine and network has (``data/commonplace``)."""

    names: frozenset[str]
    domains: frozenset[str]
    addresses: frozenset[str]

    @classmethod
    def load(cls, folder: Path) -> "Commonplace":
        """Read the lists of a folder.

        Raises:
            PackError: one cannot be read.
        """
        return cls(*(_lines(folder / f"{name}.txt") for name in ("names", "domains", "addresses")))


def refusal_of(listed: Listed, commonplace: Commonplace) -> Refused | None:
    """Return why an indicator is not taken over; ``None`` when it is."""
    found = _CHECKS[listed.kind](listed.entry, commonplace)
    return Refused(found[0], listed.where, found[1]) if found else None


def _hash(entry: str, _commonplace: Commonplace) -> tuple[Reason, str] | None:
    size, digest = entry.split(":")[-2:]
    if size != "*" and not SMALLEST_HASHED <= int(size) <= LARGEST_HASHED:
        return Reason.TOO_SMALL, f"{size} bytes: {digest}"
    if digest in _common_digests(ALGORITHMS[len(digest)]):
        return Reason.COMMON_CONTENT, digest
    return None


def _name(entry: str, commonplace: Commonplace) -> tuple[Reason, str] | None:
    return (Reason.COMMON_NAME, entry) if entry in commonplace.names or len(entry) < 4 else None


def _address(entry: str, commonplace: Commonplace) -> tuple[Reason, str] | None:
    network = ipaddress.ip_network(entry)
    if network.prefixlen < _BROADEST[network.version]:
        return Reason.TOO_BROAD, entry
    first, last = network.network_address, network.broadcast_address
    if not (first.is_global and last.is_global) or first.is_multicast or first.is_reserved:
        return Reason.NOT_PUBLIC, entry
    holds_common = entry in commonplace.addresses or (
        network.num_addresses > 1
        and any(common in network for common in _addresses(commonplace) if common.version == network.version)
    )
    return (Reason.COMMON_ADDRESS, entry) if holds_common else None


def _domain(entry: str, commonplace: Commonplace) -> tuple[Reason, str] | None:
    if any(entry == name or entry.endswith(f".{name}") for name in _NOBODYS):
        return Reason.NOT_PUBLIC, entry
    return (Reason.COMMON_DOMAIN, entry) if entry.removeprefix("www.") in commonplace.domains else None


def _url(entry: str, commonplace: Commonplace) -> tuple[Reason, str] | None:
    """Return why an address of the web is refused: its host is, and it names nothing there."""
    authority, rest = (*_AFTER_HOST.split(entry.partition("://")[2], maxsplit=1), "")[:2]
    host = unquote(authority).rpartition("@")[2].partition(":")[0].rstrip(".").lower()
    if "[" in authority:
        return Reason.NOT_MAPPABLE, entry
    try:
        found = _address(str(ipaddress.ip_address(host)), commonplace)
    except ValueError:
        found = _domain(host, commonplace)
    if found and found[0] in {Reason.COMMON_DOMAIN, Reason.COMMON_ADDRESS} and len(rest) >= 8:
        return None  # a file on a service that everyone uses
    return (found[0], entry) if found else None


_CHECKS: Mapping[ListKind, Callable[[str, Commonplace], tuple[Reason, str] | None]] = {
    ListKind.HASHES: _hash,
    ListKind.NAMES: _name,
    ListKind.ADDRESSES: _address,
    ListKind.DOMAINS: _domain,
    ListKind.URLS: _url,
}


@cache
def _common_digests(algorithm: str) -> frozenset[str]:
    """Return the hashes of what lies on every machine: nothing, one byte, a few, and blocks of zeros or ones."""
    small: Iterable[bytes] = (*(bytes([byte]) for byte in range(256)), *_TINY_TEXTS, b"")
    digests = {hashlib.new(algorithm, content, usedforsecurity=False).hexdigest() for content in small}
    for byte in (b"\0", b"\xff", b" "):
        block = hashlib.new(algorithm, usedforsecurity=False)
        size = 0
        for target in sorted({*range(1, 129), *(512 * n for n in range(1, 129)), *(1 << n for n in range(25))}):
            if target <= _LARGEST_BLOCK:
                block.update(byte * (target - size))
                size = target
                digests.add(block.hexdigest())
    return frozenset(digests)


@cache
def _addresses(commonplace: Commonplace) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...]:
    return tuple(map(ipaddress.ip_address, sorted(commonplace.addresses)))


def _lines(path: Path) -> frozenset[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PackError(f"cannot be read: {error.strerror}", where=str(path), hint="install quetsach again") from None
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
