"""How kinds and columns of units are written on a page."""

from typing import Any

from django import template
from django.conf import settings

from quetsach.campaign.units.unit import UnitKind
from quetsach.centre.tables import load_former_names
from quetsach.web.office.tree.models import UNIT_COLUMN_TITLES, UNIT_KIND_TITLES

register = template.Library()


@register.filter
def kind_title(kind: str) -> Any:
    """Write a kind of unit."""
    return UNIT_KIND_TITLES[UnitKind(kind)]


@register.filter
def former_name(key: str) -> str:
    """Write under which other name lists of 2020 to 2024 have a unit; empty where under its own."""
    return load_former_names(settings.CENTER.data).get(key, "")


@register.filter
def column_title(column: str) -> Any:
    """Write the name of a column."""
    return UNIT_COLUMN_TITLES.get(column, column)
