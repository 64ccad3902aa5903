"""The true date of a tree that stands for a span of days: shown beside it wherever a day of that span is."""

import tomllib
from dataclasses import dataclass, fields
from datetime import date

from quetsach.core.errors import InputError
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText


@dataclass(frozen=True, slots=True)
class TreeSnapshot:
    """That the tree from ``first`` until ``until`` (exclusive) is the one of ``as_of``, with so many units.

    ``known_on`` is a day of the span of which a list is known: how many units there truly were.
    """

    first: date
    until: date
    as_of: date
    districts: int
    communes: int
    known_on: date
    known_districts: int
    known_communes: int

    def covers(self, day: date) -> bool:
        """Whether a day is one for which the tree of another day stands."""
        return self.first <= day < self.until and day != self.as_of

    def is_of(self, *, districts: int, communes: int) -> bool:
        """Whether a tree of so many units is still this one, and no other was imported in its place."""
        return (districts, communes) == (self.districts, self.communes)

    @property
    def note(self) -> LocalText:
        """What a reader of the tree must know."""
        counts = (self.known_districts, self.known_communes, self.districts, self.communes)
        vi, en = ([number_text(count, language) for count in counts] for language in ("vi", "en"))
        days = [f"{day:%d/%m/%Y}" for day in (self.as_of, self.first, self.known_on)]
        return LocalText(
            f"Cây đơn vị này là của ngày {days[0]}, được dùng cho mọi ngày từ {days[1]}; các đơn vị sáp nhập trong "
            f"thời gian đó không có trong cây. Ngày {days[2]}, cả nước có {vi[0]} đơn vị cấp huyện và {vi[1]} đơn vị "
            f"cấp xã; trong cây có {vi[2]} và {vi[3]}.",
            f"This tree is that of {self.as_of}, used for every day since {self.first}; units that merged in between "
            f"are not in it. On {self.known_on} there were {en[0]} districts and {en[1]} communes; the tree has "
            f"{en[2]} and {en[3]}.",
        )


def read_snapshot(content: bytes, *, where: str) -> TreeSnapshot:
    """Read ``snapshot.toml``.

    Raises:
        InputError: not TOML, or a value is missing, of another type or one too many.
    """
    try:
        values = tomllib.loads(content.decode())
    except ValueError as error:
        raise InputError(f"not TOML: {error}", where=where) from error
    wanted = {field.name: field.type for field in fields(TreeSnapshot)}
    if values.keys() != wanted.keys() or any(type(values[name]) is not kind for name, kind in wanted.items()):
        raise InputError(f"the values must be {', '.join(wanted)}", where=where)
    return TreeSnapshot(**values)
