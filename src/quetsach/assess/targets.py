"""Targets: how figures of windows changed against the frozen baseline. Shown, never judged (``NO_VERDICT``)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from quetsach.assess.baseline import feed_set_differs
from quetsach.assess.definitions import CHANGE, DEFINITIONS, NO_VERDICT, WINDOW, Basis, Figure, change_of
from quetsach.assess.estimate import AssessError, Notice
from quetsach.core.text import LocalText, Number, Text

ABOVE_PREVIOUS_YEAR_PERCENT = 10
"""How far a baseline may stand above the same window a year before without a warning."""
LARGE_SHARE_SET_ASIDE = 0.05
"""Of the records of a report; less is told in the office and with the figure, more is warned of."""


@dataclass(frozen=True, slots=True)
class WindowCount:
    """A window that was counted: its addresses and how.

    ``published`` is what others printed for it, if anything.
    """

    id: str
    name: LocalText
    addresses: int
    basis: Basis
    published: int | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """A target as its campaign set it; ``is_measured`` where addresses of a window bear on it."""

    id: str
    text: LocalText
    change_percent: float
    is_measured: bool


@dataclass(frozen=True, slots=True)
class WindowChange:
    """A window beside the baseline. ``change`` is ``None`` where the window has no data."""

    count: WindowCount
    change: Figure | None
    notices: tuple[Notice, ...]

    def as_json(self) -> dict[str, object]:
        """Return the window for machines."""
        return {
            "id": self.count.id,
            "name": {"vi": self.count.name.vi, "en": self.count.name.en},
            "addresses": self.count.addresses,
            "change_percent": self.change.value if self.change else None,
            "basis": self.count.basis.as_json(),
            "published_addresses": self.count.published,
            "warnings": [notice.as_json() for notice in self.notices],
        }


@dataclass(frozen=True, slots=True)
class TargetReport:
    """Everything that is said about a campaign's targets.

    ``seal`` is the baseline's, empty while it is provisional; ``previous_year`` is the same window a year before, if
    the campaign names it and it has data.
    """

    campaign: str
    name: LocalText
    baseline: WindowCount
    seal: str
    previous_year: WindowCount | None
    goals: tuple[Goal, ...]
    windows: tuple[WindowChange, ...]
    notices: tuple[Notice, ...]

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        return {
            "campaign": self.campaign,
            "name": {"vi": self.name.vi, "en": self.name.en},
            "baseline": {
                "id": self.baseline.id,
                **Figure(self.baseline.addresses, WINDOW, self.baseline.basis).as_json(),
                "published_addresses": self.baseline.published,
                "is_frozen": bool(self.seal),
                "sha256": self.seal or None,
            },
            "previous_year": Figure(self.previous_year.addresses, WINDOW, self.previous_year.basis).as_json()
            if self.previous_year
            else None,
            "windows": [window.as_json() for window in self.windows],
            "targets": [
                {
                    "id": goal.id,
                    "text": {"vi": goal.text.vi, "en": goal.text.en},
                    "change_percent": goal.change_percent,
                    "is_measured": goal.is_measured,
                    "verdict": None,
                }
                for goal in self.goals
            ],
            "verdict_note": {"vi": NO_VERDICT.vi, "en": NO_VERDICT.en},
            "warnings": [notice.as_json() for notice in self.notices],
            "definitions": {d.id: DEFINITIONS[d.id].as_json() for d in (WINDOW, CHANGE)},
        }


def change_against(count: WindowCount, baseline: WindowCount) -> WindowChange:
    """Set a window beside the baseline.

    Raises:
        AssessError: the windows have different lengths, or the baseline has no addresses.
    """
    if count.basis.window.days != baseline.basis.window.days:
        raise AssessError(
            Text(
                "{window} has {days} days and the baseline {base}: unequal windows do not compare",
                window=str(count.basis.window),
                days=count.basis.window.days,
                base=str(baseline.basis.window.days),
            ),
            hint=Text("ask for a window of {days} days", days=baseline.basis.window.days),
        )
    if baseline.addresses < 1:
        raise AssessError(
            Text("the baseline window {window} has no sightings", window=str(baseline.basis.window)),
            hint=Text("ingest the feed files of it first"),
        )
    notices = coverage(count.basis)
    if not count.basis.days_with_data:
        return WindowChange(count, None, notices)
    if count.basis.feeds != baseline.basis.feeds:
        notices = (*notices, feed_set_differs(baseline.basis, count.basis))
    change = Figure(percent_change(count.addresses, baseline.addresses), CHANGE, count.basis)
    return WindowChange(count, change, notices)


def percent_change(after: int, before: int) -> float:
    """Return the change in percent, to one decimal."""
    return round(100 * (after - before) / before, 1)


def judge_baseline(
    baseline: WindowCount, previous_year: WindowCount | None, last: WindowCount | None
) -> tuple[Notice, ...]:
    """Say what makes a baseline doubtful: days without data, or a level above the same window of the year before.

    ``last`` is the newest window with data: what it shows against the previous year is said with the warning.
    """
    notices = coverage(baseline.basis)
    if previous_year is None or not previous_year.basis.days_with_data or previous_year.addresses < 1:
        return notices
    above = 100 * (baseline.addresses - previous_year.addresses) / previous_year.addresses
    if above <= ABOVE_PREVIOUS_YEAR_PERCENT:
        return (*notices, *coverage(previous_year.basis))
    told: LocalText = Text(
        "The baseline stands {above} % above the same window of the previous year.", above=f"{above:.0f}"
    )
    if last is not None:
        other = percent_change(last.addresses, previous_year.addresses)
        told = Text(
            "{told} Against that window, {window} {change}.",
            told=told,
            window=last.basis.window,
            change=change_of(other),
        )
    raised = Notice("baseline-above-previous-year", told, round(above))
    return (*notices, *coverage(previous_year.basis), raised)


def newest_with_data(windows: Sequence[WindowChange]) -> WindowCount | None:
    """Return the last window that has a change."""
    counted = [w.count for w in windows if w.change is not None]
    return max(counted, key=lambda count: count.basis.window) if counted else None


def coverage(basis: Basis) -> tuple[Notice, ...]:
    """Say what makes a figure doubtful: days without data, reports with gaps, of another level, or set aside."""
    window = basis.window
    if not basis.days_with_data:
        text = Text("There are no data from {window}.", window=window)
        return (Notice("no-data", text),)
    told = tuple(_health_notices(basis))
    if not basis.days_missing:
        return told
    text = Text(
        "{missing} of the {whole} days of {window} have no data; the true figure is higher.",
        missing=basis.days_missing,
        whole=basis.window.days,
        window=window,
    )
    return (Notice("days-missing", text), *told)


def _health_notices(basis: Basis) -> Iterator[Notice]:
    """Say of each report what makes a figure doubtful that stands on it."""
    for report in basis.health:
        if report.days_with_data < basis.days_with_data:
            text = Text(
                "{feed} has data on only {days} of the {whole} days of {window}; a change can come from the feed "
                "and not from infections.",
                feed=report.feed,
                days=report.days_with_data,
                whole=basis.window.days,
                window=basis.window,
            )
            yield Notice("feed-days-missing", text)
        for day, times in report.breaks:
            text = Text(
                "On {day} (UTC) the level of {feed} changed at one stroke, to {times} times what it was; instruments "
                "do that, cleaning does not.",
                day=day,
                feed=report.feed,
                times=Number(times, decimals=2),
            )
            yield Notice("feed-level-break", text, times)
        if report.sends_differences:
            text = Text(
                "{feed} seems to send whole lists on Sundays and differences on other days; its figures of a day are "
                "no count of that day.",
                feed=report.feed,
            )
            yield Notice("feed-sends-differences", text)
        if report.quarantined > LARGE_SHARE_SET_ASIDE * report.records:
            text = Text(
                "{share} % of the records of {feed} in {window} were set aside as unreadable; the true figure may be "
                "higher.",
                share=Number(100 * report.quarantined / report.records, decimals=1),
                feed=report.feed,
                window=basis.window,
            )
            yield Notice("feed-records-set-aside", text)
