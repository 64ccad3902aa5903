"""Only people who are signed in, and partners' programs, may send more than a form."""

import pytest

from quetsach.campaign.authority import Role
from quetsach.web.office import middleware
from quetsach.web.office.middleware import is_known_sender


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own transaction is no connection of an earlier request."""
    monkeypatch.setattr(middleware, "close_old_connections", lambda: None)


def test_somebody_who_is_signed_in_may_send_much(person, signed_in) -> None:
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in signed_in(person(Role.OPERATOR)).cookies.items())
    for others in ("x=1", '_ga={"a":1}', "flag", "theme=a b", "a[b]=1", "tên=é"):
        assert is_known_sender({"PATH_INFO": "/van-phong/don-vi/", "HTTP_COOKIE": f"{others}; {cookies}"})


def test_nobody_else_may(db) -> None:
    for cookies in ("", "office=abcdefgh", "office-en=", "office=a; b\x00", ";;;=", "office=" + "x" * 5000):
        assert not is_known_sender({"PATH_INFO": "/en/office/units/", "HTTP_COOKIE": cookies})
    for secret in ("", "Bearer", "Bearer qsp_nobody", "Basic eA==", "Bearer qsp_" + "x" * 500):
        assert not is_known_sender({"PATH_INFO": "/api/v1/partners/reports", "HTTP_AUTHORIZATION": secret})
