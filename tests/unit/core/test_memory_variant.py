"""What becomes of a condition in memory."""

import boreal
import pytest

from quetsach.core.memory_variant import MemoryVariant, memory_variant
from quetsach.core.rule_text import rules_of

ALL = 'import "pe" import "math" rule x { strings: $a = "aa" $b = "bb" condition: any of them and (CONDITION) }'


def _variant(source: str, name: str = "x") -> MemoryVariant:
    variant = memory_variant(rules_of(source), frozenset({name}))
    boreal.compile(source=variant.source, includes=False)
    return variant


def _condition(condition: str) -> str:
    return _variant(ALL.replace("CONDITION", condition)).source.partition("any of them and ")[2].removesuffix(")\n}")


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("filesize < 100KB and $a", "$a"),
        ("$a and 2MB > filesize", "$a"),
        ("$a and (filesize < 10 or filesize > 20KB)", "$a"),
        ("$a and not filesize > 0x1000", "$a"),
        (r"$a and filesize \ 2 < (3 + 4)", "$a"),
        ("uint16(0) == 0x5a4d and $a", "$a"),
        ("uint32(uint32(0x3c)) == 0x4550 and $a", "$a"),
        ("uint32be(filesize - 4) == 1 and $a", "$a"),
        ("(filesize < 10 and $a) or (filesize < 20 and $b)", "($a or $b)"),
        ("$a at 0", "$a"),
        ("$a in (0..1024)", "$a"),
        ("$a in (filesize - 10..filesize)", "$a"),
        ("any of ($a, $b) at 0", "any of ( $a , $b )"),
        ("$a at entrypoint", "$a"),
        ("$a at @b + 4", "$a at @b + 4"),
        ("@a < @b", "@a < @b"),
        (
            "for any i in (1..#a) : (uint8(@a[i] + 1) == 5)",
            "for any i in ( 1 .. #a ) : ( uint8 ( @a [ i ] + 1 ) == 5 )",
        ),
        ("math.entropy(0, 100) > 7.0", "math . entropy ( 0 , 100 ) > 7.0"),
        ("#a > 2 and !a[1] == 2", "(#a > 2 and !a [ 1 ] == 2)"),
    ],
)
def test_what_is_said_of_the_file_goes_and_what_is_said_of_the_content_stays(condition: str, left: str) -> None:
    assert _condition(condition) == left


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("pe.is_dll()", "the module pe"),
        ("math.entropy(0, filesize) > 7", "calculates with filesize"),
        ("defined filesize", "calculates with filesize"),
        ("@a < 100", "a place in the file"),
        ("#a in (0..10) == 2", "a place in the file"),
        ("for any of them : ($ at 0)", "a place in the file"),
        ("for any i in (0..10) : (uint8(i) == 1)", "a place in the file"),
    ],
)
def test_a_rule_that_needs_the_whole_file_is_left_out_with_its_reason(condition: str, reason: str) -> None:
    variant = _variant(ALL.replace("CONDITION", condition))
    assert variant.source == ""
    assert reason in variant.left_out["x"]


def test_a_rule_of_which_nothing_is_left_is_left_out() -> None:
    assert _variant("rule x { condition: filesize < 10 }").left_out == {"x": "it says nothing of the content"}


def test_a_rule_that_only_spoke_of_the_file_is_dropped_where_it_is_named() -> None:
    source = 'rule elf { condition: uint8(0) == 1 } rule x { strings: $a = "aa" condition: elf and $a }'
    assert _variant(source).source.count("rule ") == 1


def test_a_rule_that_names_one_without_variant_has_none() -> None:
    source = 'import "pe" rule dll { condition: pe.is_dll() } rule x { strings: $a = "aa" condition: dll and $a }'
    assert "names the rule dll" in _variant(source).left_out["x"]


def test_a_rule_that_nobody_asks_for_is_not_there() -> None:
    source = 'rule other { strings: $a = "aa" condition: $a } rule x { strings: $a = "bb" condition: $a }'
    assert "other" not in _variant(source).source


def test_no_rule_has_a_variant_under_a_global_rule_that_has_none() -> None:
    source = 'import "pe" global rule g { condition: pe.is_dll() } rule x { strings: $a = "aa" condition: $a }'
    assert "the global rule g" in _variant(source).left_out["x"]


def test_brackets_without_end_are_left_out() -> None:
    condition = "(" * 200 + "$a" + ")" * 200
    variant = memory_variant(rules_of(ALL.replace("CONDITION", condition)), frozenset({"x"}))
    assert "too deeply" in variant.left_out["x"]
