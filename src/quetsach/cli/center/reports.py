"""``quetsach center reports``: what the tool reported, and what is decided about it."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from quetsach.cli.center.people import person_named
from quetsach.cli.confirmation import agrees
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import NO_TEXT, Text, all_in_language
from quetsach.web.api.models import ReportWithdrawal
from quetsach.web.api.selectors import DayOfReports, SourceOfReports, Tally, days_of_reports, sources_of_day
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
    language = chosen_language(arguments)
    now = arguments.now
    was_there = report_erase(report_id=arguments.report_id, now=now)
    if not was_there:
        raise InputError(
            Text("no report has this code"),
            where=str(arguments.report_id),
            hint=Text("compare it with the sender's: there, quetsach report show names the code"),
        )
    if arguments.json:
        print_json({"report_id": str(arguments.report_id), "erased": True})
    else:
        tell(
            Text(
                "Report {code} is erased. The figures on the portal have been counted anew.", code=arguments.report_id
            ),
            language,
        )
    return ExitCode.NOTHING_FOUND


def withdraw(arguments: argparse.Namespace) -> int:
    """Take reports that cannot be true out of every figure."""
    language = chosen_language(arguments)
    now = arguments.now
    criteria = Criteria(arguments.day, arguments.source or "", arguments.pattern or "")
    extent = extent_of(matching(criteria))
    number: int | None = None
    is_meant = not arguments.dry_run and bool(extent.reports) and bool(read_reason(arguments.reason))
    if is_meant and (arguments.yes or _agreed(extent, language)):
        done = reports_withdraw(criteria=criteria, reason=arguments.reason, by=_person(arguments.by), now=now)
        number, extent = done.pk, Extent(done.reports, done.machines, done.findings)
    if arguments.json:
        print_json({"withdrawal": number, **_facts(criteria, extent)})
    else:
        tell(_withdrawn_text(number, extent, is_dry_run=arguments.dry_run), language)
    return ExitCode.NOTHING_FOUND


def _withdrawn_text(number: int | None, extent: Extent, *, is_dry_run: bool) -> Text:
    reports, machines, findings = extent.reports, extent.machines, extent.findings
    if number:
        return Text(
            "Withdrew {reports} reports of {machines} machines, {findings} findings, from every figure: decision "
            "{number}. To let them count again: quetsach center reports restore {number} --reason …",
            reports=reports,
            machines=machines,
            findings=findings,
            number=number,
        )
    if not reports:
        return Text("No report that counts is like this.")
    if not is_dry_run:
        return Text("Nothing was withdrawn.")
    return Text(
        "Would withdraw {reports} reports of {machines} machines, {findings} findings. Nothing was done.",
        reports=reports,
        machines=machines,
        findings=findings,
    )


def _agreed(extent: Extent, language: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError(
            Text("nobody is at the terminal to agree to the withdrawal"),
            hint=Text("look first with --dry-run, then give --yes"),
        )
    question = Text(
        "Take {reports} reports of {machines} machines, {findings} findings, out of every figure? [yes/NO] ",
        reports=extent.reports,
        machines=extent.machines,
        findings=extent.findings,
    ).in_language(language)
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
    language = chosen_language(arguments)
    now = arguments.now
    extent = reports_restore(number=arguments.number, reason=arguments.reason, by=_person(arguments.by), now=now)
    if arguments.json:
        print_json({"withdrawal": arguments.number, "restored": extent.reports})
    else:
        tell(
            Text(
                "Withdrawal {number} is lifted: {reports} reports of {machines} machines count again.",
                number=arguments.number,
                reports=extent.reports,
                machines=extent.machines,
            ),
            language,
        )
    return ExitCode.NOTHING_FOUND


def release(arguments: argparse.Namespace) -> int:
    """Let days count that stood out and are held back."""
    language = chosen_language(arguments)
    now = arguments.now
    days_release(days=arguments.day, reason=arguments.reason, by=_person(arguments.by), now=now)
    days = [day.isoformat() for day in arguments.day]
    if arguments.json:
        print_json({"released": days})
    else:
        tell(Text("The reports of these days count: {days}.", days=", ".join(days)), language)
    return ExitCode.NOTHING_FOUND


def _person(email: str) -> Person | None:
    """Return who decides; the centre itself, if nobody is named.

    Raises:
        InputError: nobody works here under the address.
    """
    return person_named(email) if email else None


_DAYS = (
    Text("day (UTC)"),
    Text("reports"),
    Text("within ceilings"),
    Text("machines"),
    Text("cleaned"),
    Text("largest source"),
    NO_TEXT,
)
_SOURCES = (Text("source"), Text("reports"), Text("machines"), Text("cleaned"))
_WITHDRAWALS = (
    Text("number"),
    Text("day"),
    Text("reports"),
    Text("machines"),
    Text("state", context="withdrawal"),
    Text("criteria"),
    Text("reason"),
)


def tell_days(tally: Tally, days: Sequence[DayOfReports], language: str) -> None:
    """Print the public figures and the days they come from."""
    tell(
        Text(
            "Public figures: {reports} runs, {installs} machines, {found} with a finding, {cleaned} "
            "reported as cleaned; {left_out} reports are kept and do not count.",
            reports=tally.reports,
            installs=tally.installs,
            left_out=tally.left_out,
            found=tally.installs_with_findings,
            cleaned=tally.installs_cleaned,
        ),
        language,
    )
    if days:
        held_back, let_count = all_in_language((Text("HELD BACK"), Text("let count")), language)
        rows = [
            (
                *(day.day, day.reports, day.counted, day.machines, day.cleaned, day.largest_source),
                held_back if day.is_held else let_count if day.is_released else "",
            )
            for day in days
        ]
        print_table(all_in_language(_DAYS, language), rows, right=range(1, 6))
    if any(day.is_held for day in days):
        tell(
            Text("A day that is held back does not count. See who sent: quetsach center reports list --day DATE"),
            language,
        )


def tell_sources(sources: Sequence[SourceOfReports], language: str, *, as_json: bool) -> int:
    """Print the sources of a day; return the exit code."""
    if as_json:
        print_json([asdict(source) for source in sources])
    else:
        rows = [(source.name, source.reports, source.machines, source.cleaned) for source in sources]
        print_table(all_in_language(_SOURCES, language), rows, right=range(1, 4))
    return ExitCode.NOTHING_FOUND


def tell_withdrawals(withdrawals: Sequence[ReportWithdrawal], language: str) -> None:
    """Print the decisions that took reports out, with what became of them."""
    rows = [
        (
            *(w.pk, w.at.date(), w.reports, w.machines),
            _standing(w).in_language(language),
            " ".join(f"{name}={value}" for name, value in w.criteria.items()),
            w.reason,
        )
        for w in withdrawals
    ]
    if rows:
        print_table(all_in_language(_WITHDRAWALS, language), rows, right=(0, 2, 3))


def _standing(withdrawal: ReportWithdrawal) -> Text:
    if withdrawal.restored_at is None:
        return Text("withdrawn")
    return Text("restored {day}", day=str(withdrawal.restored_at.date()))


def decision_json(withdrawal: ReportWithdrawal) -> dict[str, object]:
    """Return a withdrawal as JSON values."""
    return {
        "number": withdrawal.pk,
        "at": withdrawal.at.isoformat(timespec="seconds"),
        "reason": withdrawal.reason,
        "criteria": withdrawal.criteria,
        "reports": withdrawal.reports,
        "machines": withdrawal.machines,
        "findings": withdrawal.findings,
        "restored_at": withdrawal.restored_at.isoformat(timespec="seconds") if withdrawal.restored_at else None,
        "restored_reason": withdrawal.restored_reason,
    }
