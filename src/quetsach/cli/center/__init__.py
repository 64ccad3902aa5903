"""``quetsach center``: the commands of the national centre. They need the extra ``quetsach[center]``."""

import argparse
import importlib.util

from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text


def require_center() -> None:
    """Refuse with advice where only the endpoint tool is installed.

    Raises:
        QuetsachError: the extra is missing.
    """
    missing = [name for name in ("django", "duckdb", "pyarrow") if importlib.util.find_spec(name) is None]
    if missing:
        raise QuetsachError(
            Text("the centre's parts are not installed ({parts})", parts=", ".join(missing)),
            hint=Text("pip install 'quetsach[center]'"),
        )


def require_queue(_arguments: argparse.Namespace) -> None:
    """Refuse with advice where the client of the queue is not installed.

    Raises:
        QuetsachError: the extra is missing.
    """
    if importlib.util.find_spec("nats") is None:
        raise QuetsachError(
            Text("the package {name} is not installed", name="nats-py"),
            hint=Text("install it: pip install 'quetsach[queue]'"),
        )
