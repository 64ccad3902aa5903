"""``quetsach center reports``: what the tool reported, and what is decided about it."""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from quetsach.cli.center.campaigns_found import person_named
from quetsach.cli.center.opened import add_centre_command, opened_centre
from quetsach.cli.center.reports_told import WORDS, decision_json, tell_days, tell_sources, tell_withdrawals
from quetsach.cli.confirmation import agrees
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import ExitCode, Parser, Subcommands, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day

if TYPE_CHECKING:
    from quetsach.web.office.people.models import Person
    from quetsach.web.office.withdrawals import Criteria, Extent

_SOURCE = re.compile(r"[0-9a-f]{16}")
_LONGEST_PATTERN = 100
_MOST_STARS = 3
_SHOWN_SOURCES = 20


def register(parser: Parser) -> None:
    """Add ``reports`` with its commands."""
    parser.show_examples(
        "quetsach center reports list\n"
        "quetsach center reports erase 3f0c8a52-6d0e-4b6e-9a55-0c1f8f1d2e77\n"
        'quetsach center reports withdraw --day 2026-11-27 --source 9f86d081884c7d65 --reason "invented" --dry-run'
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shown = add_centre_command(
        commands,
        "list",
        _list,
        "how many reports arrived on which day, which days are held back, what was withdrawn; counts anew",
        "quetsach center reports list\nquetsach center reports list --day 2026-11-27",
    )
    shown.add_argument("--day", type=parse_day, metavar="DATE", help="the sources of this day (UTC) that sent most")
    shown.add_argument("--most", type=_count, default=30, metavar="N", help="how many days to show (30)")
    erase = add_centre_command(
        commands,
        "erase",
        _erase,
        "erase one report for good, as its sender asked; the centre may be running",
        "quetsach center reports erase 3f0c8a52-6d0e-4b6e-9a55-0c1f8f1d2e77 --data /srv/quetsach",
    )
    erase.add_argument("report_id", type=UUID, metavar="REPORT_ID", help="code of the report, as the sender gives it")
    _register_decisions(commands)


def _register_decisions(commands: Subcommands) -> None:
    withdraw = add_centre_command(
        commands,
        "withdraw",
        _withdraw,
        "take reports that cannot be true out of every figure; they are kept, and can be restored",
        "quetsach center reports withdraw --pattern 'hay-tai-*' --reason \"invented families\" --dry-run\n"
        'quetsach center reports withdraw --day 2026-11-27 --source 9f86d081884c7d65 --reason "one sender" --yes',
    )
    withdraw.add_argument("--day", type=parse_day, metavar="DATE", help="day of arrival (UTC)")
    withdraw.add_argument("--source", type=_source, metavar="NAME", help="a source, as list --day names it")
    withdraw.add_argument(
        "--pattern",
        type=_pattern,
        metavar="TEXT",
        help="family, campaign, unit or version of the tool; * stands for anything",
    )
    withdraw.add_argument("--dry-run", action="store_true", help="only say how much it is")
    withdraw.add_argument("--yes", action="store_true", help="agree beforehand; needed where nobody is at the terminal")
    restore = add_centre_command(
        commands,
        "restore",
        _restore,
        "let withdrawn reports count again",
        'quetsach center reports restore 3 --reason "a school that had one address"',
    )
    restore.add_argument("number", type=int, metavar="NUMBER", help="number of the withdrawal in the list")
    release = add_centre_command(
        commands,
        "release",
        _release,
        "let days count that stood out and are held back",
        'quetsach center reports release 2026-11-27 2026-11-28 --reason "first days of the campaign"',
    )
    release.add_argument("day", type=parse_day, nargs="+", metavar="DATE", help="a day (UTC), as list shows it")
    for command in (withdraw, restore, release):
        command.add_argument("--reason", default="", metavar="TEXT", help="why; it stands in the office's log")
        command.add_argument("--by", default="", metavar="EMAIL", help="who decides, if they work in the office")


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1000:
        raise ValueError(text)
    return number


def _source(text: str) -> str:
    if not _SOURCE.fullmatch(text):
        raise argparse.ArgumentTypeError("not the name of a source; list --day shows them")
    return text


def _pattern(text: str) -> str:
    if not text.strip("* ") or len(text) > _LONGEST_PATTERN or text.count("*") > _MOST_STARS:
        raise argparse.ArgumentTypeError("write the beginning or end of a word, such as 'hay-tai-*'")
    return text


def _list(arguments: argparse.Namespace) -> int:
    with opened_centre(arguments) as now:
        from quetsach.web.api.selectors import days_of_reports, sources_of_day  # noqa: PLC0415
        from quetsach.web.api.services import tally_refresh  # noqa: PLC0415
        from quetsach.web.office.withdrawals import withdrawals  # noqa: PLC0415

        language = chosen_language(arguments)
        if arguments.day:
            return tell_sources(sources_of_day(arguments.day, most=_SHOWN_SOURCES), language, as_json=arguments.json)
        tally = tally_refresh(now=now)
        days, withdrawn = days_of_reports(most=arguments.most), list(withdrawals())
        if arguments.json:
            print_json(
                {
                    "figures": json.loads(json.dumps(asdict(tally), default=str)),
                    "days": [asdict(day) | {"day": day.day.isoformat()} for day in days],
                    "withdrawals": [decision_json(withdrawal) for withdrawal in withdrawn],
                }
            )
        else:
            tell_days(tally, days, language)
            tell_withdrawals(withdrawn, language)
    return ExitCode.NOTHING_FOUND


def _erase(arguments: argparse.Namespace) -> int:
    words = WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.api.services import report_erase  # noqa: PLC0415

        was_there = report_erase(report_id=arguments.report_id, now=now)
    if not was_there:
        raise InputError(words["unknown"], where=str(arguments.report_id), hint=words["unknown-hint"])
    if arguments.json:
        print_json({"report_id": str(arguments.report_id), "erased": True})
    else:
        say(words["erased"].format(code=arguments.report_id))
    return ExitCode.NOTHING_FOUND


def _withdraw(arguments: argparse.Namespace) -> int:
    words = WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.withdrawals import (  # noqa: PLC0415
            Criteria,
            Extent,
            extent_of,
            matching,
            read_reason,
            reports_withdraw,
        )

        criteria = Criteria(arguments.day, arguments.source or "", arguments.pattern or "")
        extent = extent_of(matching(criteria))
        number: int | None = None
        is_meant = not arguments.dry_run and bool(extent.reports) and bool(read_reason(arguments.reason))
        if is_meant and (arguments.yes or _agreed(extent, words)):
            done = reports_withdraw(criteria=criteria, reason=arguments.reason, by=_person(arguments.by), now=now)
            number, extent = done.pk, Extent(done.reports, done.machines, done.findings)
    if arguments.json:
        print_json({"withdrawal": number, **_facts(criteria, extent)})
    else:
        key = "withdrawn" if number else "none" if not extent.reports else "would" if arguments.dry_run else "declined"
        say(words[key].format(number=number, **_facts(criteria, extent)))
    return ExitCode.NOTHING_FOUND


def _agreed(extent: "Extent", words: Mapping[str, str]) -> bool:
    if not sys.stdin.isatty():
        raise InputError(words["unattended"], hint=words["unattended-hint"])
    question = words["ask"].format(reports=extent.reports, machines=extent.machines, findings=extent.findings)
    return agrees(question)


def _facts(criteria: "Criteria", extent: "Extent") -> dict[str, object]:
    return {
        **criteria.as_json(),
        "reports": extent.reports,
        "machines": extent.machines,
        "findings": extent.findings,
    }


def _restore(arguments: argparse.Namespace) -> int:
    words = WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.withdrawals import reports_restore  # noqa: PLC0415

        extent = reports_restore(number=arguments.number, reason=arguments.reason, by=_person(arguments.by), now=now)
    if arguments.json:
        print_json({"withdrawal": arguments.number, "restored": extent.reports})
    else:
        say(words["restored"].format(number=arguments.number, reports=extent.reports, machines=extent.machines))
    return ExitCode.NOTHING_FOUND


def _release(arguments: argparse.Namespace) -> int:
    words = WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.withdrawals import days_release  # noqa: PLC0415

        days_release(days=arguments.day, reason=arguments.reason, by=_person(arguments.by), now=now)
    days = [day.isoformat() for day in arguments.day]
    if arguments.json:
        print_json({"released": days})
    else:
        say(words["released"].format(days=", ".join(days)))
    return ExitCode.NOTHING_FOUND


def _person(email: str) -> "Person | None":
    """Return who decides; the centre itself, if nobody is named.

    Raises:
        InputError: nobody works here under the address.
    """
    return person_named(email) if email else None
