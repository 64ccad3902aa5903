"""What forms of the office carry: Django's token, for whom it was made, a draft, and days when something is due."""

import json
from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.template import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from quetsach.web.office.day_field import DueInput
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.services.keeping import (
    DRAFT,
    MADE_FOR,
    UNTYPED,
    draft_of,
    draft_path,
    fields_of,
    made_for,
)

register = template.Library()
_LEAST_TEXT = 40


@register.simple_tag(name="csrf_token", takes_context=True)
def form_marks(context: Context) -> SafeString:
    """Write Django's token; of somebody who is signed in also the mark by which the form is kept when a session ends.

    It takes the place of Django's tag of that name, so that no form of the office can be without the mark.
    """
    token = mark_safe(CsrfTokenNode().render(context))  # noqa: S308  (Django's own field)
    request = context.get("request")
    person = getattr(request, "user", None)
    if request is None or not isinstance(person, Person):
        return token
    return format_html(
        '{}<input type="hidden" name="{}" value="{}">', token, MADE_FOR, made_for(person, request.get_full_path())
    )


@register.simple_tag
def due_input(name: str, field_id: str, value: str = "", latest: date | None = None, about: str = "") -> SafeString:
    """Write the picker of a day by which something is due, for forms that are written out.

    ``latest`` is the last day that can be chosen, ``about`` the identifier of what explains the field.
    """
    attributes = {"id": field_id, "max": latest.isoformat() if latest else None, "aria-describedby": about or None}
    return DueInput().render(name, value, {key: text for key, text in attributes.items() if text})


@register.inclusion_tag("office/people/draft.html", takes_context=True)
def draft(context: Context, name: str, page: str = "", again: str = "") -> dict[str, Any]:
    """Write into a form as what it is kept while it is written, and offer what was kept before.

    Args:
        context: of the page.
        name: of the form within its page.
        page: the page, if the form may be shown at another address.
        again: the field with which the page shows what was sent without judging it; without it the fields are filled.
    """
    request = context["request"]
    path = draft_path(page or request.path, name)
    kept = draft_of(request.user, path, now=datetime.now(UTC)) if request.method != "POST" else None
    fields = fields_of(kept) if kept else []
    return {
        "field": DRAFT,
        "path": path,
        "kept": kept,
        "fields": json.dumps(fields),
        "texts": _texts(fields),
        "again": again,
    }


def _texts(fields: list[tuple[str, str]]) -> list[str]:
    """Return what was typed as text, to be read where no script puts it back."""
    return [value for name, value in fields if name not in UNTYPED and len(value) >= _LEAST_TEXT]
