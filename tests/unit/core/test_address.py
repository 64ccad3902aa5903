import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.address import Address
from quetsach.core.errors import InputError


@given(st.ip_addresses())
def test_text_form_survives_a_round_trip(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    parsed = Address.parse(str(address))
    expected = getattr(address, "ipv4_mapped", None) or address
    assert str(parsed) == str(expected)
    assert parsed.version == expected.version


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        Address.parse(text)
    except InputError as error:
        assert error.explain()


@pytest.mark.parametrize("text", ["", "1.2.3", "1.2.3.4/24", "01.2.3.4", "fe80::1%eth0", "999.1.2.3"])
def test_other_notations_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        Address.parse(text)


def test_ipv4_and_its_mapped_form_are_one_key() -> None:
    assert Address.parse("203.0.113.9") == Address.parse("::ffff:203.0.113.9")


def test_ipv6_visitors_are_matched_by_their_64() -> None:
    assert Address.parse("2405:4800::1").network_number == Address.parse("2405:4800::ffff").network_number
    assert Address.parse("2405:4800:0:1::1").network_number != Address.parse("2405:4800::1").network_number


@pytest.mark.parametrize("text", ["127.0.0.1", "10.1.2.3", "100.64.0.1", "192.168.1.1", "::1", "fe80::1", "fd00::1"])
def test_addresses_that_stand_for_no_one_line_are_shared(text: str) -> None:
    assert Address.parse(text).is_shared_or_hidden


@pytest.mark.parametrize("text", ["113.160.1.1", "2405:4800::1"])
def test_public_addresses_are_not_shared(text: str) -> None:
    assert not Address.parse(text).is_shared_or_hidden
