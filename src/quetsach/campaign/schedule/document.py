"""A campaign as the text of its ``campaign.toml``: what the office keeps, hands over and measures by is one file."""

import hashlib
import re
from collections.abc import Iterator

from quetsach.campaign.record import Campaign, Window
from quetsach.campaign.schedule.condition import Condition
from quetsach.campaign.schedule.plan import Part, Phase
from quetsach.core.pack import LocalText
from quetsach.core.period import Period

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
