"""How a page says that a form was refused: first in its title, then above the form with a link to each place.

And which page of a list it is.
"""

from dataclasses import dataclass
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm
from django.template import Context
from django.utils.translation import gettext as _

register = template.Library()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field: where it is on the page, what it is called, what was said of it."""

    anchor: str
    label: str
    text: str


@register.filter
def faults(form: BaseForm | None) -> list[Fault]:
    """Return what is wrong with the fields of a form, in the order of the page; nothing of a form not yet sent."""
    if form is None or not form.is_bound:
        return []
    return [
        Fault("" if field.is_hidden else field.auto_id, str(field.label), str(text))
        for field in form
        for text in field.errors
    ]


@register.filter
def has_required(form: BaseForm) -> bool:
    """Whether a form has a field that must be filled in."""
    return any(field.field.required for field in form.visible_fields())


@register.simple_tag(takes_context=True)
def title_mark(context: Context) -> str:
    """Return ``Lỗi:`` for the title of a page that shows a refusal, so that it is heard first.

    Looks for what the page will show: a form with faults, a ``refusal`` in words, or a message of an error. It asks for
    types alone, for looking into a lazy value would begin a session.
    """
    values: dict[str, Any] = {str(name): value for name, value in context.flatten().items()}
    is_refused = bool(values.get("refusal")) or any(_has_errors(value) for value in values.values())
    is_refused = is_refused or any(getattr(one, "level_tag", "") == "error" for one in values.get("messages") or ())
    return _("Error:") + " " if is_refused else ""


@register.simple_tag(takes_context=True)
def page_mark(context: Context) -> str:
    """Return the number of the page for the title, from the second on: each page of a list has a title of its own."""
    values: dict[str, Any] = {str(name): value for name, value in context.flatten().items()}
    number = max((value.number for value in values.values() if issubclass(type(value), Page)), default=1)
    return ", " + _("page %(number)s") % {"number": number} if number > 1 else ""


def _has_errors(value: Any) -> bool:
    return hasattr(type(value), "errors") and getattr(value, "is_bound", True) and bool(value.errors)


@register.inclusion_tag("design/fault_summary.html")
def fault_summary(form: BaseForm | None) -> dict[str, Any]:
    """Show above a form what is wrong with it; the summary takes the focus, without any script."""
    own = [str(text) for text in form.non_field_errors()] if form is not None and form.is_bound else []
    return {"own": own, "faults": faults(form)}
