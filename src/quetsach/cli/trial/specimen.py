"""One specimen on trial: it is planted, found, removed, put back, and removed again.

Everything happens in a folder of its own. What a pack only reports stays.
"""

import array
import fcntl
import hashlib
import os
import stat
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from quetsach.core.errors import QuetsachError
from quetsach.core.pack import Action, ArtefactKind, Pack
from quetsach.core.text import Text
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult, StepResult
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.artefact import Anchor, Finding, LineAnchor, RegistryAnchor, place_of, printable
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.linux import LinuxHost
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.process import Process
from quetsach.endpoint.plan.plan import Plan, check_brake, make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
from quetsach.endpoint.store.state import State
from quetsach.packs import PackError
from quetsach.packs.specimen import Planted, Specimen, broken_off, unlock
from quetsach.packs.specimen import innocent as linux_drive

# Everything about a tree of files that undo must bring back.

type Picture = dict[bytes, tuple[object, ...]]
"""Path inside the root -> kind and mode, owner, size, links, time, content, target, attributes, inode flags."""

_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS of <linux/fs.h>, 64-bit


def picture_of(root: Path) -> Picture:
    """Return the picture of everything below a folder, and of the folder.

    The time of the last status change is left out: no program can set it back.
    """
    return {os.fsencode(path.relative_to(root)): _state(path) for path in [root, *root.rglob("*")]}


def differences(before: Picture, after: Picture) -> list[bytes]:
    """Return the paths of what is not the same in both, in order."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _state(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    is_file = stat.S_ISREG(found.st_mode)
    return (
        found.st_mode,
        found.st_uid,
        found.st_gid,
        found.st_size if is_file else 0,
        found.st_nlink if is_file else 0,
        found.st_mtime_ns,
        hashlib.sha256(path.read_bytes()).digest() if is_file else b"",
        os.fsencode(path.readlink()) if stat.S_ISLNK(found.st_mode) else b"",
        _attributes(path),
        _flags(path) if is_file or stat.S_ISDIR(found.st_mode) else 0,
    )


def _attributes(path: Path) -> tuple[tuple[str, bytes], ...]:
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        return tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)
    except OSError:  # a file system without them
        return ()


def _flags(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        flags = array.array("L", [0])
        fcntl.ioctl(descriptor, _GET_FLAGS, flags)
        return flags[0]
    except OSError:
        return 0
    finally:
        os.close(descriptor)


# A running system in a folder: the processes whose program or script lies there, as if the folder were the root.
#
# So what a specimen runs is found, suspended and ended as on a real machine, and nothing else on this one is seen.


def running_host(root: Path) -> LinuxHost:
    """Return the Linux system below a folder with what runs of it."""
    return LinuxHost(PosixTree(root), ProcessesBelow(root), None)


class ProcessesBelow(LinuxProcesses):
    """Those processes only that run something below a folder; their paths are told inside it."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = os.fsencode(root.resolve())

    def read(self, pid: int) -> Process | None:
        """Return one process, or ``None`` when there is none of that number, or it runs nothing of the folder."""
        process = super().read(pid)
        if process is None or pid == os.getpid():
            return None
        below = self._root + b"/"
        if not any(part.startswith(below) for part in (process.executable, *process.arguments)):
            return None
        return replace(
            process,
            anchor=replace(process.anchor, executable=self._inside(process.executable)),
            arguments=tuple(map(self._inside, process.arguments)),
            cwd=self._inside(process.cwd),
        )

    def _inside(self, text: bytes) -> bytes:
        return text.removeprefix(self._root) if text.startswith(self._root + b"/") else text


type Item = tuple[str, str, str]
"""Kind, place, and line or entry: what a specimen says it planted, and what a scan says it found."""

_EXPECTED_HOLDS = frozenset({SkipReason.REPORT_ONLY, SkipReason.MEMBER, SkipReason.NOT_RUNNING})
"""The last: what only the running system can take away, such as a subscription of WMI."""


@dataclass(slots=True)
class SpecimenTrial:
    """What the trial of one specimen came to."""

    platform: str
    planted: int = 0
    removed: int = 0
    """How many of the planted items a clean-up removes; the others are only reported."""
    ended: int = 0
    """How many processes it ended."""
    problems: list[str] = field(default_factory=list)


def try_specimen(pack: Pack, specimen: Specimen, folder: Path) -> SpecimenTrial:
    """Return what goes wrong with one specimen of the pack in a folder.

    Raises:
        PackError: the specimen breaks off.
    """
    trial = SpecimenTrial(specimen.platform)
    with tempfile.TemporaryDirectory(prefix="quetsach-") as name, ExitStack() as at_end:
        root = Path(name).resolve() / "disk"
        root.mkdir()
        if specimen.platform == "linux":
            linux_drive.plant(root)
        planted = _planted(specimen, root, folder)
        at_end.callback(unlock, root, planted)
        trial.planted = len(planted)
        try:
            trial.problems += _problems(trial, pack, specimen, root, planted)
        except QuetsachError as error:
            trial.problems.append(error.explain())
    return trial


def item_of(finding: Finding) -> Item:
    """Return what a finding is about, as a specimen says it."""
    anchor, line = finding.artefact.anchor, ""
    if isinstance(anchor, LineAnchor):
        line = os.fsdecode(anchor.line)
    elif isinstance(anchor, RegistryAnchor):
        line = anchor.entry or ""
    return str(finding.artefact.kind), os.fsdecode(place_of(anchor)), line


def _planted(specimen: Specimen, root: Path, folder: Path) -> list[Planted]:
    try:
        planted = list(specimen.build(root))
    except Exception as error:
        raise broken_off(error, folder / "specimen.py") from error
    if strange := [type(item).__name__ for item in planted if not isinstance(item, Planted)]:
        raise PackError(
            Text("build returns something else than Planted: {kind}", kind=strange[0]),
            where=str(folder / "specimen.py"),
            hint=Text("let it return a list of Planted alone; a comma behind brackets makes a tuple"),
        )
    return planted


def _problems(
    trial: SpecimenTrial, pack: Pack, specimen: Specimen, root: Path, planted: list[Planted]
) -> Iterator[str]:
    host = open_mounted(root)
    if host.platform != specimen.platform:
        yield f"the specimen for {specimen.platform} is a disk of {host.platform}"
        return
    found = _scan(host, pack)
    yield from (f"could not be looked at ({trouble.reason}): {printable(trouble.path)}" for trouble in found.failures)
    yield from _mismatches(((item.kind, item.path, item.line) for item in planted), map(item_of, found.findings))
    course = _Course(pack, root, host, State.open(root.parent / "state"), trial)
    yield from course.there_and_back(found)
    if specimen.processes is not None and pack_ends_processes(pack):
        running = _Course(pack, root, running_host(root), State.open(root.parent / "running"), trial)
        with specimen.processes(root):
            yield from running.end_processes()


def pack_ends_processes(pack: Pack) -> bool:
    """Return whether a pack knows processes at all."""
    return any(trait.kind is ArtefactKind.PROCESS for trait in pack.traits)


def _scan(host: Host, pack: Pack) -> ScanResult:
    return scan(host, (pack,), scope=Scope.FULL, now=datetime.now(UTC))


def _mismatches(planted: Iterable[Item], found: Iterable[Item]) -> Iterator[str]:
    wanted, seen = Counter(planted), Counter(found)
    yield from (f"planted and not found: {_told(item)}" for item in (wanted - seen).elements())
    yield from (f"found and not planted: {_told(item)}" for item in (seen - wanted).elements())


def _told(item: Item) -> str:
    return printable(os.fsencode(" ".join(filter(None, item))))


def _place(anchor: Anchor) -> str:
    return printable(place_of(anchor))


def _failed(what: str, steps: Iterable[StepResult]) -> Iterator[str]:
    for one in steps:
        if one.outcome is Outcome.FAILED:
            yield f"{what} failed: {printable(one.step.subject)}: {one.note}"


@dataclass(frozen=True, slots=True)
class _Course:
    """The clean-ups of one drive."""

    pack: Pack
    root: Path
    host: Host
    state: State
    trial: SpecimenTrial

    def there_and_back(self, found: ScanResult) -> Iterator[str]:
        """Remove what was found, put it back exactly, find and remove it once more."""
        plan = make_plan(found.findings, self.host, self.state.folder)
        for held in plan.held:
            if held.hold not in _EXPECTED_HOLDS and held.finding.action is not Action.REPORT:
                yield f"would be left alone ({held.hold}): {_told(item_of(held.finding))}"
        if not plan.steps:
            return
        check_brake(plan, found.findings)
        self.trial.removed = len(found.findings) - len(plan.held)
        before = picture_of(self.root)
        with self.state.lock():
            result = self._clean(plan)
            yield from self._left(plan, result)
            undone = undo(self.state, self.host, result.session, now=datetime.now(UTC))
            yield from _failed("undo", undone.steps)
            changed = differences(before, picture_of(self.root))
            yield from (f"not put back as it was: {printable(path)}" for path in changed)
            again = _scan(self.host, self.pack)
            differing = _mismatches(map(item_of, found.findings), map(item_of, again.findings))
            yield from (f"after undo: {what}" for what in differing)
            plan = make_plan(again.findings, self.host, self.state.folder)
            if plan.steps:
                result = self._clean(plan)
                yield from (f"the second time: {what}" for what in self._left(plan, result))
                undo(self.state, self.host, result.session, now=datetime.now(UTC))

    def end_processes(self) -> Iterator[str]:
        """Find what runs, end it with everything else, and see that nothing came back."""
        found = _scan(self.host, self.pack)
        running = [one for one in found.findings if one.artefact.kind is ArtefactKind.PROCESS]
        if not running:
            yield "its processes run and none is found"
            return
        plan = make_plan(found.findings, self.host, self.state.folder)
        for held in plan.held:
            if held.finding.artefact.kind is ArtefactKind.PROCESS and held.finding.action is not Action.REPORT:
                yield f"would not be ended ({held.hold}): {_told(item_of(held.finding))}"
        before = picture_of(self.root)
        with self.state.lock():
            result = self._clean(plan)
            yield from self._left(plan, result)
            if any(one.action is Action.KILL for one in running):
                yield from (f"still runs: {printable(process.executable)}" for process in self.host.processes or ())
            undo(self.state, self.host, result.session, now=datetime.now(UTC))
        self.trial.ended = len(running)
        changed = differences(before, picture_of(self.root))
        yield from (f"not put back as it was, while it ran: {printable(path)}" for path in changed)

    def _clean(self, plan: Plan) -> CleanResult:
        return clean(
            plan,
            self.host,
            self.state,
            look_again=lambda: _scan(self.host, self.pack).findings,
            packs=(f"{self.pack.family} {self.pack.version}",),
            now=datetime.now(UTC),
        )

    def _left(self, plan: Plan, result: CleanResult) -> Iterator[str]:
        """Yield what a clean-up did not do."""
        yield from _failed("act", result.steps)
        kept = {held.finding.id for held in plan.held}
        yield from (f"left: {_told(item_of(one))}" for one in result.remaining if one.id not in kept)
        yield from (f"names what is gone: {_place(one.anchor)}" for one in result.dangling)
