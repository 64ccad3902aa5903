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
_WRITTEN = (
    r"\A20[0-9]{2}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})\z"
)
_SECONDS = r"\A(9[5-9][0-9]{7}|[1-3][0-9]{9})\z"
_TICKS = r"\A1[0-9]{17}\z"
TICKS_A_MICROSECOND = 10
TICKS_EPOCH = 11_644_473_600_000_000
"""Microseconds from 1601, when clocks of Windows begin, to 1970."""
FIRST_TIME, LAST_TIME = 946_684_800_000_000, 4_133_980_800_000_000
"""Microseconds from 1970 to 2000 and to 2101: what lies between them is a time."""


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
    try:  # where all of them are times
        return is_read, found.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        is_time, times = _times(found)
    is_read[np.flatnonzero(is_read)[~is_time]] = False
    return is_read, times[is_time]


def _times(texts: pa.StringArray) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which texts of the form are times, and for each the microseconds, which mean nothing where it is none."""
    raw = np.frombuffer(_bytes_of(texts), dtype=np.uint8)
    digit = (raw.reshape(-1, _TIME_CHARACTERS) - ord("0")).astype(np.int64)
    year = 2000 + 10 * digit[:, 2] + digit[:, 3]
    month, day, hour, minute, second = (10 * digit[:, n] + digit[:, n + 1] for n in (5, 8, 11, 14, 17))
    is_month = (month >= 1) & (month <= 12)
    months = 12 * (year - 1970) + np.where(is_month, month - 1, 0)
    begins, ends = (n.astype("M8[M]").astype("M8[D]").astype(np.int64) for n in (months, months + 1))
    is_time = is_month & (day >= 1) & (begins + day <= ends) & (hour < 24) & (minute < 60) & (second < 60)
    days = begins + day - 1
    return is_time, (((days * 24 + hour) * 60 + minute) * 60 + second) * _MICROSECONDS


def written_times(texts: pa.StringArray) -> Bulk:
    """Return microseconds since 1970 of each time of 2000 to 2099 that says its zone by ``Z`` or an offset."""
    is_read = pc.match_substring_regex(texts, _WRITTEN).to_numpy(zero_copy_only=False)
    found = texts.filter(pa.array(is_read))
    is_time, moments = utc_times(pc.utf8_slice_codeunits(found, 0, _TIME_CHARACTERS))
    ends = pc.utf8_slice_codeunits(found.filter(pa.array(is_time)), _TIME_CHARACTERS).dictionary_encode()
    shifts = [_shift(end) for end in ends.dictionary.to_pylist()]
    has_offset = np.array([shift is not None for shift in shifts], dtype=np.bool_)[ends.indices.to_numpy()]
    times = moments + np.array([shift or 0 for shift in shifts], dtype=np.int64)[ends.indices.to_numpy()]
    return _kept(is_read, is_time, times, has_offset & (times >= FIRST_TIME))


def epoch_times(texts: pa.StringArray) -> Bulk:
    """Return microseconds since 1970 of each time that is a whole number of seconds since then."""
    is_read = pc.match_substring_regex(texts, _SECONDS).to_numpy(zero_copy_only=False)
    times = texts.filter(pa.array(is_read)).cast(pa.int64()).to_numpy() * _MICROSECONDS
    return is_read, times


def file_times(texts: pa.StringArray) -> Bulk:
    """Return microseconds since 1970 of each time that is a whole number of 100 nanoseconds since 1601."""
    is_read = pc.match_substring_regex(texts, _TICKS).to_numpy(zero_copy_only=False)
    ticks = texts.filter(pa.array(is_read)).cast(pa.int64()).to_numpy()
    times = ticks // TICKS_A_MICROSECOND - TICKS_EPOCH
    return _kept(is_read, np.ones(len(times), dtype=np.bool_), times, (times >= FIRST_TIME) & (times < LAST_TIME))


def _kept(
    is_read: NDArray[np.bool_], is_time: NDArray[np.bool_], times: NDArray[np.int64], is_kept: NDArray[np.bool_]
) -> Bulk:
    """Return what was read less what is no time: of those read ``is_time`` are, of those again ``is_kept``."""
    places = np.flatnonzero(is_read)
    kept = np.zeros(len(is_read), dtype=np.bool_)
    kept[places[is_time][is_kept]] = True
    return kept, times[is_kept]


def _shift(end: str) -> int | None:
    """Return what a fraction and an offset add to a time of seconds, in microseconds; ``None`` for no such offset."""
    fraction, zone = (end[:-1], "") if end.endswith("Z") else (end[:-6], end[-6:])
    added = int(fraction[1:7].ljust(6, "0")) if fraction else 0
    if not zone:
        return added
    hours, minutes = int(zone[1:3]), int(zone[4:])
    if hours > _MOST_HOURS or minutes > _MOST_MINUTES:
        return None
    behind = (hours * 60 + minutes) * 60 * _MICROSECONDS
    return added - behind if zone[0] == "+" else added + behind


_MOST_HOURS, _MOST_MINUTES = 23, 59


def _bytes_of(texts: pa.StringArray) -> memoryview:
    """Return the characters of all texts in one piece."""
    _, offsets, data = texts.buffers()
    edges = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(data or b"")[int(edges[0]) : int(edges[-1])] if len(texts) else memoryview(b"")
