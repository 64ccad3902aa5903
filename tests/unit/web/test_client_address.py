import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.web.client_address import client_address


def meta(peer: str, forwarded: str | None = None) -> dict[str, str]:
    return {"REMOTE_ADDR": peer} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})


def test_without_a_proxy_the_peer_is_the_visitor() -> None:
    assert str(client_address(meta("203.0.114.5"), proxy_hops=0)) == "203.0.114.5"


def test_without_a_proxy_a_header_sent_by_the_visitor_is_ignored() -> None:
    assert str(client_address(meta("203.0.114.5", "8.8.8.8"), proxy_hops=0)) == "203.0.114.5"


def test_behind_one_proxy_the_last_entry_counts() -> None:
    assert str(client_address(meta("10.0.0.1", "8.8.8.8, 203.0.114.5"), proxy_hops=1)) == "203.0.114.5"


def test_behind_two_proxies_the_entry_before_the_last_counts() -> None:
    forwarded = "9.9.9.9, 203.0.114.5, 10.0.0.2"
    assert str(client_address(meta("10.0.0.1", forwarded), proxy_hops=2)) == "203.0.114.5"


def test_an_ipv6_visitor_is_read() -> None:
    assert str(client_address(meta("10.0.0.1", "2001:db8::5"), proxy_hops=1)) == "2001:db8::5"


@pytest.mark.parametrize("forwarded", [None, "", "unknown", "1.2.3.4:80", "[::1]"])
def test_what_the_proxy_does_not_say_is_not_guessed(forwarded: str | None) -> None:
    assert client_address(meta("10.0.0.1", forwarded), proxy_hops=1) is None


def test_fewer_entries_than_proxies_are_not_guessed() -> None:
    assert client_address(meta("10.0.0.1", "203.0.114.5"), proxy_hops=2) is None


@given(st.text(max_size=200), st.integers(1, 5))
def test_nothing_that_a_visitor_sends_moves_the_trusted_entries(claimed: str, hops: int) -> None:
    trusted = ["203.0.114.5", *(f"10.0.0.{n}" for n in range(hops - 1))]
    seen = client_address(meta("10.9.9.9", ", ".join([claimed, *trusted])), proxy_hops=hops)
    assert str(seen) == "203.0.114.5"


@given(st.text(max_size=300), st.text(max_size=300), st.integers(0, 5))
def test_hostile_text_never_raises(peer: str, forwarded: str, hops: int) -> None:
    client_address(meta(peer, forwarded), proxy_hops=hops)
