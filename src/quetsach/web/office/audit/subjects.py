"""What an entry of the log is about, in words: rooms say what their own things are called, a page at a time."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.log.naming import names_of
from quetsach.web.office.tree.words import KIND_TITLES

UNIT_KINDS: Mapping[str, str | Promise] = {kind.value: title for kind, title in KIND_TITLES.items()}
_NAMED_WEEK = _("week %(week)s/%(year)s")
_WEEK = re.compile(r"\b(\d{4})-W(\d\d)\b")

NAMING: Mapping[str, tuple[str, ...]] = {
    "campaign": ("campaign",),
    "form": ("form",),
    "missing": ("unit",),
    "parent": ("unit",),
    "successors": ("unit",),
    "targets": ("unit",),
    "to": ("unit", "person"),
}
"""Particulars that hold keys of things that have names: of which kinds."""

TITLES: Mapping[str, str | Promise] = {
    "approval": _("approval"),
    "assignment": _("returns asked for"),
    "baseline": _("baseline"),
    "campaign": _("campaign"),
    "case": _("help case"),
    "decision": _("decision asked for"),
    "family": _("family of malware"),
    "figures": _("published figures"),
    "form": _("form of returns"),
    "group": _("group"),
    "group-set": _("division into groups"),
    "invitation": _("invitation"),
    "kit": _("publicity kit"),
    "letter": _("letter"),
    "mail": _("mail"),
    "numbers": _("figures"),
    "operation": _("operation of the centre"),
    "packs": _("packs"),
    "partner": _("partner"),
    "period": _("period of returns"),
    "person": _("person"),
    "register": _("register of letters"),
    "reports": _("reports of the tool"),
    "return": _("return"),
    "return-link": _("link for a return"),
    "returns": _("totals of returns"),
    "setting": _("setting"),
    "template": _("template of letters"),
    "unit": _("unit"),
    "units": _("tree of units"),
    "wording": _("text"),
}
"""Kind of subject -> what it is called."""


def names_in(details: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return what the things are called whose keys stand among particulars; one query for each kind of them."""
    keys: dict[str, set[str]] = {}
    for detail in details:
        for name in NAMING.keys() & detail.keys():
            for kind in NAMING[name]:
                keys.setdefault(kind, set()).update(_words(detail[name]))
    found: dict[str, str] = {}
    for kind in sorted(keys):
        if keys[kind]:
            found |= names_of(kind, keys[kind])
    return found


def _words(value: object) -> Iterator[str]:
    """Yield the words of a particular, however it was written: a text, a list of texts, or values by key."""
    if isinstance(value, list | dict):
        for inner in value:
            yield from _words(inner)
    else:
        yield from str(value).split()


def weeks_in_words(text: str) -> str:
    """Return a text with its ISO weeks as people name them: ``2026-W47`` is week 47/2026."""
    return _WEEK.sub(lambda found: str(_NAMED_WEEK % {"week": int(found[2]), "year": found[1]}), text)


def subject_names(subjects: Iterable[str]) -> dict[str, str]:
    """Return what each subject is called, with as many queries as there are kinds; without a name, kind and number."""
    of_kind: dict[str, dict[str, str]] = {}
    for subject in subjects:
        kind, _colon, key = subject.partition(":")
        of_kind.setdefault(kind, {})[subject] = key
    named = {}
    for kind, keys in of_kind.items():
        names = names_of(kind, set(keys.values()))
        title = TITLES.get(kind, kind)
        for subject, key in keys.items():
            named[subject] = (
                f"{title}: {names.get(key) or weeks_in_words(key).replace(':', ', ')}" if key else str(title)
            )
    return named
