"""Debian's nginx with the TLS of the how-to: today's versions and ciphers are spoken, older ones are refused."""

import re
import socket
import ssl
from collections.abc import Iterator

import pytest
from tests.nginx import block_of, nginx
from tests.self_signed import certificate


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("tls")
    pem = certificate(folder).with_name("server.pem")
    block = block_of("run-behind-a-proxy.md", number=3)
    block = re.sub(r"(ssl_certificate(_key)? +)\S+;", rf"\g<1>{pem};", block)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number = taken.getsockname()[1]
    server = block.replace("listen 443 ssl;", f"listen 127.0.0.1:{number} ssl;")
    with nginx(folder / "nginx", server):
        yield number


def spoken(port: int, version: ssl.TLSVersion, ciphers: str) -> str:
    """Return what version a connection speaks that offers one alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, context.wrap_socket(raw) as line:
        return str(line.version())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_today_s_versions_are_spoken(port: int, version: ssl.TLSVersion) -> None:
    assert spoken(port, version, "DEFAULT") == version.name.replace("_", ".")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0"),
    ],
)
def test_older_versions_and_weaker_ciphers_are_refused(port: int, version: ssl.TLSVersion, ciphers: str) -> None:
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        spoken(port, version, ciphers)
