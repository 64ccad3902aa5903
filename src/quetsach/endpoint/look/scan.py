"""Looks at a machine and says what it saw. Nothing is changed."""

import os
import posixpath
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from quetsach.core.pack import ArtefactKind, Pack
from quetsach.endpoint.artefact import Artefact, FileAnchor, ProcessAnchor, printable
from quetsach.endpoint.collect import PROCESSES, footholds
from quetsach.endpoint.collect.users import users_of
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Engine, Hit
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.host.mounts import devices_to_avoid
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import join
from quetsach.endpoint.look.look import Look, look_at_open_file
from quetsach.endpoint.look.match import Observation, TraitMatcher
from quetsach.endpoint.look.observe import observations_of
from quetsach.endpoint.look.recognise import Recogniser, signatures_of
from quetsach.endpoint.look.walk import DEEPEST, Candidate, walk
from quetsach.endpoint.look.workers import look_at_all
from quetsach.endpoint.trouble import Reason, Trouble, reason_of

DROP_PLACES = (b"/tmp", b"/var/tmp", b"/dev/shm", b"/run/shm")
"""Folders that a quick scan walks whole; in homes it looks at what is hidden, a few levels down."""

_HIDDEN_LEVELS = 3

_NEIGHBOURS = 1_000
"""A quick scan also looks at what lies beside a found file, if there are no more names than this."""

_MOST_NAMED = 1_000
"""So many paths that failed are named; the rest are counted."""


class Scope(StrEnum):
    """How far a scan looks."""

    QUICK = "quick"
    """Footholds, processes, the files they name, and the places where malware usually lands."""
    FULL = "full"
    """The same, and every file."""
    PATHS = "paths"
    """Every file below the given paths, and nothing else."""


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
    bytes_read: int
    processes: int
    footholds: int
    findings: tuple[Finding, ...]
    skipped: dict[Reason, int]
    """What was left out by rule, counted."""
    failed: dict[Reason, int]
    """What could not be looked at, counted."""
    failures: tuple[Trouble, ...]
    """The first of those that failed, by name."""

    @property
    def duration_seconds(self) -> float:
        """How long the scan took."""
        return (self.finished - self.started).total_seconds()


type Progress = Callable[[int, bytes], None]
"""Called with the number of files looked at so far and the path of the last."""


def scan(
    host: Host,
    packs: Sequence[Pack],
    *,
    scope: Scope,
    now: datetime,
    paths: Sequence[bytes] = (),
    progress: Progress = lambda _count, _path: None,
    jobs: int = 1,
    engine: Engine | None = None,
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

    Raises:
        ScanError: workers cannot be started.
        EngineError: the rules do not compile.
    """
    packs = [pack for pack in packs if host.platform in pack.platforms]
    look = _Scan(host, packs, engine or BorealEngine(), progress, jobs)
    began = time.monotonic()
    if scope is not Scope.PATHS:
        look.footholds()
        look.processes()
        look.files(look.quick_candidates(), remember=True)
    if scope is Scope.QUICK:
        look.files(look.neighbours(), remember=True)
    else:
        look.files(_everything(host, paths if scope is Scope.PATHS else [b"/"]), remember=False)
    return look.result(scope, tuple(paths), now, now + timedelta(seconds=time.monotonic() - began))


def _everything(host: Host, paths: Iterable[bytes], *, deepest: int = DEEPEST) -> Iterator[Candidate | Trouble]:
    avoid = devices_to_avoid()
    entered: set[int] = set()
    for path in paths:
        yield from walk(host.tree, path, avoid=avoid, entered=entered, deepest=deepest)


@dataclass(slots=True)
class _Scan:
    """One scan while it goes on."""

    host: Host
    packs: Sequence[Pack]
    engine: Engine
    progress: Progress
    jobs: int
    observations: list[Observation] = field(default_factory=list)
    troubles: Counter[Reason] = field(default_factory=Counter)
    failures: list[Trouble] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    matched: set[bytes] = field(default_factory=set)
    count: int = 0
    bytes_read: int = 0
    _recogniser: Recogniser | None = None

    @property
    def recogniser(self) -> Recogniser:
        if self._recogniser is None:
            self._recogniser = Recogniser(self.engine, signatures_of(self.packs))
        return self._recogniser

    def footholds(self) -> None:
        for item in footholds(self.host):
            self._take(item)

    def processes(self) -> None:
        """Match the image of every process; one image that many run is matched once."""
        known: dict[tuple[int, int, int], tuple[Hit, ...]] = {}
        for item in PROCESSES(self.host):
            if isinstance(item, Artefact) and isinstance(item.anchor, ProcessAnchor):
                self.observations.append(Observation(item, self._image_hits(item.anchor, known)))
            elif isinstance(item, Trouble):
                self._take(item)

    def _image_hits(self, anchor: ProcessAnchor, known: dict[tuple[int, int, int], tuple[Hit, ...]]) -> tuple[Hit, ...]:
        if self.host.processes is None:
            return ()
        try:
            descriptor = self.host.processes.open_image(anchor)
        except ProcessLookupError:
            return ()
        except OSError as error:
            self._take(Trouble(anchor.executable, reason_of(error)))
            return ()
        try:
            state = os.fstat(descriptor)
            identity = (state.st_dev, state.st_ino, state.st_ctime_ns)
            if identity not in known:
                look = look_at_open_file(descriptor, anchor.executable, self.recogniser)
                known[identity] = look.hits if isinstance(look, Look) else ()
                if isinstance(look, Trouble):
                    self._take(look)
            return known[identity]
        finally:
            os.close(descriptor)

    def quick_candidates(self) -> Iterator[Candidate | Trouble]:
        """Yield the files that footholds and processes name, and what lies where malware usually lands."""
        for path in sorted({path for o in self.observations for path in o.artefact.refers_to}):
            if (candidate := self._file_at(path)) is not None:
                yield candidate
        yield from _everything(self.host, (place for place in DROP_PLACES if self.host.tree.exists(place)))
        for user in users_of(self.host.tree):
            for item in _everything(self.host, self._hidden(user.home), deepest=_HIDDEN_LEVELS):
                if not (isinstance(item, Trouble) and item.reason is Reason.TOO_DEEP):  # deeper is for a full scan
                    yield item

    def _file_at(self, path: bytes) -> Candidate | None:
        try:
            real = self.host.tree.resolve(path)
            state = self.host.tree.lstat(real)
        except OSError:
            return None
        if not stat.S_ISREG(state.st_mode):
            return None
        return Candidate(real, state.st_dev, state.st_ino, state.st_size)

    def _hidden(self, home: bytes) -> list[bytes]:
        try:
            return sorted(join(home, e.name) for e in self.host.tree.scandir(home) if e.name.startswith(b"."))
        except OSError:
            return []

    def neighbours(self) -> Iterator[Candidate | Trouble]:
        """Yield what lies beside the files that matched: a miner's settings, its library, its second copy."""
        anchors = [o.artefact.anchor for o in self.observations if o.hits]
        for folder in sorted({posixpath.dirname(a.path) for a in anchors if isinstance(a, FileAnchor)}):
            try:
                names = [join(folder, entry.name) for entry in self.host.tree.scandir(folder)]
            except OSError as error:
                yield Trouble(folder, reason_of(error))
                continue
            if len(names) <= _NEIGHBOURS:
                yield from (c for c in map(self._file_at, sorted(names)) if c is not None)

    def files(self, found: Iterable[Candidate | Trouble], *, remember: bool) -> None:
        """Look at files that were not looked at before; a walk of the whole tree need not be remembered."""
        fresh = self._fresh(found, remember=remember)
        looks = look_at_all(
            self.host.tree, fresh, recogniser=self.recogniser, signatures=signatures_of(self.packs), jobs=self.jobs
        )
        for look in looks:
            if isinstance(look, Trouble):
                self._take(look)
                continue
            self.count += 1
            self.bytes_read += look.size_bytes
            self.progress(self.count, look.path)
            for trouble in look.troubles:
                self._take(trouble)
            if look.anchor is not None and look.path not in self.matched:
                self.matched.add(look.path)
                self.observations.extend(observations_of(look))

    def _fresh(self, found: Iterable[Candidate | Trouble], *, remember: bool) -> Iterator[Candidate]:
        for item in found:
            if isinstance(item, Trouble):
                self._take(item)
            elif item.path not in self.seen:
                if remember:
                    self.seen.add(item.path)
                yield item

    def _take(self, item: Artefact | Trouble) -> None:
        if isinstance(item, Artefact):
            self.observations.append(Observation(item))
            return
        self.troubles[item.reason] += 1
        if not item.reason.is_intended and len(self.failures) < _MOST_NAMED:
            self.failures.append(item)

    def result(self, scope: Scope, paths: tuple[bytes, ...], started: datetime, finished: datetime) -> ScanResult:
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
            files=self.count,
            bytes_read=self.bytes_read,
            processes=kinds[ArtefactKind.PROCESS],
            footholds=len(self.observations) - kinds[ArtefactKind.PROCESS] - kinds[ArtefactKind.FILE],
            findings=TraitMatcher(self.packs, self.engine, platform=self.host.platform).find(self.observations),
            skipped={reason: n for reason, n in self.troubles.items() if reason.is_intended},
            failed={reason: n for reason, n in self.troubles.items() if not reason.is_intended},
            failures=tuple(self.failures),
        )
