"""What a unit wrote into the cells of a form, and what must hold between them; every fault named with its cell.

Whatever way a return comes (page, link, spreadsheet, program), it is a mapping of the form's cells to the text that was
typed, so it is read once, here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from quetsach.campaign.returns.form import LARGEST_COUNT, Check, CheckKind, Element, Form, Kind, Span
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.text import LocalText, Number, Text

LONGEST_REASON = 300
LONGEST_NAME = 60

_COUNT = re.compile(r"\d{1,12}|\d{1,3}(?:([., ])\d{3})(?:\1\d{3})*")
_NOT_A_COUNT = Text("Write a whole number, such as 120; where there is none, write 0.")
_BOTH = Text("There is a figure: empty the reason, or take the figure away.")
_NEITHER = Text("Write the figure (0 where there is none), or why it is not known.")
_VIETNAMESE_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell. A note does not stop the return; the one who submits has seen it."""

    field: str
    text: LocalText
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """A return as read. ``cells`` are what was typed in one spelling; empty ones are left out.

    ``figures`` are by element, ``element.row`` or ``families.<family>``; ``missing`` are reasons by element.
    """

    cells: Mapping[str, str]
    figures: Mapping[str, int]
    days: Mapping[str, date]
    texts: Mapping[str, str]
    missing: Mapping[str, str]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that stop the return."""
        return tuple(fault for fault in self.faults if not fault.is_note)

    @property
    def notes(self) -> tuple[Fault, ...]:
        """The faults that are only pointed at."""
        return tuple(fault for fault in self.faults if fault.is_note)


def read_answers(form: Form, typed: Mapping[str, str], *, family: Callable[[str], str] = str.casefold) -> Answers:
    """Read every cell of the form. What is not a cell of it is left aside.

    Args:
        form: the version that the return is on.
        typed: text by cell; a cell that is not there is empty.
        family: gives a malware family's identifier for a name as people write it.
    """
    reading = _Reading(form, typed, family)
    for element in form.elements():
        reading.read(element)
    return reading.answers()


class _Reading:
    def __init__(self, form: Form, typed: Mapping[str, str], family: Callable[[str], str]) -> None:
        self.typed = {name: _plain(typed.get(name, "")) for name in form.fields()}
        self.family = family
        self.cells: dict[str, str] = {name: text for name, text in self.typed.items() if text}
        self.figures: dict[str, int] = {}
        self.days: dict[str, date] = {}
        self.texts: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self.faults: list[Fault] = []

    def answers(self) -> Answers:
        return Answers(self.cells, self.figures, self.days, self.texts, self.missing, tuple(self.faults))

    def read(self, element: Element) -> None:
        if element.kind is Kind.COUNT:
            self._count(element.id)
        elif element.kind is Kind.TABLE:
            for option in element.options:
                self._count(f"{element.id}.{option.id}")
        elif element.kind is Kind.FAMILIES:
            self._families(element)
        elif element.kind is Kind.DATE:
            self._day(element)
        elif element.kind is Kind.CHOICE:
            self._choice(element)
        else:
            self._text(element.id, element.longest)
        self._answered(element)

    def _count(self, name: str) -> int | None:
        text = self.typed[name]
        if not text:
            return None
        if not _COUNT.fullmatch(text):
            self._fault(name, _NOT_A_COUNT)
            return None
        number = int(re.sub(r"\D", "", text))
        if number > LARGEST_COUNT:
            self._fault(name, Text("The number is too large."))
            return None
        self.figures[name] = number
        self.cells[name] = str(number)
        return number

    def _families(self, element: Element) -> None:
        for n in range(1, element.lines + 1):
            name, count = f"{element.id}.{n}.name", f"{element.id}.{n}.count"
            if not self.typed[name] and not self.typed[count]:
                continue
            self._text(name, LONGEST_NAME)
            number = self._count(count)
            self.figures.pop(count, None)
            if not self.typed[name]:
                self._fault(name, Text("Write the family's name of this line."))
            elif number is None and self.typed[count] == "":
                self._fault(count, Text("Write how many machines had this family."))
            elif number is not None:
                key = f"{element.id}.{self.family(self.typed[name])}"
                if key in self.figures:
                    self._fault(name, Text("This family stands in a line above."))
                self.figures[key] = number

    def _day(self, element: Element) -> None:
        text = self.typed[element.id]
        if not text:
            return
        try:
            written = _VIETNAMESE_DAY.fullmatch(text)
            day = parse_day(f"{written[3]}-{int(written[2]):02}-{int(written[1]):02}" if written else text[:10])
        except InputError:
            self._fault(element.id, Text("Write the day as 2020-10-06 or 06/10/2020."))
            return
        self.days[element.id] = day
        self.cells[element.id] = day.isoformat()

    def _choice(self, element: Element) -> None:
        text = self.typed[element.id]
        if text and text not in {option.id for option in element.options}:
            self._fault(element.id, Text("Choose one of these."))
        elif text:
            self.texts[element.id] = text

    def _text(self, name: str, longest: int) -> None:
        text = self.typed[name]
        if len(text) > longest:
            self._fault(name, Text("Longer than {longest} characters.", longest=longest))
            self.cells[name] = text[:longest]
        elif text:
            self.texts[name] = text

    def _answered(self, element: Element) -> None:
        """Take the reason of a figure that is missing; a zero is not missing, an empty cell is."""
        values = [name for name in element.fields() if not name.endswith(".missing") and self.typed[name]]
        if not element.may_be_missing:
            if element.is_required and not values:
                self._fault(element.id, Text("This must be filled in."))
            return
        name = f"{element.id}.missing"
        self._text(name, LONGEST_REASON)
        reason = self.texts.pop(name, "")
        if reason and values:
            self._fault(name, _BOTH)
        elif reason:
            self.missing[element.id] = reason
        elif element.is_required and not values and not self.typed[name]:
            self._fault(element.id, _NEITHER)

    def _fault(self, field: str, text: LocalText) -> None:
        self.faults.append(Fault(field, text))


def _plain(text: str) -> str:
    """Compose marks, drop what cannot be seen and outer spaces, keep lines."""
    cut = unicodedata.normalize("NFC", str(text)[: 4 * 2000])
    return "".join(_visible(cut)).strip()


def _visible(text: str) -> Iterator[str]:
    for letter in text.replace("\r\n", "\n").replace("\r", "\n"):
        if letter == "\n" or unicodedata.category(letter)[0] not in {"C", "Z"}:
            yield letter
        elif letter == "\t" or unicodedata.category(letter) == "Zs":
            yield " "


# What must hold between the answers of a return, and what a free text should not hold.


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
