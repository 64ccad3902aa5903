"""``quetsach center helpdesk``: keeps the promise that what people wrote is erased, and tells how the desk is doing."""

import argparse

from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.text import Text, all_in_language
from quetsach.web.office.helpdesk.selectors import all_state_counts
from quetsach.web.office.helpdesk.services import cases_purge


def purge(arguments: argparse.Namespace) -> int:
    """Close what nobody writes to any more, and erase what was closed long enough ago."""
    now = arguments.now
    closed, erased = cases_purge(now=now)
    if arguments.json:
        print_json({"closed": closed, "erased": erased})
    else:
        tell(
            Text(
                "Closed {closed} cases that nobody writes to, erased {erased} whose time is over.",
                closed=closed,
                erased=erased,
            ),
            chosen_language(arguments),
        )
    return ExitCode.NOTHING_FOUND


def print_list(arguments: argparse.Namespace) -> int:
    """Tell how many cases are in which state."""
    counts = all_state_counts()
    if arguments.json:
        print_json(counts)
    else:
        header = all_in_language((Text("state"), Text("cases")), chosen_language(arguments))
        print_table(header, list(counts.items()), right=(1,))
    return ExitCode.NOTHING_FOUND
