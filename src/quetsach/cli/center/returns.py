"""``quetsach center returns``: what the units' returns add up to, who is late, and all of them as data."""

import argparse
import json
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quetsach.campaign.returns.period import ReportingPeriod
from quetsach.campaign.returns.state import ReturnStatus
from quetsach.cli.center.opened import add_centre_command, opened_centre
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_json_list, print_table, say
from quetsach.cli.parser import ExitCode, Parser, Subcommands, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.number import number_text
from quetsach.core.table import csv_text

if TYPE_CHECKING:
    from datetime import datetime

    from quetsach.web.office.returns.models import Assignment, Period

_OVERDUE = {
    "vi": "kỳ|đơn vị|tên|vị trí trong cây|tình trạng|hạn nộp|số ngày chậm",
    "en": "period|unit|name|place in the tree|standing|due|days late",
}
_LEVELS = ("country", "province", "district", "commune")
_EXPORTED = (
    "campaign", "form", "period", "first", "last", "unit", "code", "kind", "path", "standing", "scope", "due",
    "submitted_at", "is_on_time", "is_approved", "not_known", "figures",
)  # fmt: skip


def register(parser: Parser) -> None:
    """Add ``returns`` with its commands."""
    parser.show_examples(
        "quetsach center returns totals --campaign viet-nam-2020 --by province\n"
        "quetsach center returns overdue --campaign viet-nam-2020\n"
        "quetsach center returns export --campaign viet-nam-2020 --csv"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    load = add_centre_command(
        commands, "load", _load, "take in the forms of this build, or one of yours", "quetsach center returns load"
    )
    load.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="forms as TOML (default: those of this build)"
    )
    totals = _of_campaign(commands, "totals", _totals, "what the returns of a period add up to")
    totals.add_argument("--by", choices=_LEVELS, default="province", help="rows of the table (default: province)")
    totals.add_argument("--provisional", action="store_true", help="count returns that are not approved, too")
    totals.add_argument("--csv", action="store_true", help="print CSV, one line a unit")
    overdue = _of_campaign(commands, "overdue", _overdue, "returns that should be there and are not")
    overdue.add_argument("--csv", action="store_true", help="print CSV, one line a return")
    export = _of_campaign(
        commands, "export", _export, "every return that was expected, as data without texts or contacts"
    )
    export.add_argument("--csv", action="store_true", help="print CSV instead of JSON; figures are one cell of JSON")


def load_bundled_forms(data: Path | None = None) -> int:
    """Take in the forms of the centre's country; return how many there are. The centre must be open."""
    from quetsach.centre.tables import country_table  # noqa: PLC0415

    return _load_files(sorted(country_table("forms", data).glob("*.toml")))


def _of_campaign(
    commands: Subcommands, name: str, run: Callable[[argparse.Namespace], int], summary: str
) -> argparse.ArgumentParser:
    command = add_centre_command(
        commands, name, run, summary, f"quetsach center returns {name} --campaign viet-nam-2020"
    )
    command.add_argument("--campaign", required=True, metavar="ID", help="identifier of the campaign")
    if name != "export":
        command.add_argument("--period", metavar="KEY", help="such as 2020-W41 (default: the last one that is over)")
    return command


def _load(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments):
        count = (
            _load_files(arguments.files) if arguments.files else load_bundled_forms(arguments.data or default_data())
        )
    if arguments.json:
        print_json({"forms": count})
    else:
        say(f"Đã có {count} biểu mẫu." if chosen_language(arguments) == "vi" else f"{count} forms are there.")
    return ExitCode.NOTHING_FOUND


def _load_files(files: Iterable[Path]) -> int:
    from quetsach.web.office.returns.services.assignment import form_load  # noqa: PLC0415

    count = 0
    for count, path in enumerate(files, 1):  # noqa: B007  (counted as they are taken in)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
        form_load(content=content, file=path.name)
    return count


def _totals(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.returns.selectors.totals import totals_report  # noqa: PLC0415

        reports = [
            totals_report(period, now=now, by=arguments.by, is_approved_only=not arguments.provisional)
            for period in _periods(arguments, now)
        ]
    if arguments.json:
        print_json(reports)
    elif arguments.csv:
        for report in reports:
            _print_csv(_table(report, "en"))
    else:
        for report in reports:
            _tell_totals(report, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _tell_totals(report: dict[str, Any], language: str) -> None:
    words = ("chỉ báo cáo đã phê duyệt", "tạm tính") if language == "vi" else ("approved", "provisional")
    approved, provisional = words
    kind = approved if report["is_approved_only"] else provisional
    first, last = date.fromisoformat(report["first"]), date.fromisoformat(report["last"])
    period = ReportingPeriod(report["period"], first, last).title.in_language(language)
    say(f"{report['campaign']}, {report['form']}, {period} [{report['period']}]: {kind}\n")
    header, *rows = _table(report, language)
    print_table(header, rows, right=range(1, len(header)))
    print()
    for sentence in report["completeness_told"]:
        say(sentence[language])
    for figure in report["figures"]:
        total = number_text(figure["value"], language)
        gave = f"từ {figure['given']} báo cáo" if language == "vi" else f"of {figure['given']} returns"
        say(f"{figure['label'][language]}: {total} ({gave}). {figure['definition'][language]}")


def _table(report: dict[str, Any], language: str) -> list[list[Any]]:
    first = ["đơn vị", "đã có", "phải có"] if language == "vi" else ["unit", "accounted", "expected"]
    rows: list[list[Any]] = [[*first, *(figure["id"] for figure in report["figures"])]]
    rows += [
        [
            row["name"][language],
            row["accounted"],
            row["expected"],
            *(row["values"].get(figure["id"], "") for figure in report["figures"]),
        ]
        for row in report["rows"]
    ]
    return rows


def _overdue(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.returns.page import STANDINGS  # noqa: PLC0415
        from quetsach.web.office.returns.selectors.tally import late_in, tally_of  # noqa: PLC0415

        found: list[dict[str, Any]] = [
            {
                "period": late.period.key,
                "unit": late.place.key,
                "name": late.place.name_vi,
                "path": late.place.path,
                "standing": str(late.standing),
                "due": late.deadline.due,
                "days_late": late.days_late,
            }
            for period in _periods(arguments, now)
            for late in late_in(tally_of(period, now=now), now)
        ]
        told = [list((row | {"standing": STANDINGS[ReturnStatus(row["standing"])][0]}).values()) for row in found]
    if arguments.json:
        print_json(found)
    elif arguments.csv:
        _print_csv([list(found[0]) if found else [], *(list(row.values()) for row in found)])
    elif found:
        print_table(_OVERDUE[chosen_language(arguments)].split("|"), told, right=(6,))
    else:
        say("Không có báo cáo nào quá hạn." if chosen_language(arguments) == "vi" else "No return is overdue.")
    return ExitCode.NOTHING_FOUND


def _export(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.office.returns.selectors.totals import returns_for_evaluation  # noqa: PLC0415

        _assignments(arguments)
        records = returns_for_evaluation(arguments.campaign, now=now)
        if arguments.csv:
            _print_csv([list(_EXPORTED), *(_cells(record) for record in records)])
        else:
            print_json_list(records)
    return ExitCode.NOTHING_FOUND


def _cells(record: dict[str, Any]) -> list[Any]:
    return [json.dumps(v, sort_keys=True) if isinstance(v := record[name], dict | list) else v for name in _EXPORTED]


def _assignments(arguments: argparse.Namespace) -> "list[Assignment]":
    from quetsach.web.office.returns.models import Assignment  # noqa: PLC0415

    found = list(Assignment.objects.in_force().filter(campaign__key=arguments.campaign).order_by("pk"))
    if not found:
        raise InputError(
            f"no returns are asked for in a campaign {arguments.campaign[:60]!r}",
            hint="operators ask for them in the office",
        )
    return found


def _periods(arguments: argparse.Namespace, now: "datetime") -> "list[Period]":
    """Return of every assignment of the campaign the period asked for, or the last one that is over."""
    from quetsach.web.office.people.access import today  # noqa: PLC0415

    found = []
    for assignment in _assignments(arguments):
        periods = list(assignment.periods.select_related("assignment__form", "assignment__campaign"))
        if arguments.period:
            found += [period for period in periods if period.key == arguments.period]
        else:
            found += [period for period in periods if period.last < today(now)][-1:]
    if not found:
        raise InputError("there is no such period, or none that is over", hint="name one with --period, as in 2020-W41")
    return found


def _print_csv(rows: Iterable[Iterable[object]]) -> None:
    print(csv_text(rows), end="")
