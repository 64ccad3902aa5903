"""What the page of operation calls the centre's checks, signatures and ways to the mail server."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

_CHECKS: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "database": (_("Database"), _("It does not answer: nothing of the office can be read or kept.")),
    "figures": (_("Published figures"), _("They are old or cannot be read: look at the feeds.")),
    "repository": (_("Packs and tools for download"), _("A signature has expired or cannot be read: sign anew.")),
    "disk": (_("Room on the disk"), _("There is too little room for a day's data.")),
    "work": (
        _("Work behind the pages: mail, reminders, counting"),
        _("A part of it does not run: restart the centre."),
    ),
}
"""Name in ``/healthz`` -> title, and what is to be done where it is not well."""
_ROLES: Mapping[str, str | Promise] = {
    "root": _("who may sign (root)"),
    "snapshot": _("which versions belong together (snapshot)"),
    "targets": _("the files themselves (targets)"),
    "timestamp": _("that this is the newest state (timestamp)"),
}
_SECURITIES: Mapping[str, str | Promise] = {
    "none": _("without encryption"),
    "starttls": _("encrypted (STARTTLS)"),
    "tls": _("encrypted (TLS)"),
}


@register.filter
def check_name(name: str) -> str | Promise:
    """Return what a check of ``/healthz`` is called."""
    return _CHECKS[name][0] if name in _CHECKS else name


@register.filter
def check_advice(name: str) -> str | Promise:
    """Return what is to be done where a check is not well."""
    return _CHECKS[name][1] if name in _CHECKS else ""


@register.filter
def repository_role(role: str) -> str | Promise:
    """Return what a role of the repository signs."""
    return _ROLES.get(role, role)


@register.filter
def security_name(security: str) -> str | Promise:
    """Return how the way to the mail server is secured."""
    return _SECURITIES[security]
