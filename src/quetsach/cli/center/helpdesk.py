"""``quetsach center helpdesk``: keeps the promise that what people wrote is erased, and tells how the desk is doing."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from quetsach.cli.center.opened import add_centre_command, opened_centre
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, Parser, chosen_language

if TYPE_CHECKING:
    pass

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "purged": "Đã đóng {closed} hồ sơ không còn ai viết, đã xóa nội dung của {erased} hồ sơ hết hạn lưu.",
        "state": "trạng thái",
        "cases": "số hồ sơ",
    },
    "en": {
        "purged": "Closed {closed} cases that nobody writes to, erased {erased} whose time is over.",
        "state": "state",
        "cases": "cases",
    },
}


def register(parser: Parser) -> None:
    """Add ``helpdesk`` with ``purge`` and ``list``."""
    parser.show_examples("quetsach center helpdesk list\nquetsach center helpdesk purge")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_centre_command(
        commands,
        "purge",
        _purge,
        "close what nobody writes to any more, erase what was closed 30 days ago; run it every day",
        "quetsach center helpdesk purge --data /srv/quetsach",
    )
    add_centre_command(
        commands, "list", _list, "how many cases are in which state", "quetsach center helpdesk list --json"
    )


def _purge(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.helpdesk.services import cases_purge  # noqa: PLC0415

        closed, erased = cases_purge(now=now)
    if arguments.json:
        print_json({"closed": closed, "erased": erased})
    else:
        say(_WORDS[chosen_language(arguments)]["purged"].format(closed=closed, erased=erased))
    return ExitCode.NOTHING_FOUND


def _list(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments):
        from quetsach.web.office.helpdesk.selectors import all_state_counts  # noqa: PLC0415

        counts = all_state_counts()
    if arguments.json:
        print_json(counts)
    else:
        words = _WORDS[chosen_language(arguments)]
        print_table((words["state"], words["cases"]), list(counts.items()), right=(1,))
    return ExitCode.NOTHING_FOUND
