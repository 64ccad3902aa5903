"""Long lists of indicators, which a pack brings as files of their own: read once, looked up as sets.

A list is text: an entry on each line, after it a space and what its source calls it, if anything; ``#`` starts a
comment. Ten thousand entries cost what one costs: a text is taken apart into what could be an entry, and that is looked
up. See ``docs/reference/pack-format.md``.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from quetsach.core.errors import InputError
from quetsach.core.text import Number, Text

MOST_ENTRIES = 250_000
SMALLEST_HASHED = 64
"""Tiny files are alike: a line feed has a hash too."""
LARGEST_HASHED = 4 << 30
ALGORITHMS: Mapping[int, str] = {32: "md5", 40: "sha1", 64: "sha256"}
"""Length of a digest in hex -> its algorithm."""

_LONGEST_LABEL = 200
_LONGEST_DOMAIN = 253
_LONGEST_TEXT = 64 * 1024
_MOST_TOKENS = 2_000
_HASH = re.compile(r"(?:(?:section:)?(\d{1,10})|\*):([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})")
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_URL = re.compile(r"(?i)(https?)://([^\s/?#\"'<>|;,]{1,300})([^\s\"'<>#|]{0,2000})")
_DOMAIN_RUN = re.compile(r"[a-z0-9_.-]{4,}")
_ADDRESS_RUN = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)|(?<![\w:.])[0-9A-Fa-f:]{2,39}(?![\w:]|\.\d)")
_TRAILING = ".,;:)]}`\\"


class ListKind(StrEnum):
    """What a list holds; its file is named ``<kind>.txt``."""

    HASHES = "hashes"
    """``size:digest`` of whole files, ``*:digest`` of files of any size, ``section:size:digest`` of a section of a
    program of Windows; SHA-256, SHA-1 or MD5."""
    NAMES = "names"
    """Names of files without folder, in any case of their letters."""
    ADDRESSES = "addresses"
    """IPv4 and IPv6 addresses, and ranges of them as ``192.0.2.0/24``."""
    DOMAINS = "domains"
    """Names of hosts in small letters; what lies below one belongs to it."""
    URLS = "urls"

    @property
    def file_name(self) -> str:
        """The file of a pack that holds it."""
        return f"{self}.txt"


@dataclass(frozen=True, slots=True)
class IndicatorList:
    """One list. ``entries`` is entry -> what its source calls it, which may be empty."""

    kind: ListKind
    entries: Mapping[str, str] = field(hash=False)
    _lengths: frozenset[tuple[int, int]] = frozenset()
    """IP version and prefix length of the ranges among the addresses."""

    def find(self, text: str) -> tuple[str, str] | None:
        """Return the first entry that a text contains, with its label; of names the text must be one.

        Only the first 64 KiB of the text are looked at. Hashes are not looked for in texts.
        """
        for candidate in _CANDIDATES[self.kind](text[:_LONGEST_TEXT], self._lengths):
            if candidate in self.entries:
                return candidate, self.entries[candidate]
        return None


def parse_list(kind: ListKind, text: str) -> IndicatorList:
    """Return the list that a file holds.

    Raises:
        InputError: a line is no entry, or there are too many; it names the line.
    """
    entries: dict[str, str] = {}
    is_entry = _FORMS[kind]
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        entry, _, label = line.partition("\t") if kind is ListKind.NAMES else line.partition(" ")
        if not is_entry(entry) or len(label) > _LONGEST_LABEL or not label.isprintable():
            raise InputError(
                Text(
                    "line {number} is no entry of {kind}: {line}",
                    number=number,
                    kind=kind.file_name,
                    line=repr(line[:80]),
                ),
                hint=_HINTS[kind],
            )
        entries[entry] = label
    if not 0 < len(entries) <= MOST_ENTRIES:
        raise InputError(
            Text("{entries} entries", entries=Number(len(entries))),
            hint=Text("a list has between 1 and {most}", most=Number(MOST_ENTRIES)),
        )
    return IndicatorList(kind, entries, _lengths_of(entries) if kind is ListKind.ADDRESSES else frozenset())


def list_line(kind: ListKind, entry: str, label: str = "") -> str:
    """Return the line of a list for an entry; what does not fit into its label is cut off."""
    shown = "".join(c for c in label if c.isprintable()).strip()[:_LONGEST_LABEL]
    return f"{entry}{'\t' if kind is ListKind.NAMES else ' '}{shown}" if shown else entry


def is_domain(text: str) -> bool:
    """Return whether a text is the name of a host as lists write it: ASCII, small letters, two labels or more."""
    return len(text) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(text) is not None


def normal_url(text: str) -> str:
    """Return an address of the web as lists write it: scheme and host in small letters, without what follows ``#``.

    Empty when the text is none.
    """
    found = _URL.match(text)
    return f"{found[1].lower()}://{found[2].lower()}{found[3] or '/'}" if found else ""


def _is_hash(entry: str) -> bool:
    found = _HASH.fullmatch(entry)
    return found is not None and (found[1] is None or SMALLEST_HASHED <= int(found[1]) <= LARGEST_HASHED)


def _is_name(entry: str) -> bool:
    return entry == entry.lower() and entry.isprintable() and not set(entry) & set("/\\") and len(entry) < 256


def _is_address(entry: str) -> bool:
    try:
        network = ipaddress.ip_network(entry)
    except ValueError:
        return False
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
        return False  # such a text is looked up as the IPv4 address that it means
    return entry == str(network if "/" in entry else network.network_address)


def _is_url(entry: str) -> bool:
    return normal_url(entry) == entry


def _lengths_of(entries: Mapping[str, str]) -> frozenset[tuple[int, int]]:
    ranges = [ipaddress.ip_network(entry) for entry in entries if "/" in entry]
    return frozenset((network.version, network.prefixlen) for network in ranges)


def _names_in(text: str, _lengths: frozenset[tuple[int, int]]) -> Iterator[str]:
    yield text.lower()


def _addresses_in(text: str, lengths: frozenset[tuple[int, int]]) -> Iterator[str]:
    for found, _ in zip(_ADDRESS_RUN.finditer(text), range(_MOST_TOKENS), strict=False):
        try:
            address = ipaddress.ip_address(found.group())
        except ValueError:
            continue
        yield str(address)
        for version, length in lengths:
            if version == address.version:
                yield str(ipaddress.ip_network((address, length), strict=False))


def _domains_in(text: str, _lengths: frozenset[tuple[int, int]]) -> Iterator[str]:
    for found, _ in zip(_DOMAIN_RUN.finditer(text.lower()), range(_MOST_TOKENS), strict=False):
        name = found.group().strip(".-")
        if len(name) <= _LONGEST_DOMAIN:
            labels = name.split(".")
            yield from (".".join(labels[start:]) for start in range(len(labels) - 1))


def _urls_in(text: str, _lengths: frozenset[tuple[int, int]]) -> Iterator[str]:
    for found, _ in zip(_URL.finditer(text), range(_MOST_TOKENS), strict=False):
        whole = normal_url(found.group())
        yield whole
        yield normal_url(found.group().rstrip(_TRAILING))


def _nothing_in(_text: str, _lengths: frozenset[tuple[int, int]]) -> Iterator[str]:
    yield from ()


_FORMS: Mapping[ListKind, Callable[[str], bool]] = {
    ListKind.HASHES: _is_hash,
    ListKind.NAMES: _is_name,
    ListKind.ADDRESSES: _is_address,
    ListKind.DOMAINS: is_domain,
    ListKind.URLS: _is_url,
}
_CANDIDATES: Mapping[ListKind, Callable[[str, frozenset[tuple[int, int]]], Iterator[str]]] = {
    ListKind.HASHES: _nothing_in,
    ListKind.NAMES: _names_in,
    ListKind.ADDRESSES: _addresses_in,
    ListKind.DOMAINS: _domains_in,
    ListKind.URLS: _urls_in,
}
_HINTS: Mapping[ListKind, str] = {
    ListKind.HASHES: "write size:digest, *:digest or section:size:digest, in small letters; at least 64 bytes",
    ListKind.NAMES: "write the name of a file in small letters, without folder; a tab before what it is",
    ListKind.ADDRESSES: "write an address as 192.0.2.1 or a range as 192.0.2.0/24",
    ListKind.DOMAINS: "write the name of a host in small letters",
    ListKind.URLS: "write an address that starts with http:// or https://, its host in small letters",
}
