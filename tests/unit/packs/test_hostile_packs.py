"""Packs that are written to hang, to end or to deceive whoever reads them: each is refused in an instant."""

import time
from collections.abc import Mapping

import pytest

from quetsach.packs import PackError
from quetsach.packs.load import parse_pack

RULE = 'rule sure { strings: $a = "some sure mark" condition: $a'
HEAD = """format = 1
family = "hostile"
version = "2026.11.25"
name = { vi = "v", en = "e" }
platforms = ["linux"]
severity = "low"
aliases = []
references = []
author = "a"
licence = "l"
"""
TRAIT = """[[trait]]
id = "one"
kind = "file"
rule = "sure"
action = "report"
why = { vi = "v", en = "e" }
"""
MANY = 400_000


def parse(files: Mapping[str, str]) -> None:
    whole = {
        "pack.toml": HEAD,
        "rules.yar": f"{RULE} }}",
        "recipe.toml": TRAIT,
        "guidance.vi.md": "# Lời khuyên",
        "guidance.en.md": "# Advice",
        "sources.md": "# Sources",
        **files,
    }
    parse_pack({name: text.encode() for name, text in whole.items()}, "hostile")


def refusal(name: str, text: str) -> str:
    started = time.process_time()
    with pytest.raises(PackError) as error:
        parse({name: text})
    assert time.process_time() - started < 10
    assert error.value.hint
    return error.value.explain()


def test_the_pack_is_good_before_it_is_made_hostile() -> None:
    parse({})


@pytest.mark.parametrize(
    "bomb",
    [
        "not " * MANY + "true",
        "-" * MANY + "1 == 1",
        "~" * MANY + "1 == 1",
        "defined " * MANY + "$a",
        "1 + " * MANY + "1 == 1",
        "1 | " * MANY + "1 == 1",
        "1 == " * MANY + "1",
        '"a" contains ' * MANY + '"a"',
    ],
    ids=lambda bomb: bomb[:7],
)
def test_a_condition_that_would_end_the_process_is_never_given_to_the_engine(bomb: str) -> None:
    assert "rule sure has more than 250 words in a row" in refusal("rules.yar", f"{RULE} and {bomb} }}")


def test_a_bomb_in_rules_that_cannot_be_read_is_not_tried_either() -> None:
    assert "cannot be read" in refusal("rules.yar", f"{RULE.replace('condition', 'kondition')} and {'-' * MANY}1 }}")


def test_a_long_condition_of_many_parts_is_no_bomb() -> None:
    parse({"rules.yar": f"{RULE} or {'$a or ' * 2000} $a }}"})


def test_a_hex_string_of_solidi_is_given_up_at_once() -> None:
    assert refusal("rules.yar", "rule sure { strings: $a = {" + "/" * MANY)


@pytest.mark.parametrize("key", [".".join("a" * MANY), ".".join(['"a"'] * MANY), " . ".join("a" * MANY)], ids=len)
@pytest.mark.parametrize("form", ["{} = 1", "[{}]", "x = {{ {} = 1 }}"])
def test_a_key_of_thousands_of_levels_is_not_followed(key: str, form: str) -> None:
    assert "nested too deeply" in refusal("pack.toml", f"{HEAD}{form.format(key)}\n")


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    assert "too many digits" in refusal("pack.toml", HEAD.replace("format = 1", f"format = {'9' * 5000}"))


@pytest.mark.parametrize("field", ["\\u001b[2J", "a b", "Path", "", "a" * 41])
def test_the_name_of_a_field_cannot_speak_to_a_terminal(field: str) -> None:
    assert "no name of a field" in refusal("recipe.toml", f'{TRAIT}match."{field}" = "x"\n')


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\0", "\x9b", "\u202e", "\u2066"], ids=ascii)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_guidance_has_no_characters_that_a_terminal_obeys(character: str, language: str) -> None:
    told = refusal(f"guidance.{language}.md", f"# Title\n\nText {character}[2J\n")
    assert f"guidance.{language}.md:3" in told


@pytest.mark.parametrize("author", ["\\x1b[2J", "\\x07", "a\\tb", "\u202e"], ids=ascii)
def test_the_author_of_a_rule_cannot_speak_to_a_terminal(author: str) -> None:
    rule = RULE.replace("strings:", f'meta: author = "{author}" strings:')
    assert "the author of rule sure" in refusal("rules.yar", f"{rule} }}")


def test_the_size_of_a_hash_is_written_in_plain_digits() -> None:
    text = TRAIT.replace('rule = "sure"', f'hashes = ["١٢٣:{"a" * 64}"]')
    assert "is no hash" in refusal("recipe.toml", text)
