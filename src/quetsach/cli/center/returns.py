"""``quetsach center returns``: what the units' returns add up to, who is late, and all of them as data."""

import argparse
import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.campaign.returns.period import ReportingPeriod
from quetsach.campaign.returns.state import ReturnStatus
from quetsach.centre.tables import country_table
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_json_list, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.table import csv_text
from quetsach.core.text import Text, all_in_language, number_text
from quetsach.web.office.people.access import today
from quetsach.web.office.returns.models import Assignment, Period
from quetsach.web.office.returns.page import STANDINGS
from quetsach.web.office.returns.selectors.tally import late_in, tally_of
from quetsach.web.office.returns.selectors.totals import returns_for_evaluation, totals_report
from quetsach.web.office.returns.services.assignment import form_load

_OVERDUE = (
    Text("period"),
    Text("unit"),
    Text("name"),
    Text("place in the tree"),
    Text("standing"),
    Text("due"),
    Text("days late"),
)
_EXPORTED = (
    "campaign", "form", "period", "first", "last", "unit", "code", "kind", "path", "standing", "scope", "due",
    "submitted_at", "is_on_time", "is_approved", "not_known", "figures",
)  # fmt: skip


def load_bundled_forms(data: Path | None = None) -> int:
    """Take in the forms of the centre's country; return how many there are. The centre must be open."""
    return _load_files(sorted(country_table("forms", data).glob("*.toml")))


def load(arguments: argparse.Namespace) -> int:
    """Take in the forms of this build, or those that were named."""
    count = _load_files(arguments.files) if arguments.files else load_bundled_forms(arguments.data or default_data())
    if arguments.json:
        print_json({"forms": count})
    else:
        told = Text("{count} form is there.", many="{count} forms are there.", count=count)
        tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _load_files(files: Iterable[Path]) -> int:
    count = 0
    for count, path in enumerate(files, 1):  # noqa: B007  (counted as they are taken in)
        form_load(content=storage.read_input(path), file=path.name)
    return count


def totals(arguments: argparse.Namespace) -> int:
    """Add up the returns of a period."""
    now = arguments.now
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
    kind = (Text("approved", context="returns") if report["is_approved_only"] else Text("provisional")).in_language(
        language
    )
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
        gave = Text("of {given} returns", given=figure["given"]).in_language(language)
        say(f"{figure['label'][language]}: {total} ({gave}). {figure['definition'][language]}")


def _table(report: dict[str, Any], language: str) -> list[list[Any]]:
    first = all_in_language((Text("unit"), Text("accounted"), Text("expected")), language)
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


def overdue(arguments: argparse.Namespace) -> int:
    """List returns that should be there and are not."""
    now = arguments.now
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
        print_table(all_in_language(_OVERDUE, chosen_language(arguments)), told, right=(6,))
    else:
        tell(Text("No return is overdue."), chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def export(arguments: argparse.Namespace) -> int:
    """Write every return that was expected."""
    now = arguments.now
    _assignments(arguments)
    records = returns_for_evaluation(arguments.campaign, now=now)
    if arguments.csv:
        _print_csv([list(_EXPORTED), *(_cells(record) for record in records)])
    else:
        print_json_list(records)
    return ExitCode.NOTHING_FOUND


def _cells(record: dict[str, Any]) -> list[Any]:
    return [json.dumps(v, sort_keys=True) if isinstance(v := record[name], dict | list) else v for name in _EXPORTED]


def _assignments(arguments: argparse.Namespace) -> list[Assignment]:
    found = list(Assignment.objects.in_force().filter(campaign__key=arguments.campaign).order_by("pk"))
    if not found:
        raise InputError(
            Text("no returns are asked for in a campaign {name}", name=repr(arguments.campaign[:60])),
            hint=Text("operators ask for them in the office"),
        )
    return found


def _periods(arguments: argparse.Namespace, now: datetime) -> list[Period]:
    """Return of every assignment of the campaign the period asked for, or the last one that is over."""
    found = []
    for assignment in _assignments(arguments):
        periods = list(assignment.periods.select_related("assignment__form", "assignment__campaign"))
        if arguments.period:
            found += [period for period in periods if period.key == arguments.period]
        else:
            found += [period for period in periods if period.last < today(now)][-1:]
    if not found:
        raise InputError(
            Text("there is no such period, or none that is over"), hint=Text("name one with --period, as in 2020-W41")
        )
    return found


def _print_csv(rows: Iterable[Iterable[object]]) -> None:
    print(csv_text(rows), end="")
