"""A number that can be published: it carries how it was counted."""

from dataclasses import dataclass
from datetime import date

from quetsach.assess.definitions import Definition
from quetsach.core.number import number_text
from quetsach.core.period import Period
from quetsach.core.text import Number, Text

ADDRESS_KEY = "address"
"""What is told apart when counting: one IP address, never a machine."""


@dataclass(frozen=True, slots=True)
class Basis:
    """How figures were counted.

    ``feeds`` are ``feed/report``; ``days_with_data`` of ``window.days`` had sightings of any of them; ``as_of`` is the
    newest day (UTC) that the lake held when the figure was made, days after the last ingest (a wrong clock) left out;
    ``network_versions`` are of the tables that placed the addresses and, for rates, counted the announced ones.
    """

    window: Period
    feeds: tuple[str, ...]
    days_with_data: int
    as_of: date | None
    network_versions: tuple[str, ...] = ()
    key: str = ADDRESS_KEY

    @property
    def days_missing(self) -> int:
        """Days of the window without data."""
        return self.window.days - self.days_with_data

    def as_json(self) -> dict[str, object]:
        """Return the basis for machines."""
        return {
            "first": str(self.window.first),
            "last": str(self.window.last),
            "days": self.window.days,
            "days_with_data": self.days_with_data,
            "key": self.key,
            "feeds": list(self.feeds),
            "as_of": str(self.as_of) if self.as_of else None,
            "network_versions": list(self.network_versions),
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its definition and basis; ``value`` has the decimals of its definition."""

    value: float
    definition: Definition
    basis: Basis

    @classmethod
    def of(cls, value: float, definition: Definition, basis: Basis) -> "Figure":
        """Round a number as its definition says."""
        return cls(round(value, definition.decimals) if definition.decimals else round(value), definition, basis)

    def text(self, language: str, *, signed: bool = False) -> str:
        """Return the number as people write it, without its unit: ``2.014.512`` or ``2,014,512``."""
        return number_text(self.value, language, decimals=self.definition.decimals, signed=signed)

    def as_json(self) -> dict[str, object]:
        """Return the number with everything that it needs beside it."""
        return {
            "value": self.value,
            "unit": self.definition.unit.en,
            "definition": self.definition.id,
            **self.basis.as_json(),
        }


def change_of(percent: float) -> Text:
    """Return a relative change as people say it: “giảm 54,5%”, “fell by 54.5 %”; with one decimal."""
    size = Number(abs(percent), decimals=1)
    if not round(percent, 1):
        return Text("did not change")
    return Text("fell by {size} %", size=size) if percent < 0 else Text("rose by {size} %", size=size)


def period_text(period: Period, language: str) -> str:
    """Return a period as people write it."""
    return period.in_language(language)
