"""The field of a day.

A browser shows a day in the order of its own language, 10/11 or 11/10, so the chosen day stands beside it in words;
beside a day by which something is due also that offices are closed on it, which is said and refuses nothing.
"""

import json
from datetime import date
from typing import Any

from django import forms, template
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from quetsach.core.language import LocalForm
from quetsach.core.period import day_in, month_names, read_day
from quetsach.web.design.words import day_off, days_off, page_language

register = template.Library()


class DayInput(forms.DateInput):
    """The browser's own picker, with the chosen day in words behind it."""

    input_type = "date"
    template_name = "office/day_input.html"

    def __init__(self) -> None:
        super().__init__(attrs={"class": "short"}, format="%Y-%m-%d")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the day in words; nothing for what is no day."""
        context = super().get_context(name, value, attrs)
        return context | {"chosen": in_words(value)}


class DueInput(DayInput):
    """The picker of a day by which something is due."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add whether offices are closed on the chosen day, and for the script on which days they are."""
        context = super().get_context(name, value, attrs)
        closed = json.dumps(days_off(), ensure_ascii=False)
        return context | {"chosen": context["chosen"] + day_off(chosen_day(value)), "closed": closed}


class DayField(forms.DateField):
    """A day, as 2026-11-23 or 23/11/2026: browsers send the first, people type the second."""

    picker: type[DayInput] = DayInput

    def __init__(self, **options: Any) -> None:
        told = {"invalid": _("There is no such day; write day/month/year, such as 23/11/2026.")}
        super().__init__(error_messages=told, **{"widget": self.picker()} | options)

    def to_python(self, value: Any) -> date | None:
        """Read a day; the month never stands first, whatever the language of the page."""
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        try:
            return read_day(str(value))
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class DueField(DayField):
    """A day by which something is due."""

    picker = DueInput


def chosen_day(value: Any) -> date | None:
    """Return the day that a field holds; ``None`` for what is no day."""
    try:
        return value if isinstance(value, date) else read_day(str(value or ""))
    except ValueError:
        return None


_IN_WORDS = LocalForm("%-d %B %Y", context="form: a day in words")


@register.simple_tag
def day_in_words() -> dict[str, str]:
    """Return for a script how a day is written in words, and the names of the months."""
    language = page_language()
    return {"form": _IN_WORDS.in_language(language), "months": "|".join(month_names(language))}


def in_words(value: Any) -> str:
    """Return a day so that no two readers take it for different ones."""
    chosen = chosen_day(value)
    if chosen is None:
        return ""
    return day_in(_IN_WORDS, chosen, page_language())
