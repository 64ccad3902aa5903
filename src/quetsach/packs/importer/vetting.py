"""Which indicators and rules of others a pack can carry: none that points at honest machines or says too little."""

import hashlib
import ipaddress
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import boreal

from quetsach.core.errors import InputError
from quetsach.core.indicator_list import ALGORITHMS, LARGEST_HASHED, SMALLEST_HASHED, ListKind
from quetsach.core.rule_text import RuleSet, RuleText, named_in
from quetsach.core.text import SystemText, Text
from quetsach.packs import PackError
from quetsach.packs.check import GRAVE_WARNINGS, second_engine
from quetsach.packs.container import FILE_LIMIT_BYTES
from quetsach.packs.goodware import common_words
from quetsach.packs.importer.indicator import FoundRule, Listed, Reason, Refused, shown
from quetsach.packs.importer.yara_text import MOST_RULES
from quetsach.packs.rules import SAFE_LENGTH, Honest, strings_of, too_broad, with_odd_author
from quetsach.packs.specimen.program import build_elf, build_pe

if TYPE_CHECKING:
    import yara_x


# Which indicators would point at honest machines: what everyone has, what is too small, what is nobody's.

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
        raise PackError(
            Text("cannot be read: {reason}", reason=SystemText(error.strerror)),
            where=str(path),
            hint=Text("install quetsach again"),
        ) from None
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


# Which rules of others a pack can carry: both engines take them, they say enough, and honest files do not match.

MODULES = frozenset({"dotnet", "elf", "hash", "macho", "math", "pe", "string", "time"})
"""Modules that both engines have. ``console`` prints, and is left out."""

_SECONDS = 300.0
_PAGE = b"""<!DOCTYPE html>
<html><head><title>A page</title><script>var a = 1;</script></head><body>Text</body></html>
"""
_SCRIPT = b"""#!/bin/sh
set -e
for name in "$@"; do curl -s "https://example.org/$name" > /tmp/x && chmod 755 /tmp/x; done
"""
_RULES_LIMIT_BYTES = FILE_LIMIT_BYTES - 4096


@dataclass(frozen=True, slots=True)
class Vetted:
    """The rules that can be carried, in their order, and why the others cannot."""

    rules: RuleSet
    refused: tuple[Refused, ...]
    duplicates: int
    engines: tuple[str, ...]
    """Names of the engines that were asked."""


@dataclass(slots=True)
class _Vetting:
    """The rules so far."""

    second: "Callable[[str], str]"
    taken: dict[str, FoundRule] = field(default_factory=dict)
    size_bytes: int = 0

    def refusal_of(self, found: FoundRule) -> Refused | None:
        """Return why a rule cannot be carried; a rule that can is among those taken then."""
        rule = found.rule
        for reason, what in self._problems(found):
            return Refused(reason, found.where, f"{rule.name}: {what}" if what else rule.name)
        self.taken[rule.name] = found
        self.size_bytes += len(rule.source.encode()) + 1
        return None

    def _problems(self, found: FoundRule) -> Iterator[tuple[Reason, str]]:
        rule = found.rule
        if rule.name in self.taken:
            yield Reason.NAME_TAKEN, ""
        if missing := sorted(found.imports - MODULES):
            yield Reason.MODULE, missing[0]
        try:
            _ = rule.file_types
        except InputError as error:
            yield Reason.MALFORMED, error.what
        lengths = [string.fixed_bytes for string in strings_of([rule])]
        if lengths and max(lengths) < SAFE_LENGTH and not self._named(rule):
            yield Reason.SHORT_STRINGS, f"at most {max(lengths)} fixed bytes in a row"
        if not (lengths or found.imports or self._named(rule)):
            yield Reason.SHORT_STRINGS, "it has no strings"
        if self.size_bytes + len(rule.source.encode()) > _RULES_LIMIT_BYTES:
            yield Reason.PACK_FULL, "the rules of a pack are at most 4 MiB"
        if len(self.taken) >= MOST_RULES:
            yield Reason.PACK_FULL, f"an import takes at most {MOST_RULES:,} rules"
        if problem := _compile_problem(self.with_needed(found)) or self.second(_source([found])):
            yield Reason.ENGINE, problem

    def _named(self, rule: RuleText) -> frozenset[str]:
        return named_in(rule.condition, self.taken.keys())

    def with_needed(self, found: FoundRule) -> str:
        """Return the source of a rule and of those it names."""
        needed = {found.rule.name: found}
        waiting = [found]
        while waiting:
            for name in self._named(waiting.pop().rule) - needed.keys():
                needed[name] = self.taken[name]
                waiting.append(self.taken[name])
        if len(needed) == 1:
            return _source([found])
        return _source([*(one for name, one in self.taken.items() if name in needed), found])


def vet(found: Iterable[FoundRule], honest: Honest = (), *, clock: Callable[[], float] = time.monotonic) -> Vetted:
    """Return which rules can be carried.

    Rules that were met before, word for word, are counted as duplicates. After five minutes the rest is refused.

    Args:
        found: the rules.
        honest: name and content of files that no rule may match, besides a few that are always looked at.
        clock: a monotonic clock, in seconds.
    """
    second, engines = _second_engine()
    vetting = _Vetting(second)
    refused: list[Refused] = []
    duplicates = 0
    until = clock() + _SECONDS
    for one in found:
        known = vetting.taken.get(one.rule.name)
        if known and known.rule.source == one.rule.source:
            duplicates += 1
        elif clock() > until:
            refused.append(Refused(Reason.LIMIT, one.where, f"{one.rule.name}: no time was left"))
        elif problem := vetting.refusal_of(one):
            refused.append(problem)
    taken = list(vetting.taken.values())
    taken, broad = _without_broad(taken, honest)
    return Vetted(
        RuleSet(tuple(sorted({name for one in taken for name in one.imports})), tuple(one.rule for one in taken)),
        (*refused, *broad),
        duplicates,
        engines,
    )


def _without_broad(rules: list[FoundRule], honest: Honest) -> tuple[list[FoundRule], list[Refused]]:
    """Return the rules that match no honest file, and the others with those that rest on them."""
    if not rules:
        return [], []
    always = ((f"an honest file ({number})", content) for number, content in enumerate(_honest(), 1))
    broad = too_broad({"": _source(rules)}, chain(always, honest), common=common_words())
    gone = {one.rule: one.what for one in broad}
    slow = {one.rule for one in broad if one.is_slow}
    kept: list[FoundRule] = []
    refused: list[Refused] = []
    for one in rules:
        name = one.rule.name
        if name not in gone and (called := named_in(one.rule.condition, gone.keys())):
            gone[name] = f"it rests on {min(called)}"
        if name in gone:
            reason = Reason.ENGINE if name in slow else Reason.MATCHES_HONEST
            refused.append(Refused(reason, one.where, f"{name}: {gone[name]}"))
        else:
            kept.append(one)
    return kept, refused


def _honest() -> tuple[bytes, ...]:
    """Return files that no rule may match."""
    return (
        b"",
        b"\n",
        bytes(4096),
        b"\xff" * 4096,
        bytes(range(256)) * 16,
        b"The quick brown fox jumps over the lazy dog. " * 100,
        _PAGE,
        _SCRIPT,
        build_elf(),
        build_pe(),
        build_pe(bits=64, dll=True, exports=("DllMain",)),
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n",
        b"PK\x05\x06" + bytes(18),
    )


def _source(rules: Iterable[FoundRule]) -> str:
    rules = tuple(rules)
    modules = sorted({name for one in rules for name in one.imports})
    return RuleSet(tuple(modules), ()).text([one.rule for one in rules])


def _compile_problem(source: str) -> str:
    try:
        scanner = boreal.compile(source=source, includes=False)
    except boreal.Error as error:
        return shown(str(error).partition("error: ")[2].partition("\n")[0] or str(error))
    return "its author has control characters" if with_odd_author(scanner) else ""


def _second_engine() -> tuple[Callable[[str], str], tuple[str, ...]]:
    """Return what says why YARA-X does not take a rule after those it took before, and the engines that are asked."""
    if (yara_x := second_engine()) is None:
        return lambda _source: "", ("boreal",)
    return _SecondEngine(yara_x.Compiler(includes_enabled=False), yara_x.CompileError).problem, ("boreal", "yara-x")


@dataclass(slots=True)
class _SecondEngine:
    compiler: "yara_x.Compiler"
    error: type[Exception]
    warned: int = 0

    def problem(self, source: str) -> str:
        try:
            self.compiler.add_source(source)
        except self.error as error:
            return shown(f"YARA-X: {str(error).partition('\n')[0]}")
        warnings: list[Mapping[str, object]] = self.compiler.warnings()
        new, self.warned = warnings[self.warned :], len(warnings)
        return next((shown(f"YARA-X warns: {one['title']}") for one in new if one["code"] in GRAVE_WARNINGS), "")
