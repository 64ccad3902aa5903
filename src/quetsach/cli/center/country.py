"""``quetsach center country``: whether the folder of a country is whole, before a centre is made of it."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from quetsach.centre.country_check import check_country
from quetsach.cli.output import print_json, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Number, Text
from quetsach.endpoint.messages.formatting import format_error, hint_text, what_text


def check(arguments: argparse.Namespace) -> int:
    """Say everything that is wrong with the folder of a country."""
    language = chosen_language(arguments)
    checked = check_country(arguments.folder)
    if arguments.json:
        counts = {"country": checked.name, "units": checked.units, "places": checked.places}
        faults = [
            {"where": fault.where, "what": what_text(fault, language), "hint": hint_text(fault, language)}
            for fault in checked.faults
        ]
        print_json({**counts, "faults": faults})
    elif checked.faults:
        _tell_faults(checked.faults, language, sys.stdout)
    else:
        whole = Text(
            "The folder of {country} is whole: {units} units, {places} provinces and cities of all times.",
            country=checked.name,
            units=Number(checked.units),
            places=Number(checked.places),
        )
        tell(whole, language)
    return ExitCode.USAGE if checked.faults else ExitCode.NOTHING_FOUND


def require_whole_country(data: Path, language: str) -> None:
    """Refuse a centre whose own country has faults, and say them all; one that is of the build's country passes.

    Raises:
        QuetsachError: it has faults.
    """
    folder = data / "country"
    faults = check_country(folder).faults if folder.exists() else ()
    if not faults:
        return
    _tell_faults(faults, language, sys.stderr)
    raise QuetsachError(
        Text(
            "the folder of the country has {count} fault, nothing was made",
            many="the folder of the country has {count} faults, nothing was made",
            count=len(faults),
        ),
        where=str(folder),
        hint=Text(
            "mend what is told above and look again: quetsach center country check {folder}",
            folder=shlex.quote(str(folder)),
        ),
    )


def _tell_faults(faults: Sequence[QuetsachError], language: str, stream: TextIO) -> None:
    for fault in faults:
        say(format_error(fault, language), stream)
