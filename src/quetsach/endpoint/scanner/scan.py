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
from quetsach.endpoint import StateError
from quetsach.endpoint.artefact import Artefact, Finding, ProcessAnchor, place_of, printable
from quetsach.endpoint.collect import PROCESSES, persistence_entries
from quetsach.endpoint.collect.drop_paths import drop_paths, memory_files
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Engine, Hit
from quetsach.endpoint.host.disk import fstat
from quetsach.endpoint.host.live import devices_to_avoid, is_elevated
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of
from quetsach.endpoint.scanner.cache import Cache
from quetsach.endpoint.scanner.conclusion import GAP_OF, Extent, Gap, Reach, Sought
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.file_result import Archives, FileResult, scan_file, scan_open_file
from quetsach.endpoint.scanner.files import FileScan, Listing, Progress, observations_of
from quetsach.endpoint.scanner.match import Observation, TraitMatcher
from quetsach.endpoint.scanner.memory import MemoryReader, memory_rules
from quetsach.endpoint.scanner.paths import Places, Within, file_at
from quetsach.endpoint.scanner.recognise import Recogniser, signatures_of
from quetsach.endpoint.scanner.walk import Candidate
from quetsach.endpoint.scanner.worker_pool import WorkerPool

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
    """Every file below the given paths, and what start-up items and settings say of them."""


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
    failures: tuple[ScanIssue, ...]
    """The first of those that failed or were too large, by name."""
    reach: Reach
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
    def needs_rights(self) -> bool:
        """Whether only an administrator could have seen all of it: it was about the whole of the running system."""
        return self.is_live and self.scope is not Scope.PATHS


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
    left_out: Iterable[str] = (),
) -> ScanResult:
    """Look at a machine.

    Args:
        host: the running system or a mounted disk.
        packs: what to look for.
        scope: how far to look.
        now: the time of the start, with time zone.
        paths: for ``Scope.PATHS``, absolute paths inside the root; with one that is gone the scan is not conclusive.
            What start-up items and settings of the whole system say of what lies below them is taken into account.
        progress: see ``Progress``.
        jobs: worker processes for more than a few hundred files.
        engine: the match engine; boreal if not given.
        cache: what earlier scans saw; what this one sees is added and kept.
        control: with what someone pauses or ends the scan; the rest is then not reached.
        listing: where each file is accounted for.
        left_out: families that there are packs of and that are not among ``packs``.

    Raises:
        ScanError: workers cannot be started.
        EngineError: the rules do not compile.
    """
    sought = Sought.on(host.platform, packs)
    engine = engine or BorealEngine()
    control = control or Control()
    began = time.monotonic()
    signatures = signatures_of(sought.packs)
    recogniser = Recogniser(engine, signatures)
    with closing(
        WorkerPool(host.tree, recogniser=recogniser, signatures=signatures, jobs=jobs, control=control)
    ) as crew:
        within = Within.of(host, paths) if scope is Scope.PATHS else Within.everything()
        if scope is not Scope.PATHS:
            crew.get_ready()
        look = _Scan(host, sought, engine, recogniser, control, scope, tuple(paths), within)
        files = FileScan(
            host.tree, crew, recogniser, control, look.take, progress, cache, listing, within.holds, memory_files(host)
        )
        look.go_through(files)
        findings = look.findings()
    finished = now + timedelta(seconds=time.monotonic() - began)
    return look.result(files, findings, left_out, now, finished)


@dataclass(slots=True)
class _Scan:
    """One scan while it goes on."""

    host: Host
    sought: Sought
    engine: Engine
    recogniser: Recogniser
    control: Control
    scope: Scope
    paths: tuple[bytes, ...]
    within: Within
    """What is told of; beyond it, things are only looked at as grounds for that."""
    observations: list[Observation] = field(default_factory=list)
    troubles: Counter[Reason] = field(default_factory=Counter)
    failures: list[ScanIssue] = field(default_factory=list)
    matched: set[bytes] = field(default_factory=set)
    of_places: Counter[Reason] = field(default_factory=Counter)
    """Those of the troubles that are of start-up items and settings."""
    unread_images: int = 0
    """Processes whose program could not be looked at."""
    unread_memory: int = 0
    """Processes whose memory could not be looked at, or not all of it."""
    ordered: list[Observation] = field(default_factory=list)
    matcher: TraitMatcher = field(init=False)

    def __post_init__(self) -> None:
        self.matcher = TraitMatcher(self.sought.packs, self.engine, platform=self.host.platform)

    def go_through(self, files: FileScan) -> None:
        """Look at all that the scope comprises, what malware needs to come back first."""
        places = Places(self.host.tree, devices_to_avoid())
        self.footholds()
        if self.scope is Scope.PATHS:
            self._look(files, places.below(self.paths))
            asked_for = [one for one in self.observations if self.within.has(one.artefact)]
            self._look(files, places.named(asked_for), remember=True)
            if self._waiting():  # a sign is there that counts only beside surer ones: these may lie elsewhere
                self._look_about(files, places, remember=False)
            self._tell_lost()
        else:
            self.processes()
            self._look(files, places.named(self.observations), remember=True)
            if self.scope is Scope.FULL:
                self._look(files, places.below([b"/"]))
            self._look_about(files, places, remember=self.scope is Scope.QUICK)
        files.keep(is_whole=self.scope is Scope.FULL and Reason.NOT_REACHED not in self.troubles)

    def _tell_lost(self) -> None:
        """Tell of paths that someone named and that are there no more."""
        for path in self.paths:
            lost = ScanIssue(path, Reason.CHANGED)
            if lost not in self.failures and not self.host.tree.exists(path):
                self.take(lost)

    def _look_about(self, files: FileScan, places: Places, *, remember: bool) -> None:
        """Look at what start-up items name, where malware usually lands, and beside what was found."""
        if not self.within.is_everything:
            self._look(files, places.named(self.observations), remember=True)
        self._look(files, places.usual(drop_paths(self.host)), remember=remember)
        self._look(files, places.neighbours(self.observations), remember=True)

    def _look(self, files: FileScan, found: Iterable[Candidate | ScanIssue], *, remember: bool = False) -> None:
        for look in files.look(found, remember=remember):
            if look.path not in self.matched:
                self.matched.add(look.path)
                self.observations.extend(observations_of(look))

    def footholds(self) -> None:
        for item in persistence_entries(self.host):
            self.take(item)
        self.of_places = self.troubles.copy()

    def processes(self) -> None:
        """Match the image of every process, one that many run only once, and its memory where packs ask for that."""
        known: dict[tuple[int, int, int], tuple[Hit, ...]] = {}
        with contextlib.closing(MemoryReader(memory_rules(self.sought.packs))) as memory:
            for item in PROCESSES(self.host):
                if isinstance(item, Artefact) and isinstance(item.anchor, ProcessAnchor):
                    hits = self._image_hits(item.anchor, known) + self._memory_hits(item.anchor, memory)
                    self.observations.append(Observation(item, hits))
                elif isinstance(item, ScanIssue):
                    self._take_of_image(item)

    def _memory_hits(self, anchor: ProcessAnchor, memory: MemoryReader) -> tuple[Hit, ...]:
        if not memory.is_wanted:
            return ()
        look = ScanIssue(anchor.executable, Reason.NOT_REACHED) if self.control.is_over() else memory.look(anchor)
        if isinstance(look, ScanIssue):
            self.unread_memory += 1
            self.take(look)
            return ()
        if look.is_cut_short:
            self.unread_memory += 1
            self.take(ScanIssue(anchor.executable, Reason.OVERFULL))
        return look.hits

    def _image_hits(self, anchor: ProcessAnchor, known: dict[tuple[int, int, int], tuple[Hit, ...]]) -> tuple[Hit, ...]:
        if self.host.processes is None:
            return ()
        try:
            descriptor = self.host.processes.open_image(anchor)
        except ProcessLookupError:
            return ()
        except OSError as error:
            self._take_of_image(ScanIssue(anchor.executable, reason_of(error)))
            return ()
        try:
            state = fstat(descriptor)
            identity = (state.st_dev, state.st_ino, state.st_ctime_ns)
            if identity not in known:
                look = scan_open_file(descriptor, anchor.executable, self.recogniser, archives=Archives.LEAVE)
                known[identity] = look.hits if isinstance(look, FileResult) else ()
                if isinstance(look, ScanIssue):
                    self._take_of_image(look)
            return known[identity]
        finally:
            os.close(descriptor)

    def _take_of_image(self, trouble: ScanIssue) -> None:
        self.unread_images += GAP_OF[trouble.reason] is not None
        self.take(trouble)

    def take(self, item: Artefact | ScanIssue) -> None:
        if isinstance(item, Artefact):
            self.observations.append(Observation(item))
        elif item.reason is Reason.NOT_REACHED or self.within.holds(item.path):
            if item.reason is Reason.VANISHED and item.path.rstrip(b"/") in self.within.paths:  # named by someone
                item = ScanIssue(item.path, Reason.CHANGED)
            self.troubles[item.reason] += 1
            is_named = not item.reason.is_intended or item.reason is Reason.TOO_LARGE
            if is_named and len(self.failures) < _MOST_NAMED:
                self.failures.append(item)

    def _waiting(self) -> dict[bytes, bool]:
        """Return the files whose signs wait for surer ones elsewhere, and whether something was found in them anyway.

        Also those that a start-up item names which waits.
        """
        observations = self._ordered()
        return {
            path: is_found
            for number, is_found in self.matcher.waiting(observations, is_whole=self.within.is_everything).items()
            for path in self.within.concerned(observations[number].artefact)
        }

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found; a file that is known only by what names it is read once that was found."""
        told: set[bytes] = set()
        while True:
            findings = self.matcher.find(self._ordered())
            fresh = sorted(self.matcher.wanted(findings) - told - self.matched)
            room = _MOST_NAMED_FILES - len(told)
            for path in fresh[room:]:
                self.take(ScanIssue(path, Reason.OVERFULL))
            if not fresh[:room]:
                break
            told.update(fresh)
            for path in fresh[:room]:
                self._tell_of(path)
        for path in sorted(path for path, is_found in self._waiting().items() if not is_found):
            self.take(ScanIssue(path, Reason.UNSETTLED))
        return tuple(finding for finding in findings if self.within.has(finding.artefact))

    def _tell_of(self, path: bytes) -> None:
        candidate = file_at(self.host.tree, path)
        if candidate is None or candidate.path in self.matched:  # on Windows named in other letters, and told already
            return
        self.matched.add(candidate.path)
        look = scan_file(self.host.tree, candidate, self.recogniser, archives=Archives.LEAVE, is_told=True)
        if isinstance(look, ScanIssue):
            self.take(look)
        else:
            self.observations.extend(observations_of(look))

    def _ordered(self) -> list[Observation]:
        """Return what was observed; files, which come in no order, by their place; the same list until more was."""
        if len(self.ordered) == len(self.observations):
            return self.ordered
        files = [o for o in self.observations if o.artefact.kind is ArtefactKind.FILE]
        others = [o for o in self.observations if o.artefact.kind is not ArtefactKind.FILE]
        self.ordered = others + sorted(files, key=lambda observation: place_of(observation.artefact.anchor))
        return self.ordered

    def reach(self, left_out: Iterable[str]) -> Reach:
        """Return how far the scan looked."""
        is_system = self.scope is not Scope.PATHS
        hive_troubles = self.host.registry.troubles() if self.host.registry is not None else ()
        of_files = self.troubles - self.of_places
        closed = any(GAP_OF[reason] in {Gap.ARCHIVES, Gap.DAMAGED} for reason in of_files)
        unread_places = any(GAP_OF[reason] is not None for reason in self.of_places)
        seen = Extent.WHOLE if is_system else Extent.PARTLY
        processes = self._reach_of_processes()
        is_memory_wanted = bool(memory_rules(self.sought.packs))
        return Reach(
            families=self.sought.families,
            by_content=self.sought.by_content,
            left_out=tuple(dict.fromkeys((*self.sought.left_out, *left_out))),
            places=Extent.PARTLY if unread_places else seen,
            registry=Extent.NONE if self.host.registry is None else Extent.PARTLY if hive_troubles else seen,
            processes=processes,
            memory=_at_most(processes, partly=bool(self.unread_memory)) if is_memory_wanted else Extent.NONE,
            archives=Extent.PARTLY if closed else Extent.WHOLE,
        )

    def _reach_of_processes(self) -> Extent:
        """Return how much of what runs was seen; nobody but an administrator sees what others run."""
        if not any(one.artefact.kind is ArtefactKind.PROCESS for one in self.observations):
            return Extent.NONE
        return Extent.PARTLY if self.unread_images or not is_elevated() else Extent.WHOLE

    def result(
        self,
        files: FileScan,
        findings: tuple[Finding, ...],
        left_out: Iterable[str],
        started: datetime,
        finished: datetime,
    ) -> ScanResult:
        """Return what was seen, as a value."""
        artefacts = [o.artefact for o in self.observations if self.within.has(o.artefact)]
        kinds = Counter(artefact.kind for artefact in artefacts)
        return ScanResult(
            scope=self.scope,
            paths=self.paths,
            root=printable(os.fsencode(self.host.tree.root)),
            is_live=self.host.is_live,
            is_elevated=is_elevated(),
            platform=self.host.platform,
            engine=self.engine.name,
            packs=self.sought.packs,
            started=started,
            finished=finished,
            files=files.files,
            bytes_read=files.bytes_read,
            processes=kinds[ArtefactKind.PROCESS],
            footholds=len(artefacts) - kinds[ArtefactKind.PROCESS] - kinds[ArtefactKind.FILE],
            findings=findings,
            skipped={reason: n for reason, n in self.troubles.items() if reason.is_intended},
            failed={reason: n for reason, n in self.troubles.items() if not reason.is_intended},
            failures=tuple(self.failures),
            reach=self.reach(left_out),
            cached=files.cached,
            unkept=files.unkept,
        )


def _at_most(extent: Extent, *, partly: bool) -> Extent:
    return Extent.PARTLY if partly and extent is Extent.WHOLE else extent
