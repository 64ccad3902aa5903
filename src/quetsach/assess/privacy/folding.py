"""Rows of a ranking that are too small to stand alone are put together in one."""

from collections.abc import Mapping

from quetsach.core.small_cell import SMALLEST_CELL


def folded_rows(*windows: Mapping[str, float]) -> frozenset[str]:
    """Return the rows to put together: what is small in any window, and more while that is one alone or few together.

    What is put together for a window alone is so beside others, too: else the row that was added to a small one here
    stood by itself there, and the difference of two publications of the same window was the small one.

    Args:
        windows: the figure of each row by its identifier, of one window or of several that are shown side by side; who
            is not in one has none there. The country's totals are taken to be known.
    """
    rows = {row for window in windows for row in window}
    folded = set().union(*(_folded_alone({row: window.get(row, 0.0) for row in rows}) for window in windows))
    least = {row: min(window.get(row, 0.0) for window in windows) for row in rows}
    others = sorted(rows - folded, key=lambda row: (least[row], row))

    def is_few() -> bool:
        return any(sum(window.get(row, 0.0) for row in folded) < SMALLEST_CELL for window in windows)

    while folded and others and is_few():
        folded.add(others.pop(0))
    return frozenset(folded)


def _folded_alone(window: Mapping[str, float]) -> frozenset[str]:
    """Return the rows to put together in one window: the small ones, then the next larger."""
    ordered = sorted(window, key=lambda row: (window[row], row))
    folded = sum(value < SMALLEST_CELL for value in window.values())
    while 0 < folded < len(ordered) and (folded == 1 or sum(window[row] for row in ordered[:folded]) < SMALLEST_CELL):
        folded += 1
    return frozenset(ordered[:folded])
