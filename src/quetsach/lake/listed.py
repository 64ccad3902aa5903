"""Which addresses were seen of late: the look-up behind "check my address".

One file, made from the lake and replaced in one step; read by memory map, so that every process of the portal shares
it. Layout, little-endian: 8 bytes magic, 8 bytes length of a JSON header, the header padded to 16 bytes, then for each
entry the high and the low half of its key (u64), the family's number (u32) and the last day (i32, days since 1970),
column after column, ordered by key; at last the high and the low half of each bound of the coverage: addresses at which
what the feeds cover begins and ends, in turn.
"""

import json
import mmap
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quetsach import storage
from quetsach.core.address import Address
from quetsach.core.period import Period
from quetsach.core.text import SystemText, Text
from quetsach.lake import LakeError
from quetsach.lake.readers import Access
from quetsach.lake.view import LakeView

_MAGIC = b"QSLIST2\n"
_ENTRY_BYTES, _BOUND_BYTES = 24, 16
_EPOCH = date(1970, 1, 1)
_LOW = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Listing:
    """One family that was seen at an address, and the last day (UTC) that it was."""

    family: str
    last_day: date


def build(view: LakeView, path: Path, *, as_of: date, days: int, coverage: Sequence[int], by: Access) -> int:
    """Write the look-up of the ``days`` days up to ``as_of``; return how many entries it has.

    ``coverage`` are the numbers of addresses at which what the feeds cover begins and ends, in turn: nothing is known
    of an address outside, seen or not.

    Raises:
        LakeError: the lake cannot be read or the file cannot be written.
    """
    period = Period(as_of - timedelta(days=days - 1), as_of)
    table = view.listed_addresses(period, by=by).combine_chunks()
    families = table.column("family").combine_chunks().dictionary_encode()
    keys = np.frombuffer(_bytes_of(table.column("key").combine_chunks()), dtype=">u8").reshape(-1, 2)
    columns = (
        keys[:, 0].astype("<u8"),
        keys[:, 1].astype("<u8"),
        families.indices.to_numpy().astype("<u4"),
        table.column("last_day").cast("int32").to_numpy().astype("<i4"),
    )
    bounds = [np.array([half(bound) for bound in coverage], dtype="<u8") for half in (_high, _low)]
    counted = (delivery for delivery in view.deliveries() if delivery.is_counted)
    with_data = [day for delivery in counted for day in delivery.days if day in period]
    header = {
        "first_day": str(period.first),
        "as_of": str(as_of),
        "newest_day": str(max(with_data)) if with_data else None,
        "families": families.dictionary.to_pylist(),
        "entries": table.num_rows,
        "coverage": len(coverage),
    }
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 16)
    content = b"".join(
        [_MAGIC, len(text).to_bytes(8, "little"), text, *[column.tobytes() for column in (*columns, *bounds)]]
    )
    try:
        storage.make_folder(path.parent)
        storage.write(path, content)
    except OSError as error:
        raise LakeError(
            Text("the look-up cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error
    return int(table.num_rows)


class Listed:
    """The look-up. Keeps its file open: one that is replaced stays readable until the object goes.

    ``newest_day`` is the last day of the window with any sighting (``None``: there was none): a portal must not say
    "not seen" on the strength of old data.
    """

    def __init__(self, content: bytes | mmap.mmap, *, where: str = "") -> None:
        try:
            header, start = _header(content)
            count = int(header["entries"])
            self.first_day = date.fromisoformat(header["first_day"])
            self.as_of = date.fromisoformat(header["as_of"])
            self.newest_day = date.fromisoformat(header["newest_day"]) if header["newest_day"] else None
            self._families = tuple(str(family) for family in header["families"])
            bounds = int(header["coverage"])
            end = start + count * _ENTRY_BYTES
            if min(count, bounds) < 0 or len(content) != end + bounds * _BOUND_BYTES:
                raise ValueError("it was cut or lengthened")  # noqa: TRY301
            self._high: NDArray[np.uint64] = np.frombuffer(content, "<u8", count, start)
            self._low: NDArray[np.uint64] = np.frombuffer(content, "<u8", count, start + 8 * count)
            self._family: NDArray[np.uint32] = np.frombuffer(content, "<u4", count, start + 16 * count)
            self._last_day: NDArray[np.int32] = np.frombuffer(content, "<i4", count, start + 20 * count)
            highs, lows = (np.frombuffer(content, "<u8", bounds, end + 8 * bounds * half).tolist() for half in (0, 1))
            self._coverage = [high << 64 | low for high, low in zip(highs, lows, strict=True)]
            if count and int(self._family.max()) >= len(self._families):
                raise ValueError("a family has no name")  # noqa: TRY301
        except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise LakeError(
                Text("not a look-up of addresses: {error}", error=error), where=where, hint=Text("build it again")
            ) from error

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map the file.

        Raises:
            LakeError: there is none, or it is damaged.
        """
        try:
            with path.open("rb") as file:
                return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), where=path.name)
        except (OSError, ValueError) as error:
            raise LakeError(
                Text("the look-up of addresses cannot be opened: {error}", error=error), where=path.name
            ) from error

    def __len__(self) -> int:
        return len(self._high)

    def covers(self, address: Address) -> bool:
        """Say whether the feeds would have told of the address at all."""
        return bisect_right(self._coverage, address.number) % 2 == 1

    def look_up(self, address: Address) -> tuple[Listing, ...]:
        """Return the families seen at the address, or in its /64 for IPv6, by name."""
        key = address.network_number
        first, last = _span(self._high, np.uint64(key >> 64), 0, len(self._high))
        first, last = _span(self._low, np.uint64(key & _LOW), first, last)
        return tuple(
            Listing(self._families[self._family[n]], _EPOCH + timedelta(days=int(self._last_day[n])))
            for n in range(first, last)
        )


def _high(number: int) -> int:
    return number >> 64


def _low(number: int) -> int:
    return number & _LOW


def _bytes_of(keys: pa.FixedSizeBinaryArray) -> memoryview:
    start = keys.offset * 16
    return memoryview(keys.buffers()[1] or b"")[start : start + 16 * len(keys)]


def _span(column: NDArray[np.uint64], key: np.uint64, first: int, last: int) -> tuple[int, int]:
    part = column[first:last]
    return first + int(part.searchsorted(key, "left")), first + int(part.searchsorted(key, "right"))


def _header(content: bytes | mmap.mmap) -> tuple[dict[str, Any], int]:
    if content[:8] != _MAGIC:
        raise ValueError("its beginning is not that of one")
    length = int.from_bytes(content[8:16], "little")
    header: dict[str, Any] = json.loads(content[16 : 16 + length])
    return header, 16 + length
