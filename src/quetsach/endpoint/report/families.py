"""What a report says of its findings: kinds, outcomes and reasons in words, and alike ones as one block a family."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from quetsach.core.pack import Action, systems_text
from quetsach.core.text import NO_TEXT, LocalText, Number, Text
from quetsach.endpoint.messages.formatting import ACTIONS, format_evidence
from quetsach.endpoint.report.document import FindingOutcome, Report, ReportedFinding, ReportedPack
from quetsach.endpoint.report.guidance import render

KINDS: Mapping[str, Text] = {
    "file": Text("File"),
    "process": Text("Running process"),
    "cron-entry": Text("Automatic schedule (cron)"),
    "systemd-unit": Text("System service (systemd)"),
    "preload-entry": Text("Library loaded into every program"),
    "authorized-key": Text("SSH key that may sign in"),
    "rc-local-line": Text("Command run at start-up"),
    "profile-line": Text("Command run at sign-in"),
    "setting-line": Text("Setting"),
    "startup-file": Text("Start-up file"),
    "registry-value": Text("Registry value"),
    "registry-key": Text("Registry key"),
    "service": Text("Windows service"),
    "scheduled-task": Text("Scheduled task"),
    "wmi-subscription": Text("WMI subscription"),
    "kernel-module": Text("Kernel module"),
    "socket": Text("Network connection"),
    "hidden-folder": Text("Hidden folder"),
}
"""Kind of an artefact -> what it is."""

ABOUT: Mapping[str, Text] = {
    "file": Text("As long as such a file is there, it can be run again."),
    "test": Text("This file is harmless: it only shows whether the tool recognises it."),
    "process": Text("As long as such a program runs, it works for the attacker."),
    "cron-entry": Text("Such a schedule makes the machine run commands by itself, also after a restart."),
    "systemd-unit": Text("The system starts such services by itself with the machine."),
    "preload-entry": Text(
        "A library named here is loaded into every program, so it can hide malware from whoever looks."
    ),
    "authorized-key": Text("Whoever holds this key can sign in to the machine without a password."),
    "rc-local-line": Text("A command written here runs by itself whenever the machine starts."),
    "profile-line": Text("A command written here runs by itself whenever somebody signs in."),
    "setting-line": Text("Such settings decide what runs, who gets in or where connections lead."),
    "startup-file": Text("A file in this place runs by itself when the machine starts or somebody signs in."),
    "registry-value": Text(
        "The registry is where Windows keeps its settings. Such a value can start a program, "
        "lead connections elsewhere or lower the protection of the machine."
    ),
    "registry-key": Text(
        "The registry is where Windows keeps its settings. Windows obeys such keys merely because they are there."
    ),
    "service": Text("Windows starts such services and drivers by itself, often with the highest rights."),
    "scheduled-task": Text("Windows runs such tasks by itself at set times or when something happens."),
    "wmi-subscription": Text(
        "Windows runs such commands by itself when something happens, without a file that is easy to see."
    ),
    "kernel-module": Text("A module in the kernel may do everything and can hide everything else."),
    "socket": Text("A program on this machine is connected to the outside or waits for connections."),
    "hidden-folder": Text(
        "The folder is still there, but marked as hidden and as the system's own, so Windows "
        "does not show it; false shortcuts are often put in its place."
    ),
}
"""Kind of an artefact -> what that means for the machine; ``test`` for a harmless test file."""

OUTCOMES: Mapping[str, Text] = {
    "found": Text("seen, nothing changed"),
    "planned": Text("to be removed"),
    "removed": Text("removed"),
    "left": Text("left alone"),
    "changed": Text("changed since, scan again"),
    "failed": Text("could not be removed"),
    "restored": Text("put back as it was before the clean-up"),
}
"""What became of a finding."""

DONE: Mapping[str, Text] = {
    "found": Text("When cleaning: {action}."),
    "planned": Text("To be done: {action}."),
    "removed": Text("Done: {action}."),
    "failed": Text("Could not be done: {action}."),
}
"""What became of a finding -> what is said of its ``action``."""

HOLDS: Mapping[str, Text] = {
    "foreign": Text("it is malware of {systems}, so it is not removed in the way of this system"),
    "report-only": Text("the pack only reports this"),
    "system": Text("the machine would not start, or nobody could sign in, without it"),
    "package": Text("it belongs to installed software and is unaltered, so the rule is probably wrong"),
    "own": Text("it belongs to this tool itself"),
    "entangled": Text("it is part of a larger command; without it the whole file might fail, so edit it by hand"),
    "unreachable": Text("it is no longer where it was seen; scan again"),
    "incomplete": Text("it is not known where to cut, or what the system has from the factory"),
    "not-running": Text("it can only be removed from a running system, and this one is not"),
    "member": Text(
        "it lies inside an archive, where it cannot run; quetsach clean --archives can seal the whole archive"
    ),
    "not-chosen": Text("you did not choose to remove it"),
}
"""Why a finding was left alone; with ``systems``."""

UNDONE: Mapping[str, Text] = {
    "quarantine": Text("Undo puts this very file back, with its owner, rights and times."),
    "kill": Text("Undo does not start the process again."),
    "remove-line": Text("Undo puts this very line back and keeps what you changed in the file since."),
    "remove-unit": Text("Undo puts the service's files and links back, but does not start it."),
    "truncate": Text("Undo puts the whole file back, with what was appended to it."),
    "remove-value": Text("Undo puts this value back."),
    "remove-entry": Text("Undo puts this entry back into the list."),
    "restore-default": Text("Undo puts this back as it was before the clean-up."),
    "remove-key": Text("Undo puts this key back with everything in it."),
    "remove-service": Text("Undo puts the service back, but does not start it."),
    "remove-task": Text("Undo puts this task back."),
    "remove-subscription": Text("Undo registers this subscription again."),
    "unhide": Text("Undo marks this folder as hidden again; what is in it is not touched."),
}
"""Action -> what undoing it gives back."""

SEVERITIES: Mapping[str, Text] = {
    "test": Text("harmless test file", context="severity"),
    "low": Text("low severity"),
    "medium": Text("medium severity"),
    "high": Text("high severity"),
    "critical": Text("critical severity"),
}
"""Severity of a family."""

REASONS: Mapping[str, Text] = {
    "special": Text("device, pipe or socket"),
    "virtual": Text("virtual file system of the kernel"),
    "network": Text("on another machine"),
    "cloud": Text("kept in a cloud, not on this disk"),
    "memory": Text("memory that Windows keeps on the disk, not read whole"),
    "too-large": Text("too large"),
    "too-deep": Text("too deep"),
    "unreadable": Text("cannot be read"),
    "changed": Text("changed while it was read"),
    "vanished": Text("vanished"),
    "timed-out": Text("took too long"),
    "crashed": Text("ended the matcher"),
    "encrypted": Text("locked with a password"),
    "not-opened": Text("packed in a way this tool does not open here"),
    "limit": Text("a limit of the tool was reached"),
    "damaged": Text("the structure of the file is damaged"),
    "stale": Text("Windows did not close it cleanly; the newest changes may be missing"),
    "overfull": Text("holds more than is read of such a place; what comes after was not seen"),
    "own": Text("memory of another run of this tool, which holds the signatures itself"),
    "missing": Text("every Windows has this file, and it is not here"),
    "unsettled": Text("it shows a sign that counts only beside others, which may lie where nobody looked"),
    "not-reached": Text("the scan ended before"),
}
"""Why something was not looked at."""
_SHAPES = {
    FindingOutcome.RESTORED: "↺",
    FindingOutcome.FAILED: "✖",
    FindingOutcome.CHANGED: "▲",
    FindingOutcome.FOUND: "◆",
    FindingOutcome.PLANNED: "◇",
    FindingOutcome.LEFT: "■",
    FindingOutcome.REMOVED: "✔",
}
_ORDER = tuple(_SHAPES)
_SEVERITIES = ("critical", "high", "medium", "low", "test")
_OPEN_FAMILIES = 2
"""So many families show their guidance unfolded."""
_OPEN_PLACES = 5


def severity_text(severity: str, language: str) -> str:
    """Return how severe a family is; as the pack says it where that is none of ours."""
    return SEVERITIES[severity].in_language(language) if severity in SEVERITIES else severity


def reason_text(reason: str, language: str) -> str:
    """Return why something was not looked at; as the report says it where a later version of the tool wrote that."""
    return REASONS[reason].in_language(language) if reason in REASONS else reason


def families(report: Report, titles: Mapping[str, LocalText], language: str) -> Iterator[str]:
    """Yield a block for each family that was found, the worst first; ``titles`` are those of the places, by name."""
    for place, pack in enumerate(found_packs(report)):
        yield from _family(pack, report, titles, language, is_open=place < _OPEN_FAMILIES)


def found_packs(report: Report) -> list[ReportedPack]:
    """Return the packs whose families were found, the worst first."""
    found = {finding.family for finding in report.findings}
    return sorted((pack for pack in report.packs if pack.family in found), key=_urgency)


def _urgency(pack: ReportedPack) -> int:
    return _SEVERITIES.index(pack.severity) if pack.severity in _SEVERITIES else 0


def _family(
    pack: ReportedPack, report: Report, titles: Mapping[str, LocalText], language: str, *, is_open: bool
) -> Iterator[str]:
    findings = [finding for finding in report.findings if finding.family == pack.family]
    tags = [Text("traces: {count}", count=Number(len(findings))).in_language(language)]
    tags.append(severity_text(pack.severity, language))
    name = escape(pack.name.in_language(language))
    yield f'<section class="family"><h3>{name}<span class="tag">{escape(" · ".join(tags))}</span></h3>'
    if pack.guidance is not None:
        platform, typed_on = guided_platform(pack, report), typed_on_system(report)
        guide = render(pack.guidance.in_language(language), top=4, platform=platform, typed_on=typed_on)
        summary = escape(Text("What this family is and what to do").in_language(language))
        yield f'<details class="guide"{" open" * is_open}><summary>{summary}</summary>{guide}</details>'
    yield f'<h4>{escape(Text("Where it was seen").in_language(language))}</h4><ol class="groups">'
    notes = {finding: step.note for step in report.steps if step.note for finding in step.findings}
    for alike in _groups(findings):
        yield _group(alike, pack.severity, notes, titles.get(alike[0].place, NO_TEXT), language)
    yield "</ol></section>"


def _groups(findings: Iterable[ReportedFinding]) -> list[list[ReportedFinding]]:
    """Put together what is the same trait and ended the same way; what is left to do comes first."""
    groups: dict[object, list[ReportedFinding]] = {}
    for finding in findings:
        groups.setdefault((finding.trait, finding.place, finding.outcome, finding.hold), []).append(finding)
    return sorted(groups.values(), key=lambda alike: _ORDER.index(alike[0].outcome))


def guided_platform(pack: ReportedPack, report: Report) -> str:
    """Return the system whose part of the guidance concerns the reader; empty, for all of it, where it is of others."""
    is_foreign = any(finding.belongs_to for finding in report.findings if finding.family == pack.family)
    return "" if is_foreign else report.machine.platform


def typed_on_system(report: Report) -> str:
    """Return the system on whose command line the reader types; empty where it is not that of the report."""
    return report.machine.platform if report.machine.live else ""


def _group(
    alike: Sequence[ReportedFinding], severity: str, notes: Mapping[str, str], title: LocalText, language: str
) -> str:
    first = alike[0]
    shape = f'<span class="shape" aria-hidden="true">{_SHAPES[first.outcome]}</span>'
    places = Text("{count} place", many="{count} places", count=Number(len(alike))).in_language(language)
    count = f'<span class="tag">{escape(places)}</span>'
    evidence = {finding.evidence for finding in alike}
    lines = [
        ("", first.why.in_language(language)),
        (' class="more"', ABOUT["test" if severity == "test" else first.kind].in_language(language)),
        ("", _done(first, language)),
        (
            ' class="more"',
            Text("Evidence: {text}", text=format_evidence(first.evidence, language)).in_language(language)
            if len(evidence) == 1
            else "",
        ),
    ]
    differs = len(evidence) > 1
    shown = [_place(one, notes.get(one.id, ""), language, with_evidence=differs) for one in alike]
    return "".join(
        (
            f'<li class="group"><div><p class="what">{escape(KINDS[first.kind].in_language(language))}',
            f"{count * (len(alike) > 1)}</p><p>{escape(title.in_language(language))}</p>",
            f'<p class="outcome {first.outcome}">{shape}{escape(outcome_text(first, language))}</p></div><div>',
            "".join(f"<p{style}>{escape(line)}</p>" for style, line in lines if line),
            _folded(shown, language),
            "</div></li>",
        )
    )


def _folded(places: Sequence[str], language: str) -> str:
    head, rest = places[:_OPEN_PLACES], places[_OPEN_PLACES:]
    text = f'<ul class="places">{"".join(head)}</ul>'
    if rest:
        summary = escape(Text("{count} more", count=Number(len(rest))).in_language(language))
        text += f'<details><summary>{summary}</summary><ul class="places">{"".join(rest)}</ul></details>'
    return text


def _place(finding: ReportedFinding, note: str, language: str, *, with_evidence: bool) -> str:
    where = f'<span class="path">{escape(finding.where)}</span>'
    if finding.line is not None:
        where += f", {escape(Text('line {number}', number=finding.line).in_language(language))}"
    if finding.pid is not None:
        where += f", {escape(Text('process {pid}', pid=finding.pid).in_language(language))}"
    text = finding.text if finding.entry is None else finding.entry
    code = f'<code class="text">{escape(text)}</code>' if text is not None else ""
    more = (
        [Text("Evidence: {text}", text=format_evidence(finding.evidence, language)).in_language(language)]
        if with_evidence
        else []
    )
    if finding.package:
        more.append(Text("Belongs to: {package}", package=finding.package).in_language(language))
    if finding.sha256 is not None:
        more.append(Text("SHA-256: {digest}", digest=finding.sha256).in_language(language))
    if note:
        more.append(Text("Note: {text}", text=note).in_language(language))
    return f"<li>{where}{code}{''.join(f'<span class="more">{escape(line)}</span>' for line in more)}</li>"


def _done(finding: ReportedFinding, language: str) -> str:
    """Return what is done about a finding and what undoing gives back; nothing for what is only reported."""
    if finding.action is Action.REPORT or finding.hold or finding.outcome not in DONE:
        return ""
    done = DONE[finding.outcome].with_values(action=ACTIONS[finding.action])
    return f"{done.in_language(language)} {UNDONE[finding.action].in_language(language)}"


def outcome_text(finding: ReportedFinding, language: str) -> str:
    """Return what became of a finding, and why it was left alone if it was."""
    outcome = OUTCOMES[finding.outcome].in_language(language)
    systems = systems_text(finding.belongs_to)
    if finding.hold is None:
        return outcome
    return f"{outcome}: {HOLDS[finding.hold].with_values(systems=systems).in_language(language)}"
