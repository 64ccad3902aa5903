from datetime import UTC, datetime, timedelta

import pytest

from quetsach.core.address import Address
from quetsach.web.limits import RateLimit

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOME = Address.parse("203.0.114.5")


def test_a_burst_passes_and_the_next_must_wait() -> None:
    limit = RateLimit(burst=3, per_minute=60)
    assert [limit.take(HOME, now=NOON) for _ in range(3)] == [0, 0, 0]
    assert limit.take(HOME, now=NOON) == pytest.approx(1)


def test_tokens_come_back_with_time() -> None:
    limit = RateLimit(burst=1, per_minute=60)
    limit.take(HOME, now=NOON)
    assert limit.take(HOME, now=NOON + timedelta(seconds=0.5)) == pytest.approx(0.5)
    assert limit.take(HOME, now=NOON + timedelta(seconds=1.1)) == 0


def test_sources_do_not_share_a_bucket() -> None:
    limit = RateLimit(burst=1, per_minute=1)
    limit.take(HOME, now=NOON)
    assert limit.take(Address.parse("203.0.114.6"), now=NOON) == 0


def test_all_addresses_of_a_64_are_one_source() -> None:
    limit = RateLimit(burst=1, per_minute=1)
    limit.take(Address.parse("2001:db8::1"), now=NOON)
    assert limit.take(Address.parse("2001:db8::2"), now=NOON) > 0


def test_a_clock_that_goes_back_gives_no_tokens() -> None:
    limit = RateLimit(burst=1, per_minute=60)
    limit.take(HOME, now=NOON)
    assert limit.take(HOME, now=NOON - timedelta(hours=1)) > 0


def test_midnight_forgets_everything() -> None:
    limit = RateLimit(burst=1, per_minute=0.001)
    limit.take(HOME, now=NOON)
    assert limit.take(HOME, now=NOON + timedelta(days=1)) == 0


def test_memory_is_bounded() -> None:
    limit = RateLimit(burst=1, per_minute=1, most_sources=10)
    for number in range(100):
        limit.take(Address.parse(f"203.0.114.{number}"), now=NOON)
    assert len(limit._buckets) == 10


def test_no_address_is_kept() -> None:
    limit = RateLimit(burst=1, per_minute=1)
    limit.take(HOME, now=NOON)
    other = RateLimit(burst=1, per_minute=1)
    other.take(HOME, now=NOON)
    assert set(limit._buckets).isdisjoint(other._buckets)  # another key gives another name
    assert HOME.number.to_bytes(16) not in limit._buckets
