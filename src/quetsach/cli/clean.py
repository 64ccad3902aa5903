"""``quetsach clean``: looks, shows the plan, asks, acts, looks again."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from quetsach.cli.choosing import (
    add_archive_argument,
    add_choice_arguments,
    agreed_part,
    check_choice,
    excess_of,
    of_families,
    of_steps,
)
from quetsach.cli.clean_up import CleanUp, finish_former, keep_report
from quetsach.cli.conclusion import (
    after_restart,
    commands_elsewhere,
    format_conclusion,
    format_gaps,
    format_restarted,
    format_unseen,
    offer_restart,
    report_of_restarted,
)
from quetsach.cli.confirmation import (
    agreed,
    answer_to,
    ended_politely,
    format_alike,
    format_archives,
    format_brake,
    format_held,
    format_plan_head,
    format_plan_step,
    format_result,
    require_terminal,
    require_writable,
    subject,
)
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_state
from quetsach.cli.output import Progress, print_json, say
from quetsach.cli.parser import ExitCode, Parser, chosen_language, command_text
from quetsach.cli.scan_options import (
    ScanOptions,
    add_scan_arguments,
    clean_command,
    code_of,
    format_unused,
    scan_options,
    where,
)
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import unfinished
from quetsach.endpoint.artefact import Finding, place_text
from quetsach.endpoint.host.live import is_elevated
from quetsach.endpoint.plan.plan import Plan, Skipped, add_archives, make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.report import Report, build_plan, write_report
from quetsach.endpoint.report.asking import asking_text
from quetsach.endpoint.report.document import to_json
from quetsach.endpoint.scanner.scan import ScanResult
from quetsach.endpoint.store.session import steps_of, summaries
from quetsach.endpoint.store.state import State

_VERDICTS: Mapping[ExitCode, Text] = {
    ExitCode.CLEANED: Text("✓ CLEANED: {done} steps. A second scan sees nothing any more."),
    ExitCode.CLEANED_RESTART: Text(
        "✓ CLEANED: {done} steps. Please restart the machine: running programs still hold a removed file in memory."
    ),
    ExitCode.PARTLY_CLEANED: Text(
        "▲ PARTLY CLEANED: {done} of {steps} steps were done; {remaining} findings are left."
    ),
    ExitCode.FAILED: Text("✗ NOT CLEANED: no step was completed; {remaining} findings are left."),
}
_CLEANED_BUT_LEFT = Text("✓ CLEANED: {done} steps. A second scan does not see those traces any more.")


_SUCCESS = frozenset({"done", "gone"})


class NotElevatedError(QuetsachError):
    """The running system can only be cleaned by its administrator."""

    exit_code = ExitCode.NOT_ELEVATED


def register(parser: Parser) -> None:
    """Add ``clean``."""
    parser.show_examples(
        "quetsach clean --dry-run\n"
        "quetsach clean --full --yes\n"
        "quetsach clean ~/Downloads --lang en\n"
        "quetsach clean --family phorpiex --root /media/usb\n"
        "quetsach clean --root /mnt/disk --report report.json"
    )
    add_scan_arguments(parser)
    consent = parser.add_mutually_exclusive_group()
    consent.add_argument("--yes", action="store_true", help="agree to the plan beforehand")
    consent.add_argument("--dry-run", action="store_true", help="show the plan and change nothing at all")
    add_choice_arguments(parser)
    add_archive_argument(parser)
    parser.set_defaults(run=_run)


@dataclass(frozen=True, slots=True)
class _Task:
    """One run of the command."""

    arguments: argparse.Namespace
    language: str
    looking: ScanOptions

    @property
    def is_dry(self) -> bool:
        return bool(self.arguments.dry_run)

    def say(self, *lines: str) -> None:
        """Tell a person; with ``--json`` only one who is going to be asked, and not where the report goes."""
        if not self.arguments.json:
            say("\n".join(lines))
        elif not self.arguments.yes and not self.is_dry:
            self.warn(*lines)

    def warn(self, *lines: str) -> None:
        """Tell what also a script should not miss."""
        say("\n".join(lines), sys.stderr if self.arguments.json else sys.stdout)

    def complain(self, error: QuetsachError) -> None:
        complain(error, self.language)

    def scan(self) -> ScanResult:
        return self.looking.scan(self.language)


def _run(arguments: argparse.Namespace) -> int:
    language = chosen_language(arguments)
    if not arguments.root and not arguments.path and not is_elevated() and not arguments.dry_run:
        raise NotElevatedError(
            Text("Cleaning the running system needs administrator rights"),
            hint=Text("run it again as root: sudo quetsach clean; or name folders of your own: quetsach clean PATH"),
        )
    check_choice(arguments)
    if not arguments.yes and not arguments.dry_run:
        require_terminal()
    if arguments.root and not arguments.dry_run:
        require_writable(arguments.root, language)
    folder = arguments.state or default_state()
    state = State.existing(folder) if arguments.dry_run else State.open(folder)  # first: packs may be in it
    task = _Task(arguments, language, scan_options(arguments))
    with ExitStack() as held:
        if state is not None and not task.is_dry:
            held.enter_context(state.lock())
        held.enter_context(ended_politely())
        _finish_former(task, state)
        former = frozenset(state.sessions if state is not None else ())
        try:
            return _clean(task, state)
        except KeyboardInterrupt:
            return _stopped(task, state, former)


def _stopped(task: _Task, state: State | None, former: frozenset[str]) -> int:
    """Say what was done before a person ended the command, and how to go on or take it back.

    ``former`` are the sessions that there were before it.
    """
    if state is None or not (sessions := {*unfinished(state, task.looking.host), *state.sessions} - former):
        task.warn("", Text("Stopped as you asked. Nothing was changed.").in_language(task.language))
        return ExitCode.NOT_CONCLUSIVE
    done = 0
    for session in sorted(sessions):
        ended = [progress.outcome for progress in steps_of(state, session)]
        done += (count := sum(outcome == "done" for outcome in ended))
        told = Text(
            "▲ Stopped as you asked during the clean-up (session {session}): {done} of {steps} "
            "steps are done, and all of it is in the journal.",
            session=session,
            done=count,
            steps=len(ended),
        ).in_language(task.language)
        task.warn(
            "",
            told,
            Text(
                "To finish it, run this clean again. To put everything back as it was: `{undo}`",
                undo=_undo_command(task, session),
            ).in_language(task.language),
        )
    return ExitCode.PARTLY_CLEANED if done else ExitCode.FAILED


def _finish_former(task: _Task, state: State | None) -> None:
    """Finish what a crash cut short; a preview only says that there is such a thing."""
    if state is None:
        return
    for summary in summaries(state):
        if summary.condition == "damaged":
            reason = summary.damage
            task.warn(
                Text(
                    "▲ The journal of session {session} is damaged ({reason}); that session is left "
                    "alone. Keep its folder and tell the centre.",
                    session=summary.session,
                    reason=reason,
                ).in_language(task.language)
            )
    host = task.looking.host
    for identifier in unfinished(state, host) if task.is_dry else finish_former(state, host):
        task.warn(
            (
                Text("The last clean-up ({session}) was cut short; the next clean finishes it.")
                if task.is_dry
                else Text("The last clean-up ({session}) was cut short; the tool has finished it.")
            )
            .with_values(session=identifier)
            .in_language(task.language)
        )


def _clean(task: _Task, state: State | None) -> int:
    scan = task.scan()
    for line in format_unused(task.looking, task.language):
        task.say(line)
    for one in after_restart(state, task.looking.host, scan, record=not task.is_dry):
        task.warn(format_restarted(one, task.language), "")
        if one.is_settled and not task.is_dry:
            _keep(report_of_restarted(one, scan, task.looking.withdrawn), task)
    plan = _plan(task, scan)
    if not plan.steps:
        return _nothing_to_do(task, scan, plan)
    task.say(*format_gaps(scan, task.language), "")
    task.say(*_told_plan(plan, scan, task))
    part = _agreed_part(task, scan, plan, is_open=state is not None)
    if part is None or state is None:
        is_braked = not task.arguments.allow_many and excess_of(plan, scan.findings) is not None
        return _report(task, scan, plan, ExitCode.MASS_BRAKE if is_braked else ExitCode.FOUND)
    clean_up = CleanUp(task.looking, state, scan, part, partial(_undo_command, task), task.complain)
    result = _act(task, clean_up)
    _hand_over(clean_up.ended(result), task)  # first: none may listen later
    code = ExitCode(result.exit_code)
    whom = filter(None, [asking_text(task.language)])
    task.say("", *_told_outcome(result, task), *format_unseen(scan, task.language), *whom)
    if code is ExitCode.CLEANED_RESTART and not task.arguments.yes and not task.arguments.json:
        task.say("", offer_restart(task.language))
    return code


def _plan(task: _Task, scan: ScanResult) -> Plan:
    """Return the plan for what was chosen on the command line; the rest of what was found is left alone."""
    chosen = of_families(scan.findings, task.arguments.family, task.language)
    folder = task.arguments.state or default_state()
    plan = make_plan(chosen, task.looking.host, folder)
    families = {finding.family for finding in chosen}
    left = tuple(Skipped(finding, SkipReason.NOT_CHOSEN) for finding in scan.findings if finding.family not in families)
    plan = replace(plan, held=plan.held + left)
    if any(one.hold is SkipReason.MEMBER for one in plan.held) and (task.arguments.archives or not task.arguments.item):
        whole = make_plan(chosen, task.looking.host, folder, with_archives=True)
        plan = _with_archives(task, plan, whole, {finding.id: finding for finding in chosen})
    return of_steps(plan, task.arguments, scan.findings)


def _with_archives(task: _Task, plan: Plan, whole: Plan, findings: Mapping[str, Finding]) -> Plan:
    """Return the plan with the archives in which malware lies, if a person agrees to seal them as a whole."""
    extended = add_archives(plan, whole)
    archives = extended.steps[len(plan.steps) :]
    if not archives:
        return plan
    for line in format_archives(archives, findings, task.looking.host.tree, task.language):
        task.say(line)  # one by one: each may take seconds
    task.say("")
    if task.arguments.archives:
        return extended
    if task.arguments.yes or task.is_dry:
        task.say(Text("To seal these archives too, add --archives.").in_language(task.language), "")
        return plan
    return (
        extended
        if agreed(
            answer_to(
                Text(
                    "Seal these archives as a whole? If you need the other files in them, undo gives "
                    'them back as they were. Type "yes" to agree, anything else to leave them: '
                ).in_language(task.language),
                is_last=False,
            )
        )
        else plan
    )


def _agreed_part(task: _Task, scan: ScanResult, plan: Plan, *, is_open: bool) -> Plan | None:
    """Return what of the plan is to be done by a person's word; ``None`` for nothing, which is said."""
    excess = excess_of(plan, scan.findings)
    if excess is not None:
        task.warn(*format_brake(excess, task.language))
    is_stopped = excess is not None and not task.arguments.allow_many
    if task.is_dry or not is_open:
        task.say(
            "",
            *(
                [
                    Text(
                        "You can go on in one of these ways:\n  • clean one family only: add --family NAME to "
                        "this command\n  • choose items: run this command again without --yes and type "
                        '"choose" when asked\n  • you have looked and are sure that every item is malware: '
                        "add --allow-many; changes to files and settings can still be undone\n  • a rule may "
                        "be wrong: leave it all, and ask someone who knows computers or the centre on its "
                        "help page"
                    ).in_language(task.language)
                ]
                if is_stopped
                else []
            ),
            Text("This was a preview only: nothing was changed on this machine.").in_language(task.language),
        )
        return None
    if task.arguments.yes:
        if is_stopped:
            task.warn(
                "",
                Text(
                    "You can go on in one of these ways:\n  • clean one family only: add --family NAME to "
                    "this command\n  • choose items: run this command again without --yes and type "
                    '"choose" when asked\n  • you have looked and are sure that every item is malware: '
                    "add --allow-many; changes to files and settings can still be undone\n  • a rule may "
                    "be wrong: leave it all, and ask someone who knows computers or the centre on its "
                    "help page"
                ).in_language(task.language),
            )
        return None if is_stopped else plan
    part = agreed_part(plan, scan.findings, task.language, allow_many=task.arguments.allow_many)
    if part is None:
        task.say(
            *(
                [
                    Text(
                        "You can go on in one of these ways:\n  • clean one family only: add --family NAME to "
                        "this command\n  • choose items: run this command again without --yes and type "
                        '"choose" when asked\n  • you have looked and are sure that every item is malware: '
                        "add --allow-many; changes to files and settings can still be undone\n  • a rule may "
                        "be wrong: leave it all, and ask someone who knows computers or the centre on its "
                        "help page"
                    ).in_language(task.language)
                ]
                if is_stopped
                else []
            ),
            Text("Stopped as you asked. Nothing was changed.").in_language(task.language),
        )
    return part


def _nothing_to_do(task: _Task, scan: ScanResult, plan: Plan) -> int:
    if not scan.findings:
        task.say(
            *format_conclusion(scan, task.language),
            *format_gaps(scan, task.language),
            Text("There is nothing to clean.").in_language(task.language),
        )
        return _report(task, scan, plan, code_of(scan))
    task.say(*format_gaps(scan, task.language), "")
    task.say(
        Text(
            "▲ There is {count} finding, but no step that may be taken.",
            many="▲ There are {count} findings, but no step that may be taken.",
            count=len(scan.findings),
        ).in_language(task.language),
        *format_held(plan, task.language),
    )
    task.say(*_told_elsewhere(task, scan))
    return _report(task, scan, plan, ExitCode.FOUND)


def _told_elsewhere(task: _Task, scan: ScanResult) -> Iterator[str]:
    """Yield how what belongs to other systems is cleaned."""
    for command in commands_elsewhere(task.arguments, scan):
        yield Text(
            "Malware of another system does not run here, but harms those who open the file "
            "there. To clean it run `{command}`: it takes that folder or disk as one of that "
            "system, shows the plan, and then asks you.",
            command=command,
        ).in_language(task.language)


def _act(task: _Task, clean_up: CleanUp) -> CleanResult:
    with Progress(Text("Cleaning").in_language(task.language), len(clean_up.plan.steps)) as progress:
        return clean_up.run(task.scan, lambda step: progress.advance(note=place_text(step.subject)))


def _told_plan(plan: Plan, scan: ScanResult, task: _Task) -> Iterator[str]:
    findings = {finding.id: finding for finding in scan.findings}
    yield from format_plan_head(plan, task.language)
    for step in plan.steps:
        registry = task.looking.host.registry
        yield from format_plan_step(step, task.language, findings=findings, registry=registry)
    if plan.has_unread_packages:
        yield Text(
            "note: the RPM package database of this system could not be read in full; files of "
            "packages it does not name are protected by path only."
        ).in_language(task.language)
    yield from format_held(plan, task.language)
    yield from _told_elsewhere(task, scan)


def _told_outcome(result: CleanResult, task: _Task) -> Iterator[str]:
    for step in result.steps:
        yield format_result(step, task.language)
    remaining = (
        (one, Text("  ▲ still there: {subject}", subject=subject(one.artefact.anchor)).in_language(task.language))
        for one in result.remaining
    )
    yield from format_alike(remaining, task.language)
    for artefact in result.dangling:
        yield Text("  ▲ still points to a removed file: {subject}", subject=subject(artefact.anchor)).in_language(
            task.language
        )
    if not result.is_seen:
        yield Text(
            "  ▲ The second scan could not look at everything again, so it is not known whether "
            "all is gone: run quetsach scan."
        ).in_language(task.language)
    yield ""
    done = sum(step.outcome in _SUCCESS for step in result.steps)
    code = ExitCode(result.exit_code)
    verdict = _CLEANED_BUT_LEFT if code is ExitCode.CLEANED and result.unseen else _VERDICTS[code]
    told = verdict.with_values(done=done, steps=len(result.steps), remaining=len(result.remaining))
    yield told.in_language(task.language)
    if result.unseen:
        yield Text(
            "▲ LEFT: {count} finding, which is only reported. Follow the guidance before you "
            "take the machine as clean.",
            many="▲ LEFT: {count} findings, which are only reported. Follow the guidance before you "
            "take the machine as clean.",
            count=len(result.unseen),
        ).in_language(task.language)
    state = ["--state", str(task.arguments.state.absolute())] if task.arguments.state else []
    if any(step.outcome == "done" for step in result.steps):
        yield Text(
            "Every change to files and settings can be undone: `{command}`", command=_undo_command(task, result.session)
        ).in_language(task.language)
    yield Text(
        "What to do next (passwords, updates …): `{command}`",
        command=command_text(["quetsach", "report", "show", *state]),
    ).in_language(task.language)


def _undo_command(task: _Task, session: str) -> str:
    return command_text(["quetsach", "undo", session, *where(task.arguments)])


def _report(task: _Task, scan: ScanResult, plan: Plan, code: ExitCode) -> ExitCode:
    """Build the report of a plan, keep it, and print it when asked; a preview keeps nothing that was not asked for."""
    command = clean_command(task.arguments, scan) if plan.steps and code is ExitCode.FOUND else None
    report = build_plan(
        scan,
        plan,
        report_id=uuid4(),
        now=datetime.now(UTC),
        exit_code=code,
        next_command=command,
        elsewhere=commands_elsewhere(task.arguments, scan),
        withdrawn=task.looking.withdrawn,
    )
    if not task.is_dry:
        _keep(report, task)
    _hand_over(report, task)
    return code


def _hand_over(report: Report, task: _Task) -> None:
    """Write the report where it was asked for, and print it when asked."""
    if task.arguments.report:
        write_report(report, task.arguments.report)
        task.say(Text("Report: {path}", path=task.arguments.report).in_language(task.language))
    if task.arguments.json:
        print_json(to_json(report))


def _keep(report: Report, task: _Task) -> None:
    keep_report(report, task.arguments.state or default_state(), task.complain, None)
