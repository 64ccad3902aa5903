"""``quetsach center plan``: what a number of sightings takes, on paper."""

import argparse
from dataclasses import asdict

from quetsach.centre.capacity import Estimate, Size, estimates, load_slopes
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.text import Number, Text, all_in_language, number_text, size_text
from quetsach.installation import bundled

_HEADER = (Text("what it takes"), Text("estimate"), Text("measured so far"), Text("computed from"))
_NAMES = {
    "machines": Text("machines"),
    "cores": Text("cores, of all machines"),
    "memory": Text("memory of each machine"),
    "disk": Text("disk"),
    "intake": Text("taking in a day's sightings"),
    "rolling_up": Text("making all roll-ups again, on one core"),
    "question_machines": Text("a question about machines"),
    "question_addresses": Text("a question about addresses"),
}
_YES, _NO = Text("yes", context="measured"), Text("no, a straight line beyond it")


def run(arguments: argparse.Namespace) -> int:
    """Tell what a number of sightings takes."""
    language = chosen_language(arguments)
    size = Size(arguments.sightings, arguments.days, arguments.reports, arguments.cores)
    found = estimates(size, load_slopes(bundled("data") / "capacity" / "slopes.toml"))
    if arguments.json:
        print_json({"size": asdict(size), "estimates": [asdict(one) for one in found]})
        return ExitCode.NOTHING_FOUND
    rows = [
        (
            _NAMES[one.what].in_language(language),
            _value(one, language),
            (_NO if one.is_beyond else _YES).in_language(language),
            one.source,
        )
        for one in found
    ]
    print_table(all_in_language(_HEADER, language), rows, right=(1,))
    tell(
        Text(
            "Estimates, for a day to be taken in within {hours} h and a question to be answered within {seconds} s; "
            "each report is taken in by one core at a time.",
            hours=Number(size.intake_seconds / 3600),
            seconds=Number(size.question_seconds),
        ),
        language,
    )
    return ExitCode.NOTHING_FOUND


def _value(one: Estimate, language: str) -> str:
    if one.unit == "bytes":
        return size_text(round(one.value), language)
    if one.unit == "s":
        return f"{number_text(one.value, language)} s"
    return number_text(one.value, language)
