from dataclasses import replace
from datetime import date, timedelta

from quetsach.campaign import Stage
from quetsach.campaign.schedule.comparison import compare
from quetsach.campaign.schedule.outcome import AddressFacts, Outcome, PhaseFact, ReturnFacts, Total, WindowFact
from quetsach.core.text import LocalText

NAME = LocalText("Một", "One")


def _window(identifier: str, days: int, addresses: int, change: float | None) -> WindowFact:
    first = date(2020, 6, 16)
    return WindowFact(identifier, NAME, first, first + timedelta(days=days - 1), days, addresses, change)


def _outcome(days: int = 30, feeds: tuple[str, ...] = ("shadowserver/event4_sinkhole",), **changes) -> Outcome:
    addresses = AddressFacts(
        "window-addresses", feeds, 1, _window("b", days, 200, None), "ab", (_window("w", days, 100, -50.0),)
    )
    made = Outcome(
        campaign="c",
        name=NAME,
        summary=NAME,
        as_of=date(2021, 3, 1),
        is_final=True,
        plan_sha256="",
        targets=(),
        phases=(PhaseFact("during", NAME, Stage.DURING, date(2020, 9, 17), date(2020, 12, 15), None),),
        addresses=addresses,
        letters=(),
        returns=ReturnFacts((Total("scanned", NAME, 50),), 100, 71, 54, NAME),
        tool=None,
        decisions=(),
        open_points=(),
    )
    return replace(made, **changes)


def _row(left: Outcome, right: Outcome, name: str):
    return next(row for row in compare(left, right).rows if row.name.en.startswith(name))


def test_equal_windows_feeds_and_definitions_compare() -> None:
    comparison = compare(_outcome(), _outcome())
    assert comparison.cautions == ()
    assert all(row.compares for row in comparison.rows)


def test_unequal_windows_are_said_plainly_and_their_counts_do_not_compare() -> None:
    left, right = _outcome(), _outcome(days=90)
    assert not _row(left, right, "Addresses in the baseline").compares
    assert any("different lengths (30 and 90 days)" in c.en for c in compare(left, right).cautions)


def test_other_feeds_do_not_compare() -> None:
    left, right = _outcome(), _outcome(feeds=("plain/list",))
    assert not _row(left, right, "Change against").compares
    assert any("feeds differ" in c.en for c in compare(left, right).cautions)


def test_returns_that_are_not_equally_complete_do_not_compare() -> None:
    left = _outcome()
    right = replace(left, returns=ReturnFacts((Total("scanned", NAME, 70),), 100, 95, 90, NAME))
    assert not _row(left, right, "One").compares


def test_a_campaign_that_still_runs_is_said_to() -> None:
    assert any("is not closed" in c.en for c in compare(_outcome(), _outcome(is_final=False)).cautions)


def test_figures_of_one_side_only_leave_the_other_empty() -> None:
    left, right = _outcome(), _outcome(addresses=None)
    assert _row(left, right, "Addresses in the baseline").right.en == "–"
    assert any("Only one" in c.en for c in compare(left, right).cautions)


def test_the_sides_can_be_changed_over() -> None:
    left, right = _outcome(), _outcome(days=90)
    there, back = compare(left, right), compare(right, left)
    assert [(r.left, r.right) for r in there.rows] == [(r.right, r.left) for r in back.rows]
