import random
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.returns.completeness import Completeness, Expected, completeness_text, survey
from quetsach.campaign.returns.period import Deadline, week_of
from quetsach.campaign.returns.state import NOT_FILED, Filed, ReturnStatus, Scope, State
from quetsach.core.period import midnight_after

DEADLINE = Deadline.of(week_of(date(2020, 10, 5)), due_days=3, lock_days=10, zone=UTC)
IN_TIME, TOO_LATE = midnight_after(DEADLINE.due, UTC) - timedelta(seconds=1), midnight_after(DEADLINE.due, UTC)
NOW = datetime(2020, 10, 17, tzinfo=UTC)
PROVINCE, DISTRICT, ONE, TWO = "/tw/31/", "/tw/31/303/", "/tw/31/303/1/", "/tw/31/303/2/"
KIND = {1: "centre", 2: "province", 3: "district", 4: "commune"}


def expected(path: str, filed: Filed = NOT_FILED) -> Expected:
    return Expected(path, KIND[len(path.strip("/").split("/"))], DEADLINE, filed)


def approved(at: datetime = IN_TIME, scope: Scope = Scope.OWN) -> Filed:
    return Filed(State.APPROVED, scope, at)


def submitted(at: datetime = IN_TIME, scope: Scope = Scope.OWN) -> Filed:
    return Filed(State.SUBMITTED, scope, at)


def test_a_district_is_ready_when_its_communes_are_approved() -> None:
    found = survey([expected(DISTRICT, submitted()), expected(ONE, approved()), expected(TWO, approved())], now=NOW)
    assert found.standings[DISTRICT] is ReturnStatus.READY


def test_one_silent_commune_makes_its_district_wait_and_is_named() -> None:
    found = survey([expected(DISTRICT, submitted()), expected(ONE, approved()), expected(TWO)], now=NOW)
    assert found.standings[DISTRICT] is ReturnStatus.WAITING
    assert found.waiting_for(DISTRICT) == (TWO,)


def test_a_named_missing_commune_that_is_signed_off_blocks_nobody() -> None:
    units = [expected(DISTRICT, submitted()), expected(ONE, approved()), expected(TWO)]
    found = survey(units, now=NOW, signed_off={DISTRICT: frozenset({TWO})})
    assert found.standings[DISTRICT] is ReturnStatus.READY
    assert found.waiting_for(DISTRICT) == ()
    assert found.standings[TWO] is ReturnStatus.SIGNED_OFF
    assert found.of(TWO).missing == 1  # signed off is not reported


def test_a_sign_off_ends_when_the_commune_reports_after_all() -> None:
    units = [expected(DISTRICT, submitted()), expected(ONE, approved()), expected(TWO, submitted())]
    found = survey(units, now=NOW, signed_off={DISTRICT: frozenset({TWO})})
    assert found.standings[TWO] is ReturnStatus.READY
    assert found.waiting_for(DISTRICT) == (TWO,)


def test_who_has_submitted_is_not_among_the_missing() -> None:
    found = survey([expected(DISTRICT), expected(ONE, submitted()), expected(TWO)], now=NOW)
    assert found.waiting_for(DISTRICT) == (ONE, TWO)
    assert found.missing_below(DISTRICT) == (TWO,)


def test_signing_one_off_does_not_excuse_another() -> None:
    units = [expected(DISTRICT, submitted()), expected(ONE), expected(TWO)]
    found = survey(units, now=NOW, signed_off={DISTRICT: frozenset({TWO})})
    assert found.standings[DISTRICT] is ReturnStatus.WAITING


def test_a_return_of_the_subtree_covers_those_below_and_waits_for_none() -> None:
    found = survey([expected(DISTRICT, submitted(scope=Scope.SUBTREE)), expected(ONE), expected(TWO)], now=NOW)
    assert found.standings == {
        DISTRICT: ReturnStatus.READY, ONE: ReturnStatus.COVERED, TWO: ReturnStatus.COVERED,
    }  # fmt: skip


def test_a_return_of_own_machines_covers_nobody() -> None:
    found = survey([expected(DISTRICT, approved()), expected(ONE)], now=NOW)
    assert found.standings[ONE] is ReturnStatus.OVERDUE


def test_a_draft_of_a_subtree_covers_nobody_yet() -> None:
    found = survey([expected(DISTRICT, Filed(State.DRAFT, Scope.SUBTREE)), expected(ONE)], now=NOW)
    assert found.standings[ONE] is ReturnStatus.OVERDUE


def test_completeness_counts_in_time_late_covered_and_missing_apart() -> None:
    units = [
        expected(PROVINCE, submitted(TOO_LATE)),
        expected(DISTRICT, approved(scope=Scope.SUBTREE)),
        expected(ONE),
        expected("/tw/31/304/"),
    ]
    found = survey(units, now=NOW)
    counted = found.completeness_by(dict.fromkeys(found.expected, "all"))["all"]
    assert counted == Completeness(
        expected=4, received=2, approved=1, covered=1, covered_by_approved=1, on_time=2, missing=1
    )
    assert (counted.accounted, counted.accounted_approved, counted.late) == (3, 2, 1)


def test_a_return_that_was_sent_back_is_missing_until_it_comes_again() -> None:
    found = survey([expected(ONE, Filed(State.RETURNED, submitted_at=IN_TIME))], now=NOW)
    assert found.of(ONE) == Completeness(expected=1, missing=1)


def test_an_extension_makes_a_later_return_timely() -> None:
    unit = Expected(ONE, "commune", DEADLINE.extended(DEADLINE.due + timedelta(days=1)), approved(TOO_LATE))
    assert survey([unit], now=NOW).of(ONE).on_time == 1


def test_completeness_is_told_in_a_sentence() -> None:
    counted = Completeness(expected=63, received=38, approved=30, on_time=34, missing=25)
    told = completeness_text("province", counted)
    assert told.en == "38 of 63 provinces (60.3 %), 54.0 % on time"
    assert told.vi == "38/63 tỉnh, thành phố (60,3%), 54,0% đúng hạn"
    assert completeness_text("province", counted, is_approved_only=True).en.startswith("30 of 63 provinces (47.6 %)")


def test_nothing_expected_is_no_percentage() -> None:
    assert Completeness().share_percent() is None
    assert completeness_text("commune", Completeness()).en == "no communes expected to report"


FILED = st.builds(
    Filed, st.sampled_from(State), st.sampled_from(Scope), st.sampled_from([IN_TIME, TOO_LATE])
)  # fmt: skip
TREES = st.dictionaries(
    st.lists(st.sampled_from("123"), max_size=3).map(lambda parts: "/".join(["/tw", *parts, ""])), FILED, max_size=20
)


@given(TREES, st.randoms(use_true_random=False))
def test_the_order_of_units_does_not_matter(tree: dict[str, Filed], shuffle: random.Random) -> None:
    units = [expected(path, filed) for path, filed in tree.items()]
    shuffled = list(units)
    shuffle.shuffle(shuffled)
    one, other = survey(units, now=NOW), survey(shuffled, now=NOW)
    assert one.standings == other.standings
    assert one.children == other.children


@given(TREES)
def test_every_expected_unit_is_counted_once(tree: dict[str, Filed]) -> None:
    found = survey([expected(path, filed) for path, filed in tree.items()], now=NOW)
    whole = found.completeness_by(dict.fromkeys(found.expected, "")).get("", Completeness())
    assert whole.expected == len(tree) == whole.received + whole.covered + whole.missing
    assert whole.on_time <= whole.accounted
    assert whole.approved <= whole.received
    parts = found.completeness_by({path: one.kind for path, one in found.expected.items()}).values()
    assert sum(parts, Completeness()) == whole


@given(TREES)
def test_counts_survive_being_written_down(tree: dict[str, Filed]) -> None:
    found = survey([expected(path, filed) for path, filed in tree.items()], now=NOW)
    for path in found.expected:
        assert Completeness.from_json(found.of(path).as_json()) == found.of(path)
