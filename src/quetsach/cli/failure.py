"""How a command says what went wrong: one line, and what to do next."""

import os
import sys

from quetsach.cli.output import seen
from quetsach.core.errors import QuetsachError
from quetsach.core.text import SystemText
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.messages.formatting import format_error


def complain(error: QuetsachError, language: str, *, named: str = "") -> None:
    """Say on standard error, in a language, what went wrong, and with which of several things, and what to do next."""
    before = f"{named}: " if named else ""
    print(f"quetsach: {seen(before + format_error(error, language))}", file=sys.stderr)


def system_error(error: OSError) -> QuetsachError:
    """Return an error of the system as ours, with its file where one is named: writing to a full disk names none."""
    named = error.filename
    where = printable(os.fsencode(named)) if isinstance(named, str | bytes) else ""
    return QuetsachError(SystemText(error.strerror or error), where=where)
