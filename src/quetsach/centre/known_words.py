"""Words that choose sightings, told from misspelt ones: those would find nothing, which looks like an answer."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from quetsach.centre.centre import Centre
from quetsach.core.country import UNKNOWN_PLACE
from quetsach.core.errors import InputError
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text
from quetsach.lake.view import LakeView
from quetsach.network import UNKNOWN_ISP

_MOST_CHARACTERS = 60
_MOST_NAMED = 5
_AS_NUMBER = re.compile(r"AS[0-9]{1,10}", re.ASCII)
"""A provider that no table names."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a word chooses: which words the tables of a centre have for it, and the refusal of one that is none."""

    words: Callable[[Centre], set[str]]
    refusal: Callable[[str], LocalText]


_KINDS: Mapping[str, _Kind] = {
    "feed": _Kind(
        lambda centre: set(centre.layouts.feeds()),
        lambda word: Text("unknown feed {feed}", feed=word),
    ),
    "report": _Kind(
        lambda centre: {layout.report for layout in centre.layouts.all},
        lambda word: Text("unknown report {report}", report=word),
    ),
    "family": _Kind(
        lambda centre: {*centre.families.families, UNKNOWN_FAMILY, UNPLACED_FAMILY},
        lambda word: Text("unknown family {family}", family=word),
    ),
    "isp": _Kind(
        lambda centre: {*centre.network.isps.by_id, *(one.id for one in centre.network.holders.rows), UNKNOWN_ISP},
        lambda word: Text("unknown provider {isp}", isp=word),
    ),
    "province": _Kind(
        lambda centre: {*centre.places.by_code, UNKNOWN_PLACE},
        lambda word: Text("unknown province or city {place}", place=word),
    ),
}


def require_known(centre: Centre, view: LakeView, period: Period, chosen: Mapping[str, Iterable[str]]) -> None:
    """Refuse a word that neither the centre's tables nor the sightings of a period have.

    Args:
        centre: whose tables.
        view: the sightings.
        period: the days that are asked about.
        chosen: words by what they choose: ``feed``, ``report``, ``family``, ``isp``, ``province``.

    Raises:
        InputError: a word is unknown; those that are spelt alike are named.
    """
    for name, words in chosen.items():
        known = _KINDS[name].words(centre)
        missing = [word for word in words if word not in known and not (name == "isp" and _AS_NUMBER.fullmatch(word))]
        if missing:  # rows may be older than today's tables
            known |= _seen(view, period, name)
        for word in missing:
            if word not in known:
                alike = get_close_matches(word[:_MOST_CHARACTERS], sorted(known), n=_MOST_NAMED)
                raise InputError(
                    _KINDS[name].refusal(repr(word[:_MOST_CHARACTERS])),
                    hint=Text("did you mean one of these: {words}", words=", ".join(alike)) if alike else "",
                )


def _seen(view: LakeView, period: Period, name: str) -> set[str]:
    seen = view.days_with_data(period) if name in ("feed", "report") else view.distinct_addresses(period, (name,))
    return set(seen.column(name).to_pylist())
