"""Updates through the proxies that the environment names, plain and in a tunnel, with and without a password."""

import ssl
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine, pack_of
from tests.integration.packs.small_proxy import SmallProxy, proxy
from tests.self_signed import certificate

from quetsach.packs import UnreachableError
from quetsach.packs.source import Trust

CREDENTIALS = "office:calm-rain"


@pytest.fixture
def guarded() -> Iterator[SmallProxy]:
    with proxy(CREDENTIALS) as running:
        yield running


@pytest.fixture
def secure(centre: Centre, trust: Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The centre's repository over TLS, with a certificate that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path)))

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(centre.folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_everything_goes_through_the_proxy_of_the_environment(
    centre: Centre, machine: Machine, trust: Trust, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with proxy() as plain:
        monkeypatch.setenv(variable, plain.url())
        machine.update(trust)
    assert machine.installed() == pack_of("2026.01.01")
    assert [url.removeprefix(f"{centre.url}/") for url in plain.passed] == centre.asked


def test_a_proxy_that_asks_for_a_name_and_password_gets_them(
    machine: Machine, trust: Trust, guarded: SmallProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", guarded.url(CREDENTIALS))
    machine.update(trust)
    assert machine.installed() == pack_of("2026.01.01")


def test_without_them_the_person_is_told_what_to_set(
    centre: Centre, machine: Machine, trust: Trust, guarded: SmallProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", guarded.url())
    with pytest.raises(UnreachableError) as error:
        machine.update(trust)
    assert "407" in error.value.hint
    assert "NAME:PASSWORD" in error.value.hint
    assert centre.asked == []


def test_no_proxy_is_used_for_hosts_that_need_none(
    machine: Machine, trust: Trust, guarded: SmallProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", guarded.url())
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    machine.update(trust)
    assert machine.installed() == pack_of("2026.01.01")
    assert guarded.passed == []


def test_https_goes_through_a_tunnel_in_which_the_proxy_sees_nothing(
    machine: Machine, trust: Trust, secure: str, guarded: SmallProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", guarded.url(CREDENTIALS))
    machine.update(Trust(trust.root, secure))
    assert machine.installed() == pack_of("2026.01.01")
    assert set(guarded.passed) == {f"CONNECT {secure.removeprefix('https://')}"}


def test_a_tunnel_that_asks_for_a_name_says_so(
    machine: Machine, trust: Trust, secure: str, guarded: SmallProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", guarded.url())
    with pytest.raises(UnreachableError) as error:
        machine.update(Trust(trust.root, secure))
    assert "NAME:PASSWORD" in error.value.hint


def test_a_certificate_that_nobody_vouches_for_ends_the_update(
    machine: Machine, trust: Trust, secure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(UnreachableError, match="cannot be reached"):
        machine.update(Trust(trust.root, secure))
    assert machine.installed() == {}


def test_a_proxy_that_is_gone_is_told(machine: Machine, trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(UnreachableError):
        machine.update(trust)
