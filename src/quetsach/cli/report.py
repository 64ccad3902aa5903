"""``quetsach report``: shows what a scan or clean-up reported, and sends the anonymous part of it after consent."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import indent
from typing import NoReturn
from urllib.parse import urljoin

from quetsach.cli.confirmation import agrees
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_state
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import ExitCode, Parser, add_command, chosen_language, command_text
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import Text
from quetsach.endpoint.report import Kind, Report, latest_report, read_report
from quetsach.endpoint.report.asking import asking_lines, title_text
from quetsach.endpoint.report.document import to_json
from quetsach.endpoint.report.families import KINDS, found_packs, guided_platform, outcome_text, typed_on_system
from quetsach.endpoint.report.guidance import render_text
from quetsach.endpoint.report.page import PRIVATE, local_time, render_page
from quetsach.endpoint.report.store import as_it_stands, install_id, write_private
from quetsach.endpoint.report.submission import (
    Receipt,
    RefusedError,
    SentReport,
    Submission,
    build_submission,
    put_down,
    remember_sent,
    revised,
    send,
    sent_report,
)
from quetsach.endpoint.report.verdict import advice, title, verdict
from quetsach.endpoint.store.state import State
from quetsach.installation import bundled_trust
from quetsach.packs import transport
from quetsach.packs.source import load_trust

_MOST_SHOWN = 20
_TAKEN = Text("The centre has taken the report. Thank you.")
_CORRECTED = Text("The centre has taken the correction in place of the earlier report. Thank you.")
_TAKEN_BEFORE = Text("The centre had this report already; it is not counted twice.")
_UNATTENDED = (
    Text("Nobody is at the terminal to agree, so nothing is sent"),
    Text("if your organisation has agreed to it, add --yes"),
)
NOWHERE = (
    Text("It is not known where to send it"),
    Text("add --to ADDRESS, such as https://centre.example/api/v1/reports"),
)
"""What is said, and what to do, where no centre is known."""
"""Findings of one family on a terminal; the page and the JSON have all."""


def register(parser: Parser) -> None:
    """Add ``report`` with ``show`` and ``send``."""
    parser.show_examples("quetsach report show --html report.html\nquetsach report send")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = add_command(
        commands,
        "show",
        summary="show a report, or write it as a page",
        examples="quetsach report show\n"
        "quetsach report show --html report.html --lang en\n"
        "quetsach report show disk.json --json",
    )
    _add_shared(show)
    show.add_argument("--html", type=Path, metavar="FILE", help="write one page that needs no network, and prints well")
    show.add_argument("--json", action="store_true", help="print the report as JSON")
    show.set_defaults(run=_show)
    send = add_command(
        commands,
        "send",
        summary="show exactly what would be sent, ask, and only then send it",
        examples="quetsach report send\n"
        "quetsach report send --to https://centre.example/api/v1/reports --campaign viet-nam-2026\n"
        "quetsach report send --unit G12 --yes",
    )
    _add_shared(send)
    send.add_argument("--to", metavar="URL", help="where to, instead of the centre of this build")
    send.add_argument("--campaign", default="", metavar="CODE", help="campaign to be counted in")
    send.add_argument("--unit", default="", metavar="CODE", help="agency or enterprise to be counted in")
    send.add_argument("--yes", action="store_true", help="agree beforehand; needed where nobody is at the terminal")
    send.add_argument("--json", action="store_true", help="print what was sent and the answer as JSON; needs --yes")
    send.set_defaults(run=_send)


def _add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", nargs="?", type=Path, metavar="REPORT", help="file of a report (default: the newest)")
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the tool keeps its state")


def _read(arguments: argparse.Namespace) -> Report:
    """Return the report that is asked for, as it stands after what was undone since it was written."""
    folder = arguments.state or default_state()
    report = read_report(arguments.report or latest_report(folder))
    return as_it_stands(report, State.existing(folder)) if report.session else report


def _show(arguments: argparse.Namespace) -> int:
    report = _read(arguments)
    language = chosen_language(arguments)
    if arguments.html:
        write_private(arguments.html, render_page(report, language=language).encode("utf-8", "backslashreplace"))
    if arguments.json:
        print_json(to_json(report))
    elif arguments.html:
        say(Text("Written to {path}", path=arguments.html).in_language(language))
    else:
        _print(report, language)
    return ExitCode.NOTHING_FOUND


def _print(report: Report, language: str) -> None:
    told = verdict(report, language)
    say(title(report, language))
    say(Text("Made at {time}", time=local_time(report.created, language)).in_language(language))
    say("\n" + "\n".join((told.headline, *told.lines)))
    if report.next:
        say(f"{Text('To go on, run:').in_language(language)} {report.next}")
    for command in report.elsewhere:
        say(
            f"{
                Text(
                    'To clean malware of another system, run this. It takes the folder or disk as one of '
                    'that system, shows the plan, and then asks you:'
                ).in_language(language)
            } {command}"
        )
    for pack in found_packs(report):
        findings = [finding for finding in report.findings if finding.family == pack.family]
        say(f"\n{pack.name.in_language(language)}")
        for finding in findings[:_MOST_SHOWN]:
            line = (
                f", {Text('line {number}', number=finding.line).in_language(language)}"
                if finding.line is not None
                else ""
            )
            say(f"  {KINDS[finding.kind].in_language(language)}: {finding.where}{line}")
            say(f"    {outcome_text(finding, language)}")
        if len(findings) > _MOST_SHOWN:
            more = Text("{count} more", count=len(findings) - _MOST_SHOWN).in_language(language)
            say(f"  … {more} (--html, --json)")
        if pack.guidance is not None:
            guide = render_text(
                pack.guidance.in_language(language),
                platform=guided_platform(pack, report),
                typed_on=typed_on_system(report),
            )
            say("\n" + indent(guide, "  "))
    if steps := advice(report, language):
        heading = Text("After the clean-up") if report.session is None else Text("What to do next")
        say(f"\n{heading.in_language(language)}")
        say("\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1)))
    if report.undo:
        say(f"\n{Text('Undo').in_language(language)}: {report.undo}")
    say(f"\n{Text('Report code').in_language(language)}: {report.id}")
    if lines := asking_lines(language):
        say(f"\n{title_text(language)}\n" + indent("\n".join(lines), "  ") + "\n")
    say(PRIVATE.in_language(language))


def _send(arguments: argparse.Namespace) -> int:
    language = chosen_language(arguments)
    state = arguments.state or default_state()
    report = _read(arguments)
    sent = sent_report(state, report.id)
    known = sent.url if sent is not None and sent.is_confirmed else ""
    url = arguments.to or known or centre_of(state) or _refuse(*NOWHERE)
    campaign, unit = (arguments.campaign, arguments.unit) if sent is None else _codes(arguments, sent)
    submission = submission_of(report, state, campaign=campaign, unit=unit)
    if not arguments.json:
        _show_submission(submission, url, language)
    if not arguments.yes:
        if not sys.stdin.isatty() or arguments.json:
            _refuse(*_UNATTENDED)
        if not agrees(
            Text(
                'Do you agree to send it? Type "yes" and press Enter to send, anything else to leave it: '
            ).in_language(language)
        ):
            say(Text("Nothing was sent.").in_language(language))
            return ExitCode.NOTHING_FOUND
    receipt = transmit(submission, url, state, partial(complain, language=chosen_language(arguments)))
    if arguments.json:
        answer = {"status": receipt.status, "is_new": receipt.is_new, "message": receipt.message}
        print_json({"to": url, "sent": submission.as_json(), "answer": answer})
    else:
        _tell_receipt(receipt, submission, language)
    return ExitCode.NOTHING_FOUND


def _codes(arguments: argparse.Namespace, sent: SentReport) -> tuple[str, str]:
    """Return the codes of a report that was sent before: those of then, unless others are named now."""
    return arguments.campaign or sent.campaign, arguments.unit or sent.unit


def submission_of(report: Report, state: Path, *, campaign: str, unit: str) -> Submission:
    """Return what would be sent of a report: its first state, or the correction of what was sent before."""
    plain = build_submission(report, install_id=install_id(state, campaign), campaign=campaign, unit=unit)
    return revised(plain, sent_report(state, report.id), is_undone=report.kind is Kind.UNDO)


def _show_submission(submission: Submission, url: str, language: str) -> None:
    say(
        Text(
            "This is everything that would be sent to {url}. There is no name of a person, "
            "machine or file in it, and no address.",
            url=url,
        ).in_language(language)
    )
    print(f"\n{submission.text()}\n")


def transmit(submission: Submission, url: str, state: Path, warn: Callable[[QuetsachError], None]) -> Receipt:
    """Send a submission; it is noted before, for an answer can get lost on its way.

    ``warn`` is told why it cannot be noted that the centre took it.

    Raises:
        ReportError: the centre cannot be reached, or does not take it.
    """
    former = sent_report(state, submission.report_id)
    remember_sent(state, submission, url, is_confirmed=False)
    try:
        receipt = send(submission, url, post=transport.post_json)
    except RefusedError:
        put_down(state, submission.report_id, former)
        raise
    try:
        remember_sent(state, submission, url, is_confirmed=True)
    except QuetsachError as error:  # it was sent all the same
        warn(error)
    return receipt


def _tell_receipt(receipt: Receipt, submission: Submission, language: str) -> None:
    told = (_CORRECTED if submission.revision else _TAKEN) if receipt.is_new else _TAKEN_BEFORE
    say(told.in_language(language))
    say(
        Text(
            "Report code: {code}. Should you want the report erased later, give the centre this code.",
            code=submission.report_id,
        ).in_language(language)
    )
    if receipt.message:
        say(Text("The centre says: {message}", message=receipt.message).in_language(language))


def offer_correction(report: Report, path: Path, state: Path, language: str, *, is_attended: bool) -> None:
    """Offer to send the later state of a report that a centre has or may have; say how where nobody can be asked.

    What cannot be sent now is told and is no failure of what was done before.

    Args:
        report: as it stands now.
        path: its file.
        state: the state folder, which knows what was sent.
        language: ``vi`` or ``en``.
        is_attended: whether somebody is there to answer.
    """
    stream = sys.stdout if is_attended else sys.stderr
    try:
        sent = sent_report(state, report.id)
        if sent is None:
            return
        submission = submission_of(report, state, campaign=sent.campaign, unit=sent.unit)
        if sent.is_confirmed and submission.revision == sent.revision:
            return
        say(
            "\n"
            + (
                Text(
                    "The report of this clean-up was sent before it was undone, so the centre still "
                    "counts this machine as cleaned. Please send a correction."
                )
                if sent.is_confirmed
                else Text(
                    "The report of this clean-up was sent and no answer came, so the centre may count "
                    "this machine as cleaned. Please send a correction."
                )
            ).in_language(language),
            stream,
        )
        if is_attended and sys.stdin.isatty():
            _show_submission(submission, sent.url, language)
            if agrees(
                Text(
                    'Do you agree to send it? Type "yes" and press Enter to send, anything else to leave it: '
                ).in_language(language)
            ):
                receipt = transmit(submission, sent.url, state, partial(complain, language=language))
                _tell_receipt(receipt, submission, language)
                return
            say(Text("Nothing was sent.").in_language(language))
    except QuetsachError as error:
        complain(error, language)
    command = ["quetsach", "report", "send", str(path.absolute())]  # a later scan may be the newest by then
    command += ["--state", str(state.absolute())] if state != default_state() else []
    say(Text("To send the correction, run: `{command}`", command=command_text(command)).in_language(language), stream)


def centre_of(state: Path) -> str:
    """Return where the centre that this tool trusts takes reports; by convention beside its repository."""
    trust = load_trust(state / "trust") or load_trust(bundled_trust())
    if trust is None:
        return ""
    if trust.reports or not trust.repository.startswith(("http://", "https://")):
        return trust.reports
    return urljoin(f"{trust.repository.rstrip('/')}/", "../api/v1/reports")


def _refuse(what: Text, hint: Text) -> NoReturn:
    raise InputError(what, hint=hint)
