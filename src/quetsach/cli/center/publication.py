"""Publishes figures for commands: opens the office, and says who publishes what is left for later.

What belongs to Django is found by name: its settings are read from the environment at the first import.
"""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from quetsach.centre.centre import Centre
from quetsach.centre.publication import due
from quetsach.centre.publication.snapshot import Snapshot
from quetsach.cli.center.acts import found
from quetsach.core.text import Text


def publish_figures(
    data: Path, now: datetime, progress: Callable[[int], None] = lambda _steps: None
) -> Snapshot | None:
    """Publish the figures of the centre in a folder, as the office does; nothing where no centre was laid out.

    Raises:
        QuetsachError: the lake cannot be counted, the database cannot be used, or the result cannot be written.
    """
    centre = Centre(data)
    if not centre.is_laid_out:
        return None
    published: Snapshot | None = found("opened:published_by_office")(centre, now=now, progress=progress)
    return published


def publish_and_tell(data: Path, language: str, *, now: datetime, is_changed: bool = True) -> None:
    """Publish what changed, or else what is due from before; say who does it, and when, where it is left for later.

    Args:
        data: the centre's data folder.
        language: ``vi`` or ``en``.
        now: the time of publication (UTC).
        is_changed: whether this command changed what figures are made of.

    Raises:
        QuetsachError: as of :func:`publish_figures`.
    """
    publish = due.publish_now_or_later if is_changed else due.publish_what_is_due
    if later := publish(data, publish_figures, now=now):
        print(later_text(data, later, language), file=sys.stderr)


def later_text(data: Path, at: datetime, language: str) -> str:
    """Return who publishes what is left to do, and when, in ``vi`` or ``en``."""
    time = f"{at.astimezone():%H:%M:%S}"
    if due.is_serving(data):
        return Text(
            "Figures are published once a minute at most. The running centre publishes these after {time}.", time=time
        ).in_language(language)
    return Text(
        "Figures are published once a minute at most. These go out with the next center ingest after {time}, or when "
        "the centre starts.",
        time=time,
    ).in_language(language)
