"""A campaign as the text of its ``campaign.toml``, its dates moved, and the next campaign made of it."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.record import Campaign, Window
from quetsach.campaign.schedule.plan import Condition, Milestone, Part, Phase, check_plan
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text

# A campaign as the text of its ``campaign.toml``: what the office keeps, hands over and measures by is one file.

_CONTROL = re.compile(r'["\\\x00-\x1f\x7f]')


def campaign_document(campaign: Campaign) -> bytes:
    """Return the file; :func:`~quetsach.campaign.record.read_campaign` gives back the same campaign."""
    return ("\n".join(_lines(campaign)) + "\n").encode()


def campaign_digest(campaign: Campaign) -> str:
    """Return SHA-256 in hex over the campaign's document."""
    return hashlib.sha256(campaign_document(campaign)).hexdigest()


def _lines(campaign: Campaign) -> Iterator[str]:
    yield f"id = {_quoted(campaign.id)}"
    yield f"baseline = {_quoted(campaign.baseline)}"
    if campaign.previous_year:
        yield f"previous_year = {_quoted(campaign.previous_year)}"
    if campaign.feeds:
        yield f"feeds = [{', '.join(_quoted(feed) for feed in campaign.feeds)}]"
    yield from _text("name", campaign.name)
    yield from _text("summary", campaign.summary)
    for phase in campaign.phases:
        yield from _phase(phase)
    for milestone in campaign.milestones:
        yield from ("", "[[milestones]]", f"id = {_quoted(milestone.id)}", f"on = {milestone.on}")
        yield from _text("name", milestone.name)
        yield from _conditions("milestones", milestone.conditions)
    for target in campaign.targets:
        yield from ("", "[[targets]]", f"id = {_quoted(target.id)}", f"measure = {_quoted(target.measure)}")
        yield f"change_percent = {target.change_percent!r}"
        yield from _text("text", target.text)
    for window in campaign.windows:
        yield from _window(window)


def _phase(phase: Phase) -> Iterator[str]:
    yield from ("", "[[phases]]", *_dated(phase), f"stage = {_quoted(phase.stage)}", *_text("name", phase.name))
    for part in phase.parts:
        yield from ("", "[[phases.parts]]", *_dated(part), *_text("name", part.name))
    yield from _conditions("phases", phase.conditions)


def _dated(item: Phase | Part | Window) -> tuple[str, ...]:
    return (f"id = {_quoted(item.id)}", *_period(item.period))


def _period(period: Period) -> tuple[str, str]:
    return f"first = {period.first}", f"last = {period.last}"


def _conditions(parent: str, conditions: tuple[Condition, ...]) -> Iterator[str]:
    for condition in conditions:
        yield from ("", f"[[{parent}.conditions]]", f"needs = {_quoted(condition.needs)}")
        if condition.least != 1:
            yield f"least = {condition.least}"
        if condition.subject:
            yield f"subject = {_quoted(condition.subject)}"


def _window(window: Window) -> Iterator[str]:
    yield from ("", "[[windows]]", *_dated(window), *_text("name", window.name))
    if published := window.published:
        yield f"published.addresses = {published.addresses}"
        yield f"published.provenance = {_quoted(published.provenance)}"
        yield f"published.source = {_quoted(published.source)}"
        yield from _text("published.note", published.note)


def _text(name: str, text: LocalText) -> tuple[str, str]:
    return f"{name}.vi = {_quoted(text.vi)}", f"{name}.en = {_quoted(text.en)}"


def _quoted(text: str) -> str:
    return '"' + _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + '"'


# Moving the dates of a plan, and making the next campaign out of one by moving all of them.

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
        raise ScheduleError(Text("the plan has no item {item}", item=repr(unknown[0][:80])))

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
        raise ScheduleError(Text("{day} is too far from the pattern", day=first))

    def moved(period: Period) -> Period:
        return Period(period.first + shift, period.last + shift)

    try:
        dated = redated(campaign, {key: moved(period) for key, (_, period) in dated_items(campaign).items()})
        windows = tuple(replace(w, period=moved(w.period), published=None) for w in campaign.windows)
    except OverflowError as error:
        raise ScheduleError(Text("the dates would leave the calendar")) from error
    return replace(dated, id=id, name=name, windows=windows)
