"""A form as a page shows it: every question with its cells, what stands in them, and what is wrong with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.returns.answers import LONGEST_NAME, LONGEST_REASON, Fault
from quetsach.campaign.returns.form import Counts, Element, Form, Kind, Span
from quetsach.campaign.returns.state import Act, ReturnStatus, Scope, State
from quetsach.core.text import LocalText, Text


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell of the form. ``id`` is its anchor on the page."""

    name: str
    label: LocalText
    value: str
    faults: tuple[Fault, ...]
    longest: int
    is_number: bool

    @property
    def id(self) -> str:
        """A name that is also a fragment of an address."""
        return f"o-{self.name.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One element: its own cells, the cell for a reason, and faults that are of the whole element."""

    element: Element
    cells: tuple[CellView, ...]
    reason: CellView | None
    faults: tuple[Fault, ...]

    @property
    def fault_id(self) -> str:
        """The anchor of what is wrong with the whole element."""
        return f"o-{self.element.id}-f"

    @property
    def is_single(self) -> bool:
        """Whether the element is one cell that bears its name."""
        return self.element.kind not in {Kind.TABLE, Kind.FAMILIES}

    @property
    def is_long(self) -> bool:
        """Whether its text needs more than a line."""
        return self.element.kind is Kind.TEXT and self.element.longest > 300

    @property
    def lines(self) -> tuple[tuple[CellView, CellView], ...]:
        """The cells of a list of families, two a line."""
        return tuple(zip(self.cells[::2], self.cells[1::2], strict=True))

    @property
    def is_answered(self) -> bool:
        """Whether anything is written here."""
        return any(cell.value for cell in self.cells) or bool(self.reason and self.reason.value)


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section with its questions."""

    title: LocalText
    questions: tuple[QuestionView, ...]


_REASON = Text("If the figure is not known: why")
_FAMILY = Text("Family")
_MACHINES = Text("Machines")


def form_view(form: Form, cells: Mapping[str, str], faults: Iterable[Fault] = ()) -> tuple[SectionView, ...]:
    """Return the form as a page shows it."""
    by_field: dict[str, list[Fault]] = {}
    for fault in faults:
        by_field.setdefault(fault.field, []).append(fault)
    return tuple(
        SectionView(section.title, tuple(_question(e, cells, by_field) for e in section.elements))
        for section in form.sections
    )


def cell_names(form: Form) -> dict[str, LocalText]:
    """Return what each cell of a form is called where it stands alone, in the order of the form."""
    found: dict[str, LocalText] = {}
    for section in form_view(form, {}):
        for question in section.questions:
            own = question.element.label
            for cell in question.cells:
                found[cell.name] = own if question.is_single else _joined(own, cell.label)
            if question.reason:
                found[question.reason.name] = _joined(own, question.reason.label)
    return found


def _joined(first: LocalText, second: LocalText) -> LocalText:
    return Text("{first}: {second}", first=first, second=second)


def _question(element: Element, cells: Mapping[str, str], faults: Mapping[str, list[Fault]]) -> QuestionView:
    def cell(name: str, label: LocalText, longest: int, *, is_number: bool) -> CellView:
        found = tuple(faults.get(name, ())) if name != element.id else ()
        return CellView(name, label, cells.get(name, ""), found, longest, is_number)

    if element.kind is Kind.TABLE:
        made = [cell(f"{element.id}.{o.id}", o.label, 15, is_number=True) for o in element.options]
    elif element.kind is Kind.FAMILIES:
        made = []
        for n in range(1, element.lines + 1):
            made.append(cell(f"{element.id}.{n}.name", _FAMILY, LONGEST_NAME, is_number=False))
            made.append(cell(f"{element.id}.{n}.count", _MACHINES, 15, is_number=True))
    else:
        is_number = element.kind is Kind.COUNT
        longest = 15 if is_number or element.kind is Kind.DATE else element.longest
        made = [cell(element.id, element.label, longest, is_number=is_number)]
    reason = None
    if element.may_be_missing:
        reason = cell(f"{element.id}.missing", _REASON, LONGEST_REASON, is_number=False)
    return QuestionView(element, tuple(made), reason, tuple(faults.get(element.id, ())))


# What states, acts and refusals are called on the pages.

STANDINGS: Mapping[ReturnStatus, tuple[str | Promise, str]] = {
    ReturnStatus.EXPECTED: (_("not due yet"), "plain"),
    ReturnStatus.OVERDUE: (_("overdue"), "attention"),
    ReturnStatus.LOCKED: (_("missing, entry closed"), "attention"),
    ReturnStatus.COVERED: (_("counted by the unit above"), "plain"),
    ReturnStatus.SIGNED_OFF: (_("stated not to report"), "plain"),
    ReturnStatus.SENT_BACK: (_("sent back"), "attention"),
    ReturnStatus.WAITING: (_("waits for units below"), "plain"),
    ReturnStatus.READY: (_("to be approved"), "attention"),
    ReturnStatus.APPROVED: (_("approved"), "good"),
}
"""Title and badge."""

STATES: Mapping[State, str | Promise] = {
    State.DRAFT: _("draft"),
    State.SUBMITTED: _("submitted"),
    State.RETURNED: _("sent back"),
    State.APPROVED: _("approved"),
}
ACTS: Mapping[Act, str | Promise] = {
    Act.SUBMIT: _("submitted"),
    Act.RETURN: _("sent back"),
    Act.APPROVE: _("approved"),
    Act.REOPEN: _("opened again"),
}
SCOPES: Mapping[Scope, str | Promise] = {
    Scope.OWN: _("the unit's own machines"),
    Scope.SUBTREE: _("the unit and every unit below it, which then do not report"),
}

KINDS: Mapping[Kind, str | Promise] = {
    Kind.COUNT: _("one number"),
    Kind.TEXT: _("a text"),
    Kind.CHOICE: _("one of these"),
    Kind.DATE: _("a day"),
    Kind.TABLE: _("a number for each row"),
    Kind.FAMILIES: _("families of malware, each with a number"),
}
COUNTS: Mapping[Counts, str | Promise] = {
    Counts.MACHINES: _("machines"),
    Counts.TURNS: _("turns of scanning"),
    Counts.PEOPLE: _("people"),
    Counts.UNITS: _("units"),
    Counts.TIMES: _("times"),
    Counts.ADDRESSES: _("Internet addresses"),
    Counts.DEVICES: _("devices"),
    Counts.PROGRAMS: _("programs"),
}
"""What one of a figure is."""
SPANS: Mapping[Span, str | Promise] = {
    Span.PERIOD: _("within the period"),
    Span.TO_DATE: _("since the start of the campaign"),
}
