"""What an entry of the log is about, in words: rooms say what their own things are called, a page at a time."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.people.models import Person
from quetsach.web.office.units.models import Unit
from quetsach.web.office.units.words import KIND_TITLES

UNIT_KINDS: Mapping[str, str | Promise] = {kind.value: title for kind, title in KIND_TITLES.items()}
_NAMED_WEEK = _("week %(week)s/%(year)s")
_WEEK = re.compile(r"\b(\d{4})-W(\d\d)\b")

type Namer = Callable[[Collection[str]], Mapping[str, str]]
"""Returns what things are called, by what follows the colon of their subjects; a thing that is gone is left out."""

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


def _people(keys: Collection[str]) -> Mapping[str, str]:
    found = Person.objects.filter(pk__in=[int(key) for key in keys if key.isdecimal() and len(key) < 10])
    return {str(person.pk): person.name for person in found}


def _units(keys: Collection[str]) -> Mapping[str, str]:
    return {unit.key: unit.name for unit in Unit.objects.filter(key__in=keys)}


_KINDS_OF_VALUES = {
    "campaign": "campaign", "form": "form", "missing": "unit", "parent": "unit", "targets": "unit",
}  # fmt: skip
"""Particulars whose values are keys of things that have names; a target may have a kind of unit behind its key."""

_NAMERS: dict[str, Namer] = {"person": _people, "unit": _units}


def register_namer(kind: str, namer: Namer) -> None:
    """Say how things of one kind are called; rooms do it when the office starts."""
    _NAMERS[kind] = namer


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
        names = _NAMERS[kind](set(keys.values())) if kind in _NAMERS else {}
        title = TITLES.get(kind, kind)
        for subject, key in keys.items():
            named[subject] = (
                f"{title}: {names.get(key) or weeks_in_words(key).replace(':', ', ')}" if key else str(title)
            )
    return named


def value_names(details: Iterable[Mapping[str, object]]) -> dict[str, dict[str, str]]:
    """Return what the values of particulars are called, by particular and value, with as many queries as kinds."""
    values: dict[str, set[str]] = {}
    for detail in details:
        for name in _KINDS_OF_VALUES.keys() & detail.keys():
            given = detail[name]
            several = given if isinstance(given, list) else [given]
            values.setdefault(name, set()).update(str(one) for one in several if one)
    keys: dict[str, set[str]] = {}
    for name, found in values.items():
        keys.setdefault(_KINDS_OF_VALUES[name], set()).update(value.partition(" ")[0] for value in found)
    names = {kind: _NAMERS[kind](wanted) for kind, wanted in keys.items() if kind in _NAMERS}
    return {
        name: {value: _value_name(value, names.get(_KINDS_OF_VALUES[name], {})) for value in found}
        for name, found in values.items()
    }


def _value_name(value: str, names: Mapping[str, str]) -> str:
    key, _space, kind = value.partition(" ")
    title = UNIT_KINDS.get(kind)
    return f"{names.get(key, key)}: {title}" if title else names.get(key, value)
