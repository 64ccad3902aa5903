"""The findings of a report as blocks, one a family: alike ones together, and what is many folded away."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from quetsach.core.pack import Action, systems_text
from quetsach.core.text import NO_TEXT, LocalText, Number, Text
from quetsach.endpoint.messages.formatting import format_evidence
from quetsach.endpoint.messages.steps import ACTIONS
from quetsach.endpoint.report.document import FindingOutcome, Report, ReportedFinding, ReportedPack
from quetsach.endpoint.report.guidance import render
from quetsach.endpoint.report.wording import ABOUT, DONE, HOLDS, KINDS, OUTCOMES, UNDONE, severity_text

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
        guide = render(pack.guidance.in_language(language), top=4, platform=guided_platform(pack, report))
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
