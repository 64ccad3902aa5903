"""Rules that are too slow or too broad are named; honest ones are not."""

import pytest

from quetsach.core.rule_text import rules_of
from quetsach.packs.goodware import HIGHEST_COST, Stopwatch, common_words, contents_of
from quetsach.packs.rules import strings_of, too_broad

PLAIN = [f"the quick brown fox {number} jumps".encode() * 400 for number in range(120)]
HONEST = [(f"/usr/{number}", content) for number, content in enumerate(PLAIN)]


@pytest.fixture(scope="module")
def stopwatch() -> Stopwatch:
    return Stopwatch(contents_of(PLAIN))


@pytest.mark.parametrize(
    "rule",
    [
        'rule x { strings: $a = "stratum+tcp" nocase wide ascii $b = { 4D 5A [2-8] 50 45 } condition: $a or $b }',
        'import "hash" rule x { condition: hash.sha256(0, filesize) == "0" }',
        "rule x { condition: uint16(0) == 0x5a4d and filesize < 5MB }",
    ],
)
def test_an_honest_rule_is_not_dear(stopwatch: Stopwatch, rule: str) -> None:
    assert stopwatch.cost(rule) < HIGHEST_COST


@pytest.mark.parametrize(
    "rule",
    [
        "rule x { strings: $a = /a.*b.*c/ condition: $a }",
        "rule x { condition: for all i in (0..filesize): (uint8(i) != 300) }",
        "rule x { condition: uint16(0) == 0x5a4d and for all i in (0..filesize): (uint8(i) != 300) }",
        "rule x { condition: uint32be(0) == 0x7f454c46 and for all i in (0..filesize): (uint8(i) != 300) }",
    ],
)
def test_a_slow_rule_is_dear_also_behind_a_header(stopwatch: Stopwatch, rule: str) -> None:
    assert stopwatch.cost(rule) > HIGHEST_COST


def _broad(source: str) -> list[tuple[str, str]]:
    return [(broad.rule, broad.what) for broad in too_broad({"family": source}, HONEST)]


def test_a_rule_that_matches_honest_files_is_named_with_some_of_them() -> None:
    source = 'rule narrow { strings: $a = "quetsach-specimen" condition: $a } rule broad { condition: filesize > 9 }'
    assert _broad(source) == [("broad", "it matches honest files (120): /usr/0, /usr/1, /usr/2 …")]


@pytest.mark.parametrize(
    ("strings", "what"),
    [
        ('$a = "ab" $b = { 01 02 03 ?? 05 }', "none of its strings has 6 fixed bytes in a row; the longest, $b, has 3"),
        ("$a = /[a-z]+\\.exe/", "none of its strings has 6 fixed bytes in a row; the longest, $a, has 4"),
        ('$a = "ab" $b = "quick brown"', "all its strings are short or common; $b is a word of many honest programs"),
    ],
)
def test_a_rule_without_one_sure_string_is_named(strings: str, what: str) -> None:
    assert _broad(f"rule x {{ strings: {strings} condition: all of them and filesize < 9 }}") == [("x", what)]


@pytest.mark.parametrize(
    "source",
    [
        'rule x { strings: $a = "ab" $b = "quick brown" $c = "quetsach-specimen" condition: all of them }',
        'private rule p { strings: $a = "ab" condition: $a } rule x { strings: $b = "specimen" condition: p and $b }',
        'import "hash" rule x { strings: $a = "ab" condition: $a and hash.md5(0, 9) == "0" }',
        "rule x { condition: uint32(0) == 0x11223344 }",
    ],
)
def test_a_rule_that_may_be_sure_is_not_named(source: str) -> None:
    assert _broad(source) == []


def test_a_word_of_some_files_is_named_with_its_share() -> None:
    source = 'rule x { strings: $a = "brown fox 7 " condition: $a and filesize < 9 }'
    (broad,) = too_broad({"family": source}, [*HONEST[:100], *[HONEST[7]] * 5])
    assert broad.what == "all its strings are short or common; $a is in 6% of honest files"


def test_words_that_programs_share_make_no_rule() -> None:
    source = (
        'rule x { strings: $a = "KERNEL32.dll" $b = "CreateRemoteThread" wide condition: all of them and filesize < 9 }'
    )
    (broad,) = too_broad({"family": source}, HONEST, common=common_words())
    assert broad.what == "all its strings are short or common; $b is a word of many honest programs"


def test_in_a_few_files_no_word_is_common() -> None:
    source = 'rule x { strings: $a = "quick brown" condition: $a and filesize < 9 }'
    assert too_broad({"family": source}, HONEST[:20]) == ()


@pytest.mark.parametrize(
    ("value", "fixed"),
    [
        (r'"a\x41\n\"\\b"', 6),
        ("{ 4D 5A 90 // four\n 00 [2] 50 }", 4),
        ("{ 4D5A ( 90 | 00 ) 5? }", 2),
        ("/stratum\\+tcp:\\/\\//", 14),
        ("/[^\\]x]{3}abcd?efg/i", 3),
        ("/\\d+abc\\.def\\x41/", 8),
        ("/a(bc|d)+efgh$/", 4),
    ],
)
def test_fixed_bytes_in_a_row_are_counted(value: str, fixed: int) -> None:
    source = f'rule x {{ strings: $a = {value} $b = "z" wide condition: any of them }}'
    first, second = strings_of(rules_of(source).rules)
    assert first.fixed_bytes == fixed
    assert (first.declared, second.declared) == (value, '"z" wide')
