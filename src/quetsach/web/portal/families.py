"""Names of families that lead to their pages."""

from collections.abc import Sequence

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from quetsach.centre.publication.snapshot import RankedRow, WindowFigure
from quetsach.centre.tables import load_calendar
from quetsach.core.pack import Pack
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.web.design.words import here
from quetsach.web.published.selectors import pack_of, shelf

register = template.Library()


@register.simple_tag
def family_link(family: str, name: LocalText) -> SafeString:
    """Write the name of a family of the families' table, as a link where there is a page about it."""
    return _link(pack_of(family), here(name))


@register.simple_tag
def known_events(rows: Sequence[RankedRow], window: WindowFigure) -> tuple[LocalText, ...]:
    """Return what is known to have changed the counts of families in a ranking although no machine was cleaned."""
    calendar = load_calendar(settings.CENTER.data).of_families({row.id for row in rows})
    return tuple(notice.text for notice in calendar.beside(Period(window.first, window.last)))


@register.simple_tag
def pack_link(family: str) -> SafeString:
    """Write the name of a pack that the tool found something of, as a link to its page; the id of one not known."""
    pack = next((pack for pack in shelf() if pack.family == family), None)
    return _link(pack, here(pack.name) if pack else family)


def _link(pack: Pack | None, text: str) -> SafeString:
    if pack is None:
        return format_html("{}", text)
    return format_html('<a href="{}">{}</a>', reverse("family", args=[pack.family]), text)
