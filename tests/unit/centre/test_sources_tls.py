"""How a source is reached: TLS with an authority of its own, proxies with a name, and proofs of who asks."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.feed_server import (
    CSV,
    SECRET,
    Server,
    describe,
    pulled,
    running,
    said,
    secret,
    send,
    statuses,
)
from tests.integration.packs.small_proxy import SmallProxy, proxy
from tests.self_signed import certificate


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def safe(authority: Path) -> Iterator[Server]:
    with running(authority.with_name("server.pem")) as server:
        server.answers["/today.csv"] = lambda to: send(to, 200, CSV)
        yield server


@pytest.fixture
def plain() -> Iterator[Server]:
    with running() as server:
        server.answers["/today.csv"] = lambda to: send(to, 200, CSV)
        yield server


@pytest.fixture
def guarded() -> Iterator[SmallProxy]:
    with proxy("us:p@ss") as one:
        yield one


def test_a_server_with_the_certificate_of_a_named_authority_is_asked(safe: Server, authority: Path, data: Path) -> None:
    describe(data, "http", f'url = "{safe.url}/today.csv"\nca_file = "{authority}"')
    assert statuses(pulled(data)) == ["taken"]


def test_a_server_that_cannot_prove_who_it_is_is_told_nothing(safe: Server, data: Path) -> None:
    describe(data, "http", f'url = "{safe.url}/today.csv"\nproof = "bearer"\nsecret_file = "{secret(data)}"')
    told = said(pulled(data))
    assert "the server cannot prove who it is" in told
    assert "ca_file" in told
    assert safe.asked == []


def test_a_certificate_for_another_name_is_refused(safe: Server, authority: Path, data: Path) -> None:
    url = safe.url.replace("127.0.0.1", "localhost")
    describe(data, "http", f'url = "{url}/today.csv"\nca_file = "{authority}"')
    assert "cannot prove who it is" in said(pulled(data))
    assert safe.asked == []


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_file_without_authorities_is_named(safe: Server, data: Path, content: bytes | None) -> None:
    path = data / "authority.pem"
    if content is not None:
        path.write_bytes(content)
    describe(data, "http", f'url = "{safe.url}/today.csv"\nca_file = "{path}"')
    told = said(pulled(data))
    assert "no certificates can be read" in told
    assert str(path) in told


def test_a_redirect_from_https_to_http_is_refused(safe: Server, plain: Server, authority: Path, data: Path) -> None:
    safe.answers["/today.csv"] = lambda to: send(to, 302, Location=f"{plain.url}/today.csv")
    describe(data, "http", f'url = "{safe.url}/today.csv"\nca_file = "{authority}"')
    assert "redirects from https to an unprotected address" in said(pulled(data))
    assert plain.asked == []


@pytest.mark.parametrize("is_safe", [True, False])
def test_a_proxy_gets_its_name_and_password_and_the_server_does_not(
    safe: Server, plain: Server, authority: Path, data: Path, guarded: SmallProxy, is_safe: bool
) -> None:
    server = safe if is_safe else plain
    more = f'url = "{server.url}/today.csv"\nproxy = "{guarded.url()}"\nca_file = "{authority}"\n'
    describe(data, "http", more + f'proxy_secret_file = "{secret(data, guarded.credentials)}"')
    assert statuses(pulled(data)) == ["taken"]
    host = server.url.partition("//")[2]
    assert guarded.passed == ([f"CONNECT {host}"] if is_safe else [f"{server.url}/today.csv"])
    assert "proxy-authorization" not in server.asked[0][2]


@pytest.mark.parametrize("is_safe", [True, False])
def test_a_proxy_that_refuses_is_an_error(
    safe: Server, plain: Server, authority: Path, data: Path, guarded: SmallProxy, is_safe: bool
) -> None:
    server = safe if is_safe else plain
    more = f'url = "{server.url}/today.csv"\nproxy = "{guarded.url()}"\nca_file = "{authority}"\n'
    describe(data, "http", more + f'proxy_secret_file = "{secret(data, "us:" + SECRET)}"')
    told = said(pulled(data))
    assert ("cannot be reached" if is_safe else "HTTP status 407") in told
    assert SECRET not in told
    assert server.asked == []


def test_the_proxy_of_the_environment_is_used_with_the_password_in_its_address(
    plain: Server, data: Path, guarded: SmallProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", guarded.url("us:p%40ss"))
    describe(data, "http", f'url = "{plain.url}/today.csv"')
    assert statuses(pulled(data)) == ["taken"]
    assert guarded.passed == [f"{plain.url}/today.csv"]


@pytest.mark.parametrize(
    ("proof", "text", "header", "sent"),
    [
        ('proof = "basic"', "me:p@ss", "authorization", "Basic " + base64.b64encode(b"me:p@ss").decode()),
        ('proof = "header"\nheader = "X-Api-Key"', SECRET, "x-api-key", SECRET),
    ],
)
def test_who_asks_is_proved_as_the_source_says(
    plain: Server, data: Path, proof: str, text: str, header: str, sent: str
) -> None:
    with running() as other:
        other.answers["/f.csv"] = lambda to: send(to, 200, CSV)
        plain.answers["/today.csv"] = lambda to: send(to, 307, Location=f"{other.url}/f.csv")
        describe(data, "http", f'url = "{plain.url}/today.csv"\n{proof}\nsecret_file = "{secret(data, text)}"')
        assert statuses(pulled(data)) == ["taken"]
        assert plain.asked[0][2][header] == sent
        assert header not in other.asked[0][2]
