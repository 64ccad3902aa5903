"""The pages after a look: nothing found, something found, more found than the tool acts on by itself, item by item.

What a look comes to is said by the verdict of its report and by nothing else, with what was not looked at or for.
"""

from collections.abc import Iterator

from quetsach.endpoint.report import Report
from quetsach.endpoint.report.families import outcome_text
from quetsach.endpoint.report.verdict import advice, families_text, gap_text, reach_text, verdict
from quetsach.endpoint.scanner.conclusion import Gap
from quetsach.endpoint.window.flow import may_clean
from quetsach.endpoint.window.formatting import format_acts, format_families, format_step
from quetsach.endpoint.window.page import Agreement, Button, Choice, Details, Page, Row, Rows, Tone
from quetsach.endpoint.window.state import Items, Seen
from quetsach.endpoint.window.use_cases import Excess, Readiness, ScanOutcome
from quetsach.endpoint.window.words import Words


def seen_page(screen: Seen, ready: Readiness, words: Words) -> Page:
    """Return the page of what a look came to."""
    looked = screen.looked
    if not looked.report.findings:
        return _nothing_page(screen, ready, words)
    if looked.plan is None:
        return _reported_page(screen, words)
    if screen.excess is not None:
        return _brake_page(screen, screen.excess, words)
    return _found_page(screen, ready, looked.plan, words)


def _nothing_page(screen: Seen, ready: Readiness, words: Words) -> Page:
    report = screen.looked.report
    told = verdict(report, words.report)
    reach = words.report["reach"], reach_text(report.scan.reach, words.report)
    text = (*_restarted(screen.looked, words), *told.lines, ": ".join(reach) + ".")
    beside = [words.button("page"), words.quiet("offer"), words.quiet("home")]
    if screen.target.scope == "quick":
        beside.insert(0, words.button("full"))
    gaps = report.scan.gaps
    if Gap.ENDED in gaps:
        primary = words.primary("again", "again-ended")
    elif Gap.RIGHTS in gaps and ready.can_elevate:
        primary = words.primary("elevate")
    elif gaps and not told.is_good:
        primary = words.primary("again")
    else:
        primary = words.primary("close")
    name = "nothing-found" if told.is_good else "not-all-seen"
    tone = Tone.GOOD if told.is_good else Tone.ATTENTION
    return Page(name, told.headline, text, (primary, *beside), tone, escape="home")


def _found_page(screen: Seen, ready: Readiness, plan: Report, words: Words) -> Page:
    looked, told = screen.looked, verdict(screen.looked.report, words.report)
    usual = [step for step in plan.steps if step.number not in looked.archives]
    text = [*_restarted(looked, words), format_families(looked.report, words)]
    text += [format_acts(plan, looked.archives, words), words("will-undo")] if usual and not looked.unfit else []
    text += list(_beside_plan(looked, plan, words))
    buttons = [words.button("items"), words.button("page"), words.quiet("home", "later")]
    if not may_clean(ready, screen):
        text.append(_hindrance(screen, words))
        primary = words.primary("elevate") if ready.can_elevate else words.primary("page")
        buttons = [one for one in buttons if one.action != primary.action]
    else:
        primary = words.primary("clean") if usual else words.primary("items")
        buttons = buttons if usual else buttons[1:]
    details = Details(words("findings"), format_findings(looked.report, words))
    return Page(
        "found", told.headline, tuple(text), (primary, *buttons), Tone.ATTENTION, details=details, escape="home"
    )


def _hindrance(screen: Seen, words: Words) -> str:
    drive = screen.target.drive
    if screen.looked.unfit:
        return words.unfit(screen.looked.unfit, drive.name if drive is not None else "")
    return words("no-rights-to-clean")


def _reported_page(screen: Seen, words: Words) -> Page:
    """Return the page of findings that are only reported."""
    report = screen.looked.report
    told = verdict(report, words.report)
    text = (*_restarted(screen.looked, words), format_families(report, words), *told.lines, words("will-not"))
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(advice(report, words.report), 1))
    details = Details(words("findings"), "\n\n".join(filter(None, (format_findings(report, words), steps))))
    buttons = (words.primary("page"), words.quiet("offer"), words.quiet("home"))
    return Page("reported", told.headline, text, buttons, Tone.ATTENTION, details=details, escape="home")


def _brake_page(screen: Seen, excess: Excess, words: Words) -> Page:
    report = screen.looked.report
    text = (format_families(report, words), format_excess(excess, words), words("brake-why"))
    buttons = (words.primary("items"), words.button("page"), words.quiet("home", "later"))
    details = Details(words("findings"), format_findings(report, words))
    return Page("brake", words("brake-title"), text, buttons, Tone.ATTENTION, details=details, escape="home")


def items_page(screen: Items, ready: Readiness, words: Words) -> Page:
    """Return the page on which the steps of a plan are chosen one by one."""
    plan = screen.seen.looked.plan
    archives = screen.seen.looked.archives
    rows = tuple(
        Row(
            str(step.number),
            format_step(step, words, is_archive=step.number in archives),
            step.subject,
            step.number in screen.chosen,
        )
        for step in (plan.steps if plan is not None else ())
    )
    count = words.number(len(screen.chosen))
    agreement = Agreement(words("brake-sure", count=count), screen.is_sure) if screen.excess is not None else None
    is_allowed = bool(screen.chosen) and (agreement is None or agreement.is_given) and may_clean(ready, screen.seen)
    primary = words.primary("clean", "clean-chosen")
    primary = Button("clean", primary.label.format(count=count), primary.rank, is_allowed)
    excess = (format_excess(screen.excess, words),) if screen.excess is not None else ()
    return Page(
        "items",
        words("items-title"),
        (words("items-text"), *excess),
        (primary, words.button("back")),
        Tone.PLAIN if screen.excess is None else Tone.ATTENTION,
        rows=Rows(words("items-list"), (Row("all", words("items-all"), "", _are_all(screen, rows)), *rows), Choice.ANY),
        agreement=agreement,
        escape="back",
    )


def _are_all(screen: Items, rows: tuple[Row, ...]) -> bool:
    return bool(rows) and len(screen.chosen) == len(rows)


def format_excess(excess: Excess, words: Words) -> str:
    """Return why the mass brake stops a plan."""
    return words(f"brake-{excess.limit}", count=words.number(excess.count), family=excess.family)


def format_findings(report: Report, words: Words, *, has_outcomes: bool = False) -> str:
    """Return all findings of a report, why each is one, and what became of it or why it is left alone."""
    lines = []
    for one in report.findings:
        line = f", {words.report['line'].format(number=one.line)}" if one.line is not None else ""
        lines.append(f"{words.report[f'kind-{one.kind}']}: {one.where}{line}")
        lines.append(f"    {one.why.in_language(words.language)}")
        if has_outcomes or one.hold is not None:
            lines.append(f"    {outcome_text(one, words.report)}")
    if report.unlisted:
        lines.append(words.report["unlisted"].format(count=words.number(report.unlisted)))
    return "\n".join(lines)


def _beside_plan(looked: ScanOutcome, plan: Report, words: Words) -> Iterator[str]:
    """Yield what a plan leaves alone, and what the look did not see."""
    if looked.archives:
        yield words("will-archives", count=words.number(len(looked.archives)))
    planned = {finding for step in plan.steps for finding in step.findings}
    if held := sum(one.id not in planned for one in plan.findings) + plan.unlisted:
        yield words("held", count=words.number(held))
    scan = looked.report.scan
    if scan.reach.left_out:
        yield families_text(scan.reach, words.report)
    if scan.gaps:
        yield gap_text(scan.gaps, words.report)


def _restarted(looked: ScanOutcome, words: Words) -> Iterator[str]:
    """Yield what was seen of clean-ups that had asked for a restart."""
    for report in looked.restarted:
        yield words("restarted", headline=verdict(report, words.report).headline)
