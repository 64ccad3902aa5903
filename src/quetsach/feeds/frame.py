"""A frame: the records of a slice of a file as columns of text, and where each of them lies."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quetsach.feeds.record import Reject

type Columns = Mapping[str, pa.DictionaryArray]
"""By name, equally long."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where each record lies in its delivered file, and what was mended to read it."""

    line: NDArray[np.int64]
    byte_offset: NDArray[np.int64]
    byte_length: NDArray[np.int64]
    repairs: NDArray[np.object_]

    def __getitem__(self, chosen: NDArray[np.int64]) -> "Places":
        return Places(self.line[chosen], self.byte_offset[chosen], self.byte_length[chosen], self.repairs[chosen])


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands in a slice of a file, before anything is known of what it means.

    ``rest`` is, for each record, what is in no column as an object of JSON; ``None`` where every cell is in a column.
    ``blank`` counts lines that are no records, ``context`` objects that only say more of others.
    """

    columns: Columns
    places: Places
    rejects: tuple[Reject, ...]
    blank: int
    bytes_read: int
    context: int = 0
    rest: pa.StringArray | None = None
