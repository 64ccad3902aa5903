"""``quetsach center helpdesk``: keeps the promise that what people wrote is erased, and tells how the desk is doing."""

import argparse
from collections.abc import Mapping

from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.web.office.helpdesk.selectors import all_state_counts
from quetsach.web.office.helpdesk.services import cases_purge

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


def purge(arguments: argparse.Namespace) -> int:
    """Close what nobody writes to any more, and erase what was closed long enough ago."""
    now = arguments.now
    closed, erased = cases_purge(now=now)
    if arguments.json:
        print_json({"closed": closed, "erased": erased})
    else:
        say(_WORDS[chosen_language(arguments)]["purged"].format(closed=closed, erased=erased))
    return ExitCode.NOTHING_FOUND


def print_list(arguments: argparse.Namespace) -> int:
    """Tell how many cases are in which state."""
    counts = all_state_counts()
    if arguments.json:
        print_json(counts)
    else:
        words = _WORDS[chosen_language(arguments)]
        print_table((words["state"], words["cases"]), list(counts.items()), right=(1,))
    return ExitCode.NOTHING_FOUND
