"""What content is known by: the rules and hashes of packs, ready to be looked for in bytes and open files."""

import hashlib
import os
import struct
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from quetsach.core.indicator_list import ALGORITHMS, ListKind
from quetsach.core.pack import FileHash, Pack
from quetsach.core.rule_text import rules_for, rules_of
from quetsach.endpoint.engine.port import Engine, Hit, Matcher
from quetsach.endpoint.host.disk import named
from quetsach.endpoint.scanner.archive.member import ArchiveState, InMemory, OpenFile, Source
from quetsach.endpoint.scanner.kind import FileKind

# Where the sections of a program of Windows lie in its file (Microsoft, "PE Format").

_MOST_SECTIONS = 96  # what Windows loads


def sections_of(program: Source) -> Iterator[tuple[int, int]]:
    """Yield where in the file each section starts, and its size; nothing where there is no header."""
    at = int.from_bytes(program.read(60, 4), "little")
    head = program.read(at, 24)
    if head[:4] != b"PE\0\0" or len(head) < 24:
        return
    count, optional_bytes = (int.from_bytes(head[place : place + 2], "little") for place in (6, 20))
    table = program.read(at + 24 + optional_bytes, 40 * min(count, _MOST_SECTIONS))
    for place in range(0, len(table) - 39, 40):
        size, start = struct.unpack_from("<II", table, place + 16)
        yield start, size


# Hashes that content is known by: of whole files, and of the sections of programs of Windows.
#
# What has a size in front costs nothing but for content of that size. One hash without a size makes every file be
# hashed.

_PART_BYTES = 1 << 20
_SECTION = "section:"


class KnownHashes:
    """Entries as ``core.indicator_list`` writes them, ready to be looked up."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries = frozenset(entries)
        self._of_any_size: set[str] = set()
        self._by_size: defaultdict[int, set[str]] = defaultdict(set)
        self._by_section_size: defaultdict[int, set[str]] = defaultdict(set)
        for entry in self._entries:
            size, _, digest = entry.removeprefix(_SECTION).partition(":")
            algorithm = ALGORITHMS[len(digest)]
            if size == "*":
                self._of_any_size.add(algorithm)
            else:
                (self._by_section_size if entry.startswith(_SECTION) else self._by_size)[int(size)].add(algorithm)

    def asks_for(self, size_bytes: int, kind: FileKind) -> bool:
        """Return whether content of this size and kind may have any of them."""
        is_of_sections = kind is FileKind.PE and bool(self._by_section_size)
        return is_of_sections or size_bytes in self._by_size or bool(self._of_any_size)

    def found_in(self, source: Source, kind: FileKind) -> Iterator[str]:
        """Yield the entries that some content has."""
        size = source.size_bytes
        wanted = self._of_any_size | self._by_size[size] if size in self._by_size else self._of_any_size
        if wanted and size:
            for digest in _digests(source, 0, size, wanted):
                yield from (entry for entry in (f"{size}:{digest}", f"*:{digest}") if entry in self._entries)
        if self._by_section_size and kind is FileKind.PE:
            yield from self._sections_of(source)

    def _sections_of(self, program: Source) -> Iterator[str]:
        left = program.size_bytes  # sections that overlap would make it hash more than there is
        for start, size in sections_of(program):
            wanted = self._by_section_size.get(size)
            left -= size if wanted else 0
            if not wanted or left < 0 or start + size > program.size_bytes:
                continue
            for digest in _digests(program, start, size, wanted):
                if (entry := f"{_SECTION}{size}:{digest}") in self._entries:
                    yield entry


def _digests(source: Source, start: int, size: int, algorithms: Collection[str]) -> list[str]:
    digests = [hashlib.new(algorithm, usedforsecurity=False) for algorithm in algorithms]
    for offset in range(start, start + size, _PART_BYTES):
        part = source.read(offset, min(_PART_BYTES, start + size - offset))
        for digest in digests:
            digest.update(part)
    return [digest.hexdigest() for digest in digests]


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
