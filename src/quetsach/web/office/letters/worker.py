"""The work that goes on behind the pages: copies, mail, reminders, bounces. One worker for one centre."""

import contextlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Stop

from django.conf import settings
from django.db import close_old_connections, connection, connections

from quetsach import storage
from quetsach.campaign.errors import LocalError
from quetsach.campaign.letters.errors import LetterError
from quetsach.core.errors import QuetsachError
from quetsach.core.pack import LocalText
from quetsach.web.office.letters.bounces import bounces_read
from quetsach.web.office.letters.copies import copies_make
from quetsach.web.office.letters.delivery import queue_recover, queue_send
from quetsach.web.office.letters.reminding import reminders_queue
from quetsach.web.office.returns.reminding import returns_remind

PAUSE_SECONDS = 15
_LOCK = 0x51544C5052
_logger = logging.getLogger("quetsach.office.letters")


class BusyError(LocalError):
    """Another worker does this centre's work."""


def work(*, stop: Stop, is_once: bool = False) -> None:
    """Do what is to be done, again and again until ``stop`` is set, or once.

    Raises:
        BusyError: another worker is at it.
        QuetsachError: with ``is_once``, what kept the work from being done; otherwise it is logged and tried again.
    """
    with _alone():
        queue_recover()
        while not stop.is_set():
            try:
                turn(stop=stop)
            except QuetsachError as error:
                if is_once:
                    raise
                _logger.warning("letters: %s", error)
            except Exception:
                if is_once:
                    raise
                _logger.exception("the work on letters broke off; it is tried again")
            if is_once:
                return
            close_old_connections()
            stop.wait(PAUSE_SECONDS)


def turn(*, stop: Stop) -> None:
    """Do everything once. What came back is read first, so that nobody who cannot be reached is written to again.

    Raises:
        QuetsachError: a part could not be done; the others were.
    """
    bounces_read(now=_now())
    copies_make(now=_now, is_over=stop.is_set)
    reminders_queue(now=_now())
    returns_remind(now=_now())
    queue_send(now=_now, stop=stop)


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Keep a second worker out; the lock ends with the process, however it ends."""
    if connection.vendor == "postgresql":
        # Held by a connection of its own: the one that works is opened anew from time to time.
        holder = connections.create_connection("default")
        try:
            with holder.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
                if not cursor.fetchone()[0]:
                    raise _busy()
            yield
        finally:
            holder.close()
        return
    data: Path | None = settings.CENTER.data
    if data is None:
        raise LetterError("the centre has no data folder", hint="set QUETSACH_DATA")
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(storage.locked(data / "letters.lock", waits=False))
        except OSError as error:
            raise _busy() from error
        yield


def _busy() -> BusyError:
    return BusyError(
        LocalText("tiến trình khác đang gửi công văn của trung tâm", "another worker sends this centre's letters"),
        advice=LocalText("việc gửi là một phần của quetsach center up", "it is part of quetsach center up"),
    )
