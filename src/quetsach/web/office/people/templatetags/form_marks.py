"""What forms of the office carry: Django's token, for whom it was made, and days by which something is due."""

from datetime import date

from django import template
from django.template import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from quetsach.web.office.day_field import DueInput
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.services.keeping import MADE_FOR, made_for

register = template.Library()


@register.simple_tag(name="csrf_token", takes_context=True)
def form_marks(context: Context) -> SafeString:
    """Write Django's token; of somebody who is signed in also the mark by which the form is kept when a session ends.

    It takes the place of Django's tag of that name, so that no form of the office can be without the mark.
    """
    token = mark_safe(CsrfTokenNode().render(context))  # noqa: S308  (Django's own field)
    person = getattr(context.get("request"), "user", None)
    if not isinstance(person, Person):
        return token
    return format_html('{}<input type="hidden" name="{}" value="{}">', token, MADE_FOR, made_for(person))


@register.simple_tag
def due_input(name: str, field_id: str, value: str = "", latest: date | None = None, about: str = "") -> SafeString:
    """Write the picker of a day by which something is due, for forms that are written out.

    ``latest`` is the last day that can be chosen, ``about`` the identifier of what explains the field.
    """
    attributes = {"id": field_id, "max": latest.isoformat() if latest else None, "aria-describedby": about or None}
    return DueInput().render(name, value, {key: text for key, text in attributes.items() if text})
