"""``quetsach center up``: prepares a centre and serves it."""

import argparse
import os
import resource
import shutil
import socket
import sys
from pathlib import Path

from quetsach.cli.locations import default_data
from quetsach.cli.parser import ExitCode
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text

_CONNECTIONS = 8192
"""How many connections may be open at once; further ones wait with the system until one ends."""
_HEADER_MILLISECONDS = 10_000
"""How long the head of a request may take, and how long a connection may say nothing between two requests."""
_HEADER_BYTES = 32 * 1024
_BACKLOG = 4096
_STOP_SECONDS = 10
_ALL_ADDRESSES = ("", "0.0.0.0", "::")  # noqa: S104  (compared, not bound)


def run(arguments: argparse.Namespace) -> int:
    """Prepare a centre and serve it."""
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.cli.center.preparation import one_centre, prepare  # noqa: PLC0415

    data = (arguments.data or default_data()).absolute()
    address = f"http://{_shown_host(arguments.host)}:{arguments.port}"
    if arguments.json:
        os.environ["QUETSACH_LOG"] = "json"
    if not arguments.prepare_only:
        os.environ["QUETSACH_SERVED_AT"] = address
    with one_centre(data):
        if not arguments.prepare_only:
            _refuse_taken(arguments.host, arguments.port)
        prepare(
            data,
            tools=arguments.tool,
            address=os.environ.get("QUETSACH_PUBLIC_URL", "").rstrip("/") or address,
            has_demonstration=not arguments.no_demonstration,
        )
        if arguments.prepare_only:
            print(f"ready: {data}", file=sys.stderr)
            return ExitCode.NOTHING_FOUND
        print(f"Quét Sạch: {address}/\ndata: {data}{_way_in(data, address)}", file=sys.stderr, flush=True)
        _warn_unnamed(data, arguments.host)
        _serve(data, arguments.host, arguments.port)
    return ExitCode.NOTHING_FOUND


def _warn_unnamed(data: Path, host: str) -> None:
    """Say that nobody but this machine will be answered, where the centre is open to others and has no name yet."""
    from quetsach.web.configuration import is_demonstration  # noqa: PLC0415
    from quetsach.web.stored_settings import in_force  # noqa: PLC0415

    held = in_force(os.environ, data)
    is_named = any(held.get(name) for name in ("QUETSACH_HOSTS", "QUETSACH_PUBLIC_URL"))
    if host in _ALL_ADDRESSES and not is_named and not is_demonstration(data):
        print(
            "the centre answers only as localhost until it has a name: quetsach center settings set public-url https://NAME",
            file=sys.stderr,
            flush=True,
        )


def _way_in(data: Path, address: str) -> str:
    """Say how the office gets its first operator, while nobody can sign in there: words that can be copied and run."""
    from quetsach.web.office.people.selectors import is_anybody_in  # noqa: PLC0415

    if is_anybody_in():
        return ""
    from django.conf import settings  # noqa: PLC0415

    reached = "" if settings.CENTER.public_url else f"QUETSACH_PUBLIC_URL={address} "
    command = "quetsach" if shutil.which("quetsach") else Path(sys.argv[0]).absolute()
    return f"\nvăn phòng / office: {reached}{command} center people invite EMAIL --role operator --data {data}"


def _shown_host(host: str) -> str:
    """An address that a person can open: "all addresses" is none."""
    if host in _ALL_ADDRESSES:
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _refuse_taken(host: str, port: int) -> None:
    """Say so before the work begins, not after it.

    Raises:
        QuetsachError: the address cannot be served on.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise QuetsachError(
            f"cannot serve on port {port}: {error.strerror or error}",
            where=host,
            hint=Text(
                "stop what uses the port, or choose another: --port {port}", port=port + 1 if port < 65535 else 8000
            ),
        ) from error


def _serve(data: Path, host: str, port: int) -> None:
    """Serve until a signal. The worker is spawned: threads of the preparation do not survive a fork."""
    import multiprocessing  # noqa: PLC0415

    from granian import Granian  # noqa: PLC0415
    from granian.constants import HTTPModes, Interfaces, Loops  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    from quetsach.cli.center.works import working, works_of_a_centre  # noqa: PLC0415

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
    print("quetsach: stopped", file=sys.stderr)


def _allow_connections() -> int:
    """Let this process and its worker open as many files as the system allows, and say how many connections that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _CONNECTIONS  # a file beside each connection at most
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return min(_CONNECTIONS, allowed // 2)
