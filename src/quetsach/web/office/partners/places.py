"""Codes of places as partners write them: what a code or key names on a day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Self

from quetsach.campaign.partners.declaration import Level
from quetsach.campaign.partners.row import PlaceOnDay
from quetsach.web.office.tree.models import Unit

_LEVELS = {
    "centre": Level.COUNTRY,
    "province": Level.PROVINCE,
    "district": Level.DISTRICT,
    "commune": Level.COMMUNE,
    "ministry": Level.ORGANISATION,
    "agency": Level.ORGANISATION,
    "enterprise": Level.ORGANISATION,
}


@dataclass(frozen=True, slots=True)
class UnitCodes:
    """Every unit by code and key, read once for a file. A code was used again with a new meaning; its days decide."""

    by_name: dict[str, list[tuple[date, date, PlaceOnDay]]]

    @classmethod
    def read(cls) -> Self:
        """Read them from the tree."""
        found: dict[str, list[tuple[date, date, PlaceOnDay]]] = defaultdict(list)
        for pk, key, code, kind, opened, closed in Unit.objects.values_list(
            "pk", "key", "code", "kind", "opened", "closed"
        ):
            entry = (opened, closed or date.max, PlaceOnDay(pk, _LEVELS[kind]))
            found[code].append(entry)
            if key != code:
                found[key].append(entry)
        return cls(dict(found))

    def on(self, name: str, day: date) -> PlaceOnDay | None:
        """Return what a code or key names on a day."""
        for opened, closed, place in self.by_name.get(name, ()):
            if opened <= day < closed:
                return place
        return None
