"""The report as one page for people, in Vietnamese or English: no script, nothing loaded from anywhere, fit to print.

Everything that came from the machine or from a pack is escaped; guidance goes through ``guidance.render``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import escape
from importlib import resources

from quetsach.core.pack import systems_text
from quetsach.endpoint.collect.places import PLATFORMS, places_of
from quetsach.endpoint.messages import messages
from quetsach.endpoint.report.document import FindingOutcome, Kind, Report, ReportedStep
from quetsach.endpoint.report.families import families
from quetsach.endpoint.report.verdict import advice, families_text, number, reach_text, title, verdict
from quetsach.installation import bundled_country

_MOST_FAILURES = 20
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
    words = {**messages("scan", language), **messages("report", language), **_titles(report.machine.platform, language)}
    heading = title(report, words)
    css = resources.files(__package__).joinpath("page.css").read_text("utf-8")
    body = "\n".join(part for part in _body(report, words, language, heading) if part)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(heading)} · Quét Sạch</title>\n<style>\n{css}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _titles(platform: str, language: str) -> Mapping[str, str]:
    """Return the titles of the places that collectors look at, as ``place-NAME``."""
    places = places_of(platform) if platform in PLATFORMS else ()
    return {f"place-{place.name}": place.title.in_language(language) for place in places}


def local_time(time: datetime, words: Mapping[str, str], language: str) -> str:
    """Return a time by the clocks of the country, as its people write it."""
    return bundled_country().moment_text(time, words["time"], language)


def _body(report: Report, words: Mapping[str, str], language: str, heading: str) -> Iterator[str]:
    yield f'<header><p class="mark">Quét Sạch{_STROKE}</p>'
    yield f"<h1>{escape(heading)}</h1>"
    made = words["made"].format(time=local_time(report.created, words, language))
    yield f'<p class="when">{escape(made)}</p></header>\n<main>'
    yield _verdict(report, words)
    yield from _advice(report, words)
    if report.findings:
        yield f"<h2>{escape(words['section-findings'])}</h2>"
        yield f'<p class="counts">{escape(_counts(report, words))}</p>'
        yield from families(report, words, language)
    if report.undo:
        yield f"<h2>{escape(words['section-undo'])}</h2><p>{escape(words['undo-text'])}</p>"
        yield f"<pre><code>{escape(report.undo)}</code></pre>"
    yield from _dangling(report, words)
    yield from _steps(report, words, messages("act", language))
    yield from _unseen(report, words)
    yield from _details(report, words, language)
    yield from _packs(report, words, language)
    yield f"</main>\n<footer><p>{escape(words['private'])}</p></footer>"


def _verdict(report: Report, words: Mapping[str, str]) -> str:
    told = verdict(report, words)
    shape, style = ("✔", " good") if told.is_good else ("▲", "")
    text = f'<h2><span class="shape" aria-hidden="true">{shape}</span>{escape(told.headline)}</h2>'
    text += "".join(f"<p>{escape(line)}</p>" for line in told.lines)
    for key, commands in (("next", [report.next] if report.next else []), ("next-elsewhere", report.elsewhere)):
        if commands:
            text += f"<p>{escape(words[key])}</p>"
            text += "".join(f"<pre><code>{escape(command)}</code></pre>" for command in commands)
    return f'<section class="verdict{style}">{text}</section>'


def _advice(report: Report, words: Mapping[str, str]) -> Iterator[str]:
    steps = advice(report, words)
    if not steps:
        return
    heading = "section-todo-after" if report.kind in {Kind.SCAN, Kind.PLAN} else "section-todo"
    yield f"<h2>{escape(words[heading])}</h2>"
    yield f'<ol class="todo">{"".join(f"<li>{escape(step)}</li>" for step in steps)}</ol>'


def _counts(report: Report, words: Mapping[str, str]) -> str:
    """Return how many findings ended in which way."""
    counts = Counter(finding.outcome for finding in report.findings)
    told = [f"{words[f'outcome-{o}']}: {number(counts[o], words)}" for o in FindingOutcome if counts[o]]
    if report.unlisted:
        told.append(words["unlisted"].format(count=number(report.unlisted, words)))
    return " · ".join(told)


def _dangling(report: Report, words: Mapping[str, str]) -> Iterator[str]:
    """Name what still refers to something that was removed."""
    names = report.verification.dangling if report.verification is not None else ()
    if names:
        items = "".join(f'<li class="path">{escape(name)}</li>' for name in names)
        yield f"<h2>{escape(words['section-dangling'])}</h2><p>{escape(words['dangling-text'])}</p>"
        yield f'<ul class="places">{items}</ul>'


def _steps(report: Report, words: Mapping[str, str], acts: Mapping[str, str]) -> Iterator[str]:
    if not report.steps:
        return
    heading = words["section-plan" if report.kind is Kind.PLAN else "section-steps"]
    items = "".join(f"<li>{_step(step, words, acts)}</li>" for step in report.steps)
    yield f"<h2>{escape(heading)}</h2>"
    summary = escape(words["steps"].format(count=number(len(report.steps), words)))
    yield f'<details><summary>{summary}</summary><ol class="places">{items}</ol></details>'


def _step(step: ReportedStep, words: Mapping[str, str], acts: Mapping[str, str]) -> str:
    lines = len(step.lines) + len(step.edits)
    what = acts.get(f"step-{step.kind}", "{subject}").format(subject=step.subject, lines=lines, pid=step.pid)
    text = f'<span class="path">{escape(what)}</span>'
    if step.outcome is not None:
        text += f'<span class="more">{escape(acts[f"outcome-{step.outcome}"].format(note=step.note))}</span>'
    text += "".join(f'<code class="text">{escape(line)}</code>' for line in step.lines)
    for edit in step.edits:
        told = words[f"edit-{edit.change}"].format(text=edit.text)
        text += f'<code class="text">{escape(edit.where)}: {escape(told)}</code>'
    return text


def _details(report: Report, words: Mapping[str, str], language: str) -> Iterator[str]:
    scan, machine = report.scan, report.machine
    where = "machine-live" if machine.live else "machine-folder"
    platform = systems_text([machine.platform])
    rows = [
        (words["machine"], words[where].format(platform=platform, root=machine.root)),
        (words["scope"], words[f"scope-{scan.scope}"]),
        (words["paths"], ", ".join(scan.paths)),
        (words["files"], number(scan.files, words)),
        (words["cached-files"], number(scan.cached, words) if scan.cached else ""),
        (words["footholds"], number(scan.footholds, words) if scan.footholds else ""),
        (words["processes"], number(scan.processes, words) if scan.processes else ""),
        (words["reach"], reach_text(scan.reach, words)),
        (words["reach-families"], families_text(scan.reach, words)),
        (words["skipped"], _reasons(scan.skipped, words)),
        (words["started"], local_time(scan.started, words, language)),
        (words["duration"], duration(scan.duration_seconds, words)),
        (words["tool"], f"Quét Sạch {report.tool.version} ({report.tool.engine})"),
        (words["session"], report.session or ""),
        (words["code"], report.id),
    ]
    yield f"<h2>{escape(words['section-details'])}</h2>"
    yield f"<dl>{''.join(f'<dt>{escape(term)}</dt><dd>{escape(text)}</dd>' for term, text in rows if text)}</dl>"


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
    if report.withdrawn:
        yield f"<p>{escape(words['withdrawn'].format(families=', '.join(report.withdrawn)))}</p>"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        f"<tr>{''.join(f'<td{' class="code"' * cell[:1].isdecimal()}>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
