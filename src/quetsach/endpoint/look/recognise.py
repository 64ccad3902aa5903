"""What content is known by: the rules and hashes of packs, ready to be looked for in bytes and open files."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from quetsach.core.pack import FileHash, Pack
from quetsach.core.rule_text import rules_for, rules_of
from quetsach.endpoint.disk import parts_of
from quetsach.endpoint.engine.port import Engine, Hit, Matcher
from quetsach.endpoint.look.kind import FileKind


@dataclass(frozen=True, slots=True)
class Signatures:
    """What packs know content by, as values that can be sent to another process."""

    rules: Mapping[str, str]
    """Family -> YARA source."""
    hashes: tuple[FileHash, ...] = ()
    names: frozenset[str] = frozenset()
    """Names of files, in small letters, that are told of whatever they hold."""


def signatures_of(packs: Iterable[Pack]) -> Signatures:
    """Return the signatures of some packs."""
    packs = tuple(packs)
    traits = [trait for pack in packs for trait in pack.traits]
    return Signatures(
        rules={pack.family: pack.rules for pack in packs},
        hashes=tuple(dict.fromkeys(known for trait in traits for known in trait.hashes)),
        names=frozenset(name.lower() for trait in traits for name in trait.names),
    )


class Recogniser:
    """Signatures, compiled. Methods raise what ``engine.port.Matcher`` raises.

    A rule that names file types is only looked for in files of these types; all others are looked for in every file.
    """

    def __init__(self, engine: Engine, signatures: Signatures) -> None:
        self._engine = engine
        self._rules = {family: rules_of(source) for family, source in signatures.rules.items()}
        self._by_source: dict[tuple[tuple[str, str], ...], Matcher] = {}
        self._by_kind: dict[FileKind, Matcher] = {}
        self._names = signatures.names
        self._hashes: defaultdict[int, list[FileHash]] = defaultdict(list)
        for known in signatures.hashes:
            self._hashes[known.size_bytes].append(known)
        self._matcher(FileKind.OTHER)  # rules that do not compile are known at once

    def knows_name(self, name: bytes) -> bool:
        """Return whether a file of this name is told of whatever it holds."""
        return bool(self._names) and os.fsdecode(name).lower() in self._names

    def recognise(self, content: bytes, kind: FileKind) -> tuple[Hit, ...]:
        """Return the rules that match some bytes and the hashes they have."""
        hits = self._matcher(kind).match(content)
        known = self._hashes.get(len(content)) if self._hashes else None
        return (*hits, *_hash_hits(known, [content])) if known else hits

    def recognise_open_file(self, descriptor: int, size_bytes: int, kind: FileKind) -> tuple[Hit, ...]:
        """Return the rules that match an open file, which is not loaded as a whole, and the hashes it has."""
        hits = self._matcher(kind).match_open_file(descriptor, size_bytes)
        known = self._hashes.get(size_bytes) if self._hashes else None
        return (*hits, *_hash_hits(known, parts_of(descriptor, size_bytes))) if known else hits

    def _matcher(self, kind: FileKind) -> Matcher:
        """Return the rules for files of a kind; kinds that the same rules concern share them."""
        if (matcher := self._by_kind.get(kind)) is None:
            sources = {family: rules_for(rules, kind.types) for family, rules in self._rules.items()}
            sources = {family: source for family, source in sources.items() if source}
            key = tuple(sources.items())
            if key not in self._by_source:
                self._by_source[key] = self._engine.compile(sources)
            matcher = self._by_kind[kind] = self._by_source[key]
        return matcher


def _hash_hits(known: list[FileHash], chunks: Iterable[bytes]) -> Iterator[Hit]:
    digests = {algorithm: hashlib.new(algorithm, usedforsecurity=False) for algorithm in {k.algorithm for k in known}}
    for chunk in chunks:
        for digest in digests.values():
            digest.update(chunk)
    for one in known:
        if digests[one.algorithm].hexdigest() == one.digest:
            yield Hit("", "", "", digest=str(one))
