"""Addresses that no machine on the public internet can have, against the standard library's registry."""

import ipaddress

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quetsach.core.address import RESERVED_IPV4, RESERVED_IPV6, Address, is_reserved, reserved_bounds
from quetsach.feeds.rows import _is_reserved


def test_bounds_are_in_order_and_begin_at_zero() -> None:
    bounds = reserved_bounds()
    assert bounds[0] == 0
    assert list(bounds) == sorted(set(bounds))


@given(st.ip_addresses(v=4))
def test_what_the_standard_library_calls_global_is_not_reserved(address: ipaddress.IPv4Address) -> None:
    """But for 192.0.0.9 and .10, anycast addresses of protocols (RFC 7723, 8155): nobody's machine either."""
    assume(address not in ipaddress.ip_network("192.0.0.0/24"))
    expected = not address.is_global or address.is_multicast or address in ipaddress.ip_network("100.64.0.0/10")
    assert Address.parse(str(address)).is_shared_or_hidden == expected


@pytest.mark.parametrize("network", [*RESERVED_IPV4, *RESERVED_IPV6])
def test_both_ends_of_every_range_are_reserved_and_feeds_agree(network: str) -> None:
    span = ipaddress.ip_network(network)
    ends = [Address.parse(str(end)).number for end in (span[0], span[-1]) if str(end) != "::ffff:0:0"]
    assert all(map(is_reserved, ends))
    values = np.frombuffer(b"".join(number.to_bytes(16) for number in ends), dtype="V16")
    assert _is_reserved(values).all()


@given(st.lists(st.ip_addresses(), min_size=1, max_size=50))
def test_feeds_and_the_check_of_an_address_have_one_rule(
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address],
) -> None:
    numbers = [Address.parse(str(a).partition("%")[0]).number for a in addresses]
    values = np.frombuffer(b"".join(number.to_bytes(16) for number in numbers), dtype="V16")
    assert _is_reserved(values).tolist() == [is_reserved(number) for number in numbers]


@pytest.mark.parametrize("text", ["8.8.8.8", "123.16.0.1", "2405:4800::1", "2001:4860:4860::8888", "2606:4700::1111"])
def test_public_addresses_are_not_reserved(text: str) -> None:
    assert not is_reserved(Address.parse(text).number)
