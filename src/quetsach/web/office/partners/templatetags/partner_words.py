"""Figures of partners as a page writes them: a number, or bounds, always with what it counts."""

from django import template
from django.utils.functional import Promise

from quetsach.campaign.partners.declaration import Figure
from quetsach.web.design.templatetags.words import figure as write_number
from quetsach.web.office.partners import wording

register = template.Library()


@register.filter
def bounds(value: Figure) -> str:
    """Write a figure: one number, or the least and the most."""
    if value.is_exact:
        return write_number(value.most)
    return f"{write_number(value.least)} – {write_number(value.most)}"


@register.filter
def worded(value: str, table: str) -> str | Promise:
    """Return the words of a value of one of the tables of ``wording``, such as ``REASONS``."""
    words: dict[str, str | Promise] = getattr(wording, table)
    return words.get(value, value)
