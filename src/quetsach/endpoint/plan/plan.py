"""From findings to an ordered plan: what would be done, in which order, and what is left alone and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.artefact import FileAnchor, LineAnchor, MemberAnchor, ProcessAnchor
from quetsach.endpoint.collect.text import TEXT_LIMIT_BYTES
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.host.packages import unread_database
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.protect import Hold, Protection
from quetsach.endpoint.plan.shell_line import separable
from quetsach.endpoint.plan.step import TARGETS, KillProcess, QuarantineFile, RemoveLines, Step, Target
from quetsach.endpoint.plan.units import unit_targets

_GOOD = frozenset({Hold.OWN, Hold.SYSTEM, Hold.PACKAGE})
"""Reasons to believe the file rather than the rule."""

_SHELL = frozenset({ArtefactKind.PROFILE_LINE, ArtefactKind.RC_LOCAL_LINE})

_ORDER = {target: number for number, target in enumerate(TARGETS.values())}


@dataclass(frozen=True, slots=True)
class Held:
    """A finding that is reported and not acted on, and why. ``package`` is set when one answers for the file."""

    finding: Finding
    hold: Hold
    package: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order of acting, and what is left alone.

    ``has_unread_packages`` says that the system has an rpm database, which was not asked.
    """

    steps: tuple[Step, ...]
    held: tuple[Held, ...]
    has_unread_packages: bool = False

    @property
    def findings(self) -> frozenset[str]:
        """Identifiers of the findings that the steps deal with."""
        return frozenset(finding for step in self.steps for finding in step.findings)


def make_plan(findings: Sequence[Finding], host: Host, state_folder: Path) -> Plan:
    """Return the plan for what a scan found; nothing is changed.

    Several findings about one file are one step. Files go first, then lines and links, then units and processes.
    """
    located, lost = _locate(findings, host)
    protection = Protection.of(host, state_folder, {path for _, path in located if path})
    held = [Held(finding, Hold.UNREACHABLE) for finding in lost]
    entangled = _entangled(located, host)
    drafts: dict[object, _Draft] = {}
    spared: dict[bytes, Hold] = {}
    for finding, path in sorted(located, key=lambda item: not item[1]):  # processes, which have no path, come last
        hold = _hold(finding, path, protection, spared) or (Hold.ENTANGLED if finding.id in entangled else None)
        package = protection.packages.get(path)
        if hold is not None:
            if hold in _GOOD:
                spared[path] = hold
            held.append(Held(finding, hold, package.package if package else ""))
            continue
        for target in _targets(finding, path, host):
            _add(drafts, target, finding, package.package if package else "")
    steps = {key: draft.finished() for key, draft in drafts.items()}
    _drop_edits_of_removed_files(steps)
    ordered = sorted(steps.values(), key=lambda step: _ORDER[type(step.target)])
    numbered = tuple(replace(step, number=number) for number, step in enumerate(ordered, 1))
    return Plan(numbered, tuple(held), has_unread_packages=bool(numbered) and unread_database(host.tree))


def _locate(findings: Iterable[Finding], host: Host) -> tuple[list[tuple[Finding, bytes]], list[Finding]]:
    """Pair each finding with the path of its file without links (empty for processes), or call it lost."""
    located: list[tuple[Finding, bytes]] = []
    lost: list[Finding] = []
    for finding in findings:
        file = _file(finding)
        if file is None:
            located.append((finding, b""))
            continue
        try:
            real = host.tree.resolve(file.path)
            found = host.tree.lstat(real)
        except OSError:
            lost.append(finding)
            continue
        if (found.st_dev, found.st_ino) == (file.device, file.inode):
            located.append((finding, real))
        else:
            lost.append(finding)
    return located, lost


def _file(finding: Finding) -> FileAnchor | None:
    match finding.artefact.anchor:
        case FileAnchor() as file:
            return file
        case LineAnchor(file):
            return file
        case MemberAnchor(file):
            return file
        case _:
            return None


def _hold(finding: Finding, path: bytes, protection: Protection, spared: Mapping[bytes, Hold]) -> Hold | None:
    """Return why a finding is left alone; a process also because its program is (``spared``: path -> why)."""
    if finding.action is Action.REPORT:
        return Hold.REPORT_ONLY
    process = finding.artefact.anchor
    if isinstance(process, MemberAnchor):
        return Hold.MEMBER
    if isinstance(process, ProcessAnchor):
        return protection.holds_process(process) or (None if process.deleted else spared.get(process.executable))
    return protection.holds_file(path)


def _entangled(located: Iterable[tuple[Finding, bytes]], host: Host) -> frozenset[str]:
    """Return the identifiers of findings whose line cannot be taken out of its shell script without breaking it."""
    scripts: dict[bytes, dict[int, list[str]]] = {}
    for finding, path in located:
        line = finding.artefact.anchor
        if isinstance(line, LineAnchor) and finding.artefact.kind in _SHELL and finding.action is Action.REMOVE_LINE:
            scripts.setdefault(path, {}).setdefault(line.number, []).append(finding.id)
    found: set[str] = set()
    for path, numbered in scripts.items():
        try:
            lines = host.tree.read(path, TEXT_LIMIT_BYTES).split(b"\n")
        except OSError:
            continue  # acting on it will say what is wrong
        kept = numbered.keys() - separable(lines, numbered)
        found.update(finding for number in kept for finding in numbered[number])
    return frozenset(found)


def _targets(finding: Finding, path: bytes, host: Host) -> Iterator[Target]:
    """Yield what is to be done about one finding."""
    match finding.artefact.anchor, finding.action:
        case ProcessAnchor() as process, Action.KILL:
            yield KillProcess(process)
        case LineAnchor(file) as line, Action.REMOVE_LINE:
            moved = replace(file, path=path)
            yield RemoveLines(moved, (replace(line, file=moved),))
        case FileAnchor() as file, Action.REMOVE_UNIT:
            yield from unit_targets(host, replace(file, path=path))
        case FileAnchor() as file, Action.QUARANTINE:
            yield QuarantineFile(replace(file, path=path))


@dataclass(slots=True)
class _Draft:
    """A step while findings are still joined to it."""

    step: Step
    findings: dict[str, None] = field(default_factory=dict)
    lines: dict[int, LineAnchor] = field(default_factory=dict)

    def finished(self) -> Step:
        target = self.step.target
        if isinstance(target, RemoveLines):
            target = RemoveLines(target.file, tuple(self.lines[number] for number in sorted(self.lines)))
        return replace(self.step, target=target, findings=tuple(self.findings))


def _add(drafts: dict[object, _Draft], target: Target, finding: Finding, package: str) -> None:
    """Add a target, or join it with what is already planned for the same thing."""
    key: object = (type(target), target.file.path) if isinstance(target, QuarantineFile | RemoveLines) else target
    if key not in drafts:
        drafts[key] = _Draft(Step(0, target, finding.family, (), finding.why, finding.evidence, package))
    drafts[key].findings[finding.id] = None
    if isinstance(target, RemoveLines):
        drafts[key].lines |= {line.number: line for line in target.lines}


def _drop_edits_of_removed_files(steps: dict[object, Step]) -> None:
    """Leave out edits of files that go as a whole; the findings stay with the step that removes the file."""
    for key, step in list(steps.items()):
        if not isinstance(step.target, RemoveLines):
            continue
        whole = (QuarantineFile, step.target.file.path)
        if whole in steps:
            joined = dict.fromkeys((*steps[whole].findings, *step.findings))
            steps[whole] = replace(steps[whole], findings=tuple(joined))
            del steps[key]
