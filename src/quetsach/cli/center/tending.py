"""What goes on behind the pages while the centre serves: reports are taken in and counted, what is over is erased."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

REPORTS_SECONDS = 5
TALLY_SECONDS = 60
_TALLY_SHARE = 20
"""Counting takes at most the twentieth part of the time, however many reports there are."""
ERASURE_SECONDS = 3600
_logger = logging.getLogger("quetsach.center")


def take_in_reports(_data: Path, stopped: threading.Event) -> None:
    """Work off what partners' programs sent, soon after it arrived."""
    from quetsach.web.office.partners.intake import deliveries_work  # noqa: PLC0415

    _again(lambda: deliveries_work(now=datetime.now(UTC), is_stopped=stopped.is_set), REPORTS_SECONDS, stopped)


def count_reports(_data: Path, stopped: threading.Event) -> None:
    """Count the tool's reports for the public pages, and forget after a month which came from one source."""
    from quetsach.web.api.services import tally_refresh  # noqa: PLC0415
    from quetsach.web.api.withdrawals import sources_forget  # noqa: PLC0415

    forgotten_on: list[date] = []

    def work() -> None:
        now = datetime.now(UTC)
        tally_refresh(now=now)
        if now.date() not in forgotten_on:
            sources_forget(now=now)
            forgotten_on[:] = [now.date()]

    _again(work, TALLY_SECONDS, stopped, share=_TALLY_SHARE)


def erase_cases(_data: Path, stopped: threading.Event) -> None:
    """Erase what people wrote to the help desk when the time that was promised is over."""
    from quetsach.web.office.helpdesk.desk import cases_purge  # noqa: PLC0415

    _again(lambda: cases_purge(now=datetime.now(UTC)), ERASURE_SECONDS, stopped)


def clear_sessions(_data: Path, stopped: threading.Event) -> None:
    """Throw away sessions whose time is over."""
    from quetsach.web.office.people.services.session import sessions_clear  # noqa: PLC0415

    _again(sessions_clear, ERASURE_SECONDS, stopped)


def _again(work: Callable[[], object], seconds: float, stopped: threading.Event, *, share: float = 0) -> None:
    """Do the work now and after each pause. What goes wrong is logged and tried again: nobody restarts this thread.

    Args:
        work: what is done.
        seconds: the shortest pause.
        stopped: set when the centre ends.
        share: how many times as long as the work a pause is at least.
    """
    from django.db import close_old_connections  # noqa: PLC0415

    while not stopped.is_set():
        began = monotonic()
        try:
            work()
        except Exception:
            _logger.exception("work behind the pages broke off; it is tried again")
        close_old_connections()
        stopped.wait(max(seconds, share * (monotonic() - began)))
