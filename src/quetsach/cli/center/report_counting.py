"""Counting the tool's reports behind the pages, so that no page does."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

SECONDS = 60
SHARE = 20
"""Counting takes at most the twentieth part of the time, however many reports there are."""
_logger = logging.getLogger("quetsach.center")


def count_reports(_data: Path, stopped: threading.Event, beat: Callable[[], None] = lambda: None) -> None:
    """Count reports once a minute until the centre stops; forget after a month which of them came from one source.

    Args:
        stopped: set when the centre ends.
        beat: called at each turn, as a sign of life.
    """
    from django.db import close_old_connections  # noqa: PLC0415

    forgotten_on: date | None = None
    while not stopped.is_set():
        beat()
        began, now = monotonic(), datetime.now(UTC)
        try:
            _count(now, is_first=now.date() != forgotten_on)
            forgotten_on = now.date()
        except Exception:
            _logger.exception("reports of the tool could not be counted; it is tried again")
        close_old_connections()
        stopped.wait(max(SECONDS, SHARE * (monotonic() - began)))


def _count(now: datetime, *, is_first: bool) -> None:
    """Count once; on the first time of a day also forget."""
    from quetsach.web.api.services import tally_refresh  # noqa: PLC0415
    from quetsach.web.api.withdrawals import sources_forget  # noqa: PLC0415

    if is_first:
        sources_forget(now=now)
    tally_refresh(now=now)
