"""What a list of withdrawals takes out of packs, and how the list is read and kept."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.pack import ANY_RULE, Action, ArtefactKind, Pack, Trait
from quetsach.core.rule_text import rules_of
from quetsach.core.text import LocalText
from quetsach.packs.load import load_pack, load_shelf
from quetsach.packs.withdrawal import (
    LIST_LIMIT_BYTES,
    Withdrawal,
    WithdrawalError,
    disarm,
    keep_withdrawals,
    known_withdrawals,
    list_bytes,
    parse_list,
)

SHELF = Path(__file__).parents[3] / "packs"
REASON = LocalText(vi="Nhận nhầm.", en="A mistake.")


@pytest.fixture(scope="module")
def miner() -> Pack:
    return load_pack(SHELF / "xmrig-miner")


def taken_back(label: str, up_to: str = "2099.12.31") -> Withdrawal:
    family, _, name = label.partition("/")
    return Withdrawal(family, name, up_to, REASON, date(2026, 11, 25))


def trait_ids(pack: Pack) -> set[str]:
    return {trait.id for trait in pack.traits}


def test_a_family_that_was_taken_back_goes_whole(miner: Pack) -> None:
    entry = taken_back("xmrig-miner")
    assert disarm([miner], [entry]) == ((), (entry,))


def test_a_trait_that_was_taken_back_goes_alone(miner: Pack) -> None:
    (armed,), effective = disarm([miner], [taken_back("xmrig-miner/ssh-key")])
    assert trait_ids(miner) - trait_ids(armed) == {"ssh-key"}
    assert [one.label for one in effective] == ["xmrig-miner/ssh-key"]


def test_a_rule_that_was_taken_back_takes_every_trait_that_asks_for_it(miner: Pack) -> None:
    (armed,), _ = disarm([miner], [taken_back("xmrig-miner/xmrig_miner_program")])
    assert {"miner-program", "miner-process"} <= trait_ids(miner) - trait_ids(armed)


def _trait(name: str, kind: ArtefactKind, action: Action, **tests: Any) -> Trait:
    return Trait(name, kind, action, REASON, **tests)


FILE, CRON, UNIT = ArtefactKind.FILE, ArtefactKind.CRON_ENTRY, ArtefactKind.SYSTEMD_UNIT
WORM = (
    _trait("program", FILE, Action.QUARANTINE, rule="worm"),
    _trait("script", FILE, Action.QUARANTINE, rule="script"),
    _trait("packed", FILE, Action.QUARANTINE, match=(("path", "^/tmp/"),), named_by=("service",)),
    _trait("cron", CRON, Action.REMOVE_LINE, refers_to=("program", "script")),
    _trait("service", UNIT, Action.REMOVE_UNIT, refers_to=("program",)),
    _trait("timer", UNIT, Action.REMOVE_UNIT, refers_to=("service",)),
    _trait("download", CRON, Action.REMOVE_LINE, match=(("command", "curl"),), only_with=("script",)),
)


@pytest.mark.parametrize(
    ("gone", "fallen"),
    [
        ("script", {"script", "download"}),
        ("service", {"service", "timer", "packed"}),
        ("program", {"program", "service", "timer", "packed"}),
        ("timer", {"timer"}),
    ],
)
def test_what_stood_only_on_a_trait_that_goes_goes_with_it_to_the_end_of_the_chain(
    miner: Pack, gone: str, fallen: set[str]
) -> None:
    worm = replace(miner, family="worm", traits=WORM)
    (armed,), _ = disarm([worm], [taken_back(f"worm/{gone}")])
    assert trait_ids(worm) - trait_ids(armed) == fallen


def test_what_stood_on_others_too_stays_and_no_longer_names_what_went(miner: Pack) -> None:
    worm = replace(miner, family="worm", traits=WORM)
    (armed,), _ = disarm([worm], [taken_back("worm/script")])
    cron = next(trait for trait in armed.traits if trait.id == "cron")
    assert cron.refers_to == ("program",)


@pytest.mark.parametrize("pack", load_shelf(SHELF), ids=lambda pack: pack.family)
def test_whatever_trait_of_the_shelf_goes_no_other_names_it_any_more(pack: Pack) -> None:
    for gone in pack.traits:
        for armed in disarm([pack], [taken_back(f"{pack.family}/{gone.id}")])[0]:
            names = {name for t in armed.traits for name in (*t.refers_to, *t.named_by, *t.only_with)}
            assert names <= trait_ids(armed)


def test_a_later_version_is_armed_again(miner: Pack) -> None:
    entry = taken_back("xmrig-miner", up_to=miner.version)
    second = replace(miner, version=f"{miner.version}.02")
    assert disarm([second], [entry]) == ((second,), ())


def test_packs_that_the_list_does_not_name_are_the_same_objects(miner: Pack) -> None:
    entries = [taken_back("other"), taken_back("xmrig-miner/no-such-trait")]
    (armed,), effective = disarm([miner], entries)
    assert armed is miner
    assert effective == ()


def test_a_disarmed_pack_has_another_digest_so_that_no_cache_mistakes_it_for_the_whole(miner: Pack) -> None:
    (one,), _ = disarm([miner], [taken_back("xmrig-miner/ssh-key")])
    (other,), _ = disarm([miner], [taken_back("xmrig-miner/cron-download")])
    assert len({miner.digest, one.digest, other.digest}) == 3


def test_a_pack_of_which_nothing_is_left_goes(miner: Pack) -> None:
    alone = replace(miner, traits=miner.traits[:1])
    assert disarm([alone], [taken_back(f"xmrig-miner/{alone.traits[0].id}")])[0] == ()


def test_a_list_survives_its_file(tmp_path: Path) -> None:
    entries = (taken_back("a"), taken_back("b/c", "2026.01.01"))
    keep_withdrawals(tmp_path, list_bytes(entries))
    assert known_withdrawals(tmp_path) == entries
    keep_withdrawals(tmp_path, list_bytes(()))
    assert known_withdrawals(tmp_path) == ()


def test_a_machine_without_withdrawals_keeps_no_file(tmp_path: Path) -> None:
    keep_withdrawals(tmp_path, list_bytes(()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"format": 2, "withdrawn": []}',
        b'{"format": 1, "withdrawn": {}}',
        b'{"format": 1, "withdrawn": [{"family": "a"}]}',
        b'{"format": 1, "withdrawn": [1]}',
        b"[" * 100_000,
        b" " * (LIST_LIMIT_BYTES + 1),
    ],
)
def test_a_damaged_list_stops_the_tool_instead_of_arming_it(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "withdrawals.json").write_bytes(raw)
    with pytest.raises(WithdrawalError) as error:
        known_withdrawals(tmp_path)
    assert error.value.exit_code == 3
    assert "quetsach update" in error.value.hint


@given(st.binary(max_size=300) | st.from_regex(rb'\{"format": 1, "withdrawn": \[.{0,80}\]\}', fullmatch=True))
def test_any_bytes_are_a_list_or_are_refused(raw: bytes) -> None:
    try:
        entries = parse_list(raw, where="list")
    except WithdrawalError:
        return
    assert parse_list(list_bytes(entries), where="again") == tuple(sorted(entries, key=lambda e: (e.family, e.name)))


texts = st.text(st.characters(categories=("L", "N", "P"), codec="utf-8"), min_size=1, max_size=20)


@given(st.lists(st.builds(Withdrawal, texts, texts, texts, st.builds(LocalText, texts, texts), st.dates()), max_size=5))
def test_every_list_is_read_as_it_was_written(entries: list[Withdrawal]) -> None:
    assert sorted(map(repr, parse_list(list_bytes(entries), where="list"))) == sorted(map(repr, entries))


@pytest.mark.parametrize("pack", load_shelf(SHELF), ids=lambda pack: pack.family)
def test_whatever_trait_of_the_shelf_goes_nothing_is_acted_on_that_was_only_reported(pack: Pack) -> None:
    whole = {trait.id: number for number, trait in enumerate(pack.traits)}
    for gone in pack.traits:
        armed, _ = disarm([pack], [taken_back(f"{pack.family}/{gone.id}")])
        for kept in (trait for one in armed for trait in one.traits):
            shielded = [
                trait
                for trait in pack.traits[: whole[kept.id]]
                if trait.kind is kept.kind
                and trait.action is Action.REPORT
                and trait.id not in {other.id for one in armed for other in one.traits}
            ]
            assert not shielded or kept.action is Action.REPORT
            naming = [other for one in armed for other in one.traits if other.id in kept.named_by]
            assert kept.action is Action.REPORT or all(other.action is not Action.REPORT for other in naming)


def test_an_owners_miner_is_not_removed_when_the_trait_that_reports_it_is_taken_back(miner: Pack) -> None:
    (armed,), _ = disarm([miner], [taken_back("xmrig-miner/miner-of-someone")])
    before = {trait.id: trait.action for trait in miner.traits}
    now = {trait.id: trait.action for trait in armed.traits}
    assert before["packed-program"] is Action.QUARANTINE
    assert now["packed-program"] is Action.REPORT
    cron = [trait.id for trait in miner.traits if trait.kind is ArtefactKind.CRON_ENTRY]
    assert cron
    assert [now[one] for one in cron] == [before[one] for one in cron]


RULES = """private rule helper { strings: $a = "one sure mark" condition: $a }
rule first { condition: helper }
rule second { strings: $a = "another sure mark" condition: $a and not first }
rule third { strings: $a = "a third sure mark" condition: $a }"""


@pytest.fixture
def others(miner: Pack) -> Pack:
    """A pack of rules of others, which tells of any of them."""
    trait = replace(miner.traits[0], id="file-rule", kind=ArtefactKind.FILE, action=Action.REPORT, rule=ANY_RULE)
    alone = replace(trait, match=(), refers_to=(), named_by=(), only_with=(), names=(), hashes=())
    return replace(miner, family="others", rules=RULES, traits=(alone,))


@pytest.mark.parametrize(
    ("name", "kept"),
    [("first", ["helper", "third"]), ("helper", ["third"]), ("third", ["helper", "first", "second"])],
)
def test_of_rules_of_others_one_goes_by_its_name_with_what_rests_on_it(
    others: Pack, name: str, kept: list[str]
) -> None:
    entry = taken_back(f"others/{name}")
    (armed,), effective = disarm([others], [entry])
    assert [rule.name for rule in rules_of(armed.rules).rules] == kept
    assert (armed.traits, effective) == (others.traits, (entry,))
    assert armed.digest != others.digest


def test_a_pack_of_others_goes_when_all_its_rules_were_taken_back(others: Pack) -> None:
    entries = tuple(taken_back(f"others/{name}") for name in ("helper", "third"))
    assert disarm([others], entries) == ((), entries)
