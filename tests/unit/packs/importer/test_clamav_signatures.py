"""ClamAV's text signatures: by hash, by section, and the part of body signatures that YARA says too."""

import boreal
import pytest

from quetsach.core.indicator_list import ListKind
from quetsach.packs.importer.clamav import read_bodies, read_file_hashes, read_section_hashes
from quetsach.packs.importer.indicator import FoundRule, Listed, Reason, Refused

MD5, SHA256 = "0" * 31 + "a", "0" * 63 + "c"


def _matches(signature: str, content: bytes) -> bool:
    [found] = read_bodies(signature, "s.ndb")
    assert isinstance(found, FoundRule), found
    return bool(boreal.compile(source=found.rule.source).match(data=content))


def test_hashes_of_files_keep_size_and_name() -> None:
    lines = f"{MD5}:4711:Win.A-1\n{SHA256.upper()}:*:Win.B-1:73\n\n# c\n{MD5}:0100:Win.C:73:99\n"
    assert list(read_file_hashes(lines, "f")) == [
        Listed(ListKind.HASHES, f"4711:{MD5}", "Win.A-1", "f: line 1"),
        Listed(ListKind.HASHES, f"*:{SHA256}", "Win.B-1", "f: line 2"),
        Listed(ListKind.HASHES, f"100:{MD5}", "Win.C", "f: line 5"),
    ]


def test_hashes_of_sections_have_the_size_first() -> None:
    [found, unsized] = read_section_hashes(f"512:{MD5}:Win.A\n*:{MD5}:Win.B", "f")
    assert found == Listed(ListKind.HASHES, f"section:512:{MD5}", "Win.A", "f: line 1")
    assert isinstance(unsized, Refused)
    assert unsized.reason is Reason.NOT_MAPPABLE


@pytest.mark.parametrize("line", ["abc", f"{MD5}:x:Win.A", f"{MD5[1:]}:1:Win.A", f"{MD5}:1", f"{MD5}:1:a:b:c:d"])
def test_a_line_of_another_form_is_named(line: str) -> None:
    [refused] = read_file_hashes(line, "f")
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.where) == (Reason.MALFORMED, "f: line 1")


@pytest.mark.parametrize(
    ("signature", "content", "is_match"),
    [
        ("A:0:*:414243444546", b"xxABCDEFxx", True),
        ("A:0:*:414243444546", b"xxABCDExx", False),
        ("A:0:0:414243444546", b"ABCDEFxx", True),
        ("A:0:0:414243444546", b"xABCDEFxx", False),
        ("A:0:2,3:414243444546", b"xxxxxABCDEF", True),
        ("A:0:2,3:414243444546", b"xxxxxxABCDEF", False),
        ("A:0:EOF-6:414243444546", b"xxABCDEF", True),
        ("A:0:EOF-6:414243444546", b"ABCDEFxx", False),
        ("A:0:EOF-8,2:414243444546", b"xABCDEFyz", True),
        ("A:0:*:414243??454647", b"ABC-EFG", True),
        ("A:0:*:4142434?454647", b"ABCNEFG", True),
        ("A:0:*:4142434?454647", b"ABC-EFG", False),
        ("A:0:*:414243?4454647", b"ABC4EFG", True),
        ("A:0:*:41424344*45464748", b"ABCD" + b"-" * 3000 + b"EFGH", True),
        ("A:0:*:41424344*45464748", b"EFGHABCD", False),
        ("A:0:*:41424344{2}45464748", b"ABCD--EFGH", True),
        ("A:0:*:41424344{2}45464748", b"ABCD-EFGH", False),
        ("A:0:*:41424344{1-2}45464748", b"ABCD-EFGH", True),
        ("A:0:*:41424344{-2}45464748", b"ABCDEFGH", True),
        ("A:0:*:41424344{3-}45464748", b"ABCD--EFGH", False),
        ("A:0:*:41424344{3-}{1}45464748", b"ABCD----EFGH", True),
        ("A:0:*:41424344[1-2]45464748", b"ABCD--EFGH", True),
        ("A:0:*:414243(44|4545)46474849", b"ABCEEFGHI", True),
        ("A:0:*:414243(44|4545)46474849", b"ABCEFGHI", False),
        ("A:0:*:41424344454647*", b"ABCDEFG", True),
        ("A:1:*:414243444546", b"ABCDEF", False),
        ("A:1:*:414243444546", b"MZABCDEF", True),
        ("A:6:*:414243444546", b"\x7fELFABCDEF", True),
        ("A:10:*:414243444546", b"%PDF-ABCDEF", True),
        ("A:12:*:414243444546:50:99", b"\xca\xfe\xba\xbeABCDEF", True),
    ],
)
def test_a_body_signature_matches_what_clamav_says_it_does(signature: str, content: bytes, is_match: bool) -> None:
    assert _matches(signature, content) is is_match


@pytest.mark.parametrize(
    ("signature", "what"),
    [
        ("A:3:*:414243444546", "HTML"),
        ("A:7:*:414243444546", "text as ClamAV"),
        ("A:99:*:414243444546", "target type 99"),
        ("A:1:EP+0:414243444546", "the offset EP+0"),
        ("A:1:S0+4:414243444546", "the offset S0+4"),
        ("A:0:*:414243!(44)454647", "!(44)"),
        ("A:0:*:414243(B)444546", "(B)"),
        ("A:0:*:{4}414243444546", "starts with a gap"),
        ("A:0:*:414243444546{4}", "ends with a gap"),
        ("A:0:*:414243{9-4}444546", "a gap of 9 to 4"),
        ("A:0:*:414243{99999999}444546", "a gap of"),
        ("A:0:*:4142434", "in the content"),
    ],
)
def test_what_no_rule_can_say_is_named(signature: str, what: str) -> None:
    [refused] = read_bodies(signature, "s.ndb")
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.NOT_MAPPABLE
    assert what in refused.what


def test_a_name_cannot_break_out_of_its_rule() -> None:
    name = 'A" } private rule evil \\ // {'
    [found] = read_bodies(f"{name}:0:*:414243444546", "s.ndb")
    assert isinstance(found, FoundRule)
    assert found.rule.meta["signature"] == name
    assert [rule.identifier for rule in boreal.compile(source=found.rule.source)] == [found.rule.name]
