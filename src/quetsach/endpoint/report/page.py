"""The report as one page for people, in Vietnamese or English: no script, nothing loaded from anywhere, fit to print.

Everything that came from the machine or from a pack is escaped; guidance goes through ``guidance.render``.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from html import escape
from importlib import resources

from quetsach.endpoint.messages import messages
from quetsach.endpoint.report.document import FindingOutcome, Kind, Report, ReportedFinding, ReportedPack
from quetsach.endpoint.report.guidance import render

_VIET_NAM = timezone(timedelta(hours=7))
_MOST_FAILURES = 20
_SHAPES = {
    FindingOutcome.FOUND: "◆",
    FindingOutcome.PLANNED: "◇",
    FindingOutcome.REMOVED: "✔",
    FindingOutcome.LEFT: "■",
    FindingOutcome.CHANGED: "▲",
    FindingOutcome.FAILED: "✖",
}
_SEVERITIES = ("critical", "high", "medium", "low", "test")
_FOUND = 10
_GOOD_EXITS = frozenset({0, 11})
_STROKE = (
    '<svg viewBox="0 0 120 6" preserveAspectRatio="none" aria-hidden="true">'
    '<path fill="currentColor" d="M0 4.6C24 1.4 78 .2 120 1.2 92 2 40 3.2 2 6Z"/></svg>'
)


def render_page(report: Report, *, language: str) -> str:
    """Return the whole page.

    Args:
        report: what to show.
        language: ``vi`` or ``en``.
    """
    words = messages("report", language)
    title = words[f"title-{report.kind}"]
    css = resources.files(__package__).joinpath("page.css").read_text("utf-8")
    body = "\n".join(part for part in _body(report, words, language, title) if part)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)} · Quét Sạch</title>\n<style>\n{css}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def verdict(report: Report, words: Mapping[str, str]) -> tuple[str, str]:
    """Return in words what the report comes to, and what to do next."""
    is_plan = report.kind is Kind.PLAN and bool(report.steps) and report.exit_code == _FOUND
    key = "plan" if is_plan else str(report.exit_code)
    if f"verdict-{key}" not in words:
        key = "1"
    count = len(report.steps) if is_plan else len(report.findings)
    return words[f"verdict-{key}"].format(count=count), words[f"next-{key}"]


def local_time(time: datetime, words: Mapping[str, str]) -> str:
    """Return a time as people in Viet Nam write it."""
    return f"{time.astimezone(_VIET_NAM):{words['time']}}"


def _body(report: Report, words: Mapping[str, str], language: str, title: str) -> Iterator[str]:
    yield f'<header><p class="mark">Quét Sạch{_STROKE}</p>'
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="when">{escape(words["made"].format(time=local_time(report.created, words)))}</p></header>\n<main>'
    yield _verdict(report, words)
    if report.findings:
        yield f"<h2>{escape(words['section-findings'])}</h2>"
        for pack in sorted(report.packs, key=_urgency):
            yield from _family(pack, report, words, language)
    if report.undo:
        yield f"<h2>{escape(words['section-undo'])}</h2><p>{escape(words['undo-text'])}</p>"
        yield f"<pre><code>{escape(report.undo)}</code></pre>"
    yield from _details(report, words)
    yield from _unseen(report, words)
    yield from _packs(report, words, language)
    yield f"</main>\n<footer><p>{escape(words['private'])}</p></footer>"


def _verdict(report: Report, words: Mapping[str, str]) -> str:
    says, then = verdict(report, words)
    good = report.exit_code in _GOOD_EXITS
    shape, style = ("✔", " good") if good else ("▲", "")
    text = f'<h2><span class="shape" aria-hidden="true">{shape}</span>{escape(says)}</h2><p>{escape(then)}</p>'
    if report.verification is not None and not report.verification.clean:
        counts = {"remaining": report.verification.remaining, "dangling": len(report.verification.dangling)}
        text += f"<p>{escape(words['verification-left'].format_map(counts))}</p>"
    return f'<section class="verdict{style}">{text}</section>'


def _urgency(pack: ReportedPack) -> int:
    return _SEVERITIES.index(pack.severity) if pack.severity in _SEVERITIES else 0


def _family(pack: ReportedPack, report: Report, words: Mapping[str, str], language: str) -> Iterator[str]:
    findings = [finding for finding in report.findings if finding.family == pack.family]
    if not findings:
        return
    tags = [words["traces"].format(count=len(findings)), words.get(f"severity-{pack.severity}", pack.severity)]
    name = escape(pack.name.in_language(language))
    yield f'<section><h3>{name}<span class="tag">{escape(" · ".join(tags))}</span></h3>'
    if pack.guidance is not None:
        yield f'<div class="guide">{render(pack.guidance.in_language(language), top=4)}</div>'
    yield f'<h4>{escape(words["section-traces"])}</h4><ol class="traces">'
    yield from (_trace(finding, words, language) for finding in findings)
    yield "</ol></section>"


def _trace(finding: ReportedFinding, words: Mapping[str, str], language: str) -> str:
    where = f'<span class="path">{escape(finding.where)}</span>'
    if finding.line is not None:
        where += f", {escape(words['line'].format(number=finding.line))}"
    if finding.pid is not None:
        where += f", {escape(words['pid'].format(pid=finding.pid))}"
    shape = f'<span class="shape" aria-hidden="true">{_SHAPES[finding.outcome]}</span>'
    more = [words["evidence"].format(text=finding.evidence)]
    if finding.sha256 is not None:
        more.append(words["sha256"].format(digest=finding.sha256))
    return "".join(
        (
            f'<li class="trace"><div><p class="what">{escape(words[f"kind-{finding.kind}"])}</p>',
            f'<p class="outcome {finding.outcome}">{shape}{escape(outcome_text(finding, words))}</p></div>',
            f"<div><p>{where}</p>",
            f'<p><code class="text">{escape(finding.text)}</code></p>' if finding.text is not None else "",
            f"<p>{escape(finding.why.in_language(language))}</p>",
            "".join(f'<p class="more">{escape(line)}</p>' for line in more),
            "</div></li>",
        )
    )


def outcome_text(finding: ReportedFinding, words: Mapping[str, str]) -> str:
    """Return what became of a finding, and why it was left alone if it was."""
    outcome = words[f"outcome-{finding.outcome}"]
    if finding.hold is None:
        return outcome
    return f"{outcome}: {words[f'hold-{finding.hold}'].format(package=finding.package)}"


def _details(report: Report, words: Mapping[str, str]) -> Iterator[str]:
    scan, machine = report.scan, report.machine
    where = "machine-live" if machine.live else "machine-folder"
    rows = [
        (words["machine"], words[where].format(platform=machine.platform, root=machine.root)),
        (words["scope"], words[f"scope-{scan.scope}"]),
        (words["paths"], ", ".join(scan.paths)),
        (words["files"], number(scan.files, words)),
        (words["footholds"], number(scan.footholds, words) if scan.footholds else ""),
        (words["processes"], number(scan.processes, words) if scan.processes else ""),
        (words["skipped"], _reasons(scan.skipped, words)),
        (words["started"], local_time(scan.started, words)),
        (words["duration"], duration(scan.duration_seconds, words)),
        (words["tool"], f"Quét Sạch {report.tool.version} ({report.tool.engine})"),
        (words["session"], report.session or ""),
        (words["code"], report.id),
    ]
    yield f"<h2>{escape(words['section-details'])}</h2>"
    if not machine.elevated and machine.live:
        yield f"<p>{escape(words['not-elevated'])}</p>"
    yield f"<dl>{''.join(f'<dt>{escape(term)}</dt><dd>{escape(text)}</dd>' for term, text in rows if text)}</dl>"


def number(value: int, words: Mapping[str, str]) -> str:
    """Return a count with the thousands separator of the language."""
    return f"{value:,}".replace(",", words["thousands"])


def duration(seconds: float, words: Mapping[str, str]) -> str:
    """Return a duration in words."""
    whole = round(seconds)
    if whole < 1:
        return words["moment"]
    if whole < 60:
        return words["seconds"].format(count=whole)
    return words["minutes"].format(minutes=whole // 60, seconds=whole % 60)


def _reasons(counts: Mapping[str, int], words: Mapping[str, str]) -> str:
    return ", ".join(
        f"{words.get(f'reason-{reason}', reason)}: {number(count, words)}" for reason, count in counts.items()
    )


def _unseen(report: Report, words: Mapping[str, str]) -> Iterator[str]:
    count = sum(report.scan.failed.values())
    if not count:
        return
    yield f"<h2>{escape(words['section-unseen'])}</h2>"
    yield f"<p>{escape(words['unseen-text'].format(count=number(count, words)))}</p>"
    rows = ((f.path, words.get(f"reason-{f.reason}", f.reason)) for f in report.scan.failures[:_MOST_FAILURES])
    yield _table((words["column-path"], words["column-reason"]), rows)


def _packs(report: Report, words: Mapping[str, str], language: str) -> Iterator[str]:
    yield f"<h2>{escape(words['section-packs'])}</h2>"
    rows = ((pack.name.in_language(language), pack.version, pack.author) for pack in report.packs)
    yield _table((words["column-family"], words["column-version"], words["column-author"]), rows)


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
