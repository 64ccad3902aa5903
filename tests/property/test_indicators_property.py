"""What is taken over means what its source said, whatever it says."""

import ipaddress
import re
import string

import boreal
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.core.indicator_list import ListKind, list_line, parse_list
from quetsach.packs.importer.clamav import read_bodies
from quetsach.packs.importer.indicator import FoundRule
from quetsach.packs.importer.stix import Comparison, PatternError, parse_pattern

LETTERS = st.sampled_from(b"AB")
ANY_BYTE = "(?s:.)"


def _byte(value: int) -> tuple[str, str]:
    return f"{value:02x}", f"\\x{value:02x}"


def _choice(values: list[int]) -> tuple[str, str]:
    return "(" + "|".join(f"{v:02x}" for v in values) + ")", "(?:" + "|".join(f"\\x{v:02x}" for v in values) + ")"


def _gap(low: int, more: int) -> tuple[str, str]:
    return f"{{{low}-{low + more}}}", f"{ANY_BYTE}{{{low},{low + more}}}"


BYTES = st.builds(_byte, LETTERS)
MIDDLES = st.one_of(
    BYTES,
    st.just(("??", ANY_BYTE)),
    st.just(("4?", "[\\x40-\\x4f]")),
    st.just(("?1", "[\\x01\\x11\\x21\\x31\\x41\\x51\\x61\\x71\\x81\\x91\\xa1\\xb1\\xc1\\xd1\\xe1\\xf1]")),
    st.just(("*", f"{ANY_BYTE}*")),
    st.builds(_choice, st.lists(LETTERS, min_size=1, max_size=3)),
    st.builds(_gap, st.integers(0, 3), st.integers(0, 3)),
)
ENDS = st.lists(BYTES, min_size=2, max_size=3)
SIGNATURES = st.tuples(ENDS, st.lists(MIDDLES, max_size=4), ENDS)
CONTENTS = st.lists(st.sampled_from(b"ABQ"), max_size=40).map(bytes)


@settings(max_examples=300)
@given(SIGNATURES, CONTENTS, st.sampled_from(["*", "at", "shift", "end"]), st.integers(0, 6), st.integers(1, 4))
def test_a_body_signature_matches_where_a_regular_expression_of_the_same_meaning_does(
    parts: tuple[list[tuple[str, str]], ...], content: bytes, offset: str, at: int, shift: int
) -> None:
    tokens = [token for part in parts for token in part]
    text, expression = ("".join(side) for side in zip(*tokens, strict=True))
    pattern = re.compile(expression.encode())
    first, last, written = {
        "*": (0, len(content), "*"),
        "at": (at, at, str(at)),
        "shift": (at, at + shift, f"{at},{shift}"),
        "end": (len(content) - at, len(content) - at, f"EOF-{at}"),
    }[offset]
    places = range(max(0, first), min(last, len(content)) + 1)
    expected = any(pattern.match(content, place) for place in places)
    [found] = read_bodies(f"A:0:{written}:{text}", "f")
    assert isinstance(found, FoundRule)
    assert bool(boreal.compile(source=found.rule.source).match(data=content)) is expected


ADDRESSES = st.ip_addresses().filter(lambda address: address.version == 4 or address.ipv4_mapped is None)


@given(ADDRESSES, st.text(string.ascii_letters + " ,;[]()\"'=", max_size=20), st.integers(0, 65535))
def test_an_address_is_found_in_a_text_with_its_port(address: object, before: str, port: int) -> None:
    known = parse_list(ListKind.ADDRESSES, str(address))
    host = f"[{address}]" if ":" in str(address) else str(address)
    assert known.find(f"{before} {host}:{port} {before}") == (str(address), "")


@given(st.ip_addresses(v=4), st.integers(16, 31), st.integers(0, 2**16 - 1))
def test_a_range_holds_its_addresses_and_no_others(address: ipaddress.IPv4Address, length: int, step: int) -> None:
    network = ipaddress.ip_network((address, length), strict=False)
    known = parse_list(ListKind.ADDRESSES, str(network))
    other = ipaddress.IPv4Address((int(address) + step) % 2**32)
    assert (known.find(f"{other}:80") is not None) is (other in network)


@given(st.text(max_size=250))
def test_whatever_a_source_calls_an_entry_the_list_can_be_read(label: str) -> None:
    for kind, entry in ((ListKind.DOMAINS, "evil.example.test"), (ListKind.NAMES, "a b.exe")):
        assert entry in parse_list(kind, list_line(kind, entry, label)).entries


VALUES = st.text(min_size=1, max_size=20)
PATHS = st.sampled_from(["file:name", "domain-name:value", "file:hashes.'SHA-256'"])
COMPARISONS = st.builds(Comparison, PATHS, st.just("="), VALUES.map(lambda value: (value,)))


def _written(alternatives: list[list[Comparison]]) -> str:
    quoted = [
        " AND ".join(f"{c.path} = '{re.sub(r'([\\\\\'])', r'\\\1', c.values[0])}'" for c in alternative)
        for alternative in alternatives
    ]
    return "[" + " OR ".join(quoted) + "]"


@given(st.lists(st.lists(COMPARISONS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_a_pattern_is_read_as_it_was_written(alternatives: list[list[Comparison]]) -> None:
    assert parse_pattern(_written(alternatives)) == tuple(map(tuple, alternatives))


WORDS = st.sampled_from(["[", "]", "(", ")", " AND ", " OR ", "file:name", "=", "IN", "'a'", ",", "5", "NOT"])


@given(st.lists(WORDS, max_size=30))
def test_a_pattern_of_any_words_is_read_or_refused(words: list[str]) -> None:
    try:
        found = parse_pattern("".join(words))
    except PatternError as error:
        assert str(error)
    else:
        assert all(alternative for alternative in found)
