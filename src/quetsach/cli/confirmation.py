"""What ``clean``, ``undo`` and ``quarantine`` share: steps in words, consent, and the root of a session."""

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
from quetsach.core.number import number_text, size_text
from quetsach.core.pack import Action, systems_text
from quetsach.core.text import LocalText
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
from quetsach.endpoint.errors import MassBrakeError, RegistryError
from quetsach.endpoint.host import live
from quetsach.endpoint.host.live import SYSTEM, unwritable
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import DeleteValue, PutKey, Registry, RegistryEdit, SetValue
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.messages.formatting import format_evidence, format_note
from quetsach.endpoint.plan.plan import Plan, Skipped, is_cut
from quetsach.endpoint.plan.step import EditRegistry, KillProcess, RemoveLines, Step, TruncateFile, file_of
from quetsach.endpoint.scanner.worker_pool import count_in_archives

_AGREED = frozenset({"có", "co", "c", "yes", "y"})
_LINE_SHOWN = 160
_REASONS_SHOWN = 20
_ALIKE_SHOWN = 20
_ARCHIVES_SHOWN = 20
_MARKS = {"done": "✓", "gone": "✓", "restored": "✓", "reinserted": "✓", "kept": "○", "beside": "▲", "changed": "▲"}


class ConsentError(QuetsachError):
    """There is nobody to ask."""


def require_terminal(words: Mapping[str, str], hint: str = "no-terminal-hint") -> None:
    """Refuse to go on where nobody can be asked; ``hint`` is the message that names what to do instead.

    Raises:
        ConsentError: standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise ConsentError(words["no-terminal"], hint=words[hint])


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


def format_step(step: Step, words: Mapping[str, str], *, is_back: bool = False) -> str:
    """Return in a line what a step does, or what undoing it is about (``is_back``)."""
    lines = len(step.target.lines) if isinstance(step.target, RemoveLines) else 0
    lines = len(step.target.edits) if isinstance(step.target, EditRegistry) else lines
    pid = step.target.process.pid if isinstance(step.target, KillProcess) else 0
    return words[f"{'back' if is_back else 'step'}-{step.kind}"].format(
        subject=place_text(step.subject), lines=lines, pid=pid
    )


def format_plan_head(plan: Plan, words: Mapping[str, str]) -> Iterator[str]:
    """Yield how much a plan does, and how much of that only cuts ends off."""
    yield words["plan"].format(steps=len(plan.steps), findings=len(plan.findings))
    if cuts := sum(is_cut(step) for step in plan.steps):
        yield words["plan-cuts"].format(cuts=cuts)
    yield ""


def format_archives(
    steps: Collection[Step],
    findings: Mapping[str, Finding],
    tree: Tree,
    words: Mapping[str, str],
    language: str,
) -> Iterator[str]:
    """Yield the archives that would be sealed as a whole: how large each is, and what else goes with it.

    ``findings`` are those of the scan by their identifier; several may be about one file in an archive.
    """
    yield words["archives"]
    first = list(steps)[:_ARCHIVES_SHOWN]
    for step, contents in zip(first, count_in_archives(tree, [step.subject for step in first]), strict=True):
        file, found = file_of(step.target), [findings[one] for one in step.findings]
        bad = len({place_of(one.artefact.anchor) for one in found})
        yield words["archive" if contents.is_whole else "archive-at-least"].format(
            subject=place_text(step.subject),
            size=size_text(file.size_bytes if file else 0, language),
            bad=number_text(bad, language),
            others=number_text(max(contents.files - bad, 0), language),
            families=", ".join(sorted({one.family for one in found})),
        )
    if (more := len(steps) - _ARCHIVES_SHOWN) > 0:
        yield words["archives-more"].format(count=number_text(more, language))


def format_brake(error: MassBrakeError, words: Mapping[str, str]) -> Iterator[str]:
    """Yield why the mass brake would stop a plan."""
    yield ""
    yield words[f"brake-{error.limit}"].format(count=error.count, family=error.family)
    yield words["brake-why"]


def format_plan_step(
    step: Step,
    words: Mapping[str, str],
    language: str,
    *,
    findings: Mapping[str, Finding],
    registry: Registry | None = None,
) -> Iterator[str]:
    """Yield what a step will do, why, on whose word, and what undo gives back.

    ``findings`` are those of the scan by their identifier; ``registry`` is as it is now.
    """
    yield f"{step.number:>3}. {format_step(step, words)}"
    for item in _format_items(step, words, registry):
        yield "     " + item
    if {findings[one].is_packed for one in step.findings if one in findings} == {True}:
        yield "     " + words["whole-archive"]
    for reason in _format_reasons(step, words, language, findings):
        yield "     " + reason
    if step.package and step.kind == "quarantine-file":
        yield "     " + words["package"].format(package=step.package)
    yield "     " + words[f"undo-{step.kind}"]


def _format_reasons(
    step: Step, words: Mapping[str, str], language: str, findings: Mapping[str, Finding]
) -> Iterator[str]:
    """Yield why a step is taken, for each finding that it deals with; those that say the same, once."""
    found = [findings[one] for one in step.findings if one in findings]
    told = {(one.action is Action.RESTORE_DEFAULT, one.why, one.evidence): None for one in found}
    for is_repair, why, evidence in list(told or {(False, step.why, step.evidence): None})[:_REASONS_SHOWN]:
        yield words["repair" if is_repair else "why"].format(why=why.in_language(language))
        yield words["evidence"].format(evidence=format_evidence(evidence, language))
    if len(told) > _REASONS_SHOWN:
        yield words["more-reasons"].format(count=len(told) - _REASONS_SHOWN)


def _format_items(step: Step, words: Mapping[str, str], registry: Registry | None) -> Iterator[str]:
    """Yield the parts of a step: its lines, where it cuts, its edits with what is there now."""
    match step.target:
        case RemoveLines(_, lines):
            for line in lines:
                yield words["line"].format(number=line.number, line=printable(line.line.rstrip(b"\r"))[:_LINE_SHOWN])
        case TruncateFile(_, size):
            yield words["cut"].format(size=size)
        case EditRegistry(_, edits):
            for edit in edits:
                yield _format_edit(edit, words, registry)


def _format_edit(edit: RegistryEdit, words: Mapping[str, str], registry: Registry | None) -> str:
    if isinstance(edit, PutKey):
        told = words["edit-put-key"]
        return told.format(key=_shown(edit.key), values=len(edit.content.values), keys=len(edit.content.subkeys))
    if not isinstance(edit, SetValue | DeleteValue):
        return words["edit-delete-key"].format(key=_shown(edit.key))
    name = edit.value.name if isinstance(edit, SetValue) else edit.name
    try:
        now = registry.value(edit.key, name) if registry is not None else None
    except RegistryError:
        now = None
    told = words["edit-set" if isinstance(edit, SetValue) else "edit-delete-value"]
    return told.format(
        key=_shown(edit.key),
        name=_shown(name) or words["default-name"],
        data=_shown(edit.value.text) if isinstance(edit, SetValue) else "",
        before=words["nothing-there"] if now is None else _shown(now.text),
    )


def _shown(text: str) -> str:
    return printable(text.replace("\n", ", ").encode("utf-8", "surrogatepass"))[:_LINE_SHOWN]


def format_held(plan: Plan, words: Mapping[str, str], language: str) -> Iterator[str]:
    """Yield the findings that a plan leaves alone, and why."""
    if not plan.held:
        return
    yield ""
    yield words["held"].format(count=len(plan.held))
    yield from format_alike(((held.finding, _format_hold(held, words)) for held in plan.held), words, language)


def format_alike(told: Iterable[tuple[Finding, str]], words: Mapping[str, str], language: str) -> Iterator[str]:
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
            yield words["alike"].format(count=count - _ALIKE_SHOWN, why=why.in_language(language))


def _format_hold(held: Skipped, words: Mapping[str, str]) -> str:
    systems = systems_text(held.finding.belongs_to)
    reason = words[f"hold-{held.hold}"].format(package=held.package, systems=systems)
    return words["held-item"].format(subject=subject(held.finding.artefact.anchor), reason=reason)


def subject(anchor: Anchor) -> str:
    """Return what a finding is about, in a line."""
    match anchor:
        case LineAnchor(file, number):
            return f"{place_text(file.path)}:{number}"
        case ProcessAnchor(pid, _, executable):
            return f"{pid} ({place_text(executable)})"
    return place_text(place_of(anchor))


def format_result(result: StepResult, words: Mapping[str, str], language: str, *, is_back: bool = False) -> str:
    """Return in a line how a step, or undoing it, ended."""
    note = format_note(result.note, language)
    outcome = words[f"outcome-{result.outcome}"].format(note=note)
    if note and result.outcome in ("done", "failed", "changed", "reinserted", "kept"):
        outcome += f" ({note})"
    mark = _MARKS.get(result.outcome, "✗")
    return words["outcome"].format(mark=mark, step=format_step(result.step, words, is_back=is_back), outcome=outcome)


def host_of_session(
    root: bytes, *, is_live: bool, other_root: Path | None, words: Mapping[str, str], system: str = ""
) -> Host:
    """Return the machine of a session, or the one at ``other_root`` when its disk is mounted elsewhere now.

    ``system`` is what a person says that the disk is of.

    Raises:
        QuetsachError: the root cannot be opened.
    """
    folder = other_root or Path(os.fsdecode(root))
    if not is_live or other_root is not None:
        require_writable(folder, words)
    try:
        host = (
            live.live_host() if is_live and other_root is None else live.open_mounted(folder.absolute(), system=system)
        )
    except OSError as error:
        raise QuetsachError(words["no-root"], where=str(folder), hint=words["no-root-hint"]) from error
    show_as_windows(windows=SYSTEM == host.platform == "windows")
    return host


def require_writable(root: Path, words: Mapping[str, str]) -> None:
    """Refuse to act on a disk that is mounted for looking only: every step would fail by itself, or half of them.

    Raises:
        QuetsachError: it is mounted read-only, or so that the streams of NTFS are told but cannot be put back.
    """
    if key := unwritable(root):
        raise QuetsachError(words[key], where=str(root), hint=words[f"{key}-hint"].format(root=root))


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add ``--state``."""
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the tool keeps its state")
