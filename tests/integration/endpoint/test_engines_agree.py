"""Three engines give the same answers: boreal, which we use, YARA-X beside it, and YARA itself as the measure."""

import random
from pathlib import Path

import pytest
import yara
from bench.family_rules import family_rules

from quetsach.core.rule_text import RuleText, WordKind, rules_of, words_of
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.yara_x import YaraXEngine

SHELF = Path(__file__).parents[3] / "packs"
HEADERS = (b"\x7fELF\x02\x01\x01", b"MZ\x90\x00", b"#!/bin/sh\n", b"{", b"", b"\0")
FILES = 300


def _shelf() -> dict[str, str]:
    return {path.parent.name: path.read_text() for path in SHELF.glob("*/rules.yar")}


def _content(rule: RuleText, dice: random.Random) -> bytes:
    """Return bytes with some of a rule's strings behind some header."""
    parts = [dice.randbytes(dice.randrange(40))]
    for word in words_of(rule.head.partition("strings:")[2]):
        if word.kind in {WordKind.TEXT, WordKind.HEX, WordKind.EXPRESSION} and dice.random() < 0.8:
            parts += [_example(word.kind, word.text, dice), dice.choice([b" ", b"\0", b"x"])]
    dice.shuffle(parts)
    return dice.choice(HEADERS) + b"".join(parts)


def _example(kind: WordKind, text: str, dice: random.Random) -> bytes:
    match kind:
        case WordKind.HEX:
            pairs = text.strip("{} ").split()
            return bytes(dice.randrange(256) if pair == "??" else int(pair, 16) for pair in pairs)
        case WordKind.EXPRESSION:
            return text.strip("/").partition("[")[0].encode() + b"0a1b2c"
        case _:
            raw = text.strip('"').replace('\\"', '"')
            return dice.choice([raw, raw, raw.upper()]).encode(dice.choice(["utf-8", "utf-8", "utf-16-le"]))


def _contents(sources: dict[str, str], seed: int) -> list[bytes]:
    dice = random.Random(seed)
    rules = [rule for source in sources.values() for rule in rules_of(source).rules]
    return [b"", *(_content(dice.choice(rules), dice) for _ in range(FILES))]


@pytest.mark.parametrize("seed", [1, 2])
def test_on_generated_rules_and_files(seed: int) -> None:
    sources = family_rules(with_types=False, seed=seed) | _shelf()
    boreal, yara_x = BorealEngine().compile(sources), YaraXEngine().compile(sources)
    measure = yara.compile(sources=sources, includes=False)
    fired = set()
    for content in _contents(sources, seed):
        expected = {(match.namespace, match.rule) for match in measure.match(data=content)}
        assert {(hit.family, hit.rule) for hit in boreal.match(content)} == expected
        assert {(hit.family, hit.rule) for hit in yara_x.match(content)} == expected
        fired |= expected
    assert len(fired) >= 50
