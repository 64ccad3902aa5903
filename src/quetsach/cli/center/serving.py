"""Serves a centre that is prepared: its pages by a worker, and the work behind them."""

import multiprocessing
import resource
import shutil
import sys
from pathlib import Path

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from quetsach.cli.center.works import working, works_of_a_centre
from quetsach.core.text import LocalText, Text
from quetsach.web.office.people.selectors import is_anybody_in

_CONNECTIONS = 8192
"""How many connections may be open at once; further ones wait with the system until one ends."""
_HEADER_MILLISECONDS = 10_000
"""How long the head of a request may take, and how long a connection may say nothing between two requests."""
_HEADER_BYTES = 32 * 1024
_BACKLOG = 4096
_STOP_SECONDS = 10


def way_in(data: Path, address: str) -> LocalText | None:
    """Say how the office gets its first operator, while nobody can sign in there: words that can be copied and run."""
    if is_anybody_in():
        return None
    reached = "" if settings.CENTER.public_url else f"QUETSACH_PUBLIC_URL={address} "
    command = "quetsach" if shutil.which("quetsach") else Path(sys.argv[0]).absolute()
    invite = f"{reached}{command} center people invite EMAIL --role operator --data {data}"
    return Text("to open the office, invite its first operator: `{command}`", command=invite)


def serve(data: Path, host: str, port: int) -> None:
    """Serve until a signal. The worker is spawned: threads of the preparation do not survive a fork."""
    multiprocessing.set_start_method("spawn", force=True)
    connections = _allow_connections()
    with working(data, works_of_a_centre()):
        Granian(
            "quetsach.web.server.worker:application",
            address=host,
            port=port,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            loop=Loops.asyncio,
            websockets=False,
            backlog=_BACKLOG,
            backpressure=connections,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MILLISECONDS, max_buffer_size=_HEADER_BYTES),
            log_level=LogLevels.warning,
            log_dictconfig={"loggers": {"_granian": {"propagate": True}}},  # its lines are like ours, on stderr
            respawn_failed_workers=True,
            respawn_interval=0,
            workers_kill_timeout=_STOP_SECONDS,
        ).serve()


def _allow_connections() -> int:
    """Let this process and its worker open as many files as the system allows, and say how many connections that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _CONNECTIONS  # a file beside each connection at most
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return min(_CONNECTIONS, allowed // 2)
