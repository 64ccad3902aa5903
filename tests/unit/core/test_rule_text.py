"""Rules taken apart."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import boreal
import pytest
from bench.family_rules import family_rules
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core import rule_text
from quetsach.core.errors import InputError
from quetsach.core.rule_text import FileType, rules_for, rules_of, words_of

SHELF = Path(__file__).parents[3] / "packs"
HARD_TO_READ = r"""
import "math"
/* rule commented_out { condition: true } */
private rule is_elf { condition: uint32be(0) == 0x7f454c46 }
global rule wide : one two // {
{
    meta:
        file_types = "elf, script" // "pe"
        score = -5
        text = "a \"quoted\" condition: } "
    strings:
        $a = "} condition: \\"
        $b = { 61 /* } */ 62 [2-4] ( 63 | ?4 ) // }
               65 }
        $c = /[a-z]{2,3}\/\}"/is wide
        $="anonymous" xor(1-255)
    condition:
        any of them or #a != 2
}
rule last { condition: is_elf and any of (wide*) }
"""


def test_texts_expressions_hex_strings_and_comments_hide_nothing() -> None:
    found = rules_of(HARD_TO_READ)
    assert found.imports == ("math",)
    assert [rule.name for rule in found.rules] == ["is_elf", "wide", "last"]
    wide = found.rules[1]
    assert wide.is_global
    assert wide.meta == {"file_types": "elf, script", "score": "5", "text": 'a "quoted" condition: } '}
    assert [word.text for word in wide.condition] == ["any", "of", "them", "or", "#a", "!=", "2"]
    assert wide.source.startswith("global rule wide")
    assert wide.source.endswith("#a != 2\n}")


def test_a_rule_names_the_types_that_concern_it() -> None:
    rules = {rule.name: rule for rule in rules_of(HARD_TO_READ).rules}
    assert rules["wide"].file_types == {FileType.ELF, FileType.SCRIPT}
    assert rules["last"].file_types == frozenset()


def test_an_unknown_type_is_refused_by_name() -> None:
    rule = rules_of('rule x { meta: file_types = "elf,exe" condition: true }').rules[0]
    with pytest.raises(InputError, match="'exe'") as refused:
        _ = rule.file_types
    assert "macho" in refused.value.hint


def test_rules_of_other_types_are_left_out() -> None:
    found = rules_of('rule a { meta: file_types = "pe" condition: true } rule b { condition: true }')
    assert rules_for(found, frozenset({FileType.ELF})) == "rule b { condition: true }"


def test_a_rule_brings_along_the_rules_that_it_names_whatever_their_type() -> None:
    found = rules_of('rule a { meta: file_types = "pe" condition: true } rule b { condition: a }')
    assert rules_for(found, frozenset({FileType.ELF})).count("rule ") == 2


def test_a_star_names_all_rules_that_begin_so() -> None:
    found = rules_of("rule ab { condition: true } rule ac { condition: true } rule c { condition: any of (a*) }")
    assert [rule.name for rule in found.needed(frozenset({"c"}))] == ["ab", "ac", "c"]


def test_a_function_of_a_module_is_no_rule() -> None:
    found = rules_of('import "pe" rule is_dll { condition: true } rule c { condition: pe.is_dll() }')
    assert [rule.name for rule in found.needed(frozenset({"c"}))] == ["c"]


def test_global_rules_are_always_kept() -> None:
    found = rules_of("global rule small { condition: filesize < 10 } rule b { condition: true }")
    assert [rule.name for rule in found.needed(frozenset({"b"}))] == ["small", "b"]


def test_no_rule_is_chosen_when_none_concerns() -> None:
    found = rules_of('global rule g { meta: file_types = "pe" condition: true }')
    assert rules_for(found, frozenset({FileType.ELF})) == ""


@pytest.mark.parametrize(
    "source", ["rule", "rule x {", "rule x { condition: true", 'include "other"', 'rule x { strings: $a = "', "x y z"]
)
def test_what_is_no_rule_is_refused_with_its_line(source: str) -> None:
    with pytest.raises(InputError, match="line 2"):
        rules_of(f"\n{source}")


def test_all_rules_of_all_types_mean_what_they_meant() -> None:
    sources = family_rules(with_types=True)
    sources |= {path.parent.name: path.read_text() for path in SHELF.glob("*/rules.yar")}
    for source in sources.values():
        found = rules_of(source)
        again = rules_of(rules_for(found, frozenset(FileType)))
        assert [rule.source for rule in again.rules] == [rule.source for rule in found.rules]
        boreal.compile(source=rules_for(found, frozenset(FileType)), includes=False)


_ODD = (
    'rule a { strings: $a = "condition: {" $b = /condition: x/i $c = { 4D // condition\n 5A } condition: any of them }',
    'rule b { meta: x = "strings:" strings: // condition\n /* condition: */ $s = "\\"}" xor(1-2) condition: $s }',
    "rule c { strings: $ = /a\\/\\/b/ $d = { 00 /* } */ 11 [2-4] ( 22 | 33 ) } condition: #d > 1 and !d[1] == 2 }",
    'rule d { strings: $condition = "x" ascii $conditions = "y" condition: $condition or $conditions }',
    'rule e { condition: filesize > 1 } rule f { strings: $a = "strings: $b = {" condition: e and $a }',
    'rule g { strings:\n\t$e = "\\\\" nocase\n\t$x="//" condition:$e }',
    'rule h { strings: $a = "x" base64("!@#{}[].,|ABCDEFGHIJ\\x09LMNOPQRSTUVW") condition: $a }',
)


@pytest.mark.parametrize("source", [*_ODD, *(path.read_text() for path in sorted(SHELF.glob("*/rules.yar")))])
def test_strings_that_are_passed_over_at_once_change_nothing(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = rules_of.__wrapped__(source)
    monkeypatch.setattr(rule_text, "_SECTION_OF_STRINGS", re.compile(r"(?!)"))
    assert rules_of.__wrapped__(source) == fast
    assert all("condition" in rule.head[-12:] for rule in fast.rules)


@given(
    st.lists(st.sampled_from(['"', "/", "{", "}", "=", "$a", "condition", ":", "\n", " ", "//", "/*", "*/", "x", "\\"]))
)
def test_nothing_in_strings_makes_the_two_ways_differ(parts: list[str]) -> None:
    source = f"rule a {{ strings: {''.join(parts)} condition: $a }}"
    seen: list[object] = []
    for section in (rule_text._SECTION_OF_STRINGS, re.compile(r"(?!)")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rule_text, "_SECTION_OF_STRINGS", section)
            try:
                seen.append(rules_of.__wrapped__(source))
            except InputError:
                seen.append(None)
    assert seen[0] == seen[1]


def test_the_strings_of_a_large_source_cost_little() -> None:
    strings = "\n".join(
        f'$s{number} = "some words that a program may hold, {number}" ascii wide' for number in range(20)
    )
    source = "\n".join(f"rule r{number} {{ strings: {strings} condition: 6 of them }}" for number in range(500))
    words = min(_cpu(lambda: list(words_of(source))) for _ in range(3))
    assert min(_cpu(lambda: rules_of.__wrapped__(source)) for _ in range(3)) < words / 2
    rules = rules_of(source)
    assert min(_cpu(lambda: rules_for(rules, frozenset({FileType.PE}))) for _ in range(3)) < words / 4


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
