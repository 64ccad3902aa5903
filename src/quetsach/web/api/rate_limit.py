"""How many reports one source may send: a token bucket in memory, under a key that nobody can turn into an address."""

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime

from quetsach.core.address import Address


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """Token buckets keyed by HMAC(today's key, address or /64); key and buckets are thrown away at midnight UTC.

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
        self._day: date | None = None
        self._key = b""
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def take(self, address: Address | None, *, now: datetime) -> float:
        """Take one token.

        Returns:
            0 when there was one, otherwise the seconds until there is.
        """
        seconds = now.timestamp()
        with self._lock:
            self._turn_day(now)
            name = self._name(address)
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

    def _turn_day(self, now: datetime) -> None:
        today = now.astimezone(UTC).date()
        if today != self._day:
            self._day, self._key = today, secrets.token_bytes(32)
            self._buckets.clear()

    def _name(self, address: Address | None) -> bytes:
        number = address.network_number if address else 0
        return hmac.new(self._key, number.to_bytes(16), hashlib.sha256).digest()[:16]
