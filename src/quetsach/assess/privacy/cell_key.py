"""Cell-key noise: each inner cell is moved by what a secret key makes of it, and totals are sums of what is printed.

The same cell with the same count is moved by the same amount for ever, so that asking again, or asking another way,
tells nothing; a count that changes is moved anew. Zero stays zero. Margins add up, and their error grows with the
square root of the number of cells.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Final

from quetsach.assess.privacy.attack import Cell, Known
from quetsach.core.errors import InputError

LARGEST_NOISE: Final = 5
"""No cell is moved by more."""
_SHORTEST_KEY_BYTES: Final = 32


def perturbed_cells(counts: Mapping[Cell, int], *, key: bytes, table: str) -> Mapping[Cell, int]:
    """Return the inner cells of a table as they may be printed.

    Args:
        counts: inner cells, no totals.
        key: secret of the centre, at least 32 bytes, kept for as long as tables are compared.
        table: what the table counts, without its window: the same words for every publication of it, so that windows
            that overlap and count the same are moved alike, and are no second draw.

    Raises:
        InputError: the key is too short.
    """
    if len(key) < _SHORTEST_KEY_BYTES:
        raise InputError(f"the key of cell noise has fewer than {_SHORTEST_KEY_BYTES} bytes")
    return {cell: max(0, count + _noise(count, cell, key, table)) if count else 0 for cell, count in counts.items()}


def known_of(printed: int) -> Known:
    """Return what a reader knows of the count behind a perturbed cell."""
    return Known(max(0, printed - LARGEST_NOISE), printed + LARGEST_NOISE)


def _noise(count: int, cell: Cell, key: bytes, table: str) -> int:
    """Return a whole number from -5 to 5, near ones more often: the sum of two even draws from -2 to 3 and -3 to 2."""
    text = json.dumps([table, *cell, count], ensure_ascii=False)
    digest = hmac.digest(key, text.encode(), hashlib.sha256)
    first, second = int.from_bytes(digest[:8]), int.from_bytes(digest[8:16])
    return first % 6 - 2 + second % 6 - 3
