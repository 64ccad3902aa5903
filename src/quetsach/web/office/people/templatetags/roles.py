"""Names of roles."""

from django import template
from django.utils.functional import Promise

from quetsach.campaign.authority import Role
from quetsach.web.office.people.models import ROLE_TITLES

register = template.Library()


@register.filter
def role_title(value: str) -> str | Promise:
    """Return what a role is called."""
    return ROLE_TITLES[Role(value)]
