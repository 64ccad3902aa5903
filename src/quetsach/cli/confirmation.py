"""What ``clean``, ``undo`` and ``quarantine`` share: steps in language, consent, and the root of a session."""

import argparse
import os
import signal
import sys
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from quetsach.core.errors import QuetsachError
from quetsach.core.pack import Action, systems_text
from quetsach.core.text import LocalText, Number, Text, size_text
from quetsach.endpoint import MassBrakeError, RegistryError
from quetsach.endpoint.act.result import StepResult
from quetsach.endpoint.artefact import (
    Anchor,
    Finding,
    LineAnchor,
    ProcessAnchor,
    place_of,
    place_text,
    printable,
    show_as_windows,
)
from quetsach.endpoint.host import live
from quetsach.endpoint.host.live import SYSTEM, unwritable
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import DeleteValue, PutKey, Registry, RegistryEdit, SetValue
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.messages.formatting import OUTCOMES, STEPS, format_evidence, format_note
from quetsach.endpoint.plan.plan import Plan, Skipped, is_cut
from quetsach.endpoint.plan.step import EditRegistry, KillProcess, RemoveLines, Step, TruncateFile, file_of
from quetsach.endpoint.scanner.worker_pool import count_in_archives

_AGREED = frozenset({"có", "co", "c", "yes", "y"})
_LINE_SHOWN = 160
_REASONS_SHOWN = 20
_ALIKE_SHOWN = 20
_ARCHIVES_SHOWN = 20
_MARKS = {"done": "✓", "gone": "✓", "restored": "✓", "reinserted": "✓", "kept": "○", "beside": "▲", "changed": "▲"}


_CONSENT = Text("add --yes to agree beforehand, or --dry-run to see the plan only")
_BACK: Mapping[str, Text] = {
    "quarantine-file": Text("The file {subject}"),
    "remove-lines": Text("{lines} line(s) in {subject}"),
    "remove-link": Text("The link {subject}"),
    "stop-unit": Text("The service {subject}"),
    "kill-process": Text("Process {pid} ({subject})"),
    "truncate-file": Text("What was cut off {subject}"),
    "remove-task": Text("The scheduled task {subject}"),
    "remove-subscription": Text("The WMI subscription {subject}"),
    "edit-registry": Text("{lines} entries of the registry in {subject}"),
    "unhide-folder": Text("The marks of the folder {subject}"),
}
"""Kind of a step -> what undoing it is about."""
_GIVEN_BACK: Mapping[str, Text] = {
    "quarantine-file": Text("undo puts this very file back, with its owner, permissions and times"),
    "remove-lines": Text("undo puts these lines back; if the file has changed, your newer content is kept"),
    "remove-link": Text("undo makes this link again"),
    "stop-unit": Text("undo does not start this service again"),
    "kill-process": Text("undo does not start this process again"),
    "truncate-file": Text("undo puts this very file back, with what was appended to it"),
    "remove-task": Text(
        "undo puts back the file of the task and what the registry kept of it; it runs again once Windows was restarted"
    ),
    "remove-subscription": Text(
        "undo registers this subscription again as it was; Windows names whoever undoes it as its maker"
    ),
    "edit-registry": Text("undo puts the registry back as it was; if it has changed since, only these entries"),
    "unhide-folder": Text("undo marks this folder as hidden again; what is in it is not touched"),
}
"""Kind of a step -> what undo gives back."""
_BRAKES: Mapping[str, Text] = {
    "files": Text(
        "✗ MASS BRAKE: the plan would touch {count} file, more than the tool does by itself. Nothing was changed.",
        many="✗ MASS BRAKE: the plan would touch {count} files, more than the tool does by "
        "itself. Nothing was changed.",
    ),
    "sign": Text(
        "✗ MASS BRAKE: one sign of {family} fits {count} file, more than the tool does by itself. Nothing was changed.",
        many="✗ MASS BRAKE: one sign of {family} fits {count} files, more than the tool does by "
        "itself. Nothing was changed.",
    ),
    "registry": Text(
        "✗ MASS BRAKE: the plan would make {count} change to the registry, more than the "
        "tool does by itself. Nothing was changed.",
        many="✗ MASS BRAKE: the plan would make {count} changes to the registry, more than the "
        "tool does by itself. Nothing was changed.",
    ),
    "programs": Text(
        "✗ MASS BRAKE: the plan would end processes of {count} different program, more than "
        "the tool does by itself. Nothing was changed.",
        many="✗ MASS BRAKE: the plan would end processes of {count} different programs, more than "
        "the tool does by itself. Nothing was changed.",
    ),
    "cuts": Text(
        "✗ MASS BRAKE: the plan would cut the end off {count} file, more than the tool does "
        "by itself. Nothing was changed.",
        many="✗ MASS BRAKE: the plan would cut the end off {count} files, more than the tool does "
        "by itself. Nothing was changed.",
    ),
}
"""Limit of the mass brake -> why it stops a plan."""
_HOLDS: Mapping[str, Text] = {
    "foreign": Text("it is malware of {systems}, so it is not removed in the way of this system"),
    "report-only": Text("the pack only asks to report it"),
    "system": Text("the system would not start, or nobody could sign in, without it"),
    "package": Text("it belongs to installed software and is unaltered ({package}); the rule may be wrong"),
    "own": Text("it is this tool itself, or something it is using"),
    "entangled": Text(
        "this line is part of a larger command; without it the whole file might fail, so edit it by hand"
    ),
    "unreachable": Text("it is no longer where it was seen; scan again"),
    "not-running": Text("this system is not running, and it can only be removed while it does"),
    "incomplete": Text("it is not known where to cut, or what this system has there from the factory"),
    "member": Text("it lies inside an archive, where it cannot run; add --archives to seal the whole archive"),
    "not-chosen": Text("you did not choose it"),
}
"""Why a plan leaves a finding alone."""
_UNWRITABLE: Mapping[str, tuple[Text, Text]] = {
    "read-only": (
        Text("This disk is mounted read-only, so nothing on it can be changed"),
        Text(
            "mount it writable: mount -o remount,rw {root}; the disk of a Windows: umount "
            "{root}, then mount -t ntfs-3g DEVICE {root}"
        ),
    ),
    "streams": (
        Text(
            "This Windows disk is mounted for looking, with streams_interface=windows; so "
            "mounted, not everything could be put back"
        ),
        Text("umount {root}, then mount -t ntfs-3g DEVICE {root}, without streams_interface"),
    ),
}
"""Why a disk cannot be written to -> what is said, and what to do about it."""


class ConsentError(QuetsachError):
    """There is nobody to ask."""


def require_terminal(hint: Text = _CONSENT) -> None:
    """Refuse to go on where nobody can be asked; ``hint`` names what to do instead.

    Raises:
        ConsentError: standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise ConsentError(
            Text("This command needs your consent before it changes the machine, and there is no terminal to ask on"),
            hint=hint,
        )


@contextmanager
def ended_politely() -> Iterator[None]:
    """Take a request to end, or the loss of the terminal, as an interruption: what was suspended goes on then.

    Windows has no ``SIGHUP``, and ``SIGBREAK`` for Ctrl-Break and a window that is closed.
    """
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    former = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def agrees(question: str) -> bool:
    """Ask on the terminal; anything but a clear yes is a no, and so is Ctrl-C."""
    return agreed(answer_to(question))


def agreed(answer: str) -> bool:
    """Return whether what was typed is a clear yes."""
    return answer in _AGREED


def answer_to(question: str, *, is_last: bool = True) -> str:
    """Ask on the terminal and return what was typed, in small letters.

    Ctrl-C is no answer, and ends the command where another question would follow (``is_last`` is false).
    """
    print(question, end="", flush=True, file=sys.stderr)
    try:
        return unicodedata.normalize("NFC", sys.stdin.readline()).strip().casefold()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        if not is_last:
            raise
        return ""


def format_step(step: Step, language: str, *, is_back: bool = False) -> str:
    """Return in a line what a step does, or what undoing it is about (``is_back``)."""
    lines = len(step.target.lines) if isinstance(step.target, RemoveLines) else 0
    lines = len(step.target.edits) if isinstance(step.target, EditRegistry) else lines
    pid = step.target.process.pid if isinstance(step.target, KillProcess) else 0
    told = (_BACK if is_back else STEPS)[step.kind]
    return told.with_values(subject=place_text(step.subject), lines=lines, pid=pid).in_language(language)


def format_plan_head(plan: Plan, language: str) -> Iterator[str]:
    """Yield how much a plan does, and how much of that only cuts ends off."""
    yield Text(
        "PLAN: {steps} steps for {findings} findings. Nothing has been changed yet.",
        steps=len(plan.steps),
        findings=len(plan.findings),
    ).in_language(language)
    if cuts := sum(is_cut(step) for step in plan.steps):
        yield Text(
            "{cuts} of these steps only cut off what was appended to a file; what the file held before stays.",
            cuts=cuts,
        ).in_language(language)
    yield ""


def format_archives(
    steps: Collection[Step],
    findings: Mapping[str, Finding],
    tree: Tree,
    language: str,
) -> Iterator[str]:
    """Yield the archives that would be sealed as a whole: how large each is, and what else goes with it.

    ``findings`` are those of the scan by their identifier; several may be about one file in an archive.
    """
    yield Text(
        "Malware lies in the archives below. The tool cannot take single files out of them, "
        "only seal an archive as a whole:"
    ).in_language(language)
    first = list(steps)[:_ARCHIVES_SHOWN]
    for step, contents in zip(first, count_in_archives(tree, [step.subject for step in first]), strict=True):
        file, found = file_of(step.target), [findings[one] for one in step.findings]
        bad = len({place_of(one.artefact.anchor) for one in found})
        yield (
            (
                Text("  ○ {subject} ({size}): {bad} files found ({families}), and {others} other files inside")
                if contents.is_whole
                else Text(
                    "  ○ {subject} ({size}): {bad} files found ({families}), and at least {others} other files inside"
                )
            )
            .with_values(
                subject=place_text(step.subject),
                size=size_text(file.size_bytes if file else 0, language),
                bad=Number(bad),
                others=Number(max(contents.files - bad, 0)),
                families=", ".join(sorted({one.family for one in found})),
            )
            .in_language(language)
        )
    if (more := len(steps) - _ARCHIVES_SHOWN) > 0:
        yield Text(
            "  ○ … and {count} more archive, which is in the plan below",
            many="  ○ … and {count} more archives, which are in the plan below",
            count=Number(more),
        ).in_language(language)


def format_brake(error: MassBrakeError, language: str) -> Iterator[str]:
    """Yield why the mass brake would stop a plan."""
    yield ""
    yield _BRAKES[error.limit].with_values(count=error.count, family=error.family).in_language(language)
    yield Text(
        "So much may be malware that has spread widely, but also a wrong rule. Look at each "
        "item above: if documents or programs of your own are among them, do not agree."
    ).in_language(language)


def format_plan_step(
    step: Step,
    language: str,
    *,
    findings: Mapping[str, Finding],
    registry: Registry | None = None,
) -> Iterator[str]:
    """Yield what a step will do, why, on whose word, and what undo gives back.

    ``findings`` are those of the scan by their identifier; ``registry`` is as it is now.
    """
    yield f"{step.number:>3}. {format_step(step, language)}"
    for item in _format_items(step, language, registry):
        yield "     " + item
    if {findings[one].is_packed for one in step.findings if one in findings} == {True}:
        yield "     " + Text("the whole archive, with everything in it, goes into quarantine").in_language(language)
    for reason in _format_reasons(step, language, findings):
        yield "     " + reason
    if step.package and step.kind == "quarantine-file":
        yield "     " + Text(
            "note: this file belongs to the package {package} but was altered; install that package again afterwards",
            package=step.package,
        ).in_language(language)
    yield "     " + _GIVEN_BACK[step.kind].in_language(language)


def _format_reasons(step: Step, language: str, findings: Mapping[str, Finding]) -> Iterator[str]:
    """Yield why a step is taken, for each finding that it deals with; those that say the same, once."""
    found = [findings[one] for one in step.findings if one in findings]
    told = {(one.action is Action.RESTORE_DEFAULT, one.why, one.evidence): None for one in found}
    for is_repair, why, evidence in list(told or {(False, step.why, step.evidence): None})[:_REASONS_SHOWN]:
        yield (Text("repair: {why}") if is_repair else Text("why: {why}")).with_values(why=why).in_language(language)
        yield Text("evidence: {evidence}", evidence=format_evidence(evidence, language)).in_language(language)
    if len(told) > _REASONS_SHOWN:
        yield Text(
            "and {count} more finding", many="and {count} more findings", count=len(told) - _REASONS_SHOWN
        ).in_language(language)


def _format_items(step: Step, language: str, registry: Registry | None) -> Iterator[str]:
    """Yield the parts of a step: its lines, where it cuts, its edits with what is there now."""
    match step.target:
        case RemoveLines(_, lines):
            for line in lines:
                yield Text(
                    "line {number}: {line}", number=line.number, line=printable(line.line.rstrip(b"\r"))[:_LINE_SHOWN]
                ).in_language(language)
        case TruncateFile(_, size):
            yield Text("the first {size} bytes stay", size=size).in_language(language)
        case EditRegistry(_, edits):
            for edit in edits:
                yield _format_edit(edit, language, registry)


def _format_edit(edit: RegistryEdit, language: str, registry: Registry | None) -> str:
    if isinstance(edit, PutKey):
        told = Text(
            "{key}: make this key again as Windows has it from the factory ({values} value(s), {keys} key(s) below)"
        ).in_language(language)
        return told.format(key=_shown(edit.key), values=len(edit.content.values), keys=len(edit.content.subkeys))
    if not isinstance(edit, SetValue | DeleteValue):
        return Text("{key}: remove this key and all below it", key=_shown(edit.key)).in_language(language)
    name = edit.value.name if isinstance(edit, SetValue) else edit.name
    try:
        now = registry.value(edit.key, name) if registry is not None else None
    except RegistryError:
        now = None
    told = (
        Text('{key}: set {name} to "{data}" (now: "{before}")')
        if isinstance(edit, SetValue)
        else Text('{key}: remove {name} (now: "{before}")')
    ).in_language(language)
    return told.format(
        key=_shown(edit.key),
        name=_shown(name) or Text("(default)").in_language(language),
        data=_shown(edit.value.text) if isinstance(edit, SetValue) else "",
        before=Text("nothing").in_language(language) if now is None else _shown(now.text),
    )


def _shown(text: str) -> str:
    return printable(text.replace("\n", ", ").encode("utf-8", "surrogatepass"))[:_LINE_SHOWN]


def format_held(plan: Plan, language: str) -> Iterator[str]:
    """Yield the findings that a plan leaves alone, and why."""
    if not plan.held:
        return
    yield ""
    yield Text(
        "LEFT ALONE and only reported, {count} finding:",
        many="LEFT ALONE and only reported, {count} findings:",
        count=len(plan.held),
    ).in_language(language)
    yield from format_alike(((held.finding, _format_hold(held, language)) for held in plan.held), language)


def format_alike(told: Iterable[tuple[Finding, str]], language: str) -> Iterator[str]:
    """Yield a line for each finding; of very many for one reason some, and how many more there are.

    Of files that malware encrypted or infected there are thousands; the report has them all.
    """
    alike: Counter[LocalText] = Counter()
    for finding, line in told:
        alike[finding.why] += 1
        if alike[finding.why] <= _ALIKE_SHOWN:
            yield line
    for why, count in alike.items():
        if count > _ALIKE_SHOWN:
            yield Text("  ○ … and {count} more like that: {why}", count=count - _ALIKE_SHOWN, why=why).in_language(
                language
            )


def _format_hold(held: Skipped, language: str) -> str:
    systems = systems_text(held.finding.belongs_to)
    reason = _HOLDS[held.hold].with_values(package=held.package, systems=systems)
    return Text("  ○ {subject}: {reason}", subject=subject(held.finding.artefact.anchor), reason=reason).in_language(
        language
    )


def subject(anchor: Anchor) -> str:
    """Return what a finding is about, in a line."""
    match anchor:
        case LineAnchor(file, number):
            return f"{place_text(file.path)}:{number}"
        case ProcessAnchor(pid, _, executable):
            return f"{pid} ({place_text(executable)})"
    return place_text(place_of(anchor))


def format_result(result: StepResult, language: str, *, is_back: bool = False) -> str:
    """Return in a line how a step, or undoing it, ended."""
    note = format_note(result.note, language)
    outcome = OUTCOMES[result.outcome].with_values(note=note).in_language(language)
    if note and result.outcome in ("done", "failed", "changed", "reinserted", "kept"):
        outcome += f" ({note})"
    mark = _MARKS.get(result.outcome, "✗")
    return Text(
        "  {mark} {step}: {outcome}",
        mark=mark,
        step=format_step(result.step, language, is_back=is_back),
        outcome=outcome,
    ).in_language(language)


def host_of_session(root: bytes, *, is_live: bool, other_root: Path | None, language: str, system: str = "") -> Host:
    """Return the machine of a session, or the one at ``other_root`` when its disk is mounted elsewhere now.

    ``system`` is what a person says that the disk is of.

    Raises:
        QuetsachError: the root cannot be opened.
    """
    folder = other_root or Path(os.fsdecode(root))
    if not is_live or other_root is not None:
        require_writable(folder, language)
    try:
        host = (
            live.live_host() if is_live and other_root is None else live.open_mounted(folder.absolute(), system=system)
        )
    except OSError as error:
        raise QuetsachError(
            Text("The root folder of this session cannot be opened"),
            where=str(folder),
            hint=Text("mount the disk again, or name it with --root DIR"),
        ) from error
    show_as_windows(windows=SYSTEM == host.platform == "windows")
    return host


def require_writable(root: Path, language: str) -> None:
    """Refuse to act on a disk that is mounted for looking only: every step would fail by itself, or half of them.

    Raises:
        QuetsachError: it is mounted read-only, or so that the streams of NTFS are told but cannot be put back.
    """
    if key := unwritable(root):
        what, hint = (text.in_language(language) for text in _UNWRITABLE[key])
        raise QuetsachError(what, where=str(root), hint=hint.format(root=root))


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add ``--state``."""
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the tool keeps its state")
