import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.errors import InputError
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY, Affix, Family, FamilyNames, Placing, affixed, name_key

ANDROMEDA = Family("andromeda", "Andromeda", "windows", ("avalanche-andromeda", "Gamarue", "Win32/Gamarue"))
NAMES = FamilyNames.of([ANDROMEDA], version="test")


@pytest.mark.parametrize("spelling", ["Avalanche Andromeda", "GAMARUE", "win32/gamarue", "andromeda"])
def test_known_spellings_are_one_family(spelling: str) -> None:
    assert NAMES.resolve(spelling) == "andromeda"


def test_an_unknown_name_is_a_family_of_its_own() -> None:
    assert NAMES.resolve("New-Bot.B") == "newbotb"


def test_a_name_in_another_script_is_a_family_of_its_own() -> None:
    assert len({NAMES.resolve(name) for name in ("病毒", "Жук", "Паук", "Mã độc", "")}) == 5
    assert NAMES.resolve("MÃ ĐỘC") == NAMES.resolve(unicodedata.normalize("NFD", "mã độc"))


@pytest.mark.parametrize("spelling", ["", " ", "--"])
def test_no_name_is_the_unknown_family(spelling: str) -> None:
    assert NAMES.resolve(spelling) == UNKNOWN_FAMILY


def test_a_spelling_that_names_two_families_is_refused() -> None:
    with pytest.raises(InputError, match="gamarue"):
        FamilyNames.of([ANDROMEDA, Family("other", "Other", "windows", ("gamarue",))], version="test")


@given(st.text(max_size=60))
def test_resolving_twice_changes_nothing(spelling: str) -> None:
    once = NAMES.resolve(spelling)
    assert NAMES.resolve(once) == once
    assert once == UNKNOWN_FAMILY or name_key(once) == name_key(once.upper()) or not once.isascii()


def _placing(spelling: str, family: str) -> Placing:
    return Placing(spelling, family, family, "windows", "an@example.vn", "2026-11-28T00:00:00+00:00", "analysis")


@pytest.mark.parametrize("table", [NAMES, FamilyNames.of([Family("foobot", "FooBot", "windows")], version="later")])
def test_the_last_placing_holds_for_a_spelling_whenever_it_was_kept(table: FamilyNames) -> None:
    steps = [NAMES, NAMES.with_placings([_placing("Foo.Bot", "andromeda")]), table]
    today = table.with_placings([_placing("Foo.Bot", "andromeda"), _placing("foo-bot", "qakbot")])
    assert {today.family_of(names.resolve("FOOBOT")) for names in (*steps, today)} == {"qakbot"}
    assert dict(today.kept())["foobot"] == "qakbot"


def test_a_family_that_an_analyst_names_has_its_own_spelling() -> None:
    names = NAMES.with_placings([_placing("x-1", "new-bot")])
    assert {names.family_of(names.resolve(spelling)) for spelling in ("X1", "NewBot", "new-bot")} == {"new-bot"}


SINKHOLES = (
    Affix("prefix", "b67-ss"),
    Affix("prefix", "avalanche"),
    Affix("suffix", "_old"),
    Affix("prefix", "b54", "citadel", ("base", "dga1")),
)
AFFIXED = FamilyNames.of(
    [ANDROMEDA, Family("citadel", "Citadel", "windows"), Family("old", "Old", "windows")],
    version="1",
    affixes=SINKHOLES,
)


@pytest.mark.parametrize(
    ("spelling", "family"),
    [
        ("B67-SS-Gamarue", "andromeda"),
        ("avalanche_citadel", "citadel"),
        ("b54-dga1", "citadel"),
        ("gamarue_old", "andromeda"),
        ("b54-other", UNPLACED_FAMILY),
        ("avalanche-generic", UNPLACED_FAMILY),
        ("avalanche", UNPLACED_FAMILY),
        ("b67-ss-b54-dga1", UNPLACED_FAMILY),
    ],
)
def test_what_a_sinkhole_puts_around_a_name_tells_no_families_apart(spelling: str, family: str) -> None:
    assert AFFIXED.family_of(AFFIXED.resolve(spelling)) == family


def test_what_was_kept_before_a_rule_is_of_the_family_afterwards() -> None:
    before = FamilyNames.of([ANDROMEDA], version="0")
    assert AFFIXED.family_of(before.resolve("B67-SS-Gamarue")) == "andromeda"
    assert dict(AFFIXED.kept())["b67ssgamarue"] == "andromeda"


def test_an_affix_of_no_family_of_the_table_is_refused() -> None:
    with pytest.raises(InputError, match="b75"):
        FamilyNames.of([ANDROMEDA], version="1", affixes=[Affix("prefix", "b75", "ramnit", ("s1",))])


WORDS = st.text("ab1", min_size=1, max_size=4)
FREE = st.lists(st.builds(Affix, st.sampled_from(["prefix", "suffix"]), WORDS), max_size=4)


@given(st.dictionaries(WORDS, st.sampled_from(["x", "y", "z"]), max_size=8), FREE, st.text("ab1", max_size=9))
def test_affixes_join_no_two_families_and_leave_every_exact_name(
    exact: dict[str, str], affixes: list[Affix], spelling: str
) -> None:
    made = affixed(exact, affixes)
    assert not made.keys() & exact.keys()
    bases = {exact[key] for affix in affixes for key in exact if affix.around(key) == spelling}
    expected = min(bases) if len(bases) == 1 and spelling not in exact else None
    assert made.get(spelling) == expected


def test_what_is_taken_back_is_as_if_nobody_had_placed_it() -> None:
    placed = [_placing("x-1", "new-bot"), _placing("Foo.Bot", "andromeda")]
    names = NAMES.with_placings([*placed, _placing("X1", UNPLACED_FAMILY)])
    assert names == NAMES.with_placings(placed[1:])
    assert "new-bot" not in names.families
    assert NAMES.with_placings([*placed, _placing("x1", UNPLACED_FAMILY), _placing("foobot", UNPLACED_FAMILY)]) == NAMES


def test_a_family_of_an_analyst_stands_as_long_as_one_spelling_is_of_it() -> None:
    names = NAMES.with_placings(
        [_placing("x-1", "new-bot"), _placing("x-2", "new-bot"), _placing("x1", UNPLACED_FAMILY)]
    )
    assert {names.family_of(key) for key in ("x2", "newbot")} == {"new-bot"}
    assert names.family_of("x1") == UNPLACED_FAMILY
