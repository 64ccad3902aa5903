"""From findings to an ordered plan: what would be done, in which order, and what is left alone and why."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.artefact import FileAnchor, LineAnchor, MemberAnchor, ProcessAnchor, RegistryAnchor
from quetsach.endpoint.collect.text import TEXT_LIMIT_BYTES
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.host.packages import unread_database
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.subscriptions import Subscription
from quetsach.endpoint.plan.draft import Drafts
from quetsach.endpoint.plan.protect import Hold, Protection, hold_of
from quetsach.endpoint.plan.setting_line import stands_alone
from quetsach.endpoint.plan.shell_line import separable
from quetsach.endpoint.plan.step import (
    FIRST_ON_WINDOWS,
    TARGETS,
    KillProcess,
    QuarantineFile,
    RemoveLines,
    RemoveSubscription,
    Step,
    Target,
    TruncateFile,
    UnhideFolder,
)
from quetsach.endpoint.plan.units import unit_targets
from quetsach.endpoint.plan.windows import HiveWish, registry_wishes, task_of, windows_hold

_GOOD = frozenset({Hold.OWN, Hold.SYSTEM, Hold.PACKAGE})
"""Reasons to believe the file rather than the rule."""

_SHELL = frozenset({ArtefactKind.PROFILE_LINE, ArtefactKind.RC_LOCAL_LINE})

_WITH_ITS_LIKE = _SHELL | {ArtefactKind.SETTING_LINE, ArtefactKind.CRON_ENTRY}
"""Lines that may hold others together."""

_ORDER = {target: number for number, target in enumerate(TARGETS.values())}

_ORDER_OF_WINDOWS = _ORDER | {target: number - len(_ORDER) for number, target in enumerate(FIRST_ON_WINDOWS)}


@dataclass(frozen=True, slots=True)
class Held:
    """A finding that is reported and not acted on, and why. ``package`` is set when one answers for the file."""

    finding: Finding
    hold: Hold
    package: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order of acting, and what is left alone.

    ``has_unread_packages`` says that the system has an rpm database that could not be read in full.
    """

    steps: tuple[Step, ...]
    held: tuple[Held, ...]
    has_unread_packages: bool = False

    @property
    def findings(self) -> frozenset[str]:
        """Identifiers of the findings that the steps deal with."""
        return frozenset(finding for step in self.steps for finding in step.findings)


def make_plan(findings: Sequence[Finding], host: Host, state_folder: Path, *, with_archives: bool = False) -> Plan:
    """Return the plan for what a scan found; nothing is changed.

    Several findings about one file are one step. Files go first, then lines and links, then units and processes; on a
    running Windows, which keeps the files of what runs, tasks, registry and processes go before files.

    Args:
        findings: what was found.
        host: the machine.
        state_folder: the tool's own, which is never acted on.
        with_archives: whether an archive goes as a whole, the outermost file on disk, when malware that would be
            removed lies in it. What else is in it goes with it, so that takes a consent of its own.
    """
    located, lost = _locate(findings, host)
    named = {path for finding, _ in located if host.registry for path in finding.artefact.refers_to}
    protection = Protection.of(host, state_folder, {path for _, path in located if path} | named)
    held = [Held(finding, Hold.UNREACHABLE) for finding in lost]
    entangled = _entangled(located, host)
    drafts = Drafts()
    spared: dict[bytes, Hold] = {}
    for finding, path in sorted(located, key=lambda item: not item[1]):  # processes, which have no path, come last
        hold = _hold(finding, path, protection, spared) or (Hold.ENTANGLED if finding.id in entangled else None)
        if hold is Hold.MEMBER and with_archives:
            hold = protection.holds_file(path)
        package = protection.packages.get(path)
        if hold is not None:
            if hold in _GOOD:
                spared[path] = hold
            held.append(Held(finding, hold, package.package if package else ""))
            continue
        for target in _targets(finding, path, host):
            drafts.add(target, finding, package.package if package else "")
    places = {finding.id: path for finding, path in located}
    held = [
        one
        for one in held
        if not one.finding.is_packed or not drafts.take_along(places.get(one.finding.id, b""), one.finding)
    ]
    steps, left = drafts.finished(host.tree)
    held += [Held(finding, hold) for finding, hold in left]
    order = _ORDER_OF_WINDOWS if host.is_live and host.platform == "windows" else _ORDER
    ordered = sorted(steps, key=lambda step: order[type(step.target)])
    numbered = tuple(replace(step, number=number) for number, step in enumerate(ordered, 1))
    return Plan(numbered, tuple(held), has_unread_packages=bool(numbered) and unread_database(host.tree))


def add_archives(plan: Plan, whole: Plan) -> Plan:
    """Return a plan with the archives that go as a whole behind its own steps, which keep their numbers.

    Args:
        plan: made without archives.
        whole: made of the same findings with them.
    """
    known = {step.subject for step in plan.steps if isinstance(step.target, QuarantineFile)}
    added = [s for s in whole.steps if isinstance(s.target, QuarantineFile) and s.subject not in known]
    first = max((step.number for step in plan.steps), default=0) + 1
    steps = tuple(replace(step, number=number) for number, step in enumerate(added, first))
    dealt_with = {finding for step in steps for finding in step.findings}
    held = tuple(one for one in plan.held if one.finding.id not in dealt_with)
    return replace(plan, steps=plan.steps + steps, held=held)


def left_to(plan: Plan, numbers: Collection[int], findings: Iterable[Finding]) -> Plan:
    """Return a plan with only these steps, which keep their numbers; what the others were about is held.

    That is also a finding of which other steps stay: a part of it is left.

    Args:
        plan: the whole plan.
        numbers: the steps that a person chose.
        findings: what the plan is about.
    """
    steps = tuple(step for step in plan.steps if step.number in numbers)
    dropped = {finding for step in plan.steps if step.number not in numbers for finding in step.findings}
    dropped -= {one.finding.id for one in plan.held}
    held = tuple(Held(finding, Hold.NOT_CHOSEN) for finding in findings if finding.id in dropped)
    return replace(plan, steps=steps, held=plan.held + held)


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
    if (hold := hold_of(finding)) is not None:
        return hold
    if finding.action is Action.REPORT:
        return Hold.REPORT_ONLY
    match finding.artefact.anchor:
        case ProcessAnchor() as process:
            return protection.holds_process(process) or (None if process.deleted else spared.get(process.executable))
        case RegistryAnchor():
            hold = protection.holds_registry(finding.artefact, finding.action)
            return hold or windows_hold(finding, protection.host)
    if finding.action is Action.REMOVE_SUBSCRIPTION:  # what keeps it is the system's, and stays
        return None if protection.host.subscriptions is not None else Hold.NOT_RUNNING
    is_open = finding.action is Action.TRUNCATE and _cut(finding) is None
    return Hold.INCOMPLETE if is_open else protection.holds_file(path, finding.action)


def _cut(finding: Finding) -> int | None:
    """Return where a file is to be cut off; ``None`` when the rule does not say it."""
    text = finding.artefact.fields.get("cut", "")
    return int(text) if text.isascii() and text.isdecimal() else None


def _entangled(located: Iterable[tuple[Finding, bytes]], host: Host) -> frozenset[str]:
    """Return the identifiers of findings whose line cannot be taken out of its file without breaking the others."""
    files: dict[tuple[bytes, ArtefactKind], dict[int, list[str]]] = {}
    for finding, path in located:
        line, kind = finding.artefact.anchor, finding.artefact.kind
        if isinstance(line, LineAnchor) and kind in _WITH_ITS_LIKE and finding.action is Action.REMOVE_LINE:
            files.setdefault((path, kind), {}).setdefault(line.number, []).append(finding.id)
    found: set[str] = set()
    for (path, kind), numbered in files.items():
        try:
            lines = host.tree.read(path, TEXT_LIMIT_BYTES).split(b"\n")
        except OSError:
            continue  # acting on it will say what is wrong
        is_job = kind is ArtefactKind.CRON_ENTRY  # a table of cron, or a script that cron runs
        if kind in _SHELL or (is_job and lines[0].startswith(b"#!")):
            kept = numbered.keys() - separable(lines, numbered)
        else:
            kept = set() if is_job else {number for number in numbered if not stands_alone(lines, number, path)}
        found.update(finding for number in kept for finding in numbered[number])
    return frozenset(found)


def _targets(finding: Finding, path: bytes, host: Host) -> Iterator[Target | HiveWish]:
    """Yield what is to be done about one finding."""
    match finding.artefact.anchor, finding.action:
        case ProcessAnchor() as process, Action.KILL:
            yield KillProcess(process)
        case LineAnchor(file) as line, Action.REMOVE_LINE:
            moved = replace(file, path=path)
            yield RemoveLines(moved, (replace(line, file=moved),))
        case FileAnchor() as file, Action.REMOVE_UNIT:
            yield from unit_targets(host, replace(file, path=path))
        case FileAnchor() | RegistryAnchor(), Action.REMOVE_TASK if (task := task_of(finding, host)) is not None:
            yield replace(task, file=task.file and replace(task.file, path=path))
        case FileAnchor(), Action.REMOVE_SUBSCRIPTION:
            names = finding.artefact.fields
            yield RemoveSubscription(Subscription(names["consumer"], names["name"], names["filter"]))
        case (MemberAnchor(file), _) | (FileAnchor() as file, Action.QUARANTINE | Action.REMOVE_TASK):
            yield QuarantineFile(replace(file, path=path))
        case FileAnchor() as file, Action.UNHIDE:
            yield UnhideFolder(path, file.device, file.inode)
        case FileAnchor() as file, Action.TRUNCATE:
            yield TruncateFile(replace(file, path=path), _cut(finding) or 0)
    if host.registry is not None:
        yield from registry_wishes(finding, host, host.registry)
