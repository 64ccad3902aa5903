"""``quetsach center figures`` and ``families place``: what is published and what waits, and what changes all of it."""

import argparse
from datetime import datetime
from pathlib import Path

from quetsach.centre.centre import Centre
from quetsach.centre.placing import Decided, checked_placing
from quetsach.centre.publication.snapshot import Snapshot
from quetsach.cli.center.opened import reader
from quetsach.cli.center.publication import publish_and_tell, publish_figures
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.text import Text, all_in_language
from quetsach.web.office.feeds.services import spelling_place
from quetsach.web.office.figures.selectors import WaitingFigures, published_figures, waiting_figures

_STATES = {
    "published": Text("published"),
    "agreed": Text("agreed to, not out yet"),
    "asked": Text("waits for a second person"),
    "refused": Text("refused"),
    "new": Text("nobody has asked"),
}
_HEADER = (Text("state", context="figures"), Text("data to"), Text("counted at (UTC)"), Text("SHA-256"))


def print_one(arguments: argparse.Namespace) -> int:
    """Show what is published and what waits."""
    published, waiting = published_figures(), waiting_figures()
    rows = [*_published_row(published), *((_state(one), one.figures, one.digest) for one in waiting)]
    if arguments.json:
        print_json(
            [
                {"state": state, "as_of": str(f.as_of), "counted_at": f.counted_at.isoformat(), "sha256": digest}
                for state, f, digest in rows
            ]
        )
        return ExitCode.NOTHING_FOUND
    language = chosen_language(arguments)
    if not rows:
        tell(Text("no figures are published"), language)
        return ExitCode.NOTHING_FOUND
    print_table(
        all_in_language(_HEADER, language),
        [
            (_STATES[state].in_language(language), f.as_of, f"{f.counted_at:%Y-%m-%d %H:%M}", digest[:12] or "–")
            for state, f, digest in rows
        ],
    )
    return ExitCode.NOTHING_FOUND


def publish(arguments: argparse.Namespace) -> int:
    """Publish what two people agreed to and did not get out; count anew what changed."""
    data: Path = (arguments.data or default_data()).absolute()
    now = arguments.now
    before = _counted_at(published_figures())
    counted = publish_figures(data, now=now)
    published = published_figures()
    if arguments.json:
        waits = counted is not None and _counted_at(published) != counted.counted_at
        print_json(
            {
                "published": str(published.as_of) if published else None,
                "has_changed": _counted_at(published) != before,
                "waits": waits,
            }
        )
        return ExitCode.NOTHING_FOUND
    language = chosen_language(arguments)
    if published is not None and _counted_at(published) != before:
        tell(Text("published figures with data to {day}", day=str(published.as_of)), language)
    if counted is not None and _counted_at(published) != counted.counted_at:
        tell(Text("new figures with data to {day} wait for two people in the office", day=str(counted.as_of)), language)
    elif _counted_at(published) == before:
        tell(Text("nothing has changed"), language)
    return ExitCode.NOTHING_FOUND


def place(arguments: argparse.Namespace) -> int:
    """Say which family a name is of."""
    data, language = Path(arguments.data or default_data()), chosen_language(arguments)
    now = arguments.now
    centre = Centre(data)
    named = (arguments.name or "", arguments.platform or "")
    decided = Decided(arguments.spelling, arguments.family, arguments.reason, *named)
    placing = checked_placing(centre.families, decided, by=reader("center families place").who, now=now)
    spelling_place(centre=centre, placing=placing, now=now)
    if arguments.json:
        print_json({"spelling": placing.spelling, "family": placing.family, "at": placing.at, "by": placing.by})
    else:
        tell(
            Text(
                "Placed “{spelling}” in the family {family}. What is in the lake already counts with it, too.",
                spelling=placing.spelling,
                family=placing.family,
            ),
            language,
        )
    publish_and_tell(data, language, now=now)
    return ExitCode.NOTHING_FOUND


def _published_row(published: Snapshot | None) -> list[tuple[str, Snapshot, str]]:
    return [("published", published, "")] if published else []


def _state(waiting: WaitingFigures) -> str:
    if waiting.is_agreed:
        return "agreed"
    if waiting.approval is None:
        return "new"
    return "refused" if waiting.approval.is_granted is False else "asked"


def _counted_at(figures: Snapshot | None) -> datetime | None:
    return figures.counted_at if figures else None
