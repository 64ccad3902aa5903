"""A centre's data folder opened for one command: Django points at it, and the database's failures are explained."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.commands import add_command
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.locations import default_data
from quetsach.core.errors import InputError, QuetsachError

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands


def add_centre_command(
    commands: "Subcommands",
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    examples: str,
    *,
    has_json: bool = True,
) -> argparse.ArgumentParser:
    """Add a command on a centre's data, with ``--data``, ``--json`` and ``--language``; return it for the rest.

    One that writes a file and prints no result has no ``--json``.
    """
    command = add_command(commands, name, summary=summary, examples=examples)
    command.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    if has_json:
        command.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(command)
    command.set_defaults(run=run)
    return command


@contextmanager
def opened_centre(arguments: argparse.Namespace) -> Iterator[datetime]:
    """Open the centre whose data ``--data`` names; give the time of the call.

    Refusals of the office come in the language of the output, where the command has one.

    Raises:
        QuetsachError: there is no centre in the folder, or its database cannot be used.
    """
    with opened_data((arguments.data or default_data()).absolute()) as now:
        from django.utils import translation  # noqa: PLC0415

        with translation.override(chosen_language(arguments)) if "lang" in arguments else nullcontext():
            yield now


@contextmanager
def opened_data(data: Path) -> Iterator[datetime]:
    """Open the centre in a folder; give the time of the call.

    Raises:
        QuetsachError: there is no centre in the folder, or its database cannot be used.
    """
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.cli.center.publication import configure_web  # noqa: PLC0415

    if not (data / "secret.key").exists():
        raise InputError(
            "this folder does not hold the data of a centre",
            where=str(data),
            hint="name the centre's folder with --data",
        )
    configure_web(data)
    from django.db import DatabaseError  # noqa: PLC0415

    try:
        yield datetime.now(UTC)
    except DatabaseError as error:
        raise QuetsachError(
            f"the database cannot be used: {error}", where=str(data), hint="look at DATABASE_URL"
        ) from error
