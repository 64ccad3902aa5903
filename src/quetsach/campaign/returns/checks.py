"""What must hold between the answers of a return, and what a free text should not hold."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from quetsach.campaign.returns.answers import Answers, Fault, read_answers
from quetsach.campaign.returns.form import Check, CheckKind, Element, Form, Kind, Span
from quetsach.core.text import LocalText, Number, Text

_BEFORE_CAMPAIGN = timedelta(days=366)
"""So long before it a letter may already have spoken of the campaign."""
_MAIL = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}\.[A-Za-z]{2,24}")
_PHONE = re.compile(r"(?<![\w.])(?:\+?84|0)[ .-]?\d{2,3}(?:[ .-]?\d{2,4}){2,3}(?!\w)")
_ADDRESS = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)"  # as in 203.0.113.7, not as in 1.2.3.4.5
    r"|(?<![\w:])(?=[0-9a-f:]*(?:::|(?::[0-9a-f]*){4}))(?:[0-9a-f]{1,4}:){2,7}:?[0-9a-f:]*(?![\w:])",
    re.IGNORECASE,
)
_HINTS = (
    (_MAIL, Text("This looks like an e-mail address; leave it out.")),
    (_PHONE, Text("This looks like a telephone number; leave it out.")),
    (_ADDRESS, Text("This looks like a network address; leave it out.")),
)


def examine(
    form: Form,
    typed: Mapping[str, str],
    *,
    family: Callable[[str], str] = str.casefold,
    former: Mapping[str, int] | None = None,
    today: date | None = None,
    begun: date | None = None,
) -> Answers:
    """Read the cells and add what does not fit together.

    Args:
        form: the version that the return is on.
        typed: text by cell.
        family: gives a malware family's identifier for a name as people write it.
        former: the figures of the unit's last return before this one, if there is one.
        today: the day of writing (Viet Nam): no day of an answer lies after it.
        begun: the first day of the campaign: a day before it is pointed at, one long before it cannot be.
    """
    answers = read_answers(form, typed, family=family)
    faults = [*answers.faults]
    for check in form.checks:
        faults += _examine(form, check, answers)
    for element in form.elements():
        faults += _within(form, element, answers)
        faults += _hints(element, answers)
        faults += _fallen(element, answers, former or {})
        faults += _out_of_time(element, answers, today=today, begun=begun)
    order = {name: n for n, name in enumerate(n for e in form.elements() for n in (e.id, *e.fields()))}
    return replace(answers, faults=tuple(sorted(faults, key=lambda fault: order[fault.field])))


def _examine(form: Form, check: Check, answers: Answers) -> Iterator[Fault]:
    values: Mapping[str, int | date] = {**answers.figures, **answers.days}
    if check.whole not in values or not all(name in values for name in check.parts):
        return
    whole, label = values[check.whole], form.label(check.whole)
    if check.kind is CheckKind.AT_MOST:
        part = values[check.parts[0]]
        if isinstance(part, date) and isinstance(whole, date) and part > whole:
            yield Fault(check.parts[0], _after(label, whole))
        elif isinstance(part, int) and isinstance(whole, int) and part > whole:
            yield Fault(check.parts[0], _larger(label, whole))
        return
    total = sum(answers.figures[name] for name in check.parts)
    if total != whole and check.excuse not in answers.texts:
        told: LocalText = Text(
            "{parts} = {total}, which is not “{label}” ({whole}).",
            parts=form.labels(check.parts),
            total=Number(total),
            label=label,
            whole=Number(answers.figures[check.whole]),
        )
        if check.excuse:
            told = Text("{told} Correct it, or fill in “{excuse}”.", told=told, excuse=form.label(check.excuse))
        yield Fault(check.whole, told)


def _within(form: Form, element: Element, answers: Answers) -> Iterator[Fault]:
    """Compare the rows of a table with their total, and each family with the machines infected."""
    rows = [n for name, n in answers.figures.items() if name.startswith(f"{element.id}.")]
    if rows and element.sums_to in answers.figures:
        total, whole = sum(rows), answers.figures[element.sums_to]
        label = form.label(element.sums_to)
        if total != whole:
            told = Text(
                "The rows add up to {total}, which is not “{label}” ({whole}).",
                total=Number(total),
                label=label,
                whole=Number(whole),
            )
            yield Fault(element.id, told)
    if rows and element.at_most in answers.figures and max(rows) > answers.figures[element.at_most]:
        yield Fault(element.id, _larger(form.label(element.at_most), answers.figures[element.at_most]))


def _hints(element: Element, answers: Answers) -> Iterator[Fault]:
    if element.is_private:
        return
    for name, text in (
        (element.id, answers.texts.get(element.id, "") if element.kind is Kind.TEXT else ""),
        (f"{element.id}.missing", answers.missing.get(element.id, "")),
    ):
        yield from (Fault(name, hint, is_note=True) for pattern, hint in _HINTS if pattern.search(text))


def _fallen(element: Element, answers: Answers, former: Mapping[str, int]) -> Iterator[Fault]:
    """Point at a figure since the start of the campaign that is smaller than it was."""
    now, before = answers.figures.get(element.id), former.get(element.id)
    if element.span is Span.TO_DATE and now is not None and before is not None and now < before:
        told = Text(
            "A figure to date has fallen: {before} before, {now} now. Please check.",
            before=Number(before),
            now=Number(now),
        )
        yield Fault(element.id, told, is_note=True)


def _out_of_time(element: Element, answers: Answers, *, today: date | None, begun: date | None) -> Iterator[Fault]:
    """Refuse a day that has not come, and one that no letter of the campaign can have."""
    day = answers.days.get(element.id)
    if day is None:
        return
    if today and day > today:
        yield Fault(element.id, Text("This day has not come yet (today is {today}).", today=today))
    elif begun and day < begun:
        is_note = day >= begun - _BEFORE_CAMPAIGN
        told = Text("This day is before the campaign began ({begun}). Please check.", begun=begun)
        yield Fault(element.id, told, is_note=is_note)


def _larger(whole: LocalText, most: int) -> LocalText:
    return Text("Must not be more than “{whole}” ({most}).", whole=whole, most=Number(most))


def _after(whole: LocalText, last: date) -> LocalText:
    return Text("Must not be after “{whole}” ({last}).", whole=whole, last=last)
