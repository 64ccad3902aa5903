"""One worker for one centre, and a turn that does everything."""

import threading

import pytest

from quetsach.campaign.authority import Role
from quetsach.web.office.letters import worker
from quetsach.web.office.letters.models import Dispatch, Message, MessageState
from quetsach.web.office.letters.sending import letter_send
from quetsach.web.office.letters.worker import BusyError, work


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
