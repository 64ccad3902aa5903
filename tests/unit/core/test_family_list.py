"""Lists of others: what they say is read in full or refused in place, and no expression of theirs is ever run."""

import contextlib
import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.errors import InputError
from quetsach.core.family_list import ListIndex, VendorWords, read_family_list
from quetsach.core.spelling_pattern import MOST_SPELLINGS, read_pattern

LETTERS = "ab-"
ATOMS = st.one_of(
    st.sampled_from(["a", "b", "-", r"\-", "[ab]", "[a-b]", "[-a]", r"[b\-]"]),
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeats = st.sampled_from(["", "?", "{1}", "{2}", "{0,2}"])
    groups = st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})")
    return st.lists(st.builds("{}{}".format, st.one_of(ATOMS, groups), repeats), min_size=1, max_size=3).map("".join)


SEQUENCES = st.recursive(ATOMS, _grown, max_leaves=6)


@given(SEQUENCES, st.sampled_from(["^{}$", "^{}.*$", "^{}", "^.*{}$", "{}$"]), st.text(LETTERS, max_size=7))
def test_a_name_is_found_exactly_where_the_expression_would_have_found_it(inner: str, ends: str, name: str) -> None:
    expression = ends.format(inner)
    try:
        pattern = read_pattern(expression)
    except InputError as error:
        assert "more than" in str(error)
        return
    found = {
        "whole": name in pattern.texts,
        "prefix": name.startswith(tuple(pattern.texts)),
        "suffix": name.endswith(tuple(pattern.texts)),
    }[pattern.form]
    assert found == bool(re.search(expression, name))


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+$",
        "^(a*)*$",
        "^(a|a)*$",
        "^a.*b$",
        "^a.b$",
        "zeus",
        "^a|b$",
        r"^\w+$",
        "^(?=a)a$",
        r"^(a)\1$",
        "^a??$",
        "^a{2,}$",
        "^a{1,999}$",
        "^[^a]$",
        "^[b-a]$",
        "^(a$",
        "^a)$",
        "^[a$",
        r"^a\$",
        "^" + "(" * 50 + "a" + ")" * 50 + "$",
        "^[a-z]{4}$",
        "^" + "[ab]{9}" * 400 + "$",
        "^" + "a" * 5000 + "$",
    ],
)
def test_an_expression_that_says_more_than_can_be_written_out_is_refused_at_once(expression: str) -> None:
    begun = time.monotonic()
    try:
        pattern = read_pattern(expression)
    except InputError:
        pass
    else:
        assert (expression, pattern.form) == (r"^a\$", "prefix")  # an escaped end is a character
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("range_", [r"(-\[", r"\(-a", r"\\-\\", r"\d-a"])
def test_a_range_with_an_escaped_end_is_refused_and_not_taken_for_a_hyphen(range_: str) -> None:
    with pytest.raises(InputError, match="not understood"):
        read_pattern(f"^[{range_}]$")
    assert read_pattern(r"^[\(-]$").texts == {"(", "-"}


@given(st.text("^$.*+?{}|()[]\\-ab1,", max_size=40))
def test_any_expression_is_refused_or_stands_for_few_spellings(expression: str) -> None:
    with contextlib.suppress(InputError):
        assert len(read_pattern(expression).texts) <= MOST_SPELLINGS


MAPPING = b"""# what a bot was called
"^(ze-?us|z-?bot)$",zeus,some vendor,https://example.test/
"^worm_dork.*$",dorkbot
"^a.+b$",other
"^x.*$",short
"^y$",
"""


def test_rows_that_are_not_understood_are_told_with_their_lines_and_the_others_are_read() -> None:
    found = read_family_list(MAPPING, form="certtools")
    assert [(one.name, one.where, one.form, sorted(one.keys)) for one in found.entries] == [
        ("zeus", "line 2", "whole", ["zbot", "zeus"]),
        ("dorkbot", "line 3", "prefix", ["wormdork"]),
    ]
    assert [where for where, _why in found.refused] == ["line 4", "line 5", "line 6"]


def test_clusters_are_read_with_their_synonyms_and_a_damaged_one_is_told() -> None:
    values = [
        {"value": "Emotet", "meta": {"synonyms": ["Heodo", "Geodo"]}},
        {"value": "Alone"},
        {"value": 7},
        {"value": "x", "meta": {"synonyms": "y"}},
        {"value": "z", "meta": []},
        "w",
    ]
    found = read_family_list(json.dumps({"values": values}).encode(), form="misp-galaxy")
    assert [(one.name, sorted(one.keys)) for one in found.entries] == [
        ("Emotet", ["emotet", "geodo", "heodo"]),
        ("Alone", ["alone"]),
    ]
    assert [where for where, _why in found.refused] == ["values[3]", "values[4]", "values[5]", "values[6]"]


@pytest.mark.parametrize(
    ("content", "form", "what"),
    [
        (b"\xff", "certtools", "UTF-8"),
        (b'"^a$', "certtools", "CSV"),
        (b"[" * 100_000, "misp-galaxy", "JSON"),
        (b"[]", "misp-galaxy", "galaxy"),
        (b'{"values": {}}', "misp-galaxy", "galaxy"),
        (b"x" * (33 << 20), "certtools", "larger"),
        (b"^a$,b\n" * 20_001, "certtools", "more than"),
    ],
)
def test_a_file_that_is_no_such_list_is_refused(content: bytes, form: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_family_list(content, form=form)


def test_what_stands_whole_in_a_list_goes_before_beginnings() -> None:
    found = read_family_list(b"^emotet.*$,feodo\n^emotetnew$,emotet\n^.*tnew$,tail\n", form="certtools")
    index = ListIndex(found.entries)
    assert [one.name for one in index.of("emotetnew")] == ["emotet"]
    assert [one.name for one in index.of("emotetx")] == ["feodo"]
    assert [one.name for one in index.of("xtnew")] == ["tail"]
    assert index.of("emo") == ()


WORDS = VendorWords(frozenset({"trojan", "win32", "b54"}), frozenset({"gen", "a"}))


@pytest.mark.parametrize(
    ("spelling", "bare"),
    [
        ("Trojan:Win32/Emotet.A!gen", "emotet"),
        ("b54-base", "base"),
        ("Emotet", "emotet"),
        ("Trojan.Gen", ""),
        ("Mã-độc.gen", "mãđộc"),
    ],
)
def test_what_vendors_put_around_a_name_is_taken_off(spelling: str, bare: str) -> None:
    from quetsach.core.family import name_key

    assert WORDS.bare(spelling) == name_key(bare)
