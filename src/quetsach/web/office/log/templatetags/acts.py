"""Names of what was done."""

from django import template
from django.utils.functional import Promise

from quetsach.web.office.log.words import ACT_TITLES

register = template.Library()


@register.filter
def act_title(act: str) -> str | Promise:
    """Return what an act is called; one that has no name yet stands as it was written."""
    return ACT_TITLES.get(act, act)
