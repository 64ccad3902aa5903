"""Places of the administrative tree, each true only for a time.

Seven province codes of Viet Nam were given a new meaning on 2025-07-01, so a bare code names nothing: the key is
(code, valid_from).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from quetsach.core.errors import InputError

UNKNOWN_PLACE = "unknown"
"""The code of a place that no source names. Never invented, always counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """One province or city, valid from ``valid_from`` to ``valid_to`` (last day; ``None`` while it lasts).

    A place that only became of another kind is the same one: same code, name and land, so that its figures go on.
    ``kind`` is that of its first day; ``renewed`` says on which day it became what else.
    """

    code: str
    valid_from: date
    valid_to: date | None
    kind: str
    name_vi: str
    name_en: str
    successor: str = ""
    renewed: tuple[tuple[date, str], ...] = ()

    def kind_on(self, day: date) -> str:
        """Return what it was on a day: ``province`` or ``city``."""
        return next((kind for since, kind in reversed(self.renewed) if since <= day), self.kind)

    def is_valid_on(self, day: date) -> bool:
        """Whether the place existed on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Places:
    """All places of a country through time, found by (code, day)."""

    by_code: Mapping[str, tuple[Place, ...]]

    @classmethod
    def of(cls, places: Iterable[Place]) -> "Places":
        """Index places; two places of one code must not overlap in time.

        Raises:
            InputError: two places with the same code are valid on the same day.
        """
        by_code: dict[str, list[Place]] = {}
        for place in sorted(places, key=lambda p: (p.code, p.valid_from)):
            former = by_code.setdefault(place.code, [])
            if former and (former[-1].valid_to is None or former[-1].valid_to >= place.valid_from):
                raise InputError(f"place code {place.code} means two places on {place.valid_from}")
            former.append(place)
        return cls({code: tuple(found) for code, found in by_code.items()})

    def on(self, code: str, day: date) -> Place | None:
        """Return the place that ``code`` meant on ``day``, or ``None``."""
        return next((p for p in self.by_code.get(code, ()) if p.is_valid_on(day)), None)

    def all_on(self, day: date) -> tuple[Place, ...]:
        """Return every place of that day, ordered by code."""
        return tuple(p for code in sorted(self.by_code) if (p := self.on(code, day)) is not None)
