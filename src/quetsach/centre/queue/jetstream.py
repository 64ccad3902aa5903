"""NATS JetStream between collectors and committers: at least once by the stream, exactly once by the lake.

A message waits on the subject of its sensor, ``deliveries.<feed>.<report>``. Each has a consumer that hands out one
message at a time, so that a sensor has one committer and several sensors have several. A message is acknowledged when
the commit record is on the disk; whoever dies before that leaves it to another, and a delivery that is taken in twice
adds nothing.
"""

import asyncio
import contextlib
import random
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from quetsach.centre.queue import QueueError, landing
from quetsach.centre.queue.landing import ANY_REPORT, Queue, Ticket
from quetsach.core.errors import QuetsachError
from quetsach.core.text import SystemText, Text
from quetsach.lake import LakeError
from quetsach.lake.intake import Outcome

STREAM, _SUBJECTS = "DELIVERIES", "deliveries.>"
_ANSWER_SECONDS = 5.0
_PATIENCE_SECONDS = 60.0
"""So long a collector, and the start of a committer, wait for a queue that has no leader."""
_FETCH_SECONDS = 0.25
_LOOK_SECONDS = 1.0
_DUPLICATE_SECONDS = 120.0
_MISSING_TRIES = 5
"""So often a file is looked for that is not there: a shared folder may show it late."""
_NO_PEERS = 10005
_IDLE_SECONDS = 86_400.0
"""A consumer that nobody asks for so long goes; its messages stay in the stream."""


class Status(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a delivery; ``error`` says why it is refused, or left for later; the queue itself has no name."""

    status: Status
    name: str
    outcomes: tuple[Outcome, ...] = ()
    error: QuetsachError | None = None


type Take = Callable[[Path, Ticket], tuple[Outcome, ...]]
"""Takes a file in; raises what the lake could not for no reason of the file."""


@contextlib.asynccontextmanager
async def joined(queue: Queue) -> AsyncIterator[JetStreamContext]:
    """Connect, and make the stream where there is none; yields JetStream.

    Raises:
        QueueError: no server answers, or the stream is another one.
    """
    client = Client()
    try:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await _connect(client, queue)
                jetstream = client.jetstream(timeout=_ANSWER_SECONDS)
                await _require_stream(jetstream, queue)
        except (NatsError, OSError, TimeoutError) as error:
            hint = Text("are most of its servers up, and do name and certificate hold?")
            raise _silent(error, where=", ".join(queue.servers), hint=hint) from error
        yield jetstream
    finally:
        with contextlib.suppress(NatsError, OSError, TimeoutError):
            await client.close()


async def _connect(client: Client, queue: Queue) -> None:
    """Connect to any server; where one says who does not belong there, waiting changes nothing."""
    context, refused = queue.context(), asyncio.get_running_loop().create_future()

    async def noted(error: Exception) -> None:
        is_final = isinstance(error, ssl.SSLError) or "authorization violation" in str(error).lower()
        if is_final and not refused.done():
            refused.set_result(error)

    connecting = asyncio.create_task(
        client.connect(
            list(queue.servers),
            tls=context,
            tls_handshake_first=context is not None,
            user=queue.user or None,
            password=queue.password(),
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            error_cb=noted,
        )
    )
    try:
        await asyncio.wait({connecting, refused}, return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done():
            raise refused.result()
        connecting.result()
    finally:
        connecting.cancel()


def _of_system(error: OSError) -> QueueError:
    return QueueError(SystemText(error.strerror or error), where=str(error.filename or ""))


def _silent(error: Exception, *, where: str = "", hint: Text | str = "") -> QueueError:
    told = Text("the queue does not answer: {error}", error=str(error) or type(error).__name__)
    return QueueError(told, where=where, hint=hint)


async def _require_stream(jetstream: JetStreamContext, queue: Queue) -> None:
    wanted = StreamConfig(
        name=STREAM,
        subjects=[_SUBJECTS],
        retention=RetentionPolicy.WORK_QUEUE,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        num_replicas=queue.replicas,
        duplicate_window=_DUPLICATE_SECONDS,
    )

    async def made() -> StreamConfig:
        try:
            return (await jetstream.stream_info(STREAM)).config
        except NotFoundError:
            return (await jetstream.add_stream(wanted)).config

    found = await _patiently(made)
    is_kept = (found.retention, found.storage) == (RetentionPolicy.WORK_QUEUE, StorageType.FILE)
    if not is_kept or (found.num_replicas or 1) < queue.replicas:
        raise QueueError(
            Text("the stream {name} is not kept as deliveries must be", name=STREAM),
            where=", ".join(queue.servers),
            hint=Text(
                "it has to be a work queue on disks with {replicas} replicas: nats stream edit",
                replicas=queue.replicas,
            ),
        )


async def _patiently[T](ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again while there is no leader."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return await ask()
        except (NatsError, TimeoutError) as error:
            if _is_final(error) or time.monotonic() > end:
                raise
            await asyncio.sleep(0.5)


def _is_final(error: Exception) -> bool:
    """Return whether waiting changes nothing: servers that are just starting have no peers for a copy yet."""
    return isinstance(error, APIError) and (error.code or 0) < 500 and error.err_code != _NO_PEERS


async def send(jetstream: JetStreamContext, queue: Queue, ticket: Ticket, *, report: str | None) -> bool:
    """Announce a file that has landed; return whether it is new to the queue, as far as the last minutes go.

    Args:
        jetstream: of ``joined``.
        queue: where it has landed.
        ticket: what it is.
        report: of which report it is, as far as the collector can tell.

    Raises:
        QueueError: the queue did not say that it keeps the message; send the file again.
    """
    subject = f"deliveries.{ticket.feed}.{report or ANY_REPORT}"
    is_certain, end = True, time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            answer = await jetstream.publish(
                subject, ticket.to_json(), headers={"Nats-Msg-Id": ticket.id}, stream=STREAM
            )
        except (NatsError, TimeoutError) as error:
            is_certain = is_certain and isinstance(error, APIError)
            if _is_final(error) or time.monotonic() > end:
                if is_certain:
                    landing.take_away(queue, ticket)
                raise QueueError(
                    Text("the queue did not take it: {error}", error=str(error) or type(error).__name__),
                    where=ticket.name,
                    hint=Text("send it again: nothing is taken in twice"),
                ) from error
            await asyncio.sleep(0.5)
        else:
            if answer.duplicate and is_certain:  # the message that is kept stands on another file
                landing.take_away(queue, ticket)
            return not answer.duplicate


async def waiting(jetstream: JetStreamContext) -> dict[str, int]:
    """Return how many deliveries wait or are being taken in, by subject."""
    info = await jetstream.stream_info(STREAM, subjects_filter=_SUBJECTS)
    return dict(info.state.subjects or {})


class Committer:
    """Takes in what was sent, one delivery at a time.

    Args:
        queue: as it is set up.
        take: takes a file in, in a thread.
        tell: told what became of each.
        clock: the time (UTC).
    """

    def __init__(
        self, queue: Queue, take: Take, tell: Callable[[Committed], None], clock: Callable[[], datetime]
    ) -> None:
        self._queue = queue
        self._take = take
        self._tell = tell
        self._clock = clock
        self._pulls: dict[str, JetStreamContext.PullSubscription] = {}
        self._is_silent = False

    async def work(self, stopped: asyncio.Event, *, until_empty: bool = False) -> None:
        """Take in until ``stopped`` is set, or until nothing waits any more anywhere.

        Raises:
            QueueError: no server answered at the start, or the folder is not there.
        """
        self._queue.require_folder()
        async with joined(self._queue) as jetstream:
            while not stopped.is_set():
                has_worked, is_empty = await self._turn(jetstream, stopped)
                if is_empty:
                    landing.sweep(self._queue, now=self._clock())
                if is_empty and until_empty:
                    return
                if not has_worked:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stopped.wait(), _LOOK_SECONDS)

    async def _turn(self, jetstream: JetStreamContext, stopped: asyncio.Event) -> tuple[bool, bool]:
        """Ask each sensor that has something once; return whether anything was done, and whether nothing waits."""
        has_worked = False
        try:
            subjects = list(await waiting(jetstream))
            random.shuffle(subjects)  # committers begin with different sensors
            for subject in subjects:
                message = None if stopped.is_set() else await self._next_of(jetstream, subject)
                if message is not None:
                    has_worked = True
                    await self._settle(message)
        except (NatsError, TimeoutError) as error:
            if not self._is_silent:
                self._tell(Committed(Status.LATER, "", error=_silent(error)))
            self._is_silent = True
            self._pulls.clear()
            return has_worked, False
        self._is_silent = False
        return has_worked, not subjects

    async def _next_of(self, jetstream: JetStreamContext, subject: str) -> Msg | None:
        """Return the next delivery of a sensor; ``None`` where another committer has it."""
        if subject not in self._pulls:
            name = subject.removeprefix("deliveries.").replace(".", "+")
            config = ConsumerConfig(
                durable_name=name,
                filter_subject=subject,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=self._queue.ack_seconds,
                max_ack_pending=1,
                inactive_threshold=_IDLE_SECONDS,
            )
            await jetstream.add_consumer(STREAM, config)
            self._pulls[subject] = await jetstream.pull_subscribe_bind(name, STREAM)
        try:
            return (await self._pulls[subject].fetch(1, timeout=_FETCH_SECONDS))[0]
        except TimeoutError:
            return None

    async def _settle(self, message: Msg) -> None:
        """Take a delivery in and acknowledge it, put it away, or leave it for later."""
        try:
            ticket = Ticket.from_json(message.data)
        except QueueError as error:
            number = message.metadata.sequence.stream
            landing.refuse(self._queue, f"message-{number}", [str(error)], content=message.data)
            self._tell(Committed(Status.REFUSED, "", error=error))
            await self._acknowledge(message)
            return
        task = asyncio.create_task(asyncio.to_thread(self._committed, ticket, message.metadata.num_delivered))
        while not (await asyncio.wait({task}, timeout=self._queue.ack_seconds / 3))[0]:
            with contextlib.suppress(NatsError):
                await message.in_progress()
        done = task.result()
        self._tell(done)
        if done.status is Status.LATER:
            await message.nak(delay=self._queue.ack_seconds)
        elif await self._acknowledge(message):
            landing.take_away(self._queue, ticket)

    async def _acknowledge(self, message: Msg) -> bool:
        """Return whether the queue has forgotten a message; else it comes again, and adds nothing."""
        end = time.monotonic() + self._queue.ack_seconds
        while True:
            try:
                await message.ack_sync(timeout=_ANSWER_SECONDS)
            except (NatsError, TimeoutError):
                if time.monotonic() > end:
                    return False
                await asyncio.sleep(0.2)
            else:
                return True

    def _committed(self, ticket: Ticket, times: int) -> Committed:
        """Take a file in; what cannot be taken in because of it is put away."""
        queue = self._queue
        try:
            queue.require_folder()
            if landing.begin(queue, ticket):
                done = self._taken(ticket, times)
            else:
                done = self._refused(ticket, Text("committers have died over it again and again"))
        except (QuetsachError, OSError) as error:
            told = error if isinstance(error, QuetsachError) else _of_system(error)
            done = Committed(Status.LATER, ticket.name, error=told)
        with contextlib.suppress(OSError):
            landing.end(queue, ticket)
        return done

    def _taken(self, ticket: Ticket, times: int) -> Committed:
        try:
            is_whole = landing.is_whole(self._queue, ticket)
        except FileNotFoundError:
            if landing.is_refused(self._queue, ticket):  # by a committer that was killed before it could say so
                return Committed(Status.REFUSED, ticket.name)
            what = Text("the file that was sent is not there")
            if times < _MISSING_TRIES:
                return Committed(Status.LATER, ticket.name, error=QueueError(what, where=ticket.file))
            return self._refused(ticket, what)
        if not is_whole:
            return self._refused(ticket, Text("the file is not the one that was sent: its digest is another"))
        outcomes = self._take(self._queue.landed / ticket.file, ticket)
        errors = [(name, outcome) for name, outcome in outcomes if isinstance(outcome, QuetsachError)]
        for _, error in errors:
            if isinstance(error, LakeError) and error.__cause__ is not None:
                raise error
        if errors:
            landing.refuse(self._queue, ticket.file, [f"{name}: {error}" for name, error in errors])
        return Committed(Status.REFUSED if errors else Status.TAKEN, ticket.name, outcomes)

    def _refused(self, ticket: Ticket, what: Text) -> Committed:
        error = QueueError(what, where=ticket.file, hint=Text("send it again: nothing is taken in twice"))
        said = f"{ticket.name} ({ticket.feed}, {ticket.report or ANY_REPORT}, SHA-256 {ticket.sha256}): {what.en}"
        landing.refuse(self._queue, ticket.file, [said])
        return Committed(Status.REFUSED, ticket.name, error=error)
