"""A return as a spreadsheet: a template with unit and period filled in, and reading it back cell by cell."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from unicodedata import normalize

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from quetsach.campaign.errors import ReturnError, UnitsError
from quetsach.campaign.returns.form import Element, Form, Kind
from quetsach.campaign.returns.state import Scope
from quetsach.core.table import guarded, unguarded
from quetsach.core.text import Text
from quetsach.web.design.words import here
from quetsach.web.office.returns.models import Period
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.units.spreadsheet import read_xlsx, sheet_title

_CODE, _LABEL, _VALUE, _REASON = 1, 2, 3, 4
_QUIET = Font(name="Liberation Sans", size=9, color="535B65")
_BOLD = Font(name="Liberation Sans", size=11, bold=True)
_PLAIN = Font(name="Liberation Sans", size=11)
_OPEN = PatternFill("solid", fgColor="FFF9EC")
_LINE = Border(bottom=Side(style="thin", color="AAB2BB"))
_EDGE = Side(style="thin", color="535B65")
_OPEN_BORDER = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
_IDENTITY = ("@form", "@period", "@unit")
_SCOPES = {
    Scope.OWN: Text("this unit alone"),
    Scope.SUBTREE: Text("with all units below"),
}
"""How a sheet says whose machines are counted, chosen from a list; read back in either language, or by its code."""


@dataclass(frozen=True, slots=True)
class SheetReturn:
    """What a spreadsheet holds. ``places`` tell where each cell of the form stands: ``C12``."""

    scope: Scope
    cells: Mapping[str, str]
    places: Mapping[str, str]


def write_sheet(period: Period, unit: Unit, cells: Mapping[str, str], scope: Scope) -> bytes:
    """Return the template of a unit's return as XLSX, with what is written so far; only answers can be changed."""
    return _sheet_of(period.assignment.form.form, period.key, (unit.name, unit.key), cells, scope)


def write_blank(form: Form) -> bytes:
    """Return a form as XLSX to look at: of no unit and no period, so that it is taken back from nobody."""
    return _sheet_of(form, "–", ("–", "–"), {}, Scope.OWN)


def _sheet_of(form: Form, period: str, unit: tuple[str, str], cells: Mapping[str, str], scope: Scope) -> bytes:
    name, key = unit
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101  (a new workbook has one)
    sheet.title = sheet_title(_("Return of a unit"))
    for column, width in zip("ABCD", (26, 62, 22, 42), strict=True):
        sheet.column_dimensions[column].width = width
    _append(sheet, (_("Code"), _("Question"), _("Answer"), _("Why there is no figure")), font=_BOLD, border=_LINE)
    identity = (form.code, period, key)
    labels = (here(form.name), _("Period"), name)
    for code, label, value in zip(_IDENTITY, labels, identity, strict=True):
        _append(sheet, (code, label, value), font=_QUIET)
    _append(sheet, ("@scope", _("Whose machines are counted (choose from the list)"), _scope_text(scope)))
    _open_cell(sheet, _VALUE)
    choices = DataValidation(type="list", formula1=f'"{",".join(map(_scope_text, _SCOPES))}"', allow_blank=False)
    choices.add(sheet.cell(sheet.max_row, _VALUE))
    sheet.add_data_validation(choices)
    for code, label, reason in _lines(form):
        value = guarded(cells.get(code, "")) if code and not code.startswith("#") else ""
        why = guarded(cells.get(reason, "")) if reason else ""
        _append(sheet, (code, label, value, why), font=_PLAIN if code and not code.startswith("#") else _BOLD)
        if code and not code.startswith("#"):
            _open_cell(sheet, _VALUE)
        if reason:
            _open_cell(sheet, _REASON)
    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "portrait", 9, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_sheet(content: bytes, period: Period, unit: Unit) -> SheetReturn:
    """Read a filled template.

    Raises:
        ReturnError: no such file, of another form, period or unit, a formula, a line twice or one that is unknown;
            ``where`` names the cell.
    """
    form = period.assignment.form.form
    found, places = _filled(_rows(content), form)
    expected = dict(zip(_IDENTITY, (form.code, period.key, unit.key), strict=True))
    for name, wanted in expected.items():
        if found.get(name) != wanted:
            raise ReturnError(
                _("the file is of another form, period or unit: %(found)s") % {"found": found.get(name, "–")[:60]},
                where=_cell(places.get(name, "A1")),
                hint=_("download the template of this return"),
            )
    said = normalize("NFC", found.get("@scope", "")).lower()
    scope = next((one for one, text in _SCOPES.items() if said in (one.value, text.vi, text.en)), None)
    if scope is None:
        allowed = {"own": _scope_text(Scope.OWN), "subtree": _scope_text(Scope.SUBTREE)}
        raise ReturnError(_("must be “%(own)s” or “%(subtree)s”") % allowed, where=_cell(places.get("@scope", "A5")))
    known = form.fields()
    return SheetReturn(scope, {name: text for name, text in found.items() if name in known and text}, places)


def _rows(content: bytes) -> tuple[tuple[int, tuple[str, ...]], ...]:
    try:
        sheets = read_xlsx(content, name=_("file"))
    except UnitsError as error:
        language = get_language() or "vi"
        hint = error.advice.in_language(language) if error.advice else ""
        raise ReturnError(error.text.in_language(language), hint=hint) from error
    return sheets[0].rows if sheets else ()


def _filled(rows: Iterable[tuple[int, tuple[str, ...]]], form: Form) -> tuple[dict[str, str], dict[str, str]]:
    """Return what stands in the lines by name of the form's cell, and where."""
    reasons = {code: reason for code, _label, reason in _lines(form)}
    codes = {*reasons, *_IDENTITY, "@scope"}
    found: dict[str, str] = {}
    places: dict[str, str] = {}
    for number, row in rows:
        code, _label, value, reason = (*(cell.strip() for cell in row), "", "", "", "")[:4]
        if code and (code not in codes or code in places):
            hint = _("download the template again")
            raise ReturnError(_("a line that does not belong here"), where=_cell(f"A{number}"), hint=hint)
        for name, text, place in ((code, value, f"C{number}"), (reasons.get(code, ""), reason, f"D{number}")):
            if text.startswith("="):
                raise ReturnError(_("a formula"), where=_cell(place), hint=_("write the number instead of the formula"))
            if name:
                found[name], places[name] = unguarded(text), place
    return found, places


def _cell(place: str) -> str:
    return " ".join((_("Cell"), place))


def _lines(form: Form) -> Iterator[tuple[str, str, str]]:
    """Yield code, label and the name of the cell for a reason, of every line; headings have a code with ``#``."""
    for section in form.sections:
        yield "", here(section.title), ""
        for element in section.elements:
            yield from _element_lines(element)


def _element_lines(element: Element) -> Iterator[tuple[str, str, str]]:
    label = here(element.label)
    reason = f"{element.id}.missing" if element.may_be_missing else ""
    if element.kind is Kind.TABLE:
        yield f"#{element.id}", label, reason
        for option in element.options:
            yield f"{element.id}.{option.id}", f"   {here(option.label)}", ""
    elif element.kind is Kind.FAMILIES:
        yield f"#{element.id}", label, ""
        for n in range(1, element.lines + 1):
            yield f"{element.id}.{n}.name", "   {}. {}".format(n, _("Family")), ""
            yield f"{element.id}.{n}.count", "   {}. {}".format(n, _("Machines")), ""
    else:
        yield element.id, label, reason


def _append(sheet: Worksheet, values: tuple[str, ...], *, font: Font = _PLAIN, border: Border | None = None) -> None:
    sheet.append(values)
    for column, cell in enumerate(sheet[sheet.max_row], 1):
        cell.font = _QUIET if column == _CODE else font
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.number_format = "@" if column in {_VALUE, _REASON} else "General"
        if border:
            cell.border = border


def _open_cell(sheet: Worksheet, column: int) -> None:
    cell = sheet.cell(sheet.max_row, column)
    cell.protection = Protection(locked=False)
    cell.fill, cell.border = _OPEN, _OPEN_BORDER


def _scope_text(scope: Scope) -> str:
    return str(here(_SCOPES[scope]))
