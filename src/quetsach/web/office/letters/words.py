"""How states, stages and spans of time are written on pages about letters."""

from collections.abc import Iterable
from datetime import timedelta

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.letters.delivery_status import Funnel, Stage
from quetsach.web.design.charts.parts import Part, StackedBar, draw_parts

register = template.Library()

_STANDINGS = {
    "waiting": _("to be sent"),
    "sent": _("sent"),
    "delivered": _("delivered"),
    "bounced": _("came back"),
    "opened": _("opened"),
    "acknowledged": _("acknowledged"),
    "refused": _("refused"),
    "forwarded": _("passed on"),
    "reported": _("reported"),
    "closed": _("closed"),
}
_STATES = {
    "draft": _("draft"),
    "submitted": _("waits for approval"),
    "refused-approval": _("not approved"),
    "approved": _("approved, not issued yet"),
    "issued": _("issued"),
    "replaced": _("replaced"),
    "revoked": _("revoked"),
}
_MAIL = {
    "queued": _("in the queue"),
    "handing": _("being handed over"),
    "sent": _("handed over"),
    "failed": _("failed"),
    "uncertain": _("uncertain"),
}
_KINDS = {
    "centre": _("centre"),
    "province": _("provinces"),
    "district": _("districts"),
    "commune": _("communes"),
    "ministry": _("ministries"),
    "agency": _("agencies"),
    "enterprise": _("enterprises"),
}
_GOOD = {"acknowledged", "forwarded", "reported", "issued"}
_ATTENTION = {"refused-approval", "bounced", "refused", "failed", "uncertain", "revoked", "replaced"}


@register.filter
def standing_name(value: str) -> str:
    """Name where a dispatch stands, or a stage."""
    return str(_STANDINGS.get(value, value))


@register.filter
def state_name(value: str) -> str:
    """Name the state or the stage of a letter."""
    return str(_STATES.get(value, value))


@register.filter
def mail_state_name(value: str) -> str:
    """Name the state of a message."""
    return str(_MAIL.get(value, value))


@register.filter
def kind_names(values: Iterable[str]) -> str:
    """Name kinds of units."""
    return ", ".join(str(_KINDS.get(value, value)) for value in values)


@register.filter
def badge_class(value: str) -> str:
    """Return the class of a badge: colour is third, after word and shape."""
    return "good" if value in _GOOD else "attention" if value in _ATTENTION else "plain"


@register.filter
def span(value: timedelta | None) -> str:
    """Write a span of time in its two largest units; a dash for none."""
    if value is None:
        return "–"
    minutes = int(value.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = []
    if days:
        parts.append(_("%(number)s d") % {"number": days})
    if hours and days < 10:
        parts.append(_("%(number)s h") % {"number": hours})
    if not days and minutes % 60 and hours < 10:
        parts.append(_("%(number)s min") % {"number": minutes % 60})
    return " ".join(parts) or str(_("under a minute"))


@register.simple_tag
def answers_bar(counts: Funnel) -> SafeString:
    """Draw how many of those a letter was sent to acknowledged it and how many still owe an answer.

    Raises:
        ValueError: it was sent to nobody.
    """
    acknowledged = counts.reached[Stage.ACKNOWLEDGED]
    parts = [
        Part(str(_("Acknowledged")), acknowledged),
        Part(str(_("Still without an answer")), counts.waiting),
    ]
    if over := counts.total - acknowledged - counts.waiting:
        parts.append(Part(str(_("Refused, or no longer waited for")), over))
    return draw_parts(StackedBar(str(_("Sent to")), parts))
