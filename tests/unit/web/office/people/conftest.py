"""Signing in as a browser does it."""

import time

import pytest
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client
from tests.unit.web.office.conftest import PASSWORD

from quetsach.web.office.people.models import Person

SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _no_attempts_before(db) -> None:
    cache.clear()


def code(*, secret: str = SECRET) -> str:
    """Return what an authenticator app shows."""
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30))


def enter(client: Client, who: Person, *, password: str = PASSWORD, follow: bool = False):
    """Send address and password."""
    return client.post("/van-phong/vao/", {"login": who.email, "password": password}, follow=follow)


def come_in(client: Client, who: Person) -> Client:
    """Sign in with password and code."""
    auth.TOTP.activate(who, SECRET)
    assert enter(client, who)["Location"] == "/van-phong/vao/ma/"
    assert client.post("/van-phong/vao/ma/", {"code": code()})["Location"] == "/van-phong/"
    return client
