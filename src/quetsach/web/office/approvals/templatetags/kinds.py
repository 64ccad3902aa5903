"""Names of what is approved."""

from django import template
from django.utils.functional import Promise

from quetsach.web.office.approvals.models import APPROVAL_TITLES

register = template.Library()


@register.filter
def kind_title(kind: str) -> str | Promise:
    """Return what a kind of approval is called."""
    return APPROVAL_TITLES[kind]
