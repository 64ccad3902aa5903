"""A centre's data folder opened for one command: Django points at it, and the database's failures are explained."""

import argparse
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation

from quetsach.centre.centre import Centre
from quetsach.cli.center.acts import found
from quetsach.cli.locations import default_data
from quetsach.cli.parser import chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import Text
from quetsach.lake.readers import Access
from quetsach.web.configuration import configure_web

_HINTS = {
    "database": Text("look at it: quetsach center settings show database"),
    "full": Text("make room on the disk and run it again"),
    "behind": Text("bring the database up to date with quetsach center up --prepare-only"),
}

_FULL = ("disk is full", "no space left")
"""What SQLite and PostgreSQL say when there is no room."""


def centre_with_lake(arguments: argparse.Namespace) -> Centre:
    """Return the centre whose data ``--data`` names.

    Raises:
        InputError: the folder holds neither a centre nor a lake; none is made.
    """
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
    said_in = translation.override(language) if language else nullcontext()
    with opened_data((arguments.data or default_data()).absolute()) as now, said_in:
        yield now


@contextmanager
def opened_data(data: Path) -> Iterator[datetime]:
    """Open the centre in a folder; give the time of the call.

    Raises:
        QuetsachError: there is no centre in the folder, or its database cannot be used.
    """
    if not (data / "secret.key").exists():
        raise _no_centre(data)
    configure_web(data)
    if (file := settings.CENTER.database_file) is not None and not file.exists():  # opening it would make an empty one
        what = Text("the database cannot be used: {error}", error=Text("the file is missing"))
        raise QuetsachError(what, where=str(file), hint=_HINTS["behind"])
    try:
        yield datetime.now(UTC)
    except DatabaseError as error:
        raise database_error(error, data) from error


def published_by_office(centre: Centre, *, now: datetime, progress: Callable[[int], None]) -> Any:
    """Publish the figures of a centre as its office does; return the snapshot.

    Raises:
        QuetsachError: the lake cannot be counted, the database cannot be used, or the result cannot be written.
    """
    configure_web(centre.data)
    publish = found("quetsach.web.office.publishing:figures_publish")
    try:
        return publish(centre=centre, now=now, progress=progress)
    except DatabaseError as error:
        raise database_error(error, centre.data) from error


def database_error(error: Exception, data: Path, *, is_preparing: bool = False) -> QuetsachError:
    """Say what keeps the database from being used, with the hint that helps."""
    text = str(error).lower()
    is_full = any(sign in text for sign in _FULL)
    kind = "full" if is_full else "behind" if not is_preparing and _is_behind() else "database"
    return QuetsachError(Text("the database cannot be used: {error}", error=error), where=str(data), hint=_HINTS[kind])


def _is_behind() -> bool:
    """Whether the database can be reached and lacks something that this build has."""
    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return False


def reader(command: str) -> Access:
    """Return who reads raw sightings now: the account, and before it the one that became it by sudo."""
    number = os.getuid()
    try:
        account = pwd.getpwuid(number).pw_name
    except KeyError:
        account = str(number)
    behind = os.environ.get("SUDO_USER", "")
    return Access(f"{behind} as {account}" if behind and behind != account else account, command, datetime.now(UTC))
