"""What goes on behind the pages while the centre serves: reports of partners, what is over, small files of the lake."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

REPORTS_SECONDS = 5
ERASURE_SECONDS = 3600
LAKE_SECONDS = 86_400
_logger = logging.getLogger("quetsach.center")


def take_in_reports(_data: Path, stopped: threading.Event) -> None:
    """Work off what partners' programs sent, soon after it arrived."""
    from quetsach.web.office.partners.intake import deliveries_work  # noqa: PLC0415

    again(lambda: deliveries_work(now=datetime.now(UTC), is_stopped=stopped.is_set), REPORTS_SECONDS, stopped)


def erase_cases(_data: Path, stopped: threading.Event) -> None:
    """Erase what people wrote to the help desk when the time that was promised is over."""
    from quetsach.web.office.helpdesk.desk import cases_purge  # noqa: PLC0415

    again(lambda: cases_purge(now=datetime.now(UTC)), ERASURE_SECONDS, stopped)


def clear_sessions(_data: Path, stopped: threading.Event) -> None:
    """Throw away sessions whose time is over."""
    from quetsach.web.office.people.services.session import sessions_clear  # noqa: PLC0415

    again(sessions_clear, ERASURE_SECONDS, stopped)


def tend_lake(data: Path, stopped: threading.Event) -> None:
    """Once a day, put the small files of a day together; after an update, make roll-ups of an older making again."""
    from quetsach.lake import compaction, keeping  # noqa: PLC0415
    from quetsach.lake.lake import Lake  # noqa: PLC0415

    def work() -> None:
        if (data / "lake").is_dir():
            lake = Lake(data / "lake")
            keeping.renew(lake)
            compaction.compact(lake)

    again(work, LAKE_SECONDS, stopped)


def again(work: Callable[[], object], seconds: float, stopped: threading.Event) -> None:
    """Do the work now and after each pause. What goes wrong is logged and tried again: nobody restarts this thread."""
    from django.db import close_old_connections  # noqa: PLC0415

    while not stopped.is_set():
        try:
            work()
        except Exception:
            _logger.exception("work behind the pages broke off; it is tried again")
        close_old_connections()
        stopped.wait(seconds)
