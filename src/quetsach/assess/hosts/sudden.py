"""What changed between two days, or on days of one window alone: levels, days, and what a sensor's reach is made of."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from quetsach.assess.estimate import Notice
from quetsach.assess.hosts.breaks import WEEK, Break, DaySeen, Searched, changed_reach, search
from quetsach.assess.hosts.doubts import LARGEST_SILENT, may_be_named, percent_text, share_of
from quetsach.assess.hosts.measure import Watch
from quetsach.core.text import LocalText, Number, Text

if TYPE_CHECKING:
    from quetsach.assess.hosts.comparison import Days, WindowMeasured

SIMILAR_DAYS_SEEN: Final = 3
"""Whole days by which two windows of a family may differ without a word."""

SMALLEST_TOLD: Final = 2.5
"""Percent of the first window's machines that a break which may be chance is about at least, to be told."""


def search_days(
    before: "WindowMeasured", after: "WindowMeasured", between: "Days", panel: Sequence[Watch]
) -> dict[Watch, Searched]:
    """Look for breaks of each watch from the second day of the earlier window to the last of the later one.

    By installations where these have names, and by addresses.
    """
    made = {}
    for watch in panel:
        by_address: dict[date, DaySeen] = {}
        for part in (before.days, between, after.days):
            by_address |= part.get(watch, {})
        named = {**before.installations.get(watch, {}), **after.installations.get(watch, {})}
        found = [searched for days_of in (named, by_address) if (searched := search(days_of))]
        breaks: list[Break] = []
        for one in (b for searched in found for b in searched.breaks):
            is_new = all(abs((one.day - other.day).days) >= WEEK for other in breaks)
            if is_new and before.period.first < one.day <= after.period.last:
                breaks.append(one)
        if found:
            made[watch] = Searched(tuple(breaks), min(searched.smallest for searched in found))
    return made


def unseen(before: "WindowMeasured", searched: Mapping[Watch, Searched]) -> float | None:
    """Return by how many points a sensor of one family may have changed its reach without a word, on one day.

    ``None`` where no family's days are known.
    """
    return max((share_of(before, [w]) * min(1.0, found.smallest) for w, found in searched.items()), default=None)


SLOW_LOSS: Final = Text(
    "Where a sensor loses sight of machines one by one, over many days, it looks just like cleaning: one machine in "
    "ten that is lost so adds up to 10 points to the reduction, and the interval does not hold that."
)
"""What no comparison of two windows can tell, whatever days are known."""


def could_go_unseen(points: float | None) -> LocalText:
    """Say what changes of a sensor's reach would look like cleaning, and how large those of a day may be.

    Args:
        points: those of ``unseen``.
    """
    if points is None:
        return SLOW_LOSS
    return Text(
        "A sensor whose reach changed within a day by less than {points} points of all machines would go unseen in "
        "this comparison; the interval of the reduction holds that. {slow}",
        points=Number(math.ceil(10 * points) / 10, decimals=1),
        slow=SLOW_LOSS,
    )


def unchecked(before: "WindowMeasured", searched: Mapping[Watch, Searched], panel: Sequence[Watch]) -> list[Notice]:
    """Say how many machines are of families whose days are too few to look for a change of reach.

    Args:
        before: the first window.
        searched: the watches whose days were looked at.
        panel: all that are compared.
    """
    notices = []
    share = share_of(before, [watch for watch in panel if watch not in searched])
    if share > LARGEST_SILENT:
        text = Text(
            "Of families that had {share} of the infections of the first window, too few whole days of data "
            "are known to check whether the reach of their sensors changed: the reduction may be the "
            "sensors'.",
            share=Text("{share} %", share=Number(share)),
        )
        notices.append(Notice("reach-unchecked", text, round(share)))
    return notices


def breaks(before: "WindowMeasured", searched: Mapping[Watch, Searched], panel: Sequence[Watch]) -> list[Notice]:
    """Say which families changed at one stroke between two days; one notice where all of a sensor did."""
    by_day: defaultdict[tuple[str, str, date], list[tuple[Watch, Break]]] = defaultdict(list)
    for watch in panel:
        for found in searched[watch].breaks if watch in searched else ():
            by_day[watch.feed, watch.report, found.day].append((watch, found))
    notices = []
    for (feed, report, day), hit in sorted(by_day.items(), key=lambda item: (item[0][2], item[0])):
        everything = [w for w in panel if (w.feed, w.report) == (feed, report)]
        share = sum(share_of(before, [w]) * abs(1 - found.times) for w, found in hit)
        is_sure = any(found.is_sure for _, found in hit)
        if not is_sure and share < SMALLEST_TOLD:
            continue
        code = "sudden-change" if share > LARGEST_SILENT and is_sure else "small-sudden-change"
        if 1 < len(everything) == len(hit):
            notices.append(Notice(code, _all_broke(f"{feed}/{report}", day, [b for _, b in hit]), round(share, 1)))
            continue
        notices += [
            Notice(code, _broke(w, before.name_of(w.family), found), round(share, 1))
            for w, found in hit
            if may_be_named(before.daily_addresses(w))
        ]
    return notices


def days(before: "WindowMeasured", after: "WindowMeasured", panel: Sequence[Watch]) -> list[Notice]:
    """Say which families have whole days in one window that they have not in the other."""
    notices = []
    for watch in panel:
        known = [len(window.days.get(watch, {})) for window in (before, after)]
        if abs(known[0] - known[1]) <= SIMILAR_DAYS_SEEN or not all(known):
            continue
        name, sensor = before.name_of(watch.family), f"{watch.feed}/{watch.report}"
        text = Text(
            "{name} ({sensor}) has whole days of data on {first} days of the first window and {second} of "
            "the second. On the others the sensor was down or did not see the family.",
            name=name,
            sensor=sensor,
            first=known[0],
            second=known[1],
        )
        notices.append(Notice("days-differ", text))
    return notices


def reach(before: "WindowMeasured", after: "WindowMeasured", panel: Sequence[Watch]) -> list[Notice]:
    """Say of which families a sensor's domains or sinkhole addresses are not those that they were."""
    notices = []
    for watch in panel:
        changed = changed_reach(
            before.destinations.get(watch, {}),
            after.destinations.get(watch, {}),
            before.days.get(watch, {}),
            after.days.get(watch, {}),
        )
        if changed is None or not may_be_named(before.daily_addresses(watch)):
            continue
        percent = share_of(before, [watch]) * abs(changed.gained - changed.lost)
        name, sensor = before.name_of(watch.family), f"{watch.feed}/{watch.report}"
        lost, gained = percent_text(100 * changed.lost), percent_text(100 * changed.gained)
        text = Text(
            "{sensor} sees {name} through {of} domains or servers. In the second window {gone} of them are "
            "gone or live on fewer days, and {begun} are new or live on more. By that the sensor lost {lost} "
            "and gained {gained} of the addresses of the first window. This part of the change can come from "
            "the sensor's reach and not from cleaning.",
            sensor=sensor,
            name=name,
            of=changed.of,
            gone=changed.gone,
            begun=changed.begun,
            lost=lost,
            gained=gained,
        )
        notices.append(
            Notice("reach-changed" if percent > LARGEST_SILENT else "reach-changed-little", text, round(percent, 1))
        )
    return notices


def _all_broke(sensor: str, day: date, found: Sequence[Break]) -> LocalText:
    times = sorted(b.times for b in found)[len(found) // 2]
    level = percent_text(100 * times)
    return Text(
        "From {day}, the addresses of all families that {sensor} sees changed at one stroke, to about "
        "{level} of the level before. Machines are not cleaned on one day everywhere: the sensor "
        "changed, or it is a holiday.",
        day=day,
        sensor=sensor,
        level=level,
    )


def _broke(watch: Watch, name: LocalText, found: Break) -> LocalText:
    level, sensor = percent_text(100 * found.times), f"{watch.feed}/{watch.report}"
    told: LocalText = Text(
        "From {day}, the addresses of {name} ({sensor}) changed at one stroke, to about {level} of the level before. "
        "Machines are not cleaned on one day everywhere: the sensor's reach may have changed.",
        day=found.day,
        name=name,
        sensor=sensor,
        level=level,
    )
    if found.known_seen is not None:
        known = percent_text(min(100.0, 100 * found.known_seen))
        told = Text(
            "{told} Of the known addresses that were to be seen again, about {known} were.", told=told, known=known
        )
    return told if found.is_sure else Text("{told} Chance can do it too.", told=told)
