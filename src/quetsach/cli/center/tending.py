"""What goes on behind the pages while the centre serves: signatures, letters, reports, the lake, what is over."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

from quetsach.core.errors import QuetsachError

type Beat = Callable[[], None]
"""What work calls at each turn, as a sign of life."""
REFRESH_SECONDS = 3600
"""The repository's timestamp lives for two days and is renewed at half of that: an hour more or less is nothing."""
REPORTS_SECONDS = 5
TALLY_SECONDS = 60
_TALLY_SHARE = 20
"""Counting takes at most the twentieth part of the time, however many reports there are."""
ERASURE_SECONDS = 3600
BUSY_SECONDS = 60
LAKE_SECONDS = 86_400
_logger = logging.getLogger("quetsach.center")


def keep_fresh(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Renew the repository's short-lived signatures for as long as the centre serves."""
    from quetsach.cli.center.preparation import refresh_repository  # noqa: PLC0415

    while not stopped.wait(REFRESH_SECONDS):
        beat()
        try:
            refresh_repository(data)
        except QuetsachError:
            _logger.exception("the repository could not be renewed")


def send_letters(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Print copies, hand mail over and remind for as long as the centre serves.

    Raises:
        QuetsachError: another process sends this centre's letters, or the lock against others was lost.
    """
    from quetsach.web.office.worker import BusyError, work  # noqa: PLC0415

    while not stopped.is_set():
        beat()
        try:
            work(stop=stopped, beat=beat)
        except BusyError as error:
            _logger.warning("letters: %s", error)
            stopped.wait(BUSY_SECONDS)


def take_in_reports(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Work off what partners' programs sent, soon after it arrived."""
    from quetsach.web.office.partners.services.intake import deliveries_work  # noqa: PLC0415

    again(lambda: deliveries_work(now=datetime.now(UTC), is_stopped=stopped.is_set), REPORTS_SECONDS, stopped, beat)


def count_reports(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Count the tool's reports for the public pages, and forget after a month which came from one source."""
    from quetsach.web.api.services import tally_refresh  # noqa: PLC0415
    from quetsach.web.office.withdrawals import sources_forget  # noqa: PLC0415

    forgotten_on: list[date] = []

    def work() -> None:
        now = datetime.now(UTC)
        tally_refresh(now=now)
        if now.date() not in forgotten_on:
            sources_forget(now=now)
            forgotten_on[:] = [now.date()]

    again(work, TALLY_SECONDS, stopped, beat, share=_TALLY_SHARE)


def erase_cases(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Erase what people wrote to the help desk when the time that was promised is over."""
    from quetsach.web.office.helpdesk.services import cases_purge  # noqa: PLC0415

    again(lambda: cases_purge(now=datetime.now(UTC)), ERASURE_SECONDS, stopped, beat)


def clear_sessions(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Throw away sessions whose time is over."""
    from quetsach.web.office.people.services.account import sessions_clear  # noqa: PLC0415

    again(sessions_clear, ERASURE_SECONDS, stopped, beat)


def tend_lake(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Once a day, put the small files of a day together; after an update, make roll-ups of an older making again."""
    from quetsach.centre.centre import Centre  # noqa: PLC0415
    from quetsach.centre.keeping import tend_lake as tend  # noqa: PLC0415

    again(lambda: tend(Centre(data)), LAKE_SECONDS, stopped, beat)


def publish_due(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Publish what is due for as long as the centre serves."""
    from quetsach.centre.publication import due  # noqa: PLC0415
    from quetsach.cli.center import publication  # noqa: PLC0415

    def work() -> None:
        due.work_off(data, publication.publish_figures, now=datetime.now(UTC))

    with due.serving(data):
        again(work, due.LOOK_SECONDS, stopped, beat)


def again(
    work: Callable[[], object], seconds: float, stopped: threading.Event, beat: Beat, *, share: float = 0
) -> None:
    """Do the work now and after each pause. What goes wrong is logged and tried again.

    Args:
        work: what is done.
        seconds: the shortest pause.
        stopped: set when the centre ends.
        beat: called at each turn.
        share: how many times as long as the work a pause is at least.
    """
    from django.db import close_old_connections  # noqa: PLC0415

    while not stopped.is_set():
        beat()
        began = monotonic()
        try:
            work()
        except Exception:
            _logger.exception("work behind the pages broke off; it is tried again")
        close_old_connections()
        stopped.wait(max(seconds, share * (monotonic() - began)))
