"""Rounding to tens: each figure by itself, totals from what was counted and not from what was rounded."""

from collections.abc import Mapping
from dataclasses import dataclass

from quetsach.assess.privacy.attack import Cell, Known
from quetsach.core.number import SMALLEST_CELL, number_text


@dataclass(frozen=True, slots=True)
class Rounded:
    """A count as it is printed: a multiple of ten, or ``None`` for the class "under 10", none included."""

    value: int | None

    @classmethod
    def of(cls, count: int) -> "Rounded":
        """Round a count, halves upward."""
        step = SMALLEST_CELL
        return cls((count + step // 2) // step * step if count >= step else None)

    @property
    def known(self) -> Known:
        """What a reader knows of the count."""
        if self.value is None:
            return Known(0, SMALLEST_CELL - 1)
        half = SMALLEST_CELL // 2
        return Known(max(self.value - half, SMALLEST_CELL), self.value + half - 1)

    def text(self, language: str) -> str:
        """Return what is printed."""
        if self.value is not None:
            return number_text(self.value, language)
        return f"dưới {SMALLEST_CELL}" if language == "vi" else f"under {SMALLEST_CELL}"


def rounded_cells(counts: Mapping[Cell, int]) -> Mapping[Cell, Rounded]:
    """Return a table whose cells and totals are each rounded by themselves: printed ones need not add up."""
    return {cell: Rounded.of(count) for cell, count in counts.items()}
