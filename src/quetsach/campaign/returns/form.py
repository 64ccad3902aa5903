"""The form of a return: versioned data: what is asked, how it is counted, what must hold between answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from quetsach.campaign.section import Section
from quetsach.core.text import Joined, LocalText, Text

LARGEST_COUNT = 100_000_000
"""No figure of one unit is larger: there are not more machines in the country."""
LONGEST_TEXT = 2000

_MOST_LINES = 20


class Kind(StrEnum):
    """What an element takes for an answer."""

    COUNT = "count"
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    TABLE = "table"  # one count for each named row
    FAMILIES = "families"  # lines of a family's name and a count


class Counts(StrEnum):
    """What one of a figure is. Figures of different things are never added or compared."""

    MACHINES = "machines"
    TURNS = "turns"
    PEOPLE = "people"
    UNITS = "units"
    TIMES = "times"
    ADDRESSES = "addresses"
    DEVICES = "devices"
    PROGRAMS = "programs"


class Span(StrEnum):
    """What time a figure is of."""

    PERIOD = "period"  # what happened within the period: may be added over periods
    TO_DATE = "to-date"  # distinct since the campaign's start: the last period holds the others


@dataclass(frozen=True, slots=True)
class Option:
    """A row of a table or an answer of a choice."""

    id: str
    label: LocalText


@dataclass(frozen=True, slots=True)
class Element:
    """One question. ``counts`` and ``span`` are set for figures only; ``options`` are rows or choices."""

    id: str
    kind: Kind
    label: LocalText
    definition: LocalText
    is_required: bool = False
    is_private: bool = False
    counts: Counts | None = None
    span: Span | None = None
    longest: int = LONGEST_TEXT
    lines: int = 0
    options: tuple[Option, ...] = ()
    sums_to: str = ""
    at_most: str = ""

    @property
    def is_figure(self) -> bool:
        """Whether the answer is numbers."""
        return self.counts is not None

    @property
    def may_be_missing(self) -> bool:
        """Whether the answer may be a reason why there is none."""
        return self.kind in {Kind.COUNT, Kind.TABLE}

    def fields(self) -> tuple[str, ...]:
        """Return the names of the cells that the element is answered in, in the order of the form."""
        if self.kind is Kind.TABLE:
            own = tuple(f"{self.id}.{option.id}" for option in self.options)
        elif self.kind is Kind.FAMILIES:
            own = tuple(f"{self.id}.{n}.{part}" for n in range(1, self.lines + 1) for part in ("name", "count"))
        else:
            own = (self.id,)
        return (*own, f"{self.id}.missing") if self.may_be_missing else own


@dataclass(frozen=True, slots=True)
class FormSection:
    """A part of the form under its own heading."""

    id: str
    title: LocalText
    elements: tuple[Element, ...]


class CheckKind(StrEnum):
    """How the answers of a check must stand to each other."""

    AT_MOST = "at-most"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold: each of ``parts`` at most ``whole``, or all of them together equal to it.

    A text in the element ``excuse`` lets a sum differ.
    """

    id: str
    kind: CheckKind
    whole: str
    parts: tuple[str, ...]
    excuse: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One version of a form."""

    id: str
    version: int
    name: LocalText
    summary: LocalText
    sections: tuple[FormSection, ...]
    checks: tuple[Check, ...]

    @property
    def sums(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What its figures fall into: the identifier of a whole with those of its parts."""
        return tuple((check.whole, check.parts) for check in self.checks if check.kind is CheckKind.SUM)

    @property
    def code(self) -> str:
        """Identifier and version, as the file is named: ``unit-return-1``."""
        return f"{self.id}-{self.version}"

    def elements(self) -> Iterator[Element]:
        """Yield every element in the order of the form."""
        for section in self.sections:
            yield from section.elements

    def element(self, identifier: str) -> Element | None:
        """Return the element of that identifier."""
        return next((e for e in self.elements() if e.id == identifier), None)

    def label(self, identifier: str) -> LocalText:
        """Return what an element asks; an identifier that no element has stands for itself."""
        element = self.element(identifier)
        return element.label if element else LocalText(identifier, identifier)

    def labels(self, identifiers: Iterable[str]) -> LocalText:
        """Return what elements ask as a sum: “one” + “another”."""
        return Joined((Text("“{name}”", name=self.label(one)) for one in identifiers), " + ")

    @property
    def count(self) -> int:
        """How many questions it asks."""
        return sum(len(section.elements) for section in self.sections)

    def fields(self) -> tuple[str, ...]:
        """Return the names of all cells, in the order of the form."""
        return tuple(name for element in self.elements() for name in element.fields())

    def figure_elements(self) -> tuple[Element, ...]:
        """Return the elements whose answer is one count: what totals are made of."""
        return tuple(e for e in self.elements() if e.kind is Kind.COUNT)

    def detail_elements(self) -> tuple[Element, ...]:
        """Return the elements of more than one figure: tables and families."""
        return tuple(e for e in self.elements() if e.kind in {Kind.TABLE, Kind.FAMILIES})


def read_form(content: bytes, *, file: str) -> Form:
    """Read a form's TOML file.

    Raises:
        CampaignError: with file and field, what is wrong and what belongs there.
    """
    top = Section.parse(content, file=file)
    form = Form(
        id=top.identifier(),
        version=top.integer("version", least=1, most=999),
        name=top.local_text("name"),
        summary=top.local_text("summary"),
        sections=tuple(_section(s) for s in top.sections("sections")),
        checks=tuple(_check(s) for s in top.optional_sections("checks")),
    )
    top.finish()
    top.refuse_twins("sections", (e.id for e in form.elements()))
    for check in form.checks:
        _examine(form, check, top)
    for element in form.elements():
        for target in filter(None, (element.sums_to, element.at_most)):
            _examine(form, Check(element.id, CheckKind.SUM, target, (element.id,)), top)
    return form


def _section(section: Section) -> FormSection:
    made = FormSection(
        section.identifier(),
        section.local_text("title"),
        tuple(_element(e) for e in section.sections("elements")),
    )
    section.finish()
    return made


def _element(section: Section) -> Element:
    kind = section.one_of("kind", Kind)
    is_figure = kind in {Kind.COUNT, Kind.TABLE, Kind.FAMILIES}
    listed = {Kind.TABLE: "rows", Kind.CHOICE: "options"}.get(kind)
    element = Element(
        id=section.identifier(),
        kind=kind,
        label=section.local_text("label"),
        definition=section.local_text("definition"),
        is_required=section.flag("required"),
        is_private=section.flag("private"),
        counts=section.one_of("counts", Counts) if is_figure else None,
        span=section.one_of("span", Span) if is_figure else None,
        longest=section.integer("longest", least=1, most=LONGEST_TEXT) if kind is Kind.TEXT else LONGEST_TEXT,
        lines=section.integer("lines", least=1, most=_MOST_LINES) if kind is Kind.FAMILIES else 0,
        options=tuple(_option(o) for o in section.sections(listed)) if listed else (),
        sums_to=section.text("sums_to") if kind is Kind.TABLE and section.has("sums_to") else "",
        at_most=section.text("at_most") if kind is Kind.FAMILIES and section.has("at_most") else "",
    )
    section.finish()
    section.refuse_twins(listed or "id", (option.id for option in element.options))
    return element


def _option(section: Section) -> Option:
    option = Option(section.identifier(), section.local_text("label"))
    section.finish()
    if option.id == "missing":
        raise section.error("id", Text("is the name of the reason for a missing figure"))
    return option


def _check(section: Section) -> Check:
    kind = section.one_of("kind", CheckKind)
    if kind is CheckKind.AT_MOST:
        check = Check(section.identifier(), kind, section.text("right"), (section.text("left"),))
    else:
        check = Check(
            section.identifier(),
            kind,
            section.text("whole"),
            section.texts("parts"),
            section.text("excuse") if section.has("excuse") else "",
        )
    section.finish()
    return check


def _examine(form: Form, check: Check, top: Section) -> None:
    """Refuse a check that would compare or add different things."""
    known = {e.id: e for e in form.elements()}
    for name in (check.whole, *check.parts, *filter(None, [check.excuse])):
        if name not in known:
            raise top.error("checks", Text("{check}: no element {name}", check=check.id, name=repr(name[:60])))
    whole = known[check.whole]
    if whole.kind not in {Kind.COUNT, Kind.DATE}:
        told = Text("{check}: {element} is neither a count nor a date", check=check.id, element=whole.id)
        raise top.error("checks", told)
    for part in (known[name] for name in check.parts):
        alike = (part.counts, part.span) == (whole.counts, whole.span)
        if not alike or (part.kind is Kind.TEXT) or (check.kind is CheckKind.SUM and not whole.is_figure):
            told = Text(
                "{check}: {part} and {whole} are not of the same thing and time",
                check=check.id,
                part=part.id,
                whole=whole.id,
            )
            raise top.error("checks", told)
    if check.excuse and known[check.excuse].kind is not Kind.TEXT:
        raise top.error("checks", Text("{check}: the excuse must be a text", check=check.id))
