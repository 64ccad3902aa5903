"""Answers parts on the workers of a Spark cluster, asked by Spark Connect; they see the lake under the same path.

Spark says where parts run and asks those of a worker that died again; it reads no file, and a centre needs no Java.
What comes back are Arrow streams in a column of bytes (``placement.ROWS``): nothing of it is unpickled here. What goes
over a network goes by TLS: to a proxy before the Connect server, which speaks none itself; and between its machines,
which is asked of its own settings.
"""

import atexit
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import grpc
import pyarrow as pa

from quetsach.core.text import SystemText, Text
from quetsach.lake import LakeError
from quetsach.lake.place import is_loopback
from quetsach.lake.placement import ROWS, AskedParts, Elsewhere, read_answers
from quetsach.lake.queries import Part, Question


@contextmanager
def _as_program() -> Iterator[None]:
    """Let PySpark be loaded where the program has no file, as in a process that was begun with ``-c``.

    It takes such a one for doctests of its own, looks for a whole Spark, and ends the process.
    """
    main = sys.modules["__main__"]
    has_file = hasattr(main, "__file__")
    if not has_file:
        main.__file__ = __file__
    try:
        yield
    finally:
        if not has_file:
            del main.__file__


with _as_program():
    from pyspark.errors import PySparkException
    from pyspark.sql.connect.client.core import DefaultChannelBuilder
    from pyspark.sql.connect.session import SparkSession

_TLS = ";use_ssl=true"
_START_SECONDS = 120
"""So long a cluster may take to give its first worker."""

_ENCRYPTED = ("spark.network.crypto.enabled", "spark.ssl.rpc.enabled")
_SESSION_GONE = ("INVALID_HANDLE.", "RESPONSE_ALREADY_RECEIVED", "NO_ACTIVE_SESSION", "server side session")
_DIED = ("ExecutorLostFailure", "Python worker exited unexpectedly", "crashed", "OutOfMemoryError")
_COLUMNS = "part int, table int, content binary"


@dataclass
class SparkPlacement(Elsewhere):
    """The workers behind one Connect server; connected at the first question, and again after the server was gone.

    Args:
        url: of the server: ``sc://127.0.0.1:15002``, or ``sc://host:port/;use_ssl=true``.
        token: a file with what the server takes for a sign that this is the centre.

    Raises:
        LakeError: addresses would go over a network in clear or be given to anybody, or that is no such address.
    """

    token: Path | None = None
    _sessions: list[SparkSession] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        address, settings = self._address()
        if settings not in ("", _TLS):
            raise LakeError(
                Text(
                    "the address of a Spark Connect server is sc://host:port, and with TLS sc://host:port/;use_ssl=true"
                ),
                hint=Text("give the token in a file, and name it as token"),
            )
        if settings != _TLS and not is_loopback(urlsplit(f"//{address}").hostname or ""):
            raise LakeError(
                Text("a Spark Connect server on another machine is asked by TLS only: answers hold addresses"),
                where=self.url,
                hint=Text("put a proxy with TLS before it, write ;use_ssl=true, and give ca, certificate and key"),
            )
        if settings == _TLS and not (self.certificate and self.key) and not self.token:
            raise LakeError(
                Text("whoever has no key of this cluster must not be answered by it"),
                where=self.url,
                hint=Text("give certificate and key, or token"),
            )

    def answers_of_workers(self, question: Question[Any], parts: Sequence[Part]) -> list[tuple[pa.Table, ...]]:
        """Have each part answered by a worker."""
        asked, is_again = AskedParts.of(question, parts), bool(self._sessions)
        with self._explained():
            try:
                rows = _run(self._session(), asked)
            except (PySparkException, grpc.RpcError, AssertionError) as error:
                if not (is_again and (_is_session_gone(error) or _is_unreachable(error))):
                    raise
                self._leave()  # the server ended it, or is another one: nothing was lost
                rows = _run(self._session(), asked)
        return read_answers(rows, len(parts), where=self.url)

    def close(self) -> None:
        """Let go of the server."""
        while self._sessions:
            self._sessions.pop().stop()
        atexit.unregister(self.close)

    def _leave(self) -> None:
        """Let go of a server that is gone: Spark would complain that it cannot be told so."""
        for session in self._sessions:
            session.release_session_on_close = False
        self.close()

    def _address(self) -> tuple[str, str]:
        """Return host and port of the server, and what is set behind them."""
        try:
            url = urlsplit(self.url)
            _ = url.port
        except ValueError as error:
            raise LakeError(Text("this is no address: {error}", error=error), where=self.url) from error
        return url.netloc, url.path.strip("/")

    def _session(self) -> SparkSession:
        if not self._sessions:
            channel = _Channel(self._address()[0], self._credentials())
            session = SparkSession.builder.channelBuilder(channel).create()
            session.client.set_retry_policies([])  # they would wait for ten minutes, and warn
            self._sessions.append(session)
            atexit.register(self.close)
            self._check(session)
        return self._sessions[0]

    def _check(self, session: SparkSession) -> None:
        """Refuse a cluster without workers, or whose machines speak to each other in clear."""
        master = session.conf.get("spark.master", None) or ""
        if not stays_here(master) and "true" not in [session.conf.get(name, None) for name in _ENCRYPTED]:
            self.close()
            raise LakeError(
                Text("the machines of this cluster speak to each other in clear: answers hold addresses"),
                where=master,
                hint=Text("set spark.authenticate and spark.network.crypto.enabled"),
            )
        out_of_patience = Timer(_START_SECONDS, session.interruptAll)
        out_of_patience.start()
        try:
            session.range(1).collect()
        except PySparkException as error:
            if "CANCEL" not in str(error):
                raise
            self.close()
            raise LakeError(
                Text("the cluster has no workers"),
                where=self.url,
                hint=Text("start a worker of the master {master}", master=master),
            ) from error
        finally:
            out_of_patience.cancel()

    def _credentials(self) -> grpc.ChannelCredentials | None:
        token = grpc.access_token_call_credentials(_content(self.token).decode().strip()) if self.token else None
        if self._address()[1] == _TLS:
            files = [_content(path) if path else None for path in (self.ca, self.key, self.certificate)]
            credentials = grpc.ssl_channel_credentials(*files)
        elif token:
            credentials = grpc.local_channel_credentials()
        else:
            return None
        return grpc.composite_channel_credentials(credentials, token) if token else credentials

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say in a line what Spark says in hundreds."""
        try:
            yield
        except (PySparkException, grpc.RpcError, AssertionError) as error:
            said = str(error)
            if any(sign in said for sign in _DIED):
                raise LakeError(
                    Text("workers died again and again over one part"),
                    where=self.url,
                    hint=Text("do they have enough memory? give more parts, or take the cluster's file away"),
                ) from error
            if _is_unreachable(error) or _is_session_gone(error):
                self._leave()
                raise LakeError(
                    Text("the workers cannot be reached"),
                    where=self.url,
                    hint=Text("does the scheduler run? without cluster.toml questions are answered on this machine"),
                ) from error
            self.close()
            raise LakeError(
                Text("Spark did not answer: {reason}", reason=SystemText(_reason(said))),
                where=self.url,
                hint=Text("is this release of quetsach installed on every worker?"),
            ) from error


class _Channel(DefaultChannelBuilder):
    """One that takes the authority and the keys of a cluster from files."""

    def __init__(self, address: str, credentials: grpc.ChannelCredentials | None) -> None:
        super().__init__(f"sc://{address}")
        self._credentials = credentials

    def toChannel(self) -> grpc.Channel:  # noqa: N802  (Spark's name)
        """Open it."""
        if self._credentials is None:
            return self._insecure_channel(self.endpoint)
        return self._secure_channel(self.endpoint, self._credentials)


def _run(session: SparkSession, asked: AskedParts) -> pa.Table:
    """Have each part answered in a task of its own; the rows are in the order of parts."""
    numbers = session.range(0, len(asked.parts), 1, len(asked.parts))
    return numbers.mapInArrow(asked, _COLUMNS).toArrow().cast(ROWS)


def stays_here(master: str) -> bool:
    """Whether all machines of a cluster are this one, by the address of its master."""
    if master.startswith("local"):
        return True
    kind, _, machines = master.partition("://")
    return kind == "spark" and all(is_loopback(urlsplit(f"//{one}").hostname or "") for one in machines.split(","))


def _is_unreachable(error: Exception) -> bool:
    code = error.code() if isinstance(error, grpc.Call) else getattr(error, "getGrpcStatusCode", lambda: None)()
    is_refused = "http2 header with status" in str(error)  # by a proxy, before any server
    gone = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
    return is_refused or code in gone


def _is_session_gone(error: Exception) -> bool:
    return any(sign in str(error) for sign in _SESSION_GONE)


def _reason(said: str) -> str:
    """Return the line of what Spark says that tells most: Python's last one, or else the first."""
    _, _, trace = said.partition("Traceback (most recent call last):\n")
    lines = [line for line in trace.splitlines() if line[:1].strip()] or said.strip().splitlines() or [""]
    return lines[0][:300]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LakeError(SystemText(error.strerror), where=str(path)) from error
