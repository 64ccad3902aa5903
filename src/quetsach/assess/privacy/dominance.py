"""Cells about organisations: a large count may still be about one."""

from collections.abc import Sequence
from typing import Final

from quetsach.core.number import SMALLEST_CELL

FEWEST_ORGANISATIONS: Final = 3
LARGEST_SHARE: Final = 0.5
"""Of a cell that one organisation may have."""


def tells_of_one(contributions: Sequence[int]) -> bool:
    """Whether a cell must not be published, by what each organisation in it contributes.

    It takes ``SMALLEST_CELL`` hosts, ``FEWEST_ORGANISATIONS`` with any, and none with more than ``LARGEST_SHARE``.
    """
    total = sum(contributions)
    organisations = sum(count > 0 for count in contributions)
    too_few = total < SMALLEST_CELL or organisations < FEWEST_ORGANISATIONS
    return too_few or max(contributions) > LARGEST_SHARE * total
