"""``quetsach center reports``: keeps the promise of the privacy notice that a sender's report is erased on request."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from quetsach.cli.center.opened import add_centre_command, opened_centre
from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import chosen_language
from quetsach.cli.output import print_json, say
from quetsach.core.errors import InputError

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "erased": "Đã xóa báo cáo {code}. Số liệu trên cổng sẽ thay đổi trong vòng hai phút.",
        "unknown": "không có báo cáo nào mang mã này",
        "unknown-hint": "đối chiếu lại với người gửi: trên máy đã gửi, lệnh quetsach report show cho biết mã",
    },
    "en": {
        "erased": "Report {code} is erased. The figures on the portal follow within two minutes.",
        "unknown": "no report has this code",
        "unknown-hint": "compare it with the sender's: there, quetsach report show names the code",
    },
}


def register(subcommands: "Subcommands") -> None:
    """Add ``reports`` with ``erase``."""
    parser = add_command(
        subcommands,
        "reports",
        summary="the tool reports that were received",
        examples="quetsach center reports erase 3f0c8a52-6d0e-4b6e-9a55-0c1f8f1d2e77",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    erase = add_centre_command(
        commands,
        "erase",
        _erase,
        "erase one report for good, as its sender asked; the centre may be running",
        "quetsach center reports erase 3f0c8a52-6d0e-4b6e-9a55-0c1f8f1d2e77 --data /srv/quetsach",
    )
    erase.add_argument("report_id", type=UUID, metavar="REPORT_ID", help="code of the report, as the sender gives it")


def _erase(arguments: argparse.Namespace) -> int:
    words = _WORDS[chosen_language(arguments)]
    with opened_centre(arguments):
        from quetsach.web.api.services import report_erase  # noqa: PLC0415

        was_there = report_erase(report_id=arguments.report_id)
    if not was_there:
        raise InputError(words["unknown"], where=str(arguments.report_id), hint=words["unknown-hint"])
    if arguments.json:
        print_json({"report_id": str(arguments.report_id), "erased": True})
    else:
        say(words["erased"].format(code=arguments.report_id))
    return ExitCode.NOTHING_FOUND
