"""How the form of a plan is laid out."""

from dataclasses import dataclass

from django import template
from django.forms import BaseFormSet, BoundField

from quetsach.web.office.campaigns.plan_form import LIST_WORDS, GateForm, RowForm
from quetsach.web.office.campaigns.plan_sheet import PlanSheet

register = template.Library()


@dataclass(frozen=True, slots=True)
class SheetList:
    """One list of the form of a plan, with what is said about it."""

    key: str
    rows: "BaseFormSet[RowForm]"
    title: str
    one: str
    help: str
    add: str
    gate: str


@register.filter
def sheet_lists(sheet: PlanSheet) -> list[SheetList]:
    """Return the lists of a plan's form in the order of the page, in words."""
    return [SheetList(key, rows, *(str(text) for text in LIST_WORDS[key])) for key, rows in sheet.lists.items()]


@register.filter
def row_fields(row: RowForm) -> list[BoundField]:
    """Return the fields of a row that are no conditions."""
    conditions = {field.name for field in row.gate} if isinstance(row, GateForm) else set()
    return [field for field in row.visible_fields() if field.name not in conditions]
