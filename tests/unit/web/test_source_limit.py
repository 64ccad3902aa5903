"""A sender with a whole network is one sender."""

from datetime import UTC, datetime
from ipaddress import ip_address

from quetsach.core.address import Address
from quetsach.web.limits import RateLimit, SourceLimit, Width
from quetsach.web.office.helpdesk.public_views import OPEN_LIMIT

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
WIDTHS = (
    Width(ipv4=32, ipv6=64, burst=2, per_minute=1),
    Width(ipv4=24, ipv6=48, burst=5, per_minute=1),
    Width(ipv4=16, ipv6=32, burst=9, per_minute=1),
)


def taken(limit: SourceLimit, addresses: list[str]) -> int:
    return sum(not limit.take(Address.parse(address), now=NOW) for address in addresses)


def test_a_line_a_network_and_a_provider_each_have_their_bound() -> None:
    limit = SourceLimit(WIDTHS)
    assert taken(limit, ["2001:db8:0:1::7", "2001:db8:0:1::8", "2001:db8:0:1::9"]) == 2
    assert taken(limit, [f"2001:db8:0:{n:x}::1" for n in range(2, 20)]) == 3
    assert taken(limit, [f"2001:db8:{n:x}::1" for n in range(1, 50)]) == 4
    assert taken(limit, ["2001:db9::1"]) == 1


def test_ipv4_likewise() -> None:
    limit = SourceLimit(WIDTHS)
    assert taken(limit, ["198.51.100.1"] * 3) == 2
    assert taken(limit, [f"198.51.100.{n}" for n in range(2, 20)]) == 3
    assert taken(limit, [f"198.51.{n}.1" for n in range(1, 50)]) == 4
    assert taken(limit, ["203.0.113.1"]) == 1


def test_what_a_line_is_refused_costs_its_network_nothing() -> None:
    limit = SourceLimit(WIDTHS)
    assert taken(limit, ["198.51.100.1"] * 500) == 2
    assert taken(limit, ["198.51.100.2"] * 2) == 2


def test_nobody_with_a_network_of_a_provider_s_size_shuts_the_help_desk_for_others() -> None:
    site = RateLimit(burst=300, per_minute=60)
    flood = [Address(int(ip_address("2001:db8::")) + (n << 64)) for n in range(20_000)]
    passed = [address for address in flood if not OPEN_LIMIT.take(address, now=NOW)]
    assert sum(not site.take(None, now=NOW) for _ in passed) == len(passed) <= 150
    assert not OPEN_LIMIT.take(Address.parse("123.16.0.1"), now=NOW)
    assert not site.take(None, now=NOW)
