"""From findings to an ordered plan: what would be done, what is left alone and why; and the mass brake."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import Text
from quetsach.endpoint import MassBrakeError
from quetsach.endpoint.artefact import FileAnchor, Finding, LineAnchor, MemberAnchor, ProcessAnchor, RegistryAnchor
from quetsach.endpoint.collect.text import TEXT_LIMIT_BYTES
from quetsach.endpoint.host.packages import unread_database
from quetsach.endpoint.host.port import Host, Subscription
from quetsach.endpoint.plan.draft import Drafts
from quetsach.endpoint.plan.protection import Protection, SkipReason, skip_reason
from quetsach.endpoint.plan.removable_lines import separable, stands_alone
from quetsach.endpoint.plan.step import (
    FIRST_ON_WINDOWS,
    TARGETS,
    EditRegistry,
    KillProcess,
    QuarantineFile,
    RemoveLines,
    RemoveLink,
    RemoveSubscription,
    Step,
    Target,
    TruncateFile,
    UnhideFolder,
    file_of,
)
from quetsach.endpoint.plan.units import unit_targets
from quetsach.endpoint.plan.windows import HiveEditRequest, registry_edit_requests, task_of, windows_skip_reason

# From findings to an ordered plan: what would be done, in which order, and what is left alone and why.

_GOOD = frozenset({SkipReason.OWN, SkipReason.SYSTEM, SkipReason.PACKAGE})
"""Reasons to believe the file rather than the rule."""

_SHELL = frozenset({ArtefactKind.PROFILE_LINE, ArtefactKind.RC_LOCAL_LINE})

_WITH_ITS_LIKE = _SHELL | {ArtefactKind.SETTING_LINE, ArtefactKind.CRON_ENTRY}
"""Lines that may hold others together."""

_ORDER = {target: number for number, target in enumerate(TARGETS.values())}

_ORDER_OF_WINDOWS = _ORDER | {target: number - len(_ORDER) for number, target in enumerate(FIRST_ON_WINDOWS)}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A finding that is reported and not acted on, and why. ``package`` is set when one answers for the file."""

    finding: Finding
    hold: SkipReason
    package: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order of acting, and what is left alone.

    ``has_unread_packages`` says that the system has an rpm database that could not be read in full.
    """

    steps: tuple[Step, ...]
    held: tuple[Skipped, ...]
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
    held = [Skipped(finding, SkipReason.UNREACHABLE) for finding in lost]
    entangled = _entangled(located, host)
    drafts = Drafts()
    spared: dict[bytes, SkipReason] = {}
    for finding, path in sorted(located, key=lambda item: not item[1]):  # processes, which have no path, come last
        hold = _hold(finding, path, protection, spared) or (SkipReason.ENTANGLED if finding.id in entangled else None)
        if hold is SkipReason.MEMBER and with_archives:
            hold = protection.holds_file(path)
        package = protection.packages.get(path)
        if hold is not None:
            if hold in _GOOD:
                spared[path] = hold
            held.append(Skipped(finding, hold, package.package if package else ""))
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
    held += [Skipped(finding, hold) for finding, hold in left]
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
    held = tuple(Skipped(finding, SkipReason.NOT_CHOSEN) for finding in findings if finding.id in dropped)
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


def _hold(
    finding: Finding, path: bytes, protection: Protection, spared: Mapping[bytes, SkipReason]
) -> SkipReason | None:
    """Return why a finding is left alone; a process also because its program is (``spared``: path -> why)."""
    if (hold := skip_reason(finding)) is not None:
        return hold
    if finding.action is Action.REPORT:
        return SkipReason.REPORT_ONLY
    match finding.artefact.anchor:
        case ProcessAnchor() as process:
            return protection.holds_process(process) or (None if process.deleted else spared.get(process.executable))
        case RegistryAnchor():
            hold = protection.holds_registry(finding.artefact, finding.action)
            return hold or windows_skip_reason(finding, protection.host)
    if finding.action is Action.REMOVE_SUBSCRIPTION:  # what keeps it is the system's, and stays
        return None if protection.host.subscriptions is not None else SkipReason.NOT_RUNNING
    is_open = finding.action is Action.TRUNCATE and _cut(finding) is None
    return SkipReason.INCOMPLETE if is_open else protection.holds_file(path, finding.action)


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


def _targets(finding: Finding, path: bytes, host: Host) -> Iterator[Target | HiveEditRequest]:
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
        yield from registry_edit_requests(finding, host, host.registry)


# The mass brake: a plan that would act on very much is likelier a bad rule, or a file infector, than a clean-up.
#
# It counts what is acted on, never what lies beside it: a worm on a memory stick is the same worm with 20 photographs
# or 20,000. A person who has seen the plan may release it (ADR 0090).

MAX_FILES = 200
"""More files than this are never acted on in one go without a person's word."""

MAX_FILES_OF_A_SIGN = 25
"""Nor more that go as a whole because of one and the same sign, found by content or name wherever they lie: a rule that
is wrong about people's documents or programs is wrong about many of them. What is found where programs are started
from (shortcuts at the top of a stick, units, tables of jobs) is no document, and counts among all files only."""

MAX_CUTS = 1_000
"""Files of which only the end is cut off are counted by themselves: the file and its beginning stay, and a worm that
appends to pages does so to all of them, so that ``MAX_FILES`` does not tell it from a wrong rule."""

MAX_EDITS = 150
"""More changes of the registry than this are never made in one go; many times what a recipe has made so far."""

MAX_PROGRAMS = 40
"""Nor are the processes of more programs ended: a rule that knows so many of them knows none."""

_HINT = Text("look at each item of the plan; this is either a file infector or a wrong rule")


def check_brake(plan: Plan, findings: Iterable[Finding]) -> None:
    """Refuse a plan that acts on too much: files and links, ends of files, the registry, or running programs.

    Args:
        plan: what would be done.
        findings: what it is about.

    Raises:
        MassBrakeError: it does; without a person's word the command ends with exit code 20 and nothing is touched.
    """
    files = len({step.subject for step in plan.steps if _takes_file(step) or isinstance(step.target, RemoveLink)})
    if files > MAX_FILES:
        raise MassBrakeError(
            Text("the plan would act on {files} files; nothing was touched", files=files), "files", files, hint=_HINT
        )
    for family, count in _files_by_sign(plan, findings):
        if count > MAX_FILES_OF_A_SIGN:
            what = Text(
                "one sign of {family} would take {files} files; nothing was touched", family=family, files=count
            )
            raise MassBrakeError(what, "sign", count, family=family, hint=_HINT)
    cuts = sum(is_cut(step) for step in plan.steps)
    if cuts > MAX_CUTS:
        what = Text("the plan would cut the end off {cuts} files; nothing was touched", cuts=cuts)
        raise MassBrakeError(what, "cuts", cuts, hint=_HINT)
    edits = sum(len(step.target.edits) for step in plan.steps if isinstance(step.target, EditRegistry))
    if edits > MAX_EDITS:
        what = Text("the plan would make {edits} changes of the registry; nothing was touched", edits=edits)
        raise MassBrakeError(what, "registry", edits, hint=_HINT)
    programs = len({step.subject for step in plan.steps if isinstance(step.target, KillProcess)})
    if programs > MAX_PROGRAMS:
        what = Text("the plan would end processes of {programs} programs; nothing was touched", programs=programs)
        raise MassBrakeError(what, "programs", programs, hint=_HINT)


def is_cut(step: Step) -> bool:
    """Return whether a step cuts the end off a file of which something stays."""
    return isinstance(step.target, TruncateFile) and step.target.size_bytes > 0


def _takes_file(step: Step) -> bool:
    return file_of(step.target) is not None and not is_cut(step)


def _files_by_sign(plan: Plan, findings: Iterable[Finding]) -> Iterator[tuple[str, int]]:
    """Yield how many files go because of each sign, with its family, the most first."""
    signs = {one.id: (one.family, one.trait) for one in findings if one.artefact.kind is ArtefactKind.FILE}
    taken = {
        (signs[finding], step.subject)
        for step in plan.steps
        if _takes_file(step)
        for finding in step.findings
        if finding in signs
    }
    yield from ((family, count) for (family, _), count in Counter(sign for sign, _ in taken).most_common())
