"""Rows of a CSV file that somebody gave: named columns, nothing trusted."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from quetsach.assess.estimate import AssessError
from quetsach.core.text import Text

MAX_BYTES: Final = 64 << 20
_MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Line:
    """The cells of one line by column, stripped; columns that are not there are empty. ``where`` is file and line."""

    cells: Mapping[str, str]
    where: str
    is_comma_decimal: bool

    def text(self, column: str) -> str:
        """Return a cell that must not be empty.

        Raises:
            AssessError: it is empty, too long or holds what cannot be printed.
        """
        text = self.cells[column]
        if not text or len(text) > _MAX_TEXT or not text.isprintable():
            empty, unfit = (
                Text("{column} is empty"),
                Text("{column} is longer than 200 characters or cannot be printed"),
            )
            raise AssessError((unfit if text else empty).with_values(column=column), where=self.where)
        return text

    def number(self, column: str) -> float:
        """Return a cell as a finite number.

        Raises:
            AssessError: it is none.
        """
        text = self.cells[column]
        try:
            number = float(text.replace(",", ".") if self.is_comma_decimal else text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in text:
            hint = Text("a decimal point, no separators between thousands")
            raise AssessError(
                Text("{column} is not a number: {text}", column=column, text=repr(text[:40])),
                where=self.where,
                hint=hint,
            )
        return number


def read_rows(content: bytes, columns: Sequence[str], *, optional: Sequence[str] = (), where: str) -> Iterator[Line]:
    """Yield the lines of CSV in UTF-8, with or without a byte order mark; empty lines are passed over.

    Columns may stand in any order, others are ignored; ``;`` or a tab may stand for the comma, and then a decimal comma
    for the point.

    Args:
        content: the file.
        columns: that must be there.
        optional: that may be.
        where: the file's name, for errors.

    Raises:
        AssessError: it is no such table; the error names line and column.
    """
    if len(content) > MAX_BYTES:
        raise AssessError(Text("the file is larger than {size} MiB", size=MAX_BYTES >> 20), where=where)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise AssessError(
            Text("this is not UTF-8"), where=f"{where}:{line}", hint=Text("save it as CSV UTF-8")
        ) from error
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        header = [name.strip().casefold() for name in next(lines, [])]
        places = _places(header, columns, optional, where)
        for values in lines:
            if not any(value.strip() for value in values):
                continue
            at = f"{where}:{lines.line_num}"
            if len(values) != len(header):
                raise AssessError(
                    Text("{number} columns and not {columns}", number=len(values), columns=len(header)), where=at
                )
            cells = {column: "" if place is None else values[place].strip() for column, place in places.items()}
            yield Line(cells, at, delimiter != ",")
    except csv.Error as error:
        raise AssessError(Text("this is not CSV: {reason}", reason=error), where=f"{where}:{lines.line_num}") from error


def _places(
    header: Sequence[str], columns: Sequence[str], optional: Sequence[str], where: str
) -> Mapping[str, int | None]:
    for column in (*columns, *optional):
        count = header.count(column)
        if count > 1 or (not count and column in columns):
            twice, missing = Text("the column {name} is there twice"), Text("the column {name} is missing")
            what = (twice if count else missing).with_values(name=column)
            hint = Text("a header with {columns}", columns=", ".join(columns))
            raise AssessError(what, where=f"{where}, line 1", hint=hint)
    return {column: header.index(column) if column in header else None for column in (*columns, *optional)}
