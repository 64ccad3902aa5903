"""What the pages of feeds call feeds, the states of a file, and the reasons for which a record is set aside."""

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.centre.feed_states import FeedState
from quetsach.core.family import Placing
from quetsach.core.text import LocalText
from quetsach.feeds.layout import ORIGIN_NAMES, SUBJECT_NAMES, Layout
from quetsach.feeds.record import Reason
from quetsach.web.office.feeds.models import FileState

register = template.Library()

_STATES: Mapping[FileState, tuple[str, str | Promise]] = {
    FileState.WAITING: ("plain", _("waits its turn")),
    FileState.RUNNING: ("plain", _("being taken in")),
    FileState.DONE: ("good", _("taken in")),
    FileState.PARTLY: ("attention", _("taken in, but for a part")),
    FileState.REFUSED: ("attention", _("refused")),
}
REASONS: Mapping[Reason, str | Promise] = {
    Reason.BAD_IP: _("not an IP address"),
    Reason.EMPTY_IP: _("the IP address is missing"),
    Reason.BAD_TIMESTAMP: _("not a time"),
    Reason.BAD_PORT: _("not a port"),
    Reason.BAD_DESTINATION_IP: _("the destination is not an IP address"),
    Reason.BAD_DESTINATION_PORT: _("the destination's port is not a port"),
    Reason.SHORT_ROW: _("too few columns"),
    Reason.LONG_ROW: _("too many columns"),
    Reason.BAD_QUOTES: _("quotation marks that do not close"),
    Reason.BAD_UTF8: _("not text in UTF-8"),
    Reason.REPEATED_HEADER: _("the header once more"),
    Reason.TOO_LONG: _("the line is too long"),
    Reason.FUTURE: _("a time that has not come yet"),
    Reason.RESERVED_IP: _("an address that is not of the public Internet"),
    Reason.IP_RANGE: _("a range of addresses, not one"),
    Reason.BAD_JSON: _("not an object of JSON"),
    Reason.BAD_YAML: _("not YAML with a name and its value on each line"),
    Reason.OTHER_KIND: _("of something else than what is read of this report"),
}


@register.filter
def reason_name(code: str) -> str | Promise:
    """Return what a reason is called; the code itself where it is not known."""
    return REASONS[Reason(code)] if code in set(Reason) else code


@register.filter
def decided_at(placing: Placing) -> datetime:
    """Return when an analyst decided (UTC)."""
    return datetime.fromisoformat(placing.at)


@register.filter
def state_name(state: FileState) -> str | Promise:
    """Return what the state of a file is called."""
    return _STATES[state][1]


@register.filter
def state_badge(state: FileState) -> str:
    """Return the kind of badge that the state of a file is shown in."""
    return _STATES[state][0]


@register.filter
def subject_name(one: Layout | FeedState) -> LocalText:
    """Return what the addresses of a report are, and whether they are counted."""
    return SUBJECT_NAMES[one.subject]


@register.filter
def origin_name(layout: Layout) -> LocalText:
    """Return where a layout comes from."""
    return ORIGIN_NAMES[layout.origin]


@register.filter
def required_columns(layout: Layout) -> list[str]:
    """Return the columns without which a report cannot be read."""
    return sorted(layout.required_names())
