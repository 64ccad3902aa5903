"""YARA rules of others: which are carried, and why the rest is not."""

import pytest

from quetsach.packs.importer.indicator import FoundRule, Reason, Refused
from quetsach.packs.importer.vetting import Vetted, vet
from quetsach.packs.importer.yara_text import read_rules

GOOD = 'rule good { meta: author = "A" strings: $a = "some sure mark" condition: $a }'


def _read(text: str) -> tuple[list[FoundRule], list[Refused]]:
    found = list(read_rules(text, "r.yar"))
    return [o for o in found if isinstance(o, FoundRule)], [o for o in found if isinstance(o, Refused)]


def _vetted(text: str, **more: bytes) -> Vetted:
    rules, refused = _read(text)
    assert not refused
    return vet(rules, more.items())


def _names(vetted: Vetted) -> list[str]:
    return [rule.name for rule in vetted.rules.rules]


def _refusal(text: str) -> Refused:
    vetted = _vetted(f"{GOOD}\n{text}")
    assert _names(vetted) == ["good"]
    [refused] = vetted.refused
    assert refused.where == "r.yar: line 2"
    return refused


def test_rules_are_carried_word_for_word_with_the_modules_and_rules_they_need() -> None:
    helper = 'private rule helper { strings: $a = "help for others" condition: $a }'
    asking = 'rule asking { strings: $a = "another mark" condition: helper and $a and pe.is_dll() }'
    vetted = _vetted(f'import "pe"\nimport "magic"\n{helper}\n{asking}\n{GOOD}')
    assert [rule.source for rule in vetted.rules.rules] == [helper, asking, GOOD]
    assert vetted.rules.imports == ("pe",)
    assert vetted.refused == ()


@pytest.mark.parametrize(
    ("rule", "reason", "what"),
    [
        ('rule b { strings: $a = "some sure mark" condition: $a and filename == "x" }', Reason.ENGINE, "filename"),
        ("rule b { strings: $a = /a.*+b/ condition: $a }", Reason.SHORT_STRINGS, "fixed bytes"),
        ('rule b { strings: $a = "MZ" $b = { 00 01 } condition: any of them }', Reason.SHORT_STRINGS, "2 fixed bytes"),
        ("rule b { strings: $a = /[a-z]{20}/ condition: $a }", Reason.SHORT_STRINGS, "0 fixed bytes"),
        ("rule b { condition: uint16(0) == 0x5a4d }", Reason.SHORT_STRINGS, "no strings"),
        ('rule b { strings: $a = "kernel32.dll" condition: $a }', Reason.MATCHES_HONEST, "b: "),
        ('rule b { meta: file_types = "x" strings: $a = "sure mark b" condition: $a }', Reason.MALFORMED, "'x'"),
        ('rule good { strings: $a = "other mark" condition: $a }', Reason.NAME_TAKEN, "good"),
        (
            'rule b { meta: author = "\\x1b[2J" strings: $a = "sure mark b" condition: $a }',
            Reason.ENGINE,
            "control characters",
        ),
        ('rule b { strings: $a = "sure mark b" condition: $a and false }', Reason.ENGINE, "YARA-X warns"),
    ],
)
def test_a_rule_that_cannot_be_carried_is_named_with_the_reason(rule: str, reason: Reason, what: str) -> None:
    refused = _refusal(rule)
    assert refused.reason is reason
    assert what in refused.what


def test_a_module_that_an_engine_lacks_is_named() -> None:
    vetted = _vetted(f'import "magic"\n{GOOD}\nrule b {{ condition: magic.type() contains "x" }}')
    assert [(r.reason, r.what) for r in vetted.refused] == [(Reason.MODULE, "b: magic")]


def test_a_rule_that_matches_given_honest_files_goes_with_those_that_rest_on_it() -> None:
    resting = 'rule resting { strings: $a = "a third mark" condition: $a and good }'
    vetted = _vetted(f"{GOOD}\n{resting}", file=b"some sure mark")
    assert _names(vetted) == []
    assert {r.reason for r in vetted.refused} == {Reason.MATCHES_HONEST}
    assert "rests on good" in vetted.refused[1].what


def test_a_rule_that_is_there_twice_is_counted_once() -> None:
    vetted = _vetted(f"{GOOD}\n{GOOD}")
    assert (_names(vetted), vetted.duplicates, vetted.refused) == (["good"], 1, ())


def test_after_the_time_that_there_is_the_rest_is_named() -> None:
    rules, _ = _read(f'{GOOD}\nrule late {{ strings: $a = "a late mark" condition: $a }}')
    times = iter([0.0, 1.0, 301.0])
    vetted = vet(rules, clock=lambda: next(times))
    assert _names(vetted) == ["good"]
    assert [r.reason for r in vetted.refused] == [Reason.LIMIT]


def test_what_does_not_fit_into_the_pack_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.packs.importer.vetting._RULES_LIMIT_BYTES", len(GOOD) + 10)
    vetted = _vetted(f'{GOOD}\nrule more {{ strings: $a = "another mark" condition: $a }}')
    assert _names(vetted) == ["good"]
    assert [r.reason for r in vetted.refused] == [Reason.PACK_FULL]


def test_rules_beyond_the_most_that_an_import_takes_are_refused_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.packs.importer.vetting.MOST_RULES", 1)
    vetted = _vetted(f'{GOOD}\nrule more {{ strings: $a = "another mark" condition: $a }}')
    assert [(r.reason, r.what) for r in vetted.refused] == [(Reason.PACK_FULL, "more: an import takes at most 1 rules")]


def test_a_broken_rule_does_not_take_the_others_with_it() -> None:
    rules, refused = _read(f'import "pe"\nrule broken {{ strings: $a = "x condition: $a }}\n{GOOD}\n')
    assert [(one.rule.name, one.where) for one in rules] == [("good", "r.yar: line 3")]
    assert [(one.reason, one.where) for one in refused] == [(Reason.MALFORMED, "r.yar: line 2")]


def test_a_file_with_a_global_rule_gives_none() -> None:
    rules, refused = _read(f"{GOOD}\nglobal rule small {{ condition: filesize < 1MB }}")
    assert rules == []
    assert [(one.reason, one.what) for one in refused] == [(Reason.GLOBAL_RULE, "good"), (Reason.GLOBAL_RULE, "small")]


def test_an_include_is_named_and_never_followed() -> None:
    rules, refused = _read(f'include "/etc/passwd"\n{GOOD}')
    assert [one.where for one in rules] == ["r.yar: line 2"]
    assert [(one.reason, one.what) for one in refused] == [(Reason.OTHER_FILE, "include /etc/passwd")]


def test_a_rule_that_is_not_in_utf_8_is_named() -> None:
    _, refused = _read('rule a { strings: $a = "caf\ufffd au lait" condition: $a }')
    assert [one.reason for one in refused] == [Reason.MALFORMED]


def test_what_has_no_rule_at_all_is_named() -> None:
    assert [one.reason for one in _read("nothing of the kind }")[1]] == [Reason.MALFORMED]


def test_a_rule_whose_condition_would_end_the_process_is_left_out_and_the_others_are_carried() -> None:
    bomb = f'rule bomb {{ strings: $a = "another mark" condition: $a and {"-" * 250_000}1 == 1 }}'
    rules, [refused] = _read(f"{bomb}\n{GOOD}")
    assert [one.rule.name for one in rules] == ["good"]
    assert (refused.reason, refused.where) == (Reason.LIMIT, "r.yar: line 1")


def test_a_slow_rule_does_not_hide_that_others_match_honest_files() -> None:
    loop = "for all x in (1..filesize-1): (for all y in (1..filesize-1): (uint8(x) + uint8(y) < 600))"
    slow = f'rule slow {{ strings: $a = "mark of slow" condition: filesize > 50KB and ($a or {loop}) }}'
    broad = 'rule broad { strings: $a = "in honest files" condition: $a }'
    vetted = _vetted(f"{slow}\n{broad}\n{GOOD}", honest=b"words in honest files " * 10_000)
    assert _names(vetted) == ["good"]
    assert {one.what.partition(":")[0]: one.reason for one in vetted.refused} == {
        "slow": Reason.ENGINE,
        "broad": Reason.MATCHES_HONEST,
    }
