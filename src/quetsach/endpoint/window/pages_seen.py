"""The pages after a look: nothing found, something found, more found than the tool acts on by itself, item by item.

What a look comes to is said by the verdict of its report and by nothing else, with what was not looked at or for.
"""

from collections.abc import Iterator, Mapping

from quetsach.core.text import Number, Text
from quetsach.endpoint.report import Report
from quetsach.endpoint.report.families import KINDS, outcome_text
from quetsach.endpoint.report.verdict import advice, families_text, gap_text, reach_text, verdict
from quetsach.endpoint.scanner.conclusion import Gap
from quetsach.endpoint.window.flow import may_clean
from quetsach.endpoint.window.formatting import format_acts, format_families, format_step
from quetsach.endpoint.window.page import Agreement, Choice, Details, Page, Rank, Row, Rows, Tone
from quetsach.endpoint.window.state import Items, Seen
from quetsach.endpoint.window.use_cases import Excess, Readiness, ScanOutcome
from quetsach.endpoint.window.words import Words

_BRAKES: Mapping[str, Text] = {
    "files": Text(
        "The plan touches {count} file, more than the tool does by itself.",
        many="The plan touches {count} files, more than the tool does by itself.",
    ),
    "sign": Text(
        "One sign of {family} fits {count} file, more than the tool acts on by itself.",
        many="One sign of {family} fits {count} files, more than the tool acts on by itself.",
    ),
    "registry": Text(
        "The plan edits {count} entry of the registry, more than the tool does by itself.",
        many="The plan edits {count} entries of the registry, more than the tool does by itself.",
    ),
    "programs": Text(
        "The plan ends {count} different program, more than the tool does by itself.",
        many="The plan ends {count} different programs, more than the tool does by itself.",
    ),
    "cuts": Text(
        "The plan cuts the ends of {count} file, more than the tool does by itself.",
        many="The plan cuts the ends of {count} files, more than the tool does by itself.",
    ),
}
"""Limit of the mass brake -> why it stops a plan."""


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
    told = verdict(report, words.language, in_window=True)
    reach = words(Text("What was looked at")), reach_text(report.scan.reach, words.language)
    text = (*_restarted(screen.looked, words), *told.lines, ": ".join(reach) + ".")
    beside = [words.button("page"), words.quiet("offer"), words.quiet("home")]
    if screen.target.scope == "quick":
        beside.insert(0, words.button("full"))
    gaps = report.scan.gaps
    if Gap.ENDED in gaps:
        primary = words.primary("again", Text("&Go on scanning"))
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
    looked, told = screen.looked, verdict(screen.looked.report, words.language, in_window=True)
    usual = [step for step in plan.steps if step.number not in looked.archives]
    text = [*_restarted(looked, words), format_families(looked.report, words)]
    text += (
        [
            format_acts(plan, looked.archives, words),
            words(
                Text(
                    "Removed files and settings can be put back as they were; programs that were ended "
                    "are not started again."
                )
            ),
        ]
        if usual and not looked.unfit
        else []
    )
    text += list(_beside_plan(looked, plan, words))
    buttons = [words.button("items"), words.button("page"), words.quiet("home", Text("&Later"))]
    if not may_clean(ready, screen):
        text.append(_hindrance(screen, words))
        primary = words.primary("elevate") if ready.can_elevate else words.primary("page")
        buttons = [one for one in buttons if one.action != primary.action]
    else:
        primary = words.primary("clean") if usual else words.primary("items")
        buttons = buttons if usual else buttons[1:]
    details = Details(words(Text("What was seen")), format_findings(looked.report, words))
    return Page(
        "found", told.headline, tuple(text), (primary, *buttons), Tone.ATTENTION, details=details, escape="home"
    )


def _hindrance(screen: Seen, words: Words) -> str:
    drive = screen.target.drive
    if screen.looked.unfit:
        return words.unfit(screen.looked.unfit, drive.name if drive is not None else "")
    return words(Text("Cleaning needs administrator rights."))


def _reported_page(screen: Seen, words: Words) -> Page:
    """Return the page of findings that are only reported."""
    report = screen.looked.report
    told = verdict(report, words.language, in_window=True)
    text = (
        *_restarted(screen.looked, words),
        format_families(report, words),
        *told.lines,
        words(Text("The tool cannot remove these items. The report says what to do.")),
    )
    steps = "\n".join(
        f"{number}. {step}" for number, step in enumerate(advice(report, words.language, in_window=True), 1)
    )
    details = Details(words(Text("What was seen")), "\n\n".join(filter(None, (format_findings(report, words), steps))))
    buttons = (words.primary("page"), words.quiet("offer"), words.quiet("home"))
    return Page("reported", told.headline, text, buttons, Tone.ATTENTION, details=details, escape="home")


def _brake_page(screen: Seen, excess: Excess, words: Words) -> Page:
    report = screen.looked.report
    text = (
        format_families(report, words),
        format_excess(excess, words),
        words(
            Text(
                "Malware may have spread widely, but the tool may also be mistaken. Nothing has been "
                "changed. Look at each item and choose only what is surely not yours."
            )
        ),
    )
    buttons = (words.primary("items"), words.button("page"), words.quiet("home", Text("&Later")))
    details = Details(words(Text("What was seen")), format_findings(report, words))
    return Page(
        "brake",
        words(Text("Very many items: look at them before cleaning")),
        text,
        buttons,
        Tone.ATTENTION,
        details=details,
        escape="home",
    )


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
    count = Number(len(screen.chosen))
    agreement = (
        Agreement(
            words(
                Text(
                    "I have looked at each item and still want to clean the {count} chosen one",
                    many="I have looked at each item and still want to clean all {count} chosen ones",
                    count=count,
                )
            ),
            screen.is_sure,
        )
        if screen.excess is not None
        else None
    )
    is_allowed = bool(screen.chosen) and (agreement is None or agreement.is_given) and may_clean(ready, screen.seen)
    chosen = Text("&Clean the chosen items: {count}", count=count)
    primary = words.button("clean", chosen, rank=Rank.PRIMARY, is_enabled=is_allowed)
    excess = (format_excess(screen.excess, words),) if screen.excess is not None else ()
    return Page(
        "items",
        words(Text("Choose what shall be cleaned")),
        (
            words(
                Text("What is not chosen is left alone. If a document or program of yours is in the list, untick it.")
            ),
            *excess,
        ),
        (primary, words.button("back")),
        Tone.PLAIN if screen.excess is None else Tone.ATTENTION,
        rows=Rows(
            words(Text("Items")), (Row("all", words(Text("Choose all")), "", _are_all(screen, rows)), *rows), Choice.ANY
        ),
        agreement=agreement,
        escape="back",
    )


def _are_all(screen: Items, rows: tuple[Row, ...]) -> bool:
    return bool(rows) and len(screen.chosen) == len(rows)


def format_excess(excess: Excess, words: Words) -> str:
    """Return why the mass brake stops a plan."""
    return words(_BRAKES[excess.limit].with_values(count=Number(excess.count), family=excess.family))


def format_findings(report: Report, words: Words, *, has_outcomes: bool = False) -> str:
    """Return all findings of a report, why each is one, and what became of it or why it is left alone."""
    lines = []
    for one in report.findings:
        line = f", {words(Text('line {number}', number=one.line))}" if one.line is not None else ""
        lines.append(f"{words(KINDS[one.kind])}: {one.where}{line}")
        lines.append(f"    {one.why.in_language(words.language)}")
        if has_outcomes or one.hold is not None:
            lines.append(f"    {outcome_text(one, words.language)}")
    if report.unlisted:
        lines.append(
            Text("further traces that are not listed here: {count}", count=Number(report.unlisted)).in_language(
                words.language
            )
        )
    return "\n".join(lines)


def _beside_plan(looked: ScanOutcome, plan: Report, words: Words) -> Iterator[str]:
    """Yield what a plan leaves alone, and what the look did not see."""
    if looked.archives:
        yield words(
            Text(
                "Archives with malware inside: {count}. To quarantine whole archives, choose them in "
                "“Look at each item”.",
                count=Number(len(looked.archives)),
            )
        )
    planned = {finding for step in plan.steps for finding in step.findings}
    if held := sum(one.id not in planned for one in plan.findings) + plan.unlisted:
        yield words(Text("Only reported and left alone: {count}; the report says why.", count=Number(held)))
    scan = looked.report.scan
    if scan.reach.left_out:
        yield families_text(scan.reach, words.language)
    if scan.gaps:
        yield gap_text(scan.gaps, words.language, in_window=True)


def _restarted(looked: ScanOutcome, words: Words) -> Iterator[str]:
    """Yield what was seen of clean-ups that had asked for a restart."""
    for report in looked.restarted:
        yield words(
            Text(
                "Looked at after the restart: {headline}.",
                headline=verdict(report, words.language, in_window=True).headline,
            )
        )
