"""Plain lists: each line is told by its form, and what could be two things is not guessed."""

import pytest

from quetsach.core.indicator_list import ListKind
from quetsach.packs.importer.indicator import Listed, Reason, Refused
from quetsach.packs.importer.plain import read_plain

MD5, SHA256 = "0" * 31 + "a", "0" * 63 + "c"


@pytest.mark.parametrize(
    ("line", "kind", "entry", "label"),
    [
        (MD5.upper(), ListKind.HASHES, f"*:{MD5}", ""),
        (f"{SHA256}  dropper.bin", ListKind.HASHES, f"*:{SHA256}", "dropper.bin"),
        (f"{SHA256} *dropper.bin", ListKind.HASHES, f"*:{SHA256}", "dropper.bin"),
        (f"4711:{MD5},Win.A", ListKind.HASHES, f"4711:{MD5}", "Win.A"),
        ("192.0.2.1", ListKind.ADDRESSES, "192.0.2.1", ""),
        ("192.0.2.1:8080 # panel", ListKind.ADDRESSES, "192.0.2.1", "panel"),
        ("192[.]0[.]2[.]1", ListKind.ADDRESSES, "192.0.2.1", ""),
        ("[2001:db8::1]:80", ListKind.ADDRESSES, "2001:db8::1", ""),
        ("::ffff:192.0.2.1", ListKind.ADDRESSES, "192.0.2.1", ""),
        ("192.0.2.7/24", ListKind.ADDRESSES, "192.0.2.0/24", ""),
        ("Evil[.]example[.]test;botnet", ListKind.DOMAINS, "evil.example.test", "botnet"),
        ("*.evil.example.test.", ListKind.DOMAINS, "evil.example.test", ""),
        ("bücher.example.test", ListKind.DOMAINS, "xn--bcher-kva.example.test", ""),
        ("hxxps://evil[.]example[.]test/a", ListKind.URLS, "https://evil.example.test/a", ""),
        ("Dropper.EXE", ListKind.NAMES, "dropper.exe", ""),
    ],
)
def test_a_line_is_told_by_its_form(line: str, kind: ListKind, entry: str, label: str) -> None:
    assert list(read_plain(line, "l")) == [Listed(kind, entry, label, "l: line 1")]


def test_comments_and_empty_lines_are_nothing() -> None:
    assert list(read_plain("# a\n\n// b\n; c\n   \n", "l")) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("install.sh", Reason.MALFORMED),
        ("this is nothing", Reason.MALFORMED),
        ("::ffff:192.0.2.0/120", Reason.MALFORMED),
        (r"C:\Windows\evil.exe", Reason.MALFORMED),
        ("x" * 5_000, Reason.LIMIT),
    ],
)
def test_what_is_nothing_or_two_things_is_named_with_its_line(line: str, reason: Reason) -> None:
    [refused] = read_plain(f"\n{line}", "l")
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.where) == (reason, "l: line 2")


def test_one_who_says_what_the_lines_are_is_believed() -> None:
    assert list(read_plain("install.sh", "l", ListKind.NAMES)) == [
        Listed(ListKind.NAMES, "install.sh", "", "l: line 1")
    ]
    assert list(read_plain("install.sh", "l", ListKind.DOMAINS)) == [
        Listed(ListKind.DOMAINS, "install.sh", "", "l: line 1")
    ]
    [refused] = read_plain("192.0.2.1", "l", ListKind.DOMAINS)
    assert isinstance(refused, Refused)
