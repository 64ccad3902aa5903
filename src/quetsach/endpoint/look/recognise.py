"""What content is known by: the rules and hashes of packs, ready to be looked for in bytes and open files."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quetsach.core.indicator_list import ListKind
from quetsach.core.pack import FileHash, Pack
from quetsach.core.rule_text import rules_for, rules_of
from quetsach.endpoint.engine.port import Engine, Hit, Matcher
from quetsach.endpoint.host.disk import named
from quetsach.endpoint.look.archive.member import ArchiveState
from quetsach.endpoint.look.archive.source import InMemory, OpenFile
from quetsach.endpoint.look.kind import FileKind
from quetsach.endpoint.look.known_hashes import KnownHashes


@dataclass(frozen=True, slots=True)
class Signatures:
    """What packs know content by, as values that can be sent to another process."""

    rules: Mapping[str, str]
    """Family -> YARA source."""
    hashes: tuple[FileHash, ...] = ()
    names: frozenset[str] = frozenset()
    """Names of files, in small letters, that are told of whatever they hold."""
    hash_list: frozenset[str] = frozenset()
    """Entries of lists of hashes."""
    archives: frozenset[str] = frozenset()
    """Patterns of what is said of an archive as a whole (``ArchiveState``)."""


def signatures_of(packs: Iterable[Pack]) -> Signatures:
    """Return the signatures of some packs."""
    packs = tuple(packs)
    traits = [trait for pack in packs for trait in pack.traits]
    return Signatures(
        rules={pack.family: pack.rules for pack in packs},
        hashes=tuple(dict.fromkeys(known for trait in traits for known in trait.hashes)),
        names=frozenset(
            name.lower()
            for trait in traits
            for names in (trait.names, *(known.entries for _, known in trait.listed if known.kind is ListKind.NAMES))
            for name in names
        ),
        hash_list=frozenset(entry for trait in traits if trait.hash_list for entry in trait.hash_list.entries),
        archives=frozenset(pattern for trait in traits for field, pattern in trait.match if field == "archive"),
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
        self._names = frozenset(map(os.fsencode, signatures.names))
        asked = tuple(map(engine.compile_pattern, signatures.archives))
        self._states = frozenset(state for state in ArchiveState if any(one.matches(state) for one in asked))
        self._hashes = KnownHashes([*map(str, signatures.hashes), *signatures.hash_list])
        self._matcher(FileKind.OTHER)  # rules that do not compile are known at once

    def knows_name(self, name: bytes) -> bool:
        """Return whether a file of this name is told of whatever it holds."""
        small = name.lower() if name.isascii() else os.fsencode(os.fsdecode(name).lower())
        return small in self._names

    def asks_for(self, archive: str) -> bool:
        """Return whether an archive of which this is to be said is told of."""
        return archive in self._states

    def recognise(self, content: bytes, kind: FileKind) -> tuple[Hit, ...]:
        """Return the rules that match some bytes and the hashes they have."""
        hits = self._matcher(kind).match(content)
        return (*hits, *self._known(InMemory(content), kind)) if self._hashes.asks_for(len(content), kind) else hits

    def recognise_open_file(self, descriptor: int, size_bytes: int, kind: FileKind) -> tuple[Hit, ...]:
        """Return the rules that match an open file, which is not loaded as a whole, and the hashes it has."""
        with named(descriptor) as name:
            hits = self._matcher(kind).match_file(name, size_bytes)
        is_asked = self._hashes.asks_for(size_bytes, kind)
        return (*hits, *self._known(OpenFile(descriptor, size_bytes), kind)) if is_asked else hits

    def _known(self, source: InMemory | OpenFile, kind: FileKind) -> Iterable[Hit]:
        return (Hit("", "", "", digest=entry) for entry in self._hashes.found_in(source, kind))

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
