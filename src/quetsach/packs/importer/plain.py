"""Plain lists: a hash, name of a host, address, URL or name of a file on each line.

``#`` and ``//`` start a comment. What follows the first space, comma, semicolon or tab is what the list calls the
entry, so the output of ``sha256sum`` and simple tables can be read too. ``[.]`` and ``hxxp`` are put right.
"""

import ipaddress
import re
from collections.abc import Iterator

from quetsach.core.indicator_list import ListKind, is_domain, normal_url
from quetsach.packs.importer.indicator import Found, Listed, Reason, Refused, shown

_LONGEST_LINE = 4_000
_HASH = re.compile(r"(?i)(?:(\d{1,10}|\*):)?([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})")
_REST = re.compile(r"[\s,;|]+\*?")
_COMMENT = re.compile(r"(?:^|\s)(?:#|//).*")
_WITH_PORT = re.compile(r"(\d[\d.]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}")
_NAME = re.compile(r"[^/\\:*?\"<>|]{1,255}")
_FILE_ENDING = re.compile(
    r"(?i).*\.(?:apk|aspx?|bak|bat|bin|cfg|chm|class|cmd|conf|cpl|css|csv|dat|db|dex|dll|dmg|docx?|docm|elf|exe|gz|hta"
    r"|html?|inf|ini|iso|jar|jpg|jse?|json|jsp|lnk|log|lua|msi|mui|ocx|pdf|php|png|ps1|psm1|rar|reg|rtf|scr|swf|sys"
    r"|tar|tgz|tmp|txt|vb[es]|wsf|xls|xlsm|xlsx|xml|7z)"
)
_EITHER = re.compile(r".*\.(?:cab|mov|py|sh|so|zip)")
"""Endings of files that are top-level domains as well, and are met as both."""


def read_plain(text: str, file: str, only: ListKind | None = None) -> Iterator[Found]:
    """Yield the entries of a list.

    Args:
        text: the list.
        file: what to call it.
        only: what each line is; if not given each line is told by its form.
    """
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{file}: line {number}"
        entry = line[:_LONGEST_LINE].strip()
        if not entry or entry.startswith(("#", "//", ";")):
            continue
        if len(line) > _LONGEST_LINE:
            yield Refused(Reason.LIMIT, where, "a line of more than 4,000 characters")
        else:
            yield _name(entry, where) if only is ListKind.NAMES else read_entry(entry, where, only)


def read_entry(line: str, where: str, only: ListKind | None = None, label: str = "") -> Listed | Refused:
    """Return what a text says: one entry, then what it is called."""
    comment = _COMMENT.search(line)
    entry, rest = (*_REST.split(line[: comment.start()] if comment else line, maxsplit=1), "")[:2]
    label = label or rest.strip() or (comment.group().strip(" #/") if comment else "")
    entry = refanged(entry.strip("\"'"))
    for kind, found in (
        (ListKind.HASHES, hash_entry(entry)),
        (ListKind.URLS, url_entry(entry)),
        (ListKind.ADDRESSES, address_entry(entry)),
        (ListKind.DOMAINS, domain_entry(entry)),
    ):
        if not found or (only and kind is not only):
            continue
        if kind is ListKind.DOMAINS and only is None and _EITHER.fullmatch(found):
            return Refused(Reason.MALFORMED, where, f"{shown(entry)} can be a domain or a file: say --kind")
        if kind is ListKind.DOMAINS and only is None and _FILE_ENDING.fullmatch(found):
            continue
        return Listed(kind, found, label, where)
    if only is None and _FILE_ENDING.fullmatch(entry):
        return _name(entry, where, label)
    return Refused(Reason.MALFORMED, where, shown(line))


def refanged(text: str) -> str:
    """Return an address as it was before someone made it harmless to click."""
    for broken, whole in (("[.]", "."), ("(.)", "."), ("[dot]", "."), ("[:]", ":"), ("[://]", "://")):
        text = text.replace(broken, whole)
    return re.sub(r"(?i)^h(?:xx|\*\*)p", "http", text)


def hash_entry(text: str, size: str = "*") -> str:
    """Return the entry of a hash, ``size:digest``; empty when the text is none."""
    found = _HASH.fullmatch(text)
    return f"{found[1] or size}:{found[2].lower()}" if found else ""


def address_entry(text: str) -> str:
    """Return the entry of an address or a range of addresses, a port taken off; empty when the text is none."""
    if found := _WITH_PORT.fullmatch(text):
        text = found[1].strip("[]")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ""
    address = network.network_address
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if network.prefixlen == network.max_prefixlen:
        return str(mapped or address)
    return "" if mapped else str(network)


def domain_entry(text: str) -> str:
    """Return the entry of the name of a host; empty when the text is none."""
    name = text.lower().removeprefix("*.").strip(".")
    if not name.isascii() and len(name) < 300:
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            return ""
    return name if is_domain(name) else ""


def url_entry(text: str) -> str:
    """Return the entry of an address of the web; empty when the text is none."""
    return normal_url(refanged(text.strip()))


def name_entry(text: str) -> str:
    """Return the entry of the name of a file; empty when the text is a path or none."""
    name = text.strip().lower()
    return name if _NAME.fullmatch(name) and name.isprintable() else ""


def _name(line: str, where: str, label: str = "") -> Listed | Refused:
    name = name_entry(line)
    return Listed(ListKind.NAMES, name, label, where) if name else Refused(Reason.MALFORMED, where, shown(line))
