"""Times, addresses and ports in their usual forms, many at once; ``values`` reads all others, with the same result."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

type Bulk = tuple[NDArray[np.bool_], NDArray[Any]]
"""Which texts were read, and the values of those, one for each."""

_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"\A{_BYTE}([.]{_BYTE}){{3}}\z"
_TIME = r"\A20[0-9]{2}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}\z"
_PORT = r"\A[0-9]{1,5}\z"
_HIGHEST_PORT = 0xFFFF
_TIME_CHARACTERS = 19
_MICROSECONDS = 1_000_000


def ipv4_addresses(texts: pa.StringArray) -> Bulk:
    """Return the 16 bytes of each IPv4 address that is written as usual."""
    is_read = pc.match_substring_regex(texts, _IPV4).to_numpy(zero_copy_only=False)
    parts = pc.list_flatten(pc.split_pattern(texts.filter(pa.array(is_read)), "."))
    numbers = np.zeros((int(is_read.sum()), 16), dtype=np.uint8)
    numbers[:, 10:12] = 0xFF
    numbers[:, 12:] = parts.cast(pa.uint8()).to_numpy().reshape(-1, 4)
    return is_read, numbers.reshape(-1).view("V16")


def ports(texts: pa.StringArray) -> Bulk:
    """Return each port that is written in digits alone."""
    is_read = pc.match_substring_regex(texts, _PORT).to_numpy(zero_copy_only=False)
    found = texts.filter(pa.array(is_read)).cast(pa.int64()).to_numpy()
    is_read[np.flatnonzero(is_read)[found > _HIGHEST_PORT]] = False
    return is_read, found[found <= _HIGHEST_PORT]


def utc_times(texts: pa.StringArray) -> Bulk:
    """Return microseconds since 1970 of each time of 2000 to 2099 that is written to the second without a zone."""
    is_read = pc.match_substring_regex(texts, _TIME).to_numpy(zero_copy_only=False)
    found = texts.filter(pa.array(is_read))
    raw = np.frombuffer(_bytes_of(found), dtype=np.uint8)
    digit = (raw.reshape(-1, _TIME_CHARACTERS) - ord("0")).astype(np.int64)
    year = 2000 + 10 * digit[:, 2] + digit[:, 3]
    month, day, hour, minute, second = (10 * digit[:, n] + digit[:, n + 1] for n in (5, 8, 11, 14, 17))
    is_month = (month >= 1) & (month <= 12)
    months = 12 * (year - 1970) + np.where(is_month, month - 1, 0)
    begins, ends = (n.astype("M8[M]").astype("M8[D]").astype(np.int64) for n in (months, months + 1))
    is_time = is_month & (day >= 1) & (begins + day <= ends) & (hour < 24) & (minute < 60) & (second < 60)
    days = begins + day - 1
    times = (((days * 24 + hour) * 60 + minute) * 60 + second) * _MICROSECONDS
    is_read[np.flatnonzero(is_read)[~is_time]] = False
    return is_read, times[is_time]


def _bytes_of(texts: pa.StringArray) -> memoryview:
    """Return the characters of all texts in one piece."""
    _, offsets, data = texts.buffers()
    edges = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(data or b"")[int(edges[0]) : int(edges[-1])] if len(texts) else memoryview(b"")
