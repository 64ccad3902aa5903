"""One worker for one centre, and a turn that does everything."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from quetsach.campaign.authority import Role
from quetsach.web.office import worker
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.services.send import copies_make, letter_send
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.mail.queue import queue_send
from quetsach.web.office.worker import BusyError, LostError, work


def test_a_second_worker_is_refused_until_the_first_has_ended(units) -> None:
    with worker._alone(), pytest.raises(BusyError):
        work(stop=threading.Event(), is_once=True)
    work(stop=threading.Event(), is_once=True)


def test_a_turn_makes_copies_queues_mail_and_leaves_it_where_no_server_answers(
    issued, units, person, reachable
) -> None:
    letter = issued()
    letter_send(letter=letter, units=[units["31-2020"]], by=person(Role.OPERATOR), now=letter.issued_at)
    with pytest.raises(worker.QuetsachError, match="mail server"):
        work(stop=threading.Event(), is_once=True)
    assert Dispatch.objects.get().copy_sha256
    assert Message.objects.get().state == MessageState.QUEUED


def test_a_worker_that_lost_its_lock_sends_nothing_more_and_says_so(
    issued, units, person, reachable, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = issued()
    letter_send(letter=letter, units=[units["31-2020"]], by=person(Role.OPERATOR), now=letter.issued_at)
    copies_make(now=worker._now, is_over=lambda: False)
    held = iter([True])  # as the work begins; then the server is started anew

    @contextlib.contextmanager
    def alone() -> Iterator[Callable[[], bool]]:
        yield lambda: next(held, False)

    monkeypatch.setattr(worker, "_alone", alone)
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)  # the test's own transaction is none
    monkeypatch.setattr(worker, "turn", lambda *, stop: queue_send(now=worker._now, stop=stop))
    monkeypatch.setattr("quetsach.web.office.mail.queue._send", lambda *_: pytest.fail("a message was sent"))
    beats: list[int] = []
    with pytest.raises(LostError):
        work(stop=threading.Event(), beat=lambda: beats.append(1))
    assert Message.objects.get().state == MessageState.QUEUED
    assert beats
