"""Answers parts on the workers of a Dask cluster: machines that see the lake's folder under the same path.

A worker that dies is replaced and its parts are answered again, by another; a part changes nothing, so that does no
harm. What goes over the network are questions, names of files, and counts or addresses by the thousand: with TLS,
unless it stays on one machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from distributed import Client, Security
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from quetsach.core.text import Text
from quetsach.lake import LakeError
from quetsach.lake.place import is_loopback
from quetsach.lake.placement import (
    Elsewhere,
    answer_streams,
    other_release,
    versions,
)
from quetsach.lake.queries import Part, Question

_CONNECT_SECONDS = 15
_TRIES = 3


@dataclass
class DaskPlacement(Elsewhere):
    """The workers of one scheduler; connected at the first question, and again after the scheduler was gone.

    Args:
        url: of the scheduler, ``tls://host:8786``, or ``tcp://`` on this machine.

    Raises:
        LakeError: addresses would go over a network in clear.
    """

    _clients: list[Client] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme != "tls" and not is_loopback(urlsplit(self.url).hostname or ""):
            raise LakeError(
                Text("workers on other machines are asked by tls:// only: answers hold addresses"),
                where=self.url,
                hint=Text("start the scheduler and its workers with TLS, and give ca, certificate and key"),
            )

    def answers_of_workers(self, question: Question[Any], parts: Sequence[Part]) -> list[tuple[pa.Table, ...]]:
        """Have each part answered by a worker."""
        client = self._client()
        try:
            futures = client.map(answer_streams, [question] * len(parts), parts, pure=False, retries=_TRIES)
            return [tuple(pa.ipc.open_stream(one).read_all() for one in made) for made in client.gather(futures)]
        except LakeError:
            raise
        except KilledWorker as error:
            raise LakeError(
                Text("workers died again and again over one part"),
                where=self.url,
                hint=Text("do they have enough memory? give more parts, or take the cluster's file away"),
            ) from error
        except (OSError, TimeoutError, FutureCancelledError) as error:
            self.close()
            raise self._unreachable() from error

    def close(self) -> None:
        """Let go of the scheduler."""
        while self._clients:
            self._clients.pop().close(timeout=1)

    def _client(self) -> Client:
        if self._clients and self._clients[0].status == "running":
            return self._clients[0]
        self.close()
        try:
            client = Client(self.url, security=self._security, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise self._unreachable() from error
        self._clients.append(client)
        self._check(client)
        return client

    def _check(self, client: Client) -> None:
        """Refuse a cluster without workers, or whose programs are not those of this centre."""
        try:
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError as error:
            raise LakeError(
                Text("the scheduler has no workers"),
                where=self.url,
                hint=Text("start one: dask worker {url}", url=self.url),
            ) from error
        own = versions()
        for worker, theirs in client.run(versions).items():
            if theirs != own:
                raise other_release(theirs, own, where=worker)

    @cached_property
    def _security(self) -> Security | None:
        if urlsplit(self.url).scheme != "tls":
            return None
        return Security(
            tls_ca_file=str(self.ca),
            tls_client_cert=str(self.certificate),
            tls_client_key=str(self.key),
            require_encryption=True,
        )

    def _unreachable(self) -> LakeError:
        return LakeError(
            Text("the workers cannot be reached"),
            where=self.url,
            hint=Text("does the scheduler run? without cluster.toml questions are answered on this machine"),
        )
