"""Acts on sources: the file and the line of the office's log, both or neither."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from quetsach.campaign.authority import Permission
from quetsach.centre.sources import SourceError, keeping
from quetsach.centre.sources.pulling import ask_for
from quetsach.centre.sources.source import Kind, Source, fields_of, read_source
from quetsach.core.text import SystemText, Text
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.sources.selectors import SourceFile, centre_here
from quetsach.web.office.tree.selectors import root_unit


@transaction.atomic
def source_add(*, kind: Kind, values: Mapping[str, Any], by: Person, now: datetime) -> Source:
    """Describe a new source.

    Raises:
        SourceError: a field is wrong, it may not be named on a page, or there is such a source.
        AccessError: not this person's to do.
    """
    _require(by, now)
    data = centre_here().data
    raw = keeping.checked_text(data, kind, values, {})
    source = read_source(raw, where=str(values.get("name", "")))
    _log("source-add", source, by, now, address=source.url or str(source.folder))
    keeping.add(data, source, raw)
    return source


@transaction.atomic
def source_change(*, kept: SourceFile, edition: str, values: Mapping[str, Any], by: Person, now: datetime) -> None:
    """Describe a source anew; its name and kind stay, as what is remembered of it is of these.

    Raises:
        SourceError: a field is wrong, it may not be named on a page, or somebody else has changed it.
        AccessError: not this person's to do.
    """
    _require(by, now)
    source = _sound(kept)
    data = centre_here().data
    raw = keeping.checked_text(data, source.kind, {**values, "name": source.name}, kept.values)
    changed = read_source(raw, where=kept.file)
    written = keeping.values_of(raw)
    names = [
        field.key
        for field in fields_of(source.kind)
        if kept.values.get(field.key, field.default) != written.get(field.key, field.default)
    ]
    _log("source-change", changed, by, now, address=changed.url or str(changed.folder), changes=", ".join(names))
    keeping.change(data, kept.file, raw, edition=edition)


@transaction.atomic
def source_pause(*, kept: SourceFile, is_paused: bool, by: Person, now: datetime) -> None:
    """Have a source asked when it is due, or no more.

    Raises:
        SourceError: its file is damaged or cannot be written.
        AccessError: not this person's to do.
    """
    _require(by, now)
    _log("source-pause" if is_paused else "source-resume", _sound(kept), by, now)
    keeping.pause(centre_here().data, kept.file, is_paused=is_paused)


@transaction.atomic
def source_pull(*, kept: SourceFile, by: Person, now: datetime) -> None:
    """Have a source asked as soon as the work behind the pages comes to it.

    Raises:
        SourceError: its file is damaged, or the wish cannot be noted.
        AccessError: not this person's to do.
    """
    _require(by, now)
    source = _sound(kept)
    _log("source-pull", source, by, now)
    try:
        ask_for(centre_here(), source)
    except OSError as error:
        raise SourceError(Text("cannot be written: {reason}", reason=SystemText(error.strerror))) from error


@transaction.atomic
def source_remove(*, kept: SourceFile, edition: str, by: Person, now: datetime) -> None:
    """Remove the file of a source, or one that is none.

    Raises:
        SourceError: somebody else has changed it, or it cannot be removed.
        AccessError: not this person's to do.
    """
    _require(by, now)
    name = kept.source.name if kept.source else kept.file
    log_append(by=by, act="source-remove", subject=f"source:{name}", unit=root_unit(), detail={}, now=now)
    keeping.remove(centre_here().data, kept.file, edition=edition)


def _require(by: Person, now: datetime) -> None:
    require(by, Permission.HANDLE_FEEDS, root_unit(), day=today(now))


def _sound(kept: SourceFile) -> Source:
    if kept.source is None:
        raise kept.error or SourceError(Text("this source is damaged"), where=kept.file)
    return kept.source


def _log(act: str, source: Source, by: Person, now: datetime, **detail: str) -> None:
    named = {"feed": source.feed, **{name: text.partition("?")[0] for name, text in detail.items()}}
    log_append(by=by, act=act, subject=f"source:{source.name}", unit=root_unit(), detail=named, now=now)


def not_confirmed(file: str) -> SourceError:
    """Return that nobody confirmed a removal."""
    return SourceError(Text("nothing was removed"), where=file, hint=Text("tick the box to confirm"))
