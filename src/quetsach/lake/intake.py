"""Takes delivered files in, packed or not: one after the other, small ones of a report together.

What is read of a day is rolled up once for all small files that come together and not once for each, which would be
all that came before it, every time.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from quetsach.core.errors import QuetsachError
from quetsach.core.family import FamilyNames
from quetsach.core.text import SystemText
from quetsach.feeds.layout import FeedError
from quetsach.feeds.packed import HEAD_BYTES, Member, is_packed, members
from quetsach.feeds.record import legible
from quetsach.lake import LakeError
from quetsach.lake.ingestion import Annotate, Progress, SmallFile
from quetsach.lake.lake import IngestResult, Lake, opened

SMALL_BYTES = 1 << 16
"""A file of at most so many waits for others of its report."""

_MOST_FILES, _MOST_BYTES = 256, 4 << 20
"""So many are taken in together: what a crash makes undone, and what is held in memory."""

type Outcome = tuple[str, IngestResult | QuetsachError]
"""What a file is called, in an archive with its name there after it, and what became of it."""


def ingest_files(
    lake: Lake,
    paths: Iterable[Path],
    *,
    feed: str,
    report: str | None,
    families: FamilyNames,
    annotate: Annotate,
    clock: Callable[[], datetime],
    progress: Progress = lambda _bytes: None,
    name: str = "",
) -> Iterator[Outcome]:
    """Take in files, and every file of data in archives and mails; yield what became of each, in their order.

    One that is refused does not keep the others back. An archive that is damaged or cut off is refused before anything
    of it is taken. What an outcome was yielded for is on the disk.

    Args:
        lake: where to.
        paths: as they were delivered.
        feed: as for ``Lake.ingest``, like ``report``, ``families`` and ``annotate``.
        report: its name.
        families: what spellings of malware names mean.
        annotate: appends ``feeds.table.ANNOTATIONS``.
        clock: the time at which each was taken in (aware).
        progress: told how many more bytes of the delivered files were read.
        name: what a file is called that lies under another name.
    """
    intake = _Intake(lake, feed, report, families, annotate)
    for path in paths:
        yield from intake.file(path, name, clock(), progress)
    yield from intake.flush()


@dataclass(frozen=True, slots=True)
class _Source:
    """A file, or a file of an archive; ``told`` is what it is called where its outcome is told."""

    content: Path | Member
    size_bytes: int
    told: str
    name: str
    now: datetime
    progress: Progress


@dataclass
class _Intake:
    lake: Lake
    feed: str
    report: str | None
    families: FamilyNames
    annotate: Annotate
    _held: list[tuple[_Source, SmallFile]] = field(default_factory=list, init=False)

    def file(self, path: Path, name: str, now: datetime, progress: Progress) -> Iterator[Outcome]:
        """Take in a file, or what is in it; a small one may wait until ``flush``."""
        told, called = name or str(path), name or path.name
        try:
            with path.open("rb") as stream:
                if not is_packed(stream.read(HEAD_BYTES), called):
                    yield from self._take(_Source(path, path.stat().st_size, told, called, now, progress))
                    return
                found = members(stream, called)
                share = path.stat().st_size / max(1, sum(member.size_bytes for member in found))
                for member in found:
                    inside = f"/{member.name}" if member.name else ""
                    yield from self._take(
                        _Source(
                            member,
                            member.size_bytes,
                            told + inside,
                            called + inside,
                            now,
                            lambda unpacked: progress(round(unpacked * share)),
                        )
                    )
        except OSError as error:
            refused = LakeError(SystemText(os.strerror(error.errno) if error.errno else error), where=told)
            refused.__cause__ = error
            yield from self.flush()
            yield told, refused
        except QuetsachError as error:
            yield from self.flush()
            yield told, error

    def flush(self) -> Iterator[Outcome]:
        """Take in what waits."""
        held, self._held = self._held, []
        try:
            results = self._together([small for _, small in held])
        except QuetsachError:  # of one of them, which is told of by itself, or of all
            for source, small in held:
                yield self._alone(source, small.content)
            return
        for (source, _), result in zip(held, results, strict=True):
            source.progress(source.size_bytes)
            yield source.told, result

    def _together(self, files: list[SmallFile]) -> list[IngestResult]:
        return self.lake.ingest_together(files, families=self.families, annotate=self.annotate) if files else []

    def _take(self, source: _Source) -> Iterator[Outcome]:
        small = self._small(source)
        if small is None:
            yield from self.flush()
            yield self._alone(source, source.content)
            return
        if self._held and not _is_alike(small, self._held[0][1]):
            yield from self.flush()
        self._held.append((source, small))
        if len(self._held) >= _MOST_FILES or sum(len(one.content) for _, one in self._held) >= _MOST_BYTES:
            yield from self.flush()

    def _small(self, source: _Source) -> SmallFile | None:
        """Read a small file; ``None`` for a larger one, and for one that nobody knows how to read."""
        if source.size_bytes > SMALL_BYTES:
            return None
        name, content = legible(source.name), b""
        try:
            with opened(source.content) as stream:
                while len(content) <= SMALL_BYTES and (more := stream.read(SMALL_BYTES + 1 - len(content))):
                    content += more
            if len(content) > SMALL_BYTES:  # it grew
                return None
            layout = self.lake.layouts.layout_of(
                self.feed, self.report, file_name=name.rpartition("/")[2], head=content
            )
        except FeedError:  # told of it alone
            return None
        return SmallFile(content, layout, name, source.now)

    def _alone(self, source: _Source, content: Path | bytes | Member) -> Outcome:
        try:
            return source.told, self.lake.ingest(
                content,
                feed=self.feed,
                report=self.report,
                families=self.families,
                annotate=self.annotate,
                now=source.now,
                name=source.name,
                progress=source.progress,
            )
        except QuetsachError as error:
            return source.told, error


def _is_alike(one: SmallFile, other: SmallFile) -> bool:
    return all(getattr(one.layout, name) == getattr(other.layout, name) for name in ("feed", "report", "subject"))
