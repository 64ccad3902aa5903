"""``quetsach center``: the commands of the national centre. They need the extra ``quetsach[center]``."""

import importlib
import importlib.util
from typing import TYPE_CHECKING

from quetsach.cli.commands import add_command
from quetsach.core.errors import QuetsachError

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands

COMMANDS = (
    "up",
    "ingest",
    "feeds",
    "families",
    "lake",
    "reports",
    "returns",
    "network",
    "assess",
    "simulate",
    "evaluate",
    "units",
    "partners",
    "people",
    "audit",
    "figures",
    "campaigns",
    "letters",
    "publicity",
    "helpdesk",
    "settings",
)
"""Modules of this package, in the order of the help; each has ``register(subcommands)``."""


def register(subcommands: "Subcommands") -> None:
    """Add ``center`` and its commands."""
    parser = add_command(
        subcommands,
        "center",
        summary="the national centre: feeds, numbers, portal, signed packs",
        examples="quetsach center up\n"
        "quetsach center ingest 2020-06-16-event4_sinkhole-vn.csv --feed shadowserver\n"
        "quetsach center assess targets --campaign viet-nam-2020",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="center_command")
    for name in COMMANDS:
        importlib.import_module(f"quetsach.cli.center.{name}").register(commands)


def require_center() -> None:
    """Refuse with advice where only the endpoint tool is installed.

    Raises:
        QuetsachError: the extra is missing.
    """
    missing = [name for name in ("django", "duckdb", "pyarrow") if importlib.util.find_spec(name) is None]
    if missing:
        raise QuetsachError(
            f"the centre's parts are not installed ({', '.join(missing)})", hint="pip install 'quetsach[center]'"
        )
