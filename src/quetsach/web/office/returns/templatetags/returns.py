"""Filters for answers, which are texts: what is no number or day is shown as it was typed."""

from datetime import date

from django import template
from django.utils.safestring import SafeString

from quetsach.web.design.templatetags.words import figure, marked_day

register = template.Library()


@register.filter
def count_text(value: str) -> str:
    """Write a count with the language's separators."""
    return figure(int(value)) if value.isdecimal() and len(value) < 16 else value


@register.filter
def day_text(value: str) -> str | SafeString:
    """Write a day as the language does."""
    try:
        return marked_day(date.fromisoformat(value))
    except ValueError:
        return value
