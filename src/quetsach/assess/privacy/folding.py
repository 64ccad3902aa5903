"""Rows of a ranking that are too small to stand alone are put together in one."""

from collections.abc import Mapping

from quetsach.core.small_cell import SMALLEST_CELL


def folded_rows(*windows: Mapping[str, float]) -> frozenset[str]:
    """Return the rows to put together: what is small in any window, and more while that is one alone or few together.

    Args:
        windows: the figure of each row by its identifier, of one window or of several that are shown side by side; who
            is not in one has none there. The country's totals are taken to be known.
    """
    rows = sorted({row for window in windows for row in window})
    least = {row: min(window.get(row, 0.0) for window in windows) for row in rows}
    ordered = sorted(rows, key=lambda row: (least[row], row))
    folded = sum(value < SMALLEST_CELL for value in least.values())
    if not folded:
        return frozenset()

    def is_few() -> bool:
        return any(sum(window.get(row, 0.0) for row in ordered[:folded]) < SMALLEST_CELL for window in windows)

    while folded < len(ordered) and (folded == 1 or is_few()):
        folded += 1
    return frozenset(ordered[:folded])
