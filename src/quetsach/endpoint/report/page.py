"""The report as one page for people, in Vietnamese or English: no script, nothing loaded from anywhere, fit to print.

Everything that came from the machine or from a pack is escaped; guidance goes through ``guidance.render``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import escape
from importlib import resources

from quetsach.core.pack import systems_text
from quetsach.core.text import LocalText, Number, Text, number_text
from quetsach.endpoint.collect.places import PLATFORMS, places_of
from quetsach.endpoint.messages.formatting import OUTCOMES as ENDS
from quetsach.endpoint.messages.formatting import STEPS
from quetsach.endpoint.report.asking import asking_part
from quetsach.endpoint.report.document import FindingOutcome, Kind, Report, ReportedStep
from quetsach.endpoint.report.families import OUTCOMES, families, reason_text
from quetsach.endpoint.report.verdict import advice, families_text, reach_text, title, verdict
from quetsach.installation import bundled_country

_MOST_FAILURES = 20
_SCOPES: Mapping[str, Text] = {
    "quick": Text("Quick: autostart entries, processes, and where malware usually lies"),
    "full": Text("Full"),
    "paths": Text("Chosen paths only"),
}
_EDITS: Mapping[str, Text] = {
    "value-set": Text("set to {text}"),
    "value-removed": Text("value removed"),
    "key-removed": Text("key removed with all below it"),
    "key-made": Text("key made again"),
}
_UNDO_GIVES_BACK = Text(
    "Every change to files and to the registry can be undone: files come back with the "
    "same content, owner, rights and times, malware too. Processes that were ended are "
    "not started again. To undo this whole session, run:"
)
_STILL_POINTING = Text(
    "These still name files that were removed. They can run nothing any more, but may "
    "cause error messages; have someone who knows computers mend them."
)
PRIVATE = Text(
    "This report lies on your machine. The tool sends nothing unless you have seen it "
    "and agreed (quetsach report send)."
)
"""What every report says of itself."""
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
    heading = title(report, language)
    css = resources.files(__package__).joinpath("page.css").read_text("utf-8")
    body = "\n".join(part for part in _body(report, language, heading) if part)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(heading)} · Quét Sạch</title>\n<style>\n{css}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _titles(platform: str) -> Mapping[str, LocalText]:
    """Return the titles of the places that collectors look at, by name."""
    places = places_of(platform) if platform in PLATFORMS else ()
    return {place.name: place.title for place in places}


def local_time(time: datetime, language: str) -> str:
    """Return a time by the clocks of the country, as its people write it."""
    return bundled_country().moment_text(time, Text("%H:%M on %d %B %Y").in_language(language), language)


def _body(report: Report, language: str, heading: str) -> Iterator[str]:
    yield f'<header><p class="mark">Quét Sạch{_STROKE}</p>'
    yield f"<h1>{escape(heading)}</h1>"
    made = Text("Made at {time}", time=local_time(report.created, language)).in_language(language)
    yield f'<p class="when">{escape(made)}</p></header>\n<main>'
    yield _verdict(report, language)
    yield from _advice(report, language)
    if report.findings:
        yield f"<h2>{escape(Text('What was seen').in_language(language))}</h2>"
        yield f'<p class="counts">{escape(_counts(report, language))}</p>'
        yield from families(report, _titles(report.machine.platform), language)
    if report.undo:
        yield _headed(Text("Undo"), _UNDO_GIVES_BACK, language)
        yield f"<pre><code>{escape(report.undo)}</code></pre>"
    yield from _dangling(report, language)
    yield from _steps(report, language)
    yield from _unseen(report, language)
    yield from _details(report, language)
    yield from _packs(report, language)
    yield f"</main>\n<footer>{asking_part(language)}<p>{escape(PRIVATE.in_language(language))}</p></footer>"


def _headed(heading: Text, told: Text, language: str) -> str:
    return f"<h2>{escape(heading.in_language(language))}</h2><p>{escape(told.in_language(language))}</p>"


def _verdict(report: Report, language: str) -> str:
    told = verdict(report, language)
    shape, style = ("✔", " good") if told.is_good else ("▲", "")
    text = f'<h2><span class="shape" aria-hidden="true">{shape}</span>{escape(told.headline)}</h2>'
    text += "".join(f"<p>{escape(line)}</p>" for line in told.lines)
    for told_next, commands in (
        (Text("To go on, run:"), [report.next] if report.next else []),
        (
            Text(
                "To clean malware of another system, run this. It takes the folder or disk as one of "
                "that system, shows the plan, and then asks you:"
            ),
            report.elsewhere,
        ),
    ):
        if commands:
            text += f"<p>{escape(told_next.in_language(language))}</p>"
            text += "".join(f"<pre><code>{escape(command)}</code></pre>" for command in commands)
    return f'<section class="verdict{style}">{text}</section>'


def _advice(report: Report, language: str) -> Iterator[str]:
    steps = advice(report, language)
    if not steps:
        return
    heading = Text("After the clean-up") if report.kind in {Kind.SCAN, Kind.PLAN} else Text("What to do next")
    yield f"<h2>{escape(heading.in_language(language))}</h2>"
    yield f'<ol class="todo">{"".join(f"<li>{escape(step)}</li>" for step in steps)}</ol>'


def _counts(report: Report, language: str) -> str:
    """Return how many findings ended in which way."""
    counts = Counter(finding.outcome for finding in report.findings)
    told = [
        f"{OUTCOMES[o].in_language(language)}: {number_text(counts[o], language)}" for o in FindingOutcome if counts[o]
    ]
    if report.unlisted:
        more = Text("further traces that are not listed here: {count}", count=Number(report.unlisted))
        told.append(more.in_language(language))
    return " · ".join(told)


def _dangling(report: Report, language: str) -> Iterator[str]:
    """Name what still refers to something that was removed."""
    names = report.verification.dangling if report.verification is not None else ()
    if names:
        items = "".join(f'<li class="path">{escape(name)}</li>' for name in names)
        yield _headed(Text("Still pointing to removed files"), _STILL_POINTING, language)
        yield f'<ul class="places">{items}</ul>'


def _steps(report: Report, language: str) -> Iterator[str]:
    if not report.steps:
        return
    heading = (
        Text("What the tool would do, step by step")
        if report.kind is Kind.PLAN
        else Text("What the tool did, step by step")
    ).in_language(language)
    items = "".join(f"<li>{_step(step, language)}</li>" for step in report.steps)
    yield f"<h2>{escape(heading)}</h2>"
    summary = escape(Text("steps: {count}", count=Number(len(report.steps))).in_language(language))
    yield f'<details><summary>{summary}</summary><ol class="places">{items}</ol></details>'


def _step(step: ReportedStep, language: str) -> str:
    lines = len(step.lines) + len(step.edits)
    told = STEPS.get(step.kind, LocalText(step.subject, step.subject))
    if isinstance(told, Text):  # a later version of the tool may know kinds that this one does not
        told = told.with_values(subject=step.subject, lines=lines, pid=step.pid)
    text = f'<span class="path">{escape(told.in_language(language))}</span>'
    if step.outcome is not None:
        outcome = ENDS[step.outcome].with_values(note=step.note).in_language(language)
        text += f'<span class="more">{escape(outcome)}</span>'
    text += "".join(f'<code class="text">{escape(line)}</code>' for line in step.lines)
    for edit in step.edits:
        change = _EDITS[edit.change].with_values(text=edit.text)
        text += f'<code class="text">{escape(edit.where)}: {escape(change.in_language(language))}</code>'
    return text


def _details(report: Report, language: str) -> Iterator[str]:
    scan, machine = report.scan, report.machine
    where = (
        Text("The running machine ({platform})")
        if machine.live
        else Text("Another system, mounted at {root} ({platform})")
    )
    platform = systems_text([machine.platform])
    rows: list[tuple[Text, str]] = [
        (Text("System"), where.with_values(platform=platform, root=machine.root).in_language(language)),
        (Text("Scope"), _SCOPES[scan.scope].in_language(language)),
        (Text("Chosen paths"), ", ".join(scan.paths)),
        (Text("Files"), number_text(scan.files, language)),
        (Text("Unchanged since an earlier scan"), number_text(scan.cached, language) if scan.cached else ""),
        (Text("Autostart entries"), number_text(scan.footholds, language) if scan.footholds else ""),
        (Text("Processes"), number_text(scan.processes, language) if scan.processes else ""),
        (Text("What was looked at"), reach_text(scan.reach, language)),
        (Text("Families", context="looked for"), families_text(scan.reach, language)),
        (Text("Left out by rule"), _reasons(scan.skipped, language)),
        (Text("Started"), local_time(scan.started, language)),
        (Text("Duration"), duration(scan.duration_seconds, language)),
        (Text("Tool"), f"Quét Sạch {report.tool.version} ({report.tool.engine})"),
        (Text("Session"), report.session or ""),
        (Text("Report code"), report.id),
    ]
    terms = (f"<dt>{escape(term.in_language(language))}</dt><dd>{escape(text)}</dd>" for term, text in rows if text)
    yield f"<h2>{escape(Text('What was looked at', context='heading').in_language(language))}</h2>"
    yield f"<dl>{''.join(terms)}</dl>"


def duration(seconds: float, language: str) -> str:
    """Return a duration in words."""
    whole = round(seconds)
    if whole < 1:
        return Text("less than a second").in_language(language)
    if whole < 60:
        return Text("{count} second", many="{count} seconds", count=whole).in_language(language)
    return Text("{minutes} min {seconds} s", minutes=whole // 60, seconds=whole % 60).in_language(language)


def _reasons(counts: Mapping[str, int], language: str) -> str:
    return ", ".join(
        f"{reason_text(reason, language)}: {number_text(count, language)}" for reason, count in counts.items()
    )


def _unseen(report: Report, language: str) -> Iterator[str]:
    count = sum(report.scan.failed.values())
    if not count:
        return
    yield f"<h2>{escape(Text('What could not be looked at').in_language(language))}</h2>"
    told = Text("Things that the tool could not look at: {count}. The first of them:", count=Number(count))
    yield f"<p>{escape(told.in_language(language))}</p>"
    rows = ((f.path, reason_text(f.reason, language)) for f in report.scan.failures[:_MOST_FAILURES])
    yield _table((Text("Path"), Text("Reason")), rows, language)


def _packs(report: Report, language: str) -> Iterator[str]:
    yield f"<h2>{escape(Text('Packs that were used').in_language(language))}</h2>"
    rows = ((pack.name.in_language(language), pack.version, pack.author) for pack in report.packs)
    yield _table((Text("Family"), Text("Version"), Text("Author")), rows, language)
    if report.withdrawn:
        families = ", ".join(report.withdrawn)
        told = Text(
            "The centre has taken these packs or signs back, so they were not used: {families}.", families=families
        )
        yield f"<p>{escape(told.in_language(language))}</p>"


def _table(header: Iterable[Text], rows: Iterable[Iterable[str]], language: str) -> str:
    head = "".join(f'<th scope="col">{escape(cell.in_language(language))}</th>' for cell in header)
    body = "".join(
        f"<tr>{''.join(f'<td{' class="code"' * cell[:1].isdecimal()}>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
