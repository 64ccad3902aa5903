"""How often one source may send: token buckets in memory, under names that nobody can turn into an address."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from quetsach.core.address import Address
from quetsach.web.source import DayKey, source_of


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """Token buckets of addresses (IPv4) or /64 (IPv6); key and buckets are thrown away at midnight UTC.

    An office of hundreds behind one address must be able to report, so a bucket is generous and refills steadily.

    Args:
        burst: how many requests may come at once.
        per_minute: how many are added a minute.
        most_sources: how many buckets are kept; the longest idle is forgotten first.
    """

    def __init__(self, *, burst: int, per_minute: float, most_sources: int = 50_000) -> None:
        self._burst = float(burst)
        self._per_second = per_minute / 60
        self._most_sources = most_sources
        self._lock = threading.Lock()
        self._day_key = DayKey()
        self._key = b""
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: Address | None, *, now: datetime) -> float:
        """Take one token.

        Returns:
            0 when there was one, otherwise the seconds until there is.
        """
        seconds = now.timestamp()
        with self._lock:
            key = self._day_key.of(now)
            if key != self._key:
                self._key = key
                self._buckets.clear()
            name = source_of(address, key=key).line
            bucket = self._buckets.pop(name, None) or _Bucket(self._burst, seconds)
            elapsed = max(0.0, seconds - bucket.filled_at)
            bucket.tokens = min(self._burst, bucket.tokens + elapsed * self._per_second)
            bucket.filled_at = seconds
            self._buckets[name] = bucket
            while len(self._buckets) > self._most_sources:
                self._buckets.popitem(last=False)
            if bucket.tokens < 1:
                return (1 - bucket.tokens) / self._per_second
            bucket.tokens -= 1
            return 0.0
