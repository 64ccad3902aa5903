"""Moving the dates of a plan, and making the next campaign out of one by moving all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from quetsach.campaign.record import Campaign
from quetsach.campaign.schedule.errors import ScheduleError
from quetsach.campaign.schedule.plan import Milestone, Phase, check_plan
from quetsach.core.pack import LocalText
from quetsach.core.period import Period

MAX_SHIFT_DAYS = 36_600


@dataclass(frozen=True, slots=True)
class DateChange:
    """One item of a plan whose days changed; a side is ``None`` where the item is new or gone."""

    item: str
    name: LocalText
    before: Period | None
    after: Period | None

    def as_json(self) -> dict[str, object]:
        """Return the change for the log."""
        return {
            "item": self.item,
            "name": {"vi": self.name.vi, "en": self.name.en},
            "before": str(self.before) if self.before else None,
            "after": str(self.after) if self.after else None,
        }


def dated_items(campaign: Campaign) -> dict[str, tuple[LocalText, Period]]:
    """Return everything of a plan that has days, by a key that stays: ``phase:during``, ``part:during/dot-1``."""
    items: dict[str, tuple[LocalText, Period]] = {}
    for phase in campaign.phases:
        items[f"phase:{phase.id}"] = (phase.name, phase.period)
        for part in phase.parts:
            items[f"part:{phase.id}/{part.id}"] = (part.name, part.period)
    for milestone in campaign.milestones:
        items[f"milestone:{milestone.id}"] = (milestone.name, Period(milestone.on, milestone.on))
    return items


def redated(campaign: Campaign, days: Mapping[str, Period]) -> Campaign:
    """Return the plan with other days for some items, by their keys; a milestone takes the first day.

    Raises:
        ScheduleError: there is no such item.
        CampaignError: phases or parts would overlap, or a part lie outside its phase.
    """
    if unknown := sorted(set(days) - set(dated_items(campaign))):
        raise ScheduleError(
            LocalText(f"kế hoạch không có mục {unknown[0][:80]!r}", f"the plan has no item {unknown[0][:80]!r}")
        )

    def phase(old: Phase) -> Phase:
        parts = tuple(replace(p, period=days.get(f"part:{old.id}/{p.id}", p.period)) for p in old.parts)
        return replace(old, period=days.get(f"phase:{old.id}", old.period), parts=parts)

    def milestone(old: Milestone) -> Milestone:
        moved = days.get(f"milestone:{old.id}")
        return replace(old, on=moved.first) if moved else old

    made = replace(
        campaign,
        phases=tuple(phase(p) for p in campaign.phases),
        milestones=tuple(milestone(m) for m in campaign.milestones),
    )
    check_plan(made.phases, made.milestones)
    return made


def date_changes(before: Campaign, after: Campaign) -> tuple[DateChange, ...]:
    """Return what differs between the days of two versions of a plan, in the order of the later one."""
    old, new = dated_items(before), dated_items(after)
    changes = []
    for key in dict.fromkeys((*new, *old)):
        was, becomes = old.get(key), new.get(key)
        if was is None or becomes is None or was[1] != becomes[1]:
            name, _ = new.get(key) or old[key]
            changes.append(DateChange(key, name, was[1] if was else None, becomes[1] if becomes else None))
    return tuple(changes)


def next_campaign(campaign: Campaign, *, id: str, name: LocalText, first: date) -> Campaign:  # noqa: A002
    """Return a campaign of the same plan that begins on another day.

    All days move by the same number, so that windows keep their lengths. What was published about the old one stays
    with it; its frozen baseline and its decisions do too, since they are no part of the plan.

    Raises:
        ScheduleError: the day is too far away.
    """
    shift = first - campaign.phases[0].period.first
    if abs(shift.days) > MAX_SHIFT_DAYS:
        raise ScheduleError(
            LocalText(f"ngày {first:%d/%m/%Y} quá xa chiến dịch mẫu", f"{first} is too far from the pattern")
        )

    def moved(period: Period) -> Period:
        return Period(period.first + shift, period.last + shift)

    try:
        dated = redated(campaign, {key: moved(period) for key, (_, period) in dated_items(campaign).items()})
        windows = tuple(replace(w, period=moved(w.period), published=None) for w in campaign.windows)
    except OverflowError as error:
        raise ScheduleError(LocalText("ngày tháng vượt ngoài lịch", "the dates would leave the calendar")) from error
    return replace(dated, id=id, name=name, windows=windows)
