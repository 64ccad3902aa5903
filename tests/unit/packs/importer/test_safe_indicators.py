"""What would point at honest machines is refused."""

import hashlib
from pathlib import Path

import pytest

from quetsach.core.indicator_list import ListKind
from quetsach.packs import PackError
from quetsach.packs.importer.indicator import Listed, Reason
from quetsach.packs.importer.vetting import Commonplace, refusal_of

COMMON = Commonplace.load(Path(__file__).parents[4] / "data" / "commonplace")


def _reason(kind: ListKind, entry: str) -> Reason | None:
    refused = refusal_of(Listed(kind, entry, "", "here"), COMMON)
    return refused.reason if refused else None


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"a", b"\r\n", bytes(64), bytes(512), bytes(4096), b"\xff" * 512, bytes(1 << 20), bytes(3 * 512)],
    ids=len,
)
@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_the_hash_of_what_every_machine_has_is_refused(content: bytes, algorithm: str) -> None:
    assert _reason(ListKind.HASHES, f"*:{hashlib.new(algorithm, content).hexdigest()}") is Reason.COMMON_CONTENT


@pytest.mark.parametrize(
    ("kind", "entry", "reason"),
    [
        (ListKind.HASHES, f"63:{'0' * 32}", Reason.TOO_SMALL),
        (ListKind.HASHES, f"section:12:{'0' * 32}", Reason.TOO_SMALL),
        (ListKind.HASHES, f"5000000000:{'0' * 32}", Reason.TOO_SMALL),
        (ListKind.HASHES, f"64:{'0' * 32}", None),
        (ListKind.NAMES, "svchost.exe", Reason.COMMON_NAME),
        (ListKind.NAMES, "explorer.exe", Reason.COMMON_NAME),
        (ListKind.NAMES, "bash", Reason.COMMON_NAME),
        (ListKind.NAMES, "x.a", Reason.COMMON_NAME),
        (ListKind.NAMES, "svch0st.exe", None),
        (ListKind.URLS, "https://google.com?q", Reason.COMMON_DOMAIN),
        (ListKind.URLS, "http://google.com./", Reason.COMMON_DOMAIN),
        (ListKind.URLS, "http://%67oogle.com/", Reason.COMMON_DOMAIN),
        (ListKind.ADDRESSES, "10.1.2.3", Reason.NOT_PUBLIC),
        (ListKind.ADDRESSES, "127.0.0.1", Reason.NOT_PUBLIC),
        (ListKind.ADDRESSES, "100.64.0.1", Reason.NOT_PUBLIC),
        (ListKind.ADDRESSES, "192.0.2.1", Reason.NOT_PUBLIC),
        (ListKind.ADDRESSES, "224.0.0.251", Reason.NOT_PUBLIC),
        (ListKind.ADDRESSES, "0.0.0.0", Reason.NOT_PUBLIC),
        (ListKind.ADDRESSES, "fe80::1", Reason.NOT_PUBLIC),
        (ListKind.ADDRESSES, "ff02::1", Reason.NOT_PUBLIC),
        (ListKind.ADDRESSES, "2001:db8::1", Reason.NOT_PUBLIC),
        (ListKind.ADDRESSES, "8.8.8.8", Reason.COMMON_ADDRESS),
        (ListKind.ADDRESSES, "1.1.1.0/24", Reason.COMMON_ADDRESS),
        (ListKind.ADDRESSES, "203.0.0.0/8", Reason.TOO_BROAD),
        (ListKind.ADDRESSES, "192.52.193.7", None),  # RFC 7450: nobody's machine, and public
        (ListKind.ADDRESSES, "192.52.193.0/24", None),
        (ListKind.DOMAINS, "google.com", Reason.COMMON_DOMAIN),
        (ListKind.DOMAINS, "www.google.com", Reason.COMMON_DOMAIN),
        (ListKind.DOMAINS, "com.vn", Reason.COMMON_DOMAIN),
        (ListKind.DOMAINS, "duckdns.org", Reason.COMMON_DOMAIN),
        (ListKind.DOMAINS, "printer.local", Reason.NOT_PUBLIC),
        (ListKind.DOMAINS, "1.0.0.127.in-addr.arpa", Reason.NOT_PUBLIC),
        (ListKind.DOMAINS, "bot.duckdns.org", None),
        (ListKind.DOMAINS, "evil.example.test", None),
        (ListKind.URLS, "http://google.com/", Reason.COMMON_DOMAIN),
        (ListKind.URLS, "https://github.com/someone/dropper.exe", None),
        (ListKind.URLS, "http://192.168.1.1/dropper.exe", Reason.NOT_PUBLIC),
        (ListKind.URLS, "http://a@8.8.8.8:80/", Reason.COMMON_ADDRESS),
        (ListKind.URLS, "http://[2001:db8::1]/x", Reason.NOT_MAPPABLE),
        (ListKind.URLS, "http://evil.example.test/", None),
    ],
)
def test_an_indicator_is_taken_or_refused_with_its_reason(kind: ListKind, entry: str, reason: Reason | None) -> None:
    assert _reason(kind, entry) is reason


def test_an_installation_without_the_lists_says_so(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="cannot be read"):
        Commonplace.load(tmp_path)
