"""A centre's data folder opened for one command: Django points at it, and the database's failures are explained."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center import require_center
from quetsach.cli.locations import default_data
from quetsach.cli.parser import Subcommands, add_command, add_language, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import Text

if TYPE_CHECKING:
    from quetsach.centre.centre import Centre

_HINTS = {
    "database": Text("look at it: quetsach center settings show database"),
    "full": Text("make room on the disk and run it again"),
    "behind": Text("bring the database up to date with quetsach center up --prepare-only"),
}

_FULL = ("disk is full", "no space left")
"""What SQLite and PostgreSQL say when there is no room."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a command does: ``module:function`` below ``cli.center``, imported when it runs and not to tell its help.

    Where it works in the office, Django points at the centre's data before that, as models are no models without it.
    """

    name: str
    is_in_office: bool

    def __call__(self, arguments: argparse.Namespace) -> int:
        """Run it; in the office ``arguments.now`` is the time of the call. Return the exit code."""
        require_center()
        if not self.is_in_office:
            return self.function()(arguments)
        with opened_centre(arguments) as arguments.now:
            return self.function()(arguments)

    def function(self) -> Callable[[argparse.Namespace], int]:
        """Import what runs."""
        module, _, name = self.name.partition(":")
        found: Callable[[argparse.Namespace], int] = getattr(import_module(f"quetsach.cli.center.{module}"), name)
        return found


def act(name: str) -> Act:
    """Name what a command does that needs no office."""
    return Act(name, is_in_office=False)


def in_office(name: str) -> Act:
    """Name what a command does with the tables of the office."""
    return Act(name, is_in_office=True)


def add_centre_command(
    commands: Subcommands,
    name: str,
    run: Act,
    summary: str,
    examples: str,
    *,
    has_json: bool = True,
) -> argparse.ArgumentParser:
    """Add a command on a centre's data, with ``--data``, ``--json`` and ``--language``; return it for the rest.

    One that writes a file, or tells a person something once, has no ``--json``.
    """
    command = add_command(commands, name, summary=summary, examples=examples)
    command.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    if has_json:
        command.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(command)
    command.set_defaults(run=run)
    return command


def centre_with_lake(arguments: argparse.Namespace) -> "Centre":
    """Return the centre whose data ``--data`` names.

    Raises:
        InputError: the folder holds neither a centre nor a lake; none is made.
    """
    require_center()
    from quetsach.centre.centre import Centre  # noqa: PLC0415

    centre = Centre(arguments.data or default_data())
    if not centre.has_lake and not centre.is_laid_out:
        raise _no_centre(centre.data)
    return centre


def _no_centre(data: Path) -> InputError:
    what = Text("this folder does not hold the data of a centre")
    return InputError(what, where=str(data), hint=Text("name the centre's folder with --data"))


@contextmanager
def opened_centre(arguments: argparse.Namespace) -> Iterator[datetime]:
    """Open the centre whose data ``--data`` names; give the time of the call.

    Refusals of the office come in the language of the output, where the command has one.

    Raises:
        QuetsachError: there is no centre in the folder, or its database cannot be used.
    """
    language = chosen_language(arguments) if "lang" in arguments else ""
    with opened_data((arguments.data or default_data()).absolute()) as now:
        from django.utils import translation  # noqa: PLC0415

        with translation.override(language) if language else nullcontext():
            yield now


@contextmanager
def opened_data(data: Path) -> Iterator[datetime]:
    """Open the centre in a folder; give the time of the call.

    Raises:
        QuetsachError: there is no centre in the folder, or its database cannot be used.
    """
    require_center()
    from quetsach.web.configuration import configure_web  # noqa: PLC0415

    if not (data / "secret.key").exists():
        raise _no_centre(data)
    configure_web(data)
    from django.conf import settings  # noqa: PLC0415
    from django.db import DatabaseError  # noqa: PLC0415

    if (file := settings.CENTER.database_file) is not None and not file.exists():  # opening it would make an empty one
        what = Text("the database cannot be used: {error}", error=Text("the file is missing"))
        raise QuetsachError(what, where=str(file), hint=_HINTS["behind"])
    try:
        yield datetime.now(UTC)
    except DatabaseError as error:
        raise database_error(error, data) from error


def database_error(error: Exception, data: Path, *, is_preparing: bool = False) -> QuetsachError:
    """Say what keeps the database from being used, with the hint that helps."""
    text = str(error).lower()
    is_full = any(sign in text for sign in _FULL)
    kind = "full" if is_full else "behind" if not is_preparing and _is_behind() else "database"
    return QuetsachError(
        Text("the database cannot be used: {error}", error=error),
        where=str(data),
        hint=_HINTS[kind],
    )


def _is_behind() -> bool:
    """Whether the database can be reached and lacks something that this build has."""
    from django.db import DatabaseError, connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return False
