"""Rows of a ranking that are too small to stand alone are put together in one."""

from collections.abc import Mapping

from quetsach.core.small_cell import SMALLEST_CELL


def folded_rows(values: Mapping[str, float]) -> frozenset[str]:
    """Return the rows to put together: all small ones, and more while that is one row alone or few together.

    Args:
        values: the figure of each row by its identifier; the country's total is taken to be known.
    """
    ordered = sorted(values, key=lambda row: (values[row], row))
    folded = sum(value < SMALLEST_CELL for value in values.values())
    if not folded:
        return frozenset()
    while folded < len(ordered) and (folded == 1 or sum(values[row] for row in ordered[:folded]) < SMALLEST_CELL):
        folded += 1
    return frozenset(ordered[:folded])
