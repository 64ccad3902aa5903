"""``quetsach center reports``: what the tool reported, and what is decided about it."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict

from quetsach.cli.center.campaigns_found import person_named
from quetsach.cli.center.reports_told import WORDS, decision_json, tell_days, tell_sources, tell_withdrawals
from quetsach.cli.confirmation import agrees
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.web.api.selectors import days_of_reports, sources_of_day
from quetsach.web.api.services import report_erase, tally_refresh
from quetsach.web.office.people.models import Person
from quetsach.web.office.withdrawals import (
    Criteria,
    Extent,
    days_release,
    extent_of,
    matching,
    read_reason,
    reports_restore,
    reports_withdraw,
    withdrawals,
)

_SHOWN_SOURCES = 20


def print_list(arguments: argparse.Namespace) -> int:
    """Tell how many reports arrived on which day, counted anew; of one day, the sources that sent most."""
    now = arguments.now
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


def erase(arguments: argparse.Namespace) -> int:
    """Erase one report for good."""
    words = WORDS[chosen_language(arguments)]
    now = arguments.now
    was_there = report_erase(report_id=arguments.report_id, now=now)
    if not was_there:
        raise InputError(words["unknown"], where=str(arguments.report_id), hint=words["unknown-hint"])
    if arguments.json:
        print_json({"report_id": str(arguments.report_id), "erased": True})
    else:
        say(words["erased"].format(code=arguments.report_id))
    return ExitCode.NOTHING_FOUND


def withdraw(arguments: argparse.Namespace) -> int:
    """Take reports that cannot be true out of every figure."""
    words = WORDS[chosen_language(arguments)]
    now = arguments.now
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


def _agreed(extent: Extent, words: Mapping[str, str]) -> bool:
    if not sys.stdin.isatty():
        raise InputError(words["unattended"], hint=words["unattended-hint"])
    question = words["ask"].format(reports=extent.reports, machines=extent.machines, findings=extent.findings)
    return agrees(question)


def _facts(criteria: Criteria, extent: Extent) -> dict[str, object]:
    return {
        **criteria.as_json(),
        "reports": extent.reports,
        "machines": extent.machines,
        "findings": extent.findings,
    }


def restore(arguments: argparse.Namespace) -> int:
    """Let withdrawn reports count again."""
    words = WORDS[chosen_language(arguments)]
    now = arguments.now
    extent = reports_restore(number=arguments.number, reason=arguments.reason, by=_person(arguments.by), now=now)
    if arguments.json:
        print_json({"withdrawal": arguments.number, "restored": extent.reports})
    else:
        say(words["restored"].format(number=arguments.number, reports=extent.reports, machines=extent.machines))
    return ExitCode.NOTHING_FOUND


def release(arguments: argparse.Namespace) -> int:
    """Let days count that stood out and are held back."""
    words = WORDS[chosen_language(arguments)]
    now = arguments.now
    days_release(days=arguments.day, reason=arguments.reason, by=_person(arguments.by), now=now)
    days = [day.isoformat() for day in arguments.day]
    if arguments.json:
        print_json({"released": days})
    else:
        say(words["released"].format(days=", ".join(days)))
    return ExitCode.NOTHING_FOUND


def _person(email: str) -> Person | None:
    """Return who decides; the centre itself, if nobody is named.

    Raises:
        InputError: nobody works here under the address.
    """
    return person_named(email) if email else None
