"""How many subscribers providers or provinces have, by quarter with its source: the figures of the nearest before."""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from quetsach.assess.estimate import AssessError
from quetsach.assess.rows import Line, read_rows
from quetsach.core.text import Joined, LocalText, Text

MAX_NAMES: Final = 10_000
_QUARTER = re.compile(r"(20[0-9]{2})-Q([1-4])", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Count:
    """Subscribers at the end of a quarter (``2026-Q3``) by a source; both are empty where a table has no quarters."""

    quarter: str
    number: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The subscribers that a period is set beside.

    Attributes:
        quarter: of the period.
        counts: by name.
        later: of whom only later quarters are known: no rate.
    """

    quarter: str
    counts: Mapping[str, Count]
    later: tuple[str, ...]

    @property
    def numbers(self) -> Mapping[str, float]:
        """How many, by name."""
        return {name: count.number for name, count in self.counts.items()}

    def told(self, name_of: Callable[[str], LocalText]) -> tuple[Text, ...]:
        """Return what is to be told of quarters and sources; nothing where the table has none.

        Args:
            name_of: what somebody is called.
        """
        dated = {(one.quarter, one.source) for one in self.counts.values() if one.quarter}
        older = sorted(name for name, one in self.counts.items() if "" < one.quarter < self.quarter)
        names = ", ".join(f"{quarter} ({source})" for quarter, source in sorted(dated))
        told = (
            (names, Text("Subscribers are those of {quarters}.", quarters=names)),
            (
                older,
                Text(
                    "Of {names} none are known for {quarter}: those of the nearest earlier quarter stand in.",
                    quarter=self.quarter,
                    names=Joined(map(name_of, older)),
                ),
            ),
            (
                self.later,
                Text(
                    "Of {names} only later quarters than {quarter} are known: no rate.",
                    quarter=self.quarter,
                    names=Joined(map(name_of, self.later)),
                ),
            ),
        )
        return tuple(text for who, text in told if who)

    def as_json(self) -> dict[str, object]:
        """Return quarters and sources by name."""
        return {
            "quarter": self.quarter,
            "used": {name: {"quarter": one.quarter, "source": one.source} for name, one in self.counts.items()},
            "only_later": list(self.later),
        }


@dataclass(frozen=True, slots=True)
class Subscribers:
    """The table: counts by name, those of each in the order of their quarters."""

    counts: Mapping[str, tuple[Count, ...]]

    def on(self, day: date) -> Chosen:
        """Return what stands for a period that ends on a day: of each name its quarter, or the nearest before."""
        quarter = f"{day.year}-Q{(day.month + 2) // 3}"
        found, later = dict[str, Count](), list[str]()
        for name, counts in sorted(self.counts.items()):
            at = bisect_right([one.quarter for one in counts], quarter)
            if at:
                found[name] = counts[at - 1]
            else:
                later.append(name)
        return Chosen(quarter, found, tuple(later))


def read_subscribers(content: bytes, *, where: str, columns: tuple[str, str] = ("isp", "subscribers")) -> Subscribers:
    """Read a table of a name and how many there are, each 1 or more; with ``quarter`` and ``source``, or for any time.

    Args:
        content: CSV in UTF-8.
        where: the file's name, for errors.
        columns: what the name and the number are called.

    Raises:
        AssessError: it is no such table; the error names line and column.
    """
    found: dict[str, dict[str, Count]] = {}
    first: Count | None = None
    for line in read_rows(content, columns, optional=("quarter", "source"), where=where):
        name, count = line.text(columns[0]), _count(line, columns[1])
        first, of_name = first or count, found.setdefault(name, {})
        if count.quarter in of_name or len(found) > MAX_NAMES:
            raise AssessError(
                Text("{name} is there twice, or there are too many lines", name=repr(name)), where=line.where
            )
        if bool(count.quarter) != bool(first.quarter):
            raise AssessError(Text("some lines have a quarter and others none"), where=line.where)
        of_name[count.quarter] = count
    return Subscribers({name: tuple(sorted(counts.values())) for name, counts in found.items()})


def _count(line: Line, column: str) -> Count:
    number, quarter = line.number(column), line.cells["quarter"]
    if not 1 <= number <= 1e10:
        raise AssessError(Text("{column} must be 1 or more", column=column), where=line.where)
    if not quarter:
        return Count("", number)
    if not _QUARTER.fullmatch(quarter):
        hint = Text("such as 2026-Q3, at the end of which they were counted")
        raise AssessError(Text("not a quarter: {text}", text=repr(quarter[:20])), where=line.where, hint=hint)
    return Count(quarter, number, line.text("source"))
