"""Reads a table of names from CSV: ``name,estimate,se``, anyone's data."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from quetsach.assess.errors import AssessError
from quetsach.assess.grades.grade import Floats
from quetsach.assess.rows import read_rows

COLUMNS: Final = ("name", "estimate", "se")
MAX_NAMES: Final = 4000
"""Every pair of names is compared in every draw."""
_LARGEST: Final = 1e12


@dataclass(frozen=True, slots=True)
class Estimates:
    """Names, what was estimated of each, and the standard errors."""

    names: tuple[str, ...]
    estimates: Floats
    errors: Floats


def read_estimates(content: bytes, *, where: str) -> Estimates:
    """Read a table.

    Args:
        content: CSV with the columns ``COLUMNS``, in UTF-8.
        where: the file's name, for errors.

    Raises:
        AssessError: it is no such table, a name is there twice, or a standard error is not positive.
    """
    found: dict[str, tuple[float, float]] = {}
    for line in read_rows(content, COLUMNS, where=where):
        name, estimate, error = line.text("name"), line.number("estimate"), line.number("se")
        if error <= 0:
            raise AssessError("se is not positive", where=line.where, hint="the standard error of the estimate")
        if name in found:
            raise AssessError(f"{name!r} is there twice", where=line.where)
        if len(found) == MAX_NAMES:
            raise AssessError(f"more than {MAX_NAMES} names", where=line.where)
        found[name] = (estimate, error)
    if not found:
        raise AssessError("there are no names", where=where)
    values = np.array(list(found.values()))
    if np.abs(values).max() > _LARGEST or values[:, 1].min() * _LARGEST < np.abs(values).max():
        hint = "choose another unit"
        raise AssessError("the figures are too large or their errors too small to be compared", where=where, hint=hint)
    return Estimates(tuple(found), values[:, 0], values[:, 1])
