"""``quetsach center up``: prepares a centre and serves it."""

import argparse
import os
import socket
import sys
from pathlib import Path

from quetsach.cli.center.acts import found
from quetsach.cli.center.country import require_whole_country
from quetsach.cli.center.preparation import one_centre, prepare
from quetsach.cli.locations import default_data
from quetsach.cli.output import tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import QuetsachError
from quetsach.core.text import SystemText, Text
from quetsach.web.configuration import is_demonstration
from quetsach.web.stored_settings import in_force

_ALL_ADDRESSES = ("", "0.0.0.0", "::")  # noqa: S104  (compared, not bound)


def run(arguments: argparse.Namespace) -> int:
    """Prepare a centre and serve it."""
    data, language = (arguments.data or default_data()).absolute(), chosen_language(arguments)
    address = f"http://{_shown_host(arguments.host)}:{arguments.port}"
    if arguments.json:
        os.environ["QUETSACH_LOG"] = "json"
    if not arguments.prepare_only:
        os.environ["QUETSACH_SERVED_AT"] = address
    with one_centre(data):
        if not arguments.prepare_only:
            _refuse_taken(arguments.host, arguments.port)
        require_whole_country(data, language)
        prepare(
            data,
            tools=arguments.tool,
            address=os.environ.get("QUETSACH_PUBLIC_URL", "").rstrip("/") or address,
            has_demonstration=not arguments.no_demonstration,
            language=language,
        )
        if arguments.prepare_only:
            tell(Text("ready: {data}", data=data), language, sys.stderr)
            return ExitCode.NOTHING_FOUND
        tell(Text("Quét Sạch: {address}/\ndata: {data}", address=address, data=data), language, sys.stderr)
        if way_in := found("serving:way_in")(data, address):
            tell(way_in, language, sys.stderr)
        _warn_unnamed(data, arguments.host, language)
        _warn_unreachable(data, language)
        found("serving:serve")(data, arguments.host, arguments.port)
        tell(Text("the centre has stopped"), language, sys.stderr)
    return ExitCode.NOTHING_FOUND


def _warn_unnamed(data: Path, host: str, language: str) -> None:
    """Say that nobody but this machine will be answered, where the centre is open to others and has no name yet."""
    held = in_force(os.environ, data)
    is_named = any(held.get(name) for name in ("QUETSACH_HOSTS", "QUETSACH_PUBLIC_URL"))
    if host in _ALL_ADDRESSES and not is_named and not is_demonstration(data):
        told = Text(
            "the centre answers only as localhost until it has a name: "
            "quetsach center settings set public-url https://NAME"
        )
        tell(told, language, sys.stderr)


def _warn_unreachable(data: Path, language: str) -> None:
    """Say that people who need help are told no telephone; a demonstration has none, and its pages say so."""
    held = in_force(os.environ, data)
    is_given = any(held.get(name) for name in ("QUETSACH_HELP_PHONE", "QUETSACH_HELP_ZALO"))
    if not is_given and not is_demonstration(data):
        told = Text(
            "no page, letter or poster and no tool says whom people call: "
            "quetsach center settings set help-phone NUMBER"
        )
        tell(told, language, sys.stderr)


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
            Text("cannot serve on port {port}: {reason}", port=port, reason=SystemText(str(error.strerror or error))),
            where=host,
            hint=Text(
                "stop what uses the port, or choose another: --port {port}", port=port + 1 if port < 65535 else 8000
            ),
        ) from error
