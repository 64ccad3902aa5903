"""The work that goes on behind the pages: copies, mail, reminders, approvers, bounces. One worker for one centre."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import Error, close_old_connections, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from quetsach import storage
from quetsach.campaign.errors import LetterError
from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalError, Text
from quetsach.web.office.approvals.mail import approvers_tell
from quetsach.web.office.letters.services.remind import reminders_queue
from quetsach.web.office.letters.services.send import copies_make
from quetsach.web.office.mail.queue import Stop, bounces_read, queue_recover, queue_send
from quetsach.web.office.returns.services.remind import returns_remind

PAUSE_SECONDS = 15
_LOCK = 0x51544C5052
_logger = logging.getLogger("quetsach.office.letters")


class BusyError(LocalError):
    """Another worker does this centre's work."""


class LostError(QuetsachError):
    """The lock that kept a second worker out is gone, and with it the right to send."""


class _StopOrLost:
    """Set when the work is to end, or when this worker is no longer the only one that may do it.

    It is asked before each message, so each asking is a sign of life, too.
    """

    def __init__(self, stop: Stop, is_held: Callable[[], bool], beat: Callable[[], None]) -> None:
        self._stop, self._is_held, self._beat = stop, is_held, beat
        self.is_lost = False

    def is_set(self) -> bool:
        self._beat()
        self.is_lost = self.is_lost or not self._is_held()
        return self.is_lost or self._stop.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        return self._stop.wait(timeout)


def work(*, stop: Stop, is_once: bool = False, beat: Callable[[], None] = lambda: None) -> None:
    """Do what is to be done, again and again until ``stop`` is set, or once.

    Args:
        stop: set to end.
        is_once: end after one turn.
        beat: called at each turn and before each message.

    Raises:
        BusyError: another worker is at it.
        LostError: the lock against other workers was lost, as when the database was started anew.
        QuetsachError: with ``is_once``, what kept the work from being done; otherwise it is logged and tried again.
    """
    with _alone() as is_held:
        ending = _StopOrLost(stop, is_held, beat)
        queue_recover()
        while not ending.is_set():
            try:
                turn(stop=ending)
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
            ending.wait(PAUSE_SECONDS)
        if ending.is_lost:
            raise LostError(Text("the lock of the letters' worker was lost"), hint=Text("it is taken again by itself"))


def turn(*, stop: Stop) -> None:
    """Do everything once. What came back is read first, so that nobody who cannot be reached is written to again.

    Raises:
        QuetsachError: a part could not be done; the others were.
    """
    bounces_read(now=_now())
    copies_make(now=_now, is_over=stop.is_set)
    reminders_queue(now=_now())
    returns_remind(now=_now())
    approvers_tell(now=_now())
    queue_send(now=_now, stop=stop)


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def _alone() -> Iterator[Callable[[], bool]]:
    """Keep a second worker out; the value says whether the lock is still held. It ends with the process at the latest.

    PostgreSQL's is held by one connection and gone with it: a server that was started anew knows nothing of it.
    """
    if connection.vendor == "postgresql":
        # Held by a connection of its own: the one that works is opened anew from time to time.
        holder = connections.create_connection("default")
        try:
            with holder.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
                if not cursor.fetchone()[0]:
                    raise _busy()
            yield lambda: _answers(holder)
        finally:
            holder.close()
        return
    data: Path | None = settings.CENTER.data
    if data is None:
        raise LetterError(Text("the centre has no data folder"), hint=Text("name it with --data"))
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(storage.locked(data / "letters.lock", waits=False))
        except OSError as error:
            raise _busy() from error
        yield lambda: True


def _answers(holder: BaseDatabaseWrapper) -> bool:
    """Whether the very connection that took the lock is there; it is never opened anew."""
    if holder.connection is None or holder.connection.closed:
        return False
    try:
        with holder.wrap_database_errors, holder.connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _busy() -> BusyError:
    return BusyError(
        Text("another worker sends this centre's letters"),
        advice=Text("it is part of quetsach center up"),
    )
