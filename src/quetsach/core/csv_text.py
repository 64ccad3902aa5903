"""The one way in which tables become CSV: what people open in a spreadsheet program never becomes a formula there."""

import csv
import io
import re
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""With what a formula begins for one program or another (OWASP, CSV Injection), and the mark that guards."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)


def csv_text(rows: Iterable[Iterable[object]], *, line_end: str = "\n") -> str:
    """Return rows as CSV (RFC 4180): nothing for ``None``, texts guarded, all else as Python writes it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def guarded(cell: str) -> str:
    """Return a cell so that no spreadsheet program takes it for a formula; ``unguarded`` is the inverse."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """Return what a guarded cell holds."""
    return cell.removeprefix("'")
