"""Telephone lines beside the centre's own, as the help page shows them: of provinces, and of internet providers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings

from quetsach.centre.tables import load_places, load_provider_lines
from quetsach.core.errors import QuetsachError
from quetsach.core.help_line import HelpLine, Way, phone_way
from quetsach.core.text import LocalText
from quetsach.web.configuration import Configuration
from quetsach.web.design.words import page_language

register = template.Library()
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """Whose lines: the name, what they are for (empty for all), the numbers, and since when they are known to be so."""

    name: str
    service: str
    ways: tuple[Way, ...]
    checked_on: date | None = None


@register.inclusion_tag("portal/help_lines.html")
def help_lines() -> Mapping[str, object]:
    """Show the lines of provinces and of providers; nothing where none is known."""
    center: Configuration = settings.CENTER
    language, day = page_language(), datetime.now(settings.COUNTRY.zone).date()
    return {
        "places": _place_lines(center.help_line, center.data, day, language),
        "providers": _provider_lines(center.data, day, language),
    }


def _place_lines(line: HelpLine, data: Path | None, day: date, language: str) -> tuple[Line, ...]:
    """A code that is no province's today is shown as it is: whoever set it sees that it is wrong."""
    if not line.places:
        return ()
    places = load_places(data)
    found = ((places.on(code, day), code, phones) for code, phones in line.places)
    return tuple(
        Line(place.name.in_language(language) if place else code, "", _ways(phones, language))
        for place, code, phones in found
    )


@lru_cache(maxsize=8)
def _provider_lines(data: Path | None, _day: date, language: str) -> tuple[Line, ...]:
    """Read once a day: the table changes when somebody has rung the numbers."""
    try:
        known = load_provider_lines(data) if data else ()
    except QuetsachError as error:
        _logger.warning("lines of providers are not shown: %s", error)
        return ()
    return tuple(
        Line(
            name.in_language(language) if isinstance(name, LocalText) else name,
            line.service.in_language(language),
            _ways((line.phone,), language),
            line.checked_on,
        )
        for name, line in known
    )


def _ways(phones: tuple[str, ...], language: str) -> tuple[Way, ...]:
    return tuple(phone_way(phone, language) for phone in phones)
