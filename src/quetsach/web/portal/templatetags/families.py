"""Names of families that lead to their pages."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from quetsach.core.pack import LocalText
from quetsach.web.portal.selectors import pack_of

register = template.Library()


@register.simple_tag
def family_link(family: str, name: LocalText | None = None) -> SafeString:
    """Write a family's name, as a link where there is a page about it; without ``name`` the pack's, or the id."""
    language = "en" if get_language() == "en" else "vi"
    pack = pack_of(family)
    shown = name or (pack.name if pack else None)
    text = shown.in_language(language) if shown else family
    return (
        format_html('<a href="{}">{}</a>', reverse("family", args=[pack.family]), text)
        if pack
        else format_html("{}", text)
    )
