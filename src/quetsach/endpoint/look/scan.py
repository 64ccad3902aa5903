"""Looks at a machine and says what it saw. Nothing is changed."""

import contextlib
import os
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from quetsach.core.pack import ArtefactKind, Pack
from quetsach.endpoint.artefact import Artefact, ProcessAnchor, place_of, printable
from quetsach.endpoint.collect import PROCESSES, footholds
from quetsach.endpoint.collect.drop_places import drop_places
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Engine, Hit
from quetsach.endpoint.errors import StateError
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.host.mounts import devices_to_avoid
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.look.cache import Cache
from quetsach.endpoint.look.control import Control
from quetsach.endpoint.look.files import FileScan, Progress
from quetsach.endpoint.look.listing import Listing
from quetsach.endpoint.look.look import Archives, Look, look_at, look_at_open_file
from quetsach.endpoint.look.match import Observation, TraitMatcher
from quetsach.endpoint.look.memory import MemoryReader, memory_rules
from quetsach.endpoint.look.observe import observations_of
from quetsach.endpoint.look.places import Places, file_at
from quetsach.endpoint.look.recognise import Recogniser, signatures_of
from quetsach.endpoint.look.walk import Candidate
from quetsach.endpoint.look.workers import Crew
from quetsach.endpoint.trouble import Reason, Trouble, reason_of

_MOST_NAMED = 1_000
"""So many paths that failed are named; the rest are counted."""

_MOST_NAMED_FILES = 10_000
"""So many files are read because of what names them."""


class Scope(StrEnum):
    """How far a scan looks."""

    QUICK = "quick"
    """Footholds, processes, the files they name, and the places where malware usually lands."""
    FULL = "full"
    """The same, and every file."""
    PATHS = "paths"
    """Every file below the given paths, and nothing else."""


_NOT_WHOLE = frozenset({Reason.CRASHED, Reason.TIMED_OUT, Reason.OVERFULL})


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What a scan saw. Times are UTC; sizes are bytes; paths are inside the scanned root."""

    scope: Scope
    paths: tuple[bytes, ...]
    root: str
    is_live: bool
    is_elevated: bool
    platform: str
    engine: str
    packs: tuple[Pack, ...]
    started: datetime
    finished: datetime
    files: int
    """Files that were looked at, those known from before among them."""
    bytes_read: int
    processes: int
    footholds: int
    findings: tuple[Finding, ...]
    skipped: dict[Reason, int]
    """What was left out by rule, counted."""
    failed: dict[Reason, int]
    """What could not be looked at, counted."""
    failures: tuple[Trouble, ...]
    """The first of those that failed or were too large, by name."""
    cached: int = 0
    """Files that are the same as when they were looked at before and showed nothing."""
    unkept: StateError | None = None
    """Why what was seen could not be kept for the next scan, if it could not."""

    @property
    def duration_seconds(self) -> float:
        """How long the scan took."""
        return (self.finished - self.started).total_seconds()

    @property
    def is_complete(self) -> bool:
        """Whether the scan came to its end: it was not ended by someone or by its time limit."""
        return Reason.NOT_REACHED not in self.failed

    @property
    def is_whole(self) -> bool:
        """Whether it also saw all that it should have seen: nothing broke off, no place held more than is read."""
        return self.is_complete and not _NOT_WHOLE & self.failed.keys()


def scan(
    host: Host,
    packs: Sequence[Pack],
    *,
    scope: Scope,
    now: datetime,
    paths: Sequence[bytes] = (),
    progress: Progress = lambda _: None,
    jobs: int = 1,
    engine: Engine | None = None,
    cache: Cache | None = None,
    control: Control | None = None,
    listing: Listing | None = None,
) -> ScanResult:
    """Look at a machine.

    Args:
        host: the running system or a mounted disk.
        packs: what to look for.
        scope: how far to look.
        now: the time of the start, with time zone.
        paths: for ``Scope.PATHS``, absolute paths inside the root; one that is gone is named among the failures.
        progress: see ``Progress``.
        jobs: worker processes for more than a few hundred files.
        engine: the match engine; boreal if not given.
        cache: what earlier scans saw; what this one sees is added and kept.
        control: with what someone pauses or ends the scan; the rest is then not reached.
        listing: where each file is accounted for.

    Raises:
        ScanError: workers cannot be started.
        EngineError: the rules do not compile.
    """
    packs = [pack for pack in packs if host.platform in pack.platforms]
    engine = engine or BorealEngine()
    control = control or Control()
    began = time.monotonic()
    signatures = signatures_of(packs)
    recogniser = Recogniser(engine, signatures)
    with closing(Crew(host.tree, recogniser=recogniser, signatures=signatures, jobs=jobs, control=control)) as crew:
        look = _Scan(host, packs, engine, recogniser, control)
        files = FileScan(host.tree, crew, recogniser, control, look.take, progress, cache, listing)
        look.go_through(files, scope, paths)
    return look.result(files, scope, tuple(paths), now, now + timedelta(seconds=time.monotonic() - began))


@dataclass(slots=True)
class _Scan:
    """One scan while it goes on."""

    host: Host
    packs: Sequence[Pack]
    engine: Engine
    recogniser: Recogniser
    control: Control
    observations: list[Observation] = field(default_factory=list)
    troubles: Counter[Reason] = field(default_factory=Counter)
    failures: list[Trouble] = field(default_factory=list)
    matched: set[bytes] = field(default_factory=set)

    def go_through(self, files: FileScan, scope: Scope, paths: Sequence[bytes]) -> None:
        """Look at all that the scope comprises, what malware needs to come back first."""
        places = Places(self.host.tree, devices_to_avoid())
        if scope is Scope.PATHS:
            self._look(files, places.below(paths))
        else:
            self.footholds()
            self.processes()
            self._look(files, places.named(self.observations), remember=True)
            if scope is Scope.FULL:
                self._look(files, places.below([b"/"]))
            self._look(files, places.usual(drop_places(self.host)), remember=scope is Scope.QUICK)
            self._look(files, places.neighbours(self.observations), remember=True)
        files.keep(is_whole=scope is Scope.FULL and Reason.NOT_REACHED not in self.troubles)

    def _look(self, files: FileScan, found: Iterable[Candidate | Trouble], *, remember: bool = False) -> None:
        for look in files.look(found, remember=remember):
            if look.path not in self.matched:
                self.matched.add(look.path)
                self.observations.extend(observations_of(look))

    def footholds(self) -> None:
        for item in footholds(self.host):
            self.take(item)

    def processes(self) -> None:
        """Match the image of every process, one that many run only once, and its memory where packs ask for that."""
        known: dict[tuple[int, int, int], tuple[Hit, ...]] = {}
        with contextlib.closing(MemoryReader(memory_rules(self.packs))) as memory:
            for item in PROCESSES(self.host):
                if isinstance(item, Artefact) and isinstance(item.anchor, ProcessAnchor):
                    hits = self._image_hits(item.anchor, known) + self._memory_hits(item.anchor, memory)
                    self.observations.append(Observation(item, hits))
                elif isinstance(item, Trouble):
                    self.take(item)

    def _memory_hits(self, anchor: ProcessAnchor, memory: MemoryReader) -> tuple[Hit, ...]:
        if not memory.is_wanted:
            return ()
        look = Trouble(anchor.executable, Reason.NOT_REACHED) if self.control.is_over() else memory.look(anchor)
        if isinstance(look, Trouble):
            self.take(look)
            return ()
        if look.is_cut_short:
            self.take(Trouble(anchor.executable, Reason.LIMIT))
        return look.hits

    def _image_hits(self, anchor: ProcessAnchor, known: dict[tuple[int, int, int], tuple[Hit, ...]]) -> tuple[Hit, ...]:
        if self.host.processes is None:
            return ()
        try:
            descriptor = self.host.processes.open_image(anchor)
        except ProcessLookupError:
            return ()
        except OSError as error:
            self.take(Trouble(anchor.executable, reason_of(error)))
            return ()
        try:
            state = os.fstat(descriptor)
            identity = (state.st_dev, state.st_ino, state.st_ctime_ns)
            if identity not in known:
                look = look_at_open_file(descriptor, anchor.executable, self.recogniser, archives=Archives.LEAVE)
                known[identity] = look.hits if isinstance(look, Look) else ()
                if isinstance(look, Trouble):
                    self.take(look)
            return known[identity]
        finally:
            os.close(descriptor)

    def take(self, item: Artefact | Trouble) -> None:
        if isinstance(item, Artefact):
            self.observations.append(Observation(item))
            return
        self.troubles[item.reason] += 1
        is_named = not item.reason.is_intended or item.reason is Reason.TOO_LARGE
        if is_named and len(self.failures) < _MOST_NAMED:
            self.failures.append(item)

    def _findings(self) -> tuple[Finding, ...]:
        """Return what was found; a file that is known only by what names it is read once that was found."""
        matcher = TraitMatcher(self.packs, self.engine, platform=self.host.platform)
        told: set[bytes] = set()
        while True:
            findings = matcher.find(self._ordered())
            fresh = sorted(matcher.wanted(findings) - told - self.matched)[: _MOST_NAMED_FILES - len(told)]
            if not fresh:
                return findings
            told.update(fresh)
            for path in fresh:
                self._tell_of(path)

    def _tell_of(self, path: bytes) -> None:
        candidate = file_at(self.host.tree, path)
        if candidate is None or candidate.path in self.matched:  # on Windows named in other letters, and told already
            return
        self.matched.add(candidate.path)
        look = look_at(self.host.tree, candidate, self.recogniser, archives=Archives.LEAVE, is_told=True)
        if isinstance(look, Trouble):
            self.take(look)
        else:
            self.observations.extend(observations_of(look))

    def _ordered(self) -> list[Observation]:
        """Return what was observed; files, which come in no order, by their place."""
        files = [o for o in self.observations if o.artefact.kind is ArtefactKind.FILE]
        others = [o for o in self.observations if o.artefact.kind is not ArtefactKind.FILE]
        return others + sorted(files, key=lambda observation: place_of(observation.artefact.anchor))

    def result(
        self, files: FileScan, scope: Scope, paths: tuple[bytes, ...], started: datetime, finished: datetime
    ) -> ScanResult:
        findings = self._findings()
        kinds = Counter(observation.artefact.kind for observation in self.observations)
        return ScanResult(
            scope=scope,
            paths=paths,
            root=printable(os.fsencode(self.host.tree.root)),
            is_live=self.host.is_live,
            is_elevated=os.geteuid() == 0,
            platform=self.host.platform,
            engine=self.engine.name,
            packs=tuple(self.packs),
            started=started,
            finished=finished,
            files=files.files,
            bytes_read=files.bytes_read,
            processes=kinds[ArtefactKind.PROCESS],
            footholds=len(self.observations) - kinds[ArtefactKind.PROCESS] - kinds[ArtefactKind.FILE],
            findings=findings,
            skipped={reason: n for reason, n in self.troubles.items() if reason.is_intended},
            failed={reason: n for reason, n in self.troubles.items() if not reason.is_intended},
            failures=tuple(self.failures),
            cached=files.cached,
            unkept=files.unkept,
        )
