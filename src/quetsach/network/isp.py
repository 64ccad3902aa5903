"""Internet providers: one name for the several AS numbers that a company uses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from quetsach.core.errors import InputError
from quetsach.core.table import optional_day, read_rows, required

UNKNOWN_ISP = "unknown"
"""The provider of an address outside every announced range."""

ISP_COLUMNS = ("id", "name_vi", "name_en", "asn", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Isp:
    """One AS of a provider, from ``valid_from`` to ``valid_to`` (UTC days, both included; ``None`` is no limit)."""

    id: str
    name_vi: str
    name_en: str
    asn: int
    valid_from: date | None = None
    valid_to: date | None = None

    def is_valid_on(self, day: date) -> bool:
        """Whether the AS was the provider's on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: "Isp") -> bool:
        """Whether both are valid on some day."""
        return (self.valid_from or date.min) <= (other.valid_to or date.max) and (other.valid_from or date.min) <= (
            self.valid_to or date.max
        )


@dataclass(frozen=True, slots=True)
class Isps:
    """The provider table, found by (AS number, day)."""

    by_asn: Mapping[int, tuple[Isp, ...]]
    by_id: Mapping[str, Isp]

    @classmethod
    def of(cls, rows: Iterable[Isp]) -> "Isps":
        """Index the table.

        Raises:
            InputError: an AS belongs to two providers on one day.
        """
        by_asn: dict[int, list[Isp]] = {}
        by_id: dict[str, Isp] = {}
        for row in rows:
            for other in by_asn.setdefault(row.asn, []):
                if row.overlaps(other):
                    raise InputError(f"AS{row.asn} belongs to {other.id} and {row.id} at one time")
            by_asn[row.asn].append(row)
            by_id.setdefault(row.id, row)
        return cls({asn: tuple(found) for asn, found in by_asn.items()}, by_id)

    def on(self, asn: int, day: date) -> str:
        """Return the identifier of the provider: of the table, else ``AS<number>``."""
        return next((isp.id for isp in self.by_asn.get(asn, ()) if isp.is_valid_on(day)), f"AS{asn}")


def read_isps(content: bytes, *, where: str) -> Isps:
    """Read ``isps.csv``.

    Raises:
        InputError: the table is damaged.
    """
    return Isps.of(
        Isp(
            required(row, "id", where=at),
            required(row, "name_vi", where=at),
            required(row, "name_en", where=at),
            _asn(row["asn"], at),
            optional_day(row, "valid_from", where=at),
            optional_day(row, "valid_to", where=at),
        )
        for at, row in read_rows(content, ISP_COLUMNS, where=where)
    )


def _asn(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise InputError(f"not an AS number: {text[:20]!r}", where=where)
    return int(text)
