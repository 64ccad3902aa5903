from datetime import date, timedelta
from pathlib import Path

from quetsach.campaign.schedule.outcome import AddressFacts, ReturnFacts, WindowFact, open_points
from quetsach.campaign.schedule.plan import Evidence, Need
from quetsach.campaign.schedule.status import plan_status
from quetsach.centre.tables import load_campaign
from quetsach.core.period import day_text
from quetsach.core.text import LocalText

CAMPAIGN = load_campaign("viet-nam-2020", Path("/nonexistent"))
ALL = frozenset(phase.id for phase in CAMPAIGN.phases)
EVERYTHING = Evidence(dict.fromkeys(Need, 100))
END = CAMPAIGN.phases[-1].period.last
NAME = LocalText("x", "x")
COMPLETE = ReturnFacts((), 10, 10, 10, NAME)


def _addresses(seal: str = "ab", windows: int = 99) -> AddressFacts:
    counted = tuple(
        WindowFact(w.id, w.name, w.period.first, w.period.last, 30, 100, -50.0)
        for w in CAMPAIGN.measured_windows[:windows]
    )
    first = CAMPAIGN.window(CAMPAIGN.baseline).period.first
    baseline = WindowFact("baseline", NAME, first, first + timedelta(days=29), 30, 200, None)
    return AddressFacts("window-addresses", ("f",), 1, baseline, seal, counted)


def _points(
    day: date = END + timedelta(days=1),
    evidence: Evidence = EVERYTHING,
    opened: frozenset[str] = ALL,
    addresses: AddressFacts | None = None,
    returns: ReturnFacts | None = COMPLETE,
) -> list[str]:
    standing = plan_status(CAMPAIGN, day, evidence, opened=opened)
    return [point.en for point in open_points(CAMPAIGN, standing, addresses or _addresses(), returns)]


def test_a_campaign_that_did_everything_has_nothing_open() -> None:
    assert _points() == []


def test_a_plan_runs_through_the_whole_of_its_last_day() -> None:
    assert _points(day=END) == [f"The plan still runs until {day_text(END, 'en')}"]


def test_a_phase_that_was_never_opened_is_open() -> None:
    assert _points(opened=ALL - {"after"}) == ["A phase was never opened: After: evaluation"]


def test_a_milestone_without_evidence_is_open() -> None:
    evidence = Evidence({**EVERYTHING.counts, Need.EVALUATION_PUBLISHED: 0})
    assert _points(evidence=evidence) == ["A milestone is not reached: Evaluation published"]


def test_a_baseline_without_seal_is_open() -> None:
    assert _points(addresses=_addresses(seal="")) == ["The baseline is not frozen"]


def test_a_window_without_data_is_open() -> None:
    assert _points(addresses=_addresses(windows=len(CAMPAIGN.measured_windows) - 1)) == [
        "A window has no data: February 2021"
    ]


def test_missing_returns_are_open_with_their_number() -> None:
    assert _points(returns=ReturnFacts((), 10, 8, 5, NAME)) == ["2 of 10 units have no figures in an approved return"]
    assert _points(returns=None) == ["Totals of the units' returns are not published"]
