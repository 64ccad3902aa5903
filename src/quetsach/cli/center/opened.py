"""A centre's data folder opened for one command: Django points at it, and the database's failures are explained."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from quetsach.cli.locations import default_data
from quetsach.core.errors import InputError, QuetsachError


@contextmanager
def opened_centre(arguments: argparse.Namespace) -> Iterator[datetime]:
    """Open the centre whose data ``--data`` names; give the time of the call.

    Raises:
        QuetsachError: there is no centre in the folder, or its database cannot be used.
    """
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.cli.center.publication import configure_web  # noqa: PLC0415

    data = (arguments.data or default_data()).absolute()
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
