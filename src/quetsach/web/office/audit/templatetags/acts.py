"""Names of what was done, and of its particulars."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from quetsach.web.design.templatetags.words import day, moment, percent
from quetsach.web.office.audit.words import ACT_TITLES, DETAIL_TITLES, DETAIL_WORDS, NAMING, weeks_in_words

register = template.Library()
_CHECKSUMS = frozenset({"digest", "sha256"})
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z))?")


@register.filter
def act_title(act: str) -> str | Promise:
    """Return what an act is called; one that has no name yet stands as it was written."""
    return ACT_TITLES.get(act, act)


@register.filter
def named(subject: str, names: Mapping[str, str]) -> str:
    """Return what the subject of an entry is called."""
    return names.get(subject, subject)


@register.filter
def particulars(
    detail: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> Iterator[tuple[str | Promise, str, bool]]:
    """Return the particulars of an entry with their names, in words, and whether each is a checksum.

    ``names`` are those of units and people by the keys and numbers that particulars hold.
    """
    for name, value in detail.items():
        words = DETAIL_WORDS.get(name, {})
        if name in NAMING:
            words = {**words, **(names or {})}
        told = _shares(value) if name == "successors" else _targets(value, words) if name == "targets" else value
        yield DETAIL_TITLES.get(name, name), _said(told, words), name in _CHECKSUMS


def _shares(value: object) -> object:
    """Write what each successor took over, kept in millionths, as a share."""
    if not isinstance(value, dict):
        return value
    return {key: percent(millionths / 10_000) for key, millionths in value.items()}


def _targets(value: object, words: Mapping[str, str | Promise]) -> object:
    """Write a place and the kind of the units below it that are asked in words: ``tw province``."""
    if not isinstance(value, list):
        return value
    return [": ".join(str(words.get(word, word)) for word in str(one).split()) for one in value]


def _said(value: object, words: Mapping[str, str | Promise]) -> str:
    match value:
        case bool():
            return _("yes") if value else _("no")
        case dict() | list() | str() | None if not value:
            return "–"
        case list():
            return ", ".join(_said(item, words) for item in value)
        case dict():
            return ", ".join(f"{words.get(key, key)}: {_said(item, words)}" for key, item in value.items())
    text = str(value)
    if text in words:
        return str(words[text])
    return _time_said(text) if _TIME.fullmatch(text) else weeks_in_words(text)


def _time_said(text: str) -> str:
    """Write a day or a time that an entry holds in ISO 8601 as the page writes its own."""
    try:
        return moment(datetime.fromisoformat(text)) if len(text) > len("2020-10-06") else day(date.fromisoformat(text))
    except ValueError:
        return text
