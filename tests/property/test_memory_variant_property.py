"""Memory variants: they compile, and a rule finds in memory what made it match as a file."""

import boreal
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.errors import InputError
from quetsach.core.memory_variant import memory_variant
from quetsach.core.rule_text import rules_of

STRINGS = {"$a": b"first needle", "$b": b"second needle", "$c": b"third needle"}
CONTENT_TESTS = st.sampled_from(["$a", "$b", "$c", "any of them", "2 of them", "#a > 0", "all of ($a, $b)"])
FILE_TESTS = st.sampled_from(
    [
        *("filesize < 100KB", "50MB > filesize", "filesize > 0x10", "(filesize < 5MB)", "filesize >= 1 + 1"),
        *("uint16(0) == 0x5a4d", "uint32be(0) != 0x01020304", "$a at 2", "$b in (0..1000)"),
    ]
)


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(parts, st.sampled_from([" and ", " or "]), parts)
    return pairs.map(lambda p: "(" + "".join(p) + ")") | parts.map(lambda p: f"not ({p})")


CONDITIONS = st.recursive(CONTENT_TESTS | FILE_TESTS, _joined, max_leaves=12)
POSITIVE = st.lists(CONTENT_TESTS, min_size=1).flatmap(
    lambda sure: st.lists(FILE_TESTS).flatmap(lambda loose: st.permutations(sure + loose))
)


def _source(condition: str) -> str:
    strings = " ".join(f'{name} = "{text.decode()}"' for name, text in STRINGS.items())
    return f"rule x {{ strings: {strings} condition: ({condition}) and (any of them or true) }}"


@given(CONDITIONS)
def test_every_variant_compiles(condition: str) -> None:
    variant = memory_variant(rules_of(_source(condition)), frozenset({"x"}))
    assert variant.source
    assert variant.left_out == {}
    boreal.compile(source=variant.source, includes=False)


@given(POSITIVE, st.binary(max_size=50))
def test_a_rule_matches_its_own_strings_in_memory(tests: list[str], before: bytes) -> None:
    variant = memory_variant(rules_of(_source(" and ".join(tests))), frozenset({"x"}))
    content = before + b"\0".join(STRINGS.values())
    assert boreal.compile(source=variant.source, includes=False).match(data=content)


@given(CONDITIONS, st.lists(st.sampled_from(sorted(STRINGS.values()))))
def test_what_says_nothing_of_the_file_means_the_same(condition: str, parts: list[bytes]) -> None:
    source = _source(condition)
    if any(word in condition for word in ("filesize", "uint", " at ", " in ")):
        return
    variant = memory_variant(rules_of(source), frozenset({"x"})).source
    content = b" ".join(parts)
    assert bool(boreal.compile(source=source).match(data=content)) == bool(
        boreal.compile(source=variant).match(data=content)
    )


@given(st.text(alphabet='rule x{}:"/\\$a=condition\n*', max_size=60))
def test_text_that_is_no_rule_is_refused_and_nothing_else(text: str) -> None:
    try:
        rules_of(text)
    except InputError as error:
        assert "line" in str(error)
