"""Freezing a campaign's baseline: what its window holds, what would be frozen, and the act.

A baseline is what all later figures are compared with. So the feeds that it must stand on are named before it is
counted, what is missing is said, and the figure is frozen by people with a reason. Freezing again is a new decision;
the old ones stay beside it in ``baselines``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.assess import AssessError, Basis, FreezingAct, FrozenBaseline, basis_from_json, read_baseline
from quetsach.campaign import Campaign
from quetsach.campaign.record import is_feed_name
from quetsach.centre import BaselineError
from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period, parse_day
from quetsach.core.text import LocalText, SystemText, Text
from quetsach.lake.view import LakeView

FILE = "baseline.json"


@dataclass(frozen=True, slots=True)
class FeedCoverage:
    """One feed (``feed/report``) in the window of a baseline: its days with data, and those without (UTC)."""

    feed: str
    is_expected: bool
    days_with_data: int
    missing: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Completeness:
    """Which feed has which days of a baseline's window; ``feeds`` are those expected and those that are there."""

    window: Period
    feeds: tuple[FeedCoverage, ...]

    @property
    def absent(self) -> tuple[str, ...]:
        """Feeds that are expected and have no data at all."""
        return tuple(one.feed for one in self.feeds if one.is_expected and not one.days_with_data)

    @property
    def with_gaps(self) -> tuple[FeedCoverage, ...]:
        """Feeds that are expected and lack some of the days."""
        return tuple(one for one in self.feeds if one.is_expected and one.days_with_data and one.missing)

    @property
    def unexpected(self) -> tuple[str, ...]:
        """Feeds that have data and are not expected: their addresses would be counted too."""
        return tuple(one.feed for one in self.feeds if not one.is_expected)


@dataclass(frozen=True, slots=True)
class BaselineCount:
    """What would be frozen: the figure, how it was counted, the feeds it stands on and the state of the lake."""

    campaign: str
    addresses: int
    basis: Basis
    completeness: Completeness
    lake: str

    def as_json(self) -> dict[str, object]:
        """Return the count as JSON values; the same lake gives the same."""
        return {
            "campaign": self.campaign,
            "addresses": self.addresses,
            "basis": self.basis.as_json(),
            "feeds": [
                {"feed": one.feed, "days_with_data": one.days_with_data, "missing": [str(day) for day in one.missing]}
                for one in self.completeness.feeds
            ],
            "lake": self.lake,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "BaselineCount":
        """Return the count that ``as_json`` gave.

        Raises:
            BaselineError: it is damaged.
        """
        try:
            basis = basis_from_json(content["basis"])
            feeds = tuple(
                FeedCoverage(str(one["feed"]), True, int(one["days_with_data"]), tuple(map(parse_day, one["missing"])))
                for one in content["feeds"]
            )
            return cls(
                campaign=str(content["campaign"]),
                addresses=int(content["addresses"]),
                basis=basis,
                completeness=Completeness(basis.window, feeds),
                lake=str(content["lake"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, QuetsachError) as error:
            text = Text("the count that was asked for is damaged")
            raise BaselineError(text, advice=Text("ask again")) from error


def completeness_of(view: LakeView, plan: Campaign, expected: Iterable[str] = ()) -> Completeness:
    """Return which feed has which days of the baseline's window.

    Args:
        view: the sightings.
        plan: the campaign; feeds that it names are expected.
        expected: more feeds that are expected, as ``feed/report``.

    Raises:
        LakeError: the lake cannot be read.
    """
    window = plan.window(plan.baseline).period
    wanted = {*plan.feeds, *expected}
    seen: dict[str, set[date]] = {feed: set() for feed in wanted}
    for row in view.days_with_data(window).to_pylist():
        seen.setdefault(f"{row['feed']}/{row['report']}", set()).add(row["day"])
    days = [window.first + timedelta(days=n) for n in range(window.days)]
    return Completeness(
        window,
        tuple(
            FeedCoverage(feed, feed in wanted, len(known), tuple(day for day in days if day not in known))
            for feed, known in sorted(seen.items())
        ),
    )


def count_baseline(view: LakeView, plan: Campaign, *, expected: Sequence[str], accepts_gaps: bool) -> BaselineCount:
    """Count what would be frozen, or refuse with what is missing. Nothing is written.

    Args:
        view: the sightings.
        plan: the campaign.
        expected: every feed that the baseline must stand on, as ``feed/report``; empty: those that the plan names.
        accepts_gaps: freeze although an expected feed lacks days; the missing days are kept with the baseline.

    Raises:
        BaselineError: no feed is named, others than the plan's are, one is absent or lacks days, or another one has
            data in the window.
        LakeError: the lake cannot be read.
    """
    named = tuple(sorted(set(expected))) or tuple(sorted(plan.feeds))
    _check_named(plan, named)
    completeness = completeness_of(view, plan, named)
    _check_complete(completeness, accepts_gaps=accepts_gaps)
    window = completeness.window
    return BaselineCount(
        campaign=plan.id,
        addresses=view.count_addresses(window),
        basis=view.basis(window),
        completeness=completeness,
        lake=view.state,
    )


def freeze_baseline(
    data: Path, count: BaselineCount, *, reason: str, asked_by: str, agreed_by: str, request: str = "", now: datetime
) -> FrozenBaseline:
    """Put a counted baseline into force under the next number; the one before stays among the decisions.

    Killed in between, it is called again: what ``request`` froze already is put into force and not frozen twice.

    Args:
        data: the centre's data folder.
        count: what :func:`count_baseline` gave.
        reason: why it is frozen, or frozen again.
        asked_by: who asked for it.
        agreed_by: the second person; empty where one was enough.
        request: SHA-256 (hex) of what the second person agreed to.
        now: when it is frozen (UTC).

    Raises:
        BaselineError: no reason is given, or what ``request`` froze was followed by a later decision.
        AssessError: a baseline that is there is damaged, or the file cannot be written.
    """
    if not reason.strip():
        raise BaselineError(Text("freezing a baseline needs a reason"), field="reason")
    history = baseline_history(data, count.campaign)
    frozen = next((old for old in history if request and old.request == request), None)
    if frozen is not None and is_followed(data, frozen):
        raise BaselineError(
            Text("a later decision has taken this one's place; to freeze it again, give a reason of its own"),
            field="reason",
        )
    if frozen is None:
        act = FreezingAct(
            number=max((old.number for old in history), default=0) + 1,
            expected=tuple(one.feed for one in count.completeness.feeds if one.is_expected),
            feed_days={one.feed: one.days_with_data for one in count.completeness.feeds},
            reason=reason.strip(),
            asked_by=asked_by,
            agreed_by=agreed_by,
            lake=count.lake,
            request=request,
        )
        frozen = FrozenBaseline(count.campaign, count.addresses, count.basis, now, act)
    _write(_folder(data, count.campaign), frozen, before=history)
    return frozen


def baseline_in_force(data: Path, campaign: str) -> FrozenBaseline | None:
    """Return the baseline that figures of a campaign are compared with; ``None`` until one is frozen.

    Raises:
        AssessError: it cannot be read, was changed after it was sealed, or is another campaign's.
    """
    return _read(_folder(data, campaign) / FILE, campaign)


def is_followed(data: Path, frozen: FrozenBaseline) -> bool:
    """Return whether a later decision than this one is in force.

    Raises:
        AssessError: what is in force cannot be read, or was changed after it was sealed.
    """
    in_force = baseline_in_force(data, frozen.campaign)
    return in_force is not None and in_force.number > frozen.number


def baseline_history(data: Path, campaign: str) -> tuple[FrozenBaseline, ...]:
    """Return every decision about a campaign's baseline, the oldest first.

    Raises:
        AssessError: one cannot be read, was changed after it was sealed, or is another campaign's.
    """
    folder = _folder(data, campaign)
    paths = (folder / FILE, *(folder / "baselines").glob("*.json"))
    found = {frozen.number: frozen for path in paths if (frozen := _read(path, campaign))}
    return tuple(found[number] for number in sorted(found))


def _check_named(plan: Campaign, named: tuple[str, ...]) -> None:
    if not named:
        raise BaselineError(
            Text("no feed is named that the baseline must stand on"),
            field="feeds",
            advice=Text("name each as feed/report, or put them into the plan of the campaign"),
        )
    if wrong := [feed for feed in named if not is_feed_name(feed)]:
        raise BaselineError(
            Text("not of the form feed/report: {feed}", feed=wrong[0][:60]),
            field="feeds",
            advice=Text("for example: shadowserver/event4_sinkhole"),
        )
    if plan.feeds and set(named) != set(plan.feeds):
        listed = ", ".join(sorted(plan.feeds))
        raise BaselineError(
            Text("the plan names other feeds: {listed}", listed=listed),
            field="feeds",
            advice=Text("follow the plan, or change it first"),
        )


def _check_complete(completeness: Completeness, *, accepts_gaps: bool) -> None:
    if absent := ", ".join(completeness.absent):
        raise BaselineError(
            Text("the window has no data from: {absent}", absent=absent),
            field="feeds",
            advice=Text("ingest the files of that feed first"),
        )
    if unexpected := ", ".join(completeness.unexpected):
        raise BaselineError(
            Text("the window has data from feeds that were not named: {unexpected}", unexpected=unexpected),
            field="feeds",
            advice=Text("name them too: their addresses are in the count"),
        )
    if completeness.with_gaps and not accepts_gaps:
        gaps = [(one.feed, ", ".join(map(str, one.missing[:5])), len(one.missing)) for one in completeness.with_gaps]
        raise BaselineError(
            LocalText(
                "; ".join(f"nguồn {feed} thiếu {count} ngày ({days})" for feed, days, count in gaps),
                "; ".join(f"{feed} lacks {count} days ({days})" for feed, days, count in gaps),
            ),
            field="accepts_gaps",
            advice=Text("ingest these days; where there are none to be had, confirm that it is frozen without them"),
        )


def _folder(data: Path, campaign: str) -> Path:
    return data / "campaigns" / campaign


def _read(path: Path, campaign: str) -> FrozenBaseline | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AssessError(
            Text("the frozen baseline cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error
    frozen = read_baseline(content, where=str(path))
    if frozen.campaign != campaign:
        raise AssessError(
            Text("the frozen baseline is of campaign {name}", name=repr(frozen.campaign)), where=str(path)
        )
    return frozen


def _write(folder: Path, frozen: FrozenBaseline, *, before: Sequence[FrozenBaseline]) -> None:
    """Write the decisions first, then what is in force: a decision that was lost cannot be compared with."""
    decisions = folder / "baselines"
    try:
        storage.make_folder(decisions)
        for one in (*before, frozen):
            if not (decisions / f"{one.number}.json").exists():
                storage.write_once(decisions / f"{one.number}.json", one.to_json())
        storage.write(folder / FILE, frozen.to_json())
    except FileExistsError as error:
        text = Text("the baseline was frozen by another decision just now")
        raise BaselineError(text, advice=Text("look at that decision")) from error
    except OSError as error:
        raise AssessError(
            Text("the baseline cannot be frozen: {reason}", reason=SystemText(error.strerror)), where=str(folder)
        ) from error
