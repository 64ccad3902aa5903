"""Hashes that content is known by: of whole files, and of the sections of programs of Windows.

What has a size in front costs nothing but for content of that size. One hash without a size makes every file be hashed.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from quetsach.core.indicator_list import ALGORITHMS
from quetsach.endpoint.look.archive.source import Source
from quetsach.endpoint.look.kind import FileKind
from quetsach.endpoint.look.pe import sections_of

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
