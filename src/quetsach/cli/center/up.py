"""``quetsach center up``: prepares a centre and serves it."""

import argparse
import logging
import os
import shutil
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center.publishing import publish_due
from quetsach.cli.center.tending import clear_sessions, erase_cases, take_in_reports, tend_lake
from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.locations import default_data
from quetsach.core.errors import QuetsachError

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands

_REFRESH_SECONDS = 3600
"""The repository's timestamp lives for two days and is renewed at half of that: an hour more or less is nothing."""
SERVER_THREADS = 4
"""One more than may read the body of a report at the same time (``MOST_BODY_READERS``)."""
_LAST_WORK_SECONDS = 10
"""How long a stop waits for what is being written or handed over; what is not done then goes on at the next start."""
_logger = logging.getLogger("quetsach.center")


def register(subcommands: "Subcommands") -> None:
    """Add ``up``."""
    parser = add_command(
        subcommands,
        "up",
        summary="prepare a centre and serve it: portal, API, signed repository",
        examples="quetsach center up\n"
        "quetsach center up --data /srv/quetsach --port 8080 --tool build/tool\n"
        "quetsach center up --data /srv/quetsach --prepare-only",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data; made if it does not exist")
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="port to serve on (default: 8000)")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address to serve on (127.0.0.1)")
    parser.add_argument("--tool", type=Path, metavar="PATH", help="wheel of the tool to offer, or the folder it is in")
    parser.add_argument("--prepare-only", action="store_true", help="prepare everything and stop")
    parser.add_argument("--no-demonstration", action="store_true", help="leave an empty lake empty")
    parser.add_argument("--json", action="store_true", help="log one JSON object a line")
    parser.set_defaults(run=_run)


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError(text)
    return number


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.cli.center.preparation import one_centre, prepare  # noqa: PLC0415

    data = (arguments.data or default_data()).absolute()
    address = f"http://{_shown_host(arguments.host)}:{arguments.port}"
    if arguments.json:
        os.environ["QUETSACH_LOG"] = "json"
    with one_centre(data):
        if not arguments.prepare_only:
            _refuse_taken(arguments.host, arguments.port)
        prepare(
            data,
            tool=arguments.tool,
            address=os.environ.get("QUETSACH_PUBLIC_URL", "").rstrip("/") or address,
            has_demonstration=not arguments.no_demonstration,
        )
        if arguments.prepare_only:
            print(f"ready: {data}", file=sys.stderr)
            return ExitCode.NOTHING_FOUND
        print(f"Quét Sạch: {address}/\ndata: {data}{_way_in(data, address)}", file=sys.stderr, flush=True)
        _serve(data, arguments.host, arguments.port)
    return ExitCode.NOTHING_FOUND


def _way_in(data: Path, address: str) -> str:
    """Say how the office gets its first operator, while nobody can sign in there: words that can be copied and run."""
    from quetsach.web.office.people.selectors import is_anybody_in  # noqa: PLC0415

    if is_anybody_in():
        return ""
    reached = "" if "QUETSACH_PUBLIC_URL" in os.environ else f"QUETSACH_PUBLIC_URL={address} "
    command = "quetsach" if shutil.which("quetsach") else Path(sys.argv[0]).absolute()
    return f"\nvăn phòng / office: {reached}{command} center people invite EMAIL --role operator --data {data}"


def _shown_host(host: str) -> str:
    """An address that a person can open: "all addresses" is none."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104  (compared, not bound)
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
            hint=f"stop what uses the port, or choose another: --port {port + 1 if port < 65535 else 8000}",
        ) from error


def _serve(data: Path, host: str, port: int) -> None:
    """Serve until a signal. The worker is spawned: threads of the preparation do not survive a fork."""
    import multiprocessing  # noqa: PLC0415

    from granian import Granian  # noqa: PLC0415
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    multiprocessing.set_start_method("spawn", force=True)
    stopped = threading.Event()
    behind = (_keep_fresh, _send_letters, take_in_reports, publish_due, tend_lake, erase_cases, clear_sessions)
    works = [threading.Thread(target=work, args=(data, stopped), daemon=True) for work in behind]
    for work in works:
        work.start()
    try:
        Granian(
            "quetsach.web.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            blocking_threads=SERVER_THREADS,
            log_level=LogLevels.warning,
            workers_kill_timeout=10,
        ).serve()
    finally:
        stopped.set()
        for work in works:
            work.join(timeout=_LAST_WORK_SECONDS)
    print("quetsach: stopped", file=sys.stderr)


def _keep_fresh(data: Path, stopped: threading.Event) -> None:
    """Renew the repository's short-lived signatures for as long as the centre serves."""
    from quetsach.cli.center.preparation import refresh_repository  # noqa: PLC0415

    while not stopped.wait(_REFRESH_SECONDS):
        try:
            refresh_repository(data)
        except QuetsachError:
            _logger.exception("the repository could not be renewed")


def _send_letters(_data: Path, stopped: threading.Event) -> None:
    """Print copies, hand mail over and remind for as long as the centre serves."""
    from quetsach.web.office.letters.worker import work  # noqa: PLC0415

    try:
        work(stop=stopped)
    except QuetsachError as error:
        _logger.warning("letters: %s", error)
