"""``quetsach center reports``: keeps the promise of the privacy notice that a sender's report is erased on request."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, say
from quetsach.core.errors import InputError, QuetsachError

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "erased": "Đã xóa báo cáo {code}. Số liệu trên cổng sẽ thay đổi trong vòng hai phút.",
        "unknown": "không có báo cáo nào mang mã này",
        "unknown-hint": "đối chiếu lại với người gửi: trên máy đã gửi, lệnh quetsach report show cho biết mã",
        "no-centre": "thư mục này không phải dữ liệu của một trung tâm",
        "no-centre-hint": "ghi đúng thư mục của trung tâm sau --data",
    },
    "en": {
        "erased": "Report {code} is erased. The figures on the portal follow within two minutes.",
        "unknown": "no report has this code",
        "unknown-hint": "compare it with the sender's: there, quetsach report show names the code",
        "no-centre": "this folder does not hold the data of a centre",
        "no-centre-hint": "name the centre's folder with --data",
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
    erase = add_command(
        commands,
        "erase",
        summary="erase one report for good, as its sender asked; the centre may be running",
        examples="quetsach center reports erase 3f0c8a52-6d0e-4b6e-9a55-0c1f8f1d2e77 --data /srv/quetsach",
    )
    erase.add_argument("report_id", type=UUID, metavar="REPORT_ID", help="code of the report, as the sender gives it")
    erase.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    erase.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(erase)
    erase.set_defaults(run=_erase)


def _erase(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.cli.center.publication import configure_web  # noqa: PLC0415

    words = _WORDS[chosen_language(arguments)]
    data = (arguments.data or default_data()).absolute()
    if not (data / "secret.key").exists():
        raise InputError(words["no-centre"], where=str(data), hint=words["no-centre-hint"])
    configure_web(data)
    from django.db import DatabaseError  # noqa: PLC0415

    from quetsach.web.api.services import report_erase  # noqa: PLC0415

    try:
        was_there = report_erase(report_id=arguments.report_id)
    except DatabaseError as error:
        raise QuetsachError(
            f"the database cannot be used: {error}", where=str(data), hint="look at DATABASE_URL"
        ) from error
    if not was_there:
        raise InputError(words["unknown"], where=str(arguments.report_id), hint=words["unknown-hint"])
    if arguments.json:
        print_json({"report_id": str(arguments.report_id), "erased": True})
    else:
        say(words["erased"].format(code=arguments.report_id))
    return ExitCode.NOTHING_FOUND
