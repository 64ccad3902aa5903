"""``quetsach undo``: puts back what a clean-up removed."""

import argparse
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from quetsach.cli.confirmation import (
    add_state,
    agrees,
    ended_politely,
    format_result,
    format_step,
    host_of_session,
    require_terminal,
)
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_state
from quetsach.cli.output import Progress, print_json, say
from quetsach.cli.parser import SYSTEM_HELP, SYSTEMS, ExitCode, Parser, chosen_language
from quetsach.cli.report import offer_correction
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.endpoint import ReportError
from quetsach.endpoint.act.undo import UndoResult, undo, undoable
from quetsach.endpoint.artefact import place_text
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.step import Step
from quetsach.endpoint.report import Kind, Report, save_report
from quetsach.endpoint.report.store import PUT_BACK, as_it_stands, report_of_session
from quetsach.endpoint.store.session import read_header, steps_of, summaries
from quetsach.endpoint.store.state import State

_MOST_SHOWN = 20
_PARTLY = Text("▲ PARTLY UNDONE: session {session}, {failed} items could not be put back.")
_UNDONE = Text("✓ UNDONE: session {session}, {done} items.")
_NOTHING = Text("Session {session} has nothing left to undo.")


def register(parser: Parser) -> None:
    """Add ``undo``."""
    parser.show_examples(
        "quetsach undo --last\n"
        "quetsach undo 20261125T001530Z-3f9a1c --item 4\n"
        "quetsach undo --last --root /mnt/disk --yes --lang en"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("session", nargs="?", metavar="SESSION", help="the clean-up to undo")
    which.add_argument("--last", action="store_true", help="the last clean-up (default)")
    parser.add_argument(
        "--item", type=int, action="append", default=[], metavar="N", help="this step only; may be repeated"
    )
    parser.add_argument("--root", type=Path, metavar="DIR", help="where that system's disk is mounted now")
    parser.add_argument("--system", choices=SYSTEMS, help=SYSTEM_HELP)
    parser.add_argument("--yes", action="store_true", help="agree beforehand that malware, too, is put back")
    add_state(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    language = chosen_language(arguments)
    state = State.existing(arguments.state or default_state())
    begun = summaries(state) if state is not None and not arguments.session else ()
    session = arguments.session or (begun[-1].session if begun else "")
    if state is None or not session:
        raise QuetsachError(
            Text("There is no clean-up to undo"),
            hint=Text("see the sessions: quetsach quarantine list"),
        )
    return undo_items(state, session, arguments, language)


def undo_items(state: State, session: str, arguments: argparse.Namespace, language: str) -> int:
    """Undo a session, or the items in ``arguments.item``, after consent, and say how it went; returns the exit code."""
    language = chosen_language(arguments)
    with state.lock(), ended_politely():
        header = read_header(state, session)
        host = host_of_session(
            header.root,
            is_live=header.is_live,
            other_root=arguments.root,
            system=getattr(arguments, "system", None) or "",
            language=language,
        )
        steps = undoable(state, session, arguments.item)
        back = [step for step in steps if not step.is_final]
        if back and not arguments.yes and not _is_agreed(back, session, language):
            say(
                Text("Stopped as you asked. Nothing was changed.").in_language(language),
                sys.stderr if arguments.json else sys.stdout,
            )
            return ExitCode.NOTHING_FOUND
        try:
            result = _undo(state, host, session, arguments.item, language)
        except KeyboardInterrupt:
            left = len(undoable(state, session, arguments.item))
            told = Text(
                "▲ Stopped in the middle of undoing session {session}: {done} items are done, {left} "
                "are not. All of it is in the journal; run this undo again to finish it.",
                session=session,
                done=len(steps) - left,
                left=left,
            ).in_language(language)
            say(told, sys.stderr if arguments.json else sys.stdout)
            _correct(state, session, language, is_new=True, is_attended=False)
            return ExitCode.PARTLY_CLEANED
    if arguments.json:
        print_json(_as_json(result))
    else:
        _tell(result, language)
    is_attended = not arguments.yes and not arguments.json
    _correct(state, session, language, is_new=bool(result.steps), is_attended=is_attended)
    return result.exit_code


def _is_agreed(steps: Collection[Step], session: str, language: str) -> bool:
    """Show what would be put back, and ask: it is malware as a rule."""
    require_terminal(Text("add --yes to agree beforehand that malware, too, is put back"))
    say(
        Text(
            "UNDO {count} item of session {session}:",
            many="UNDO {count} items of session {session}:",
            session=session,
            count=len(steps),
        ).in_language(language),
        sys.stderr,
    )
    for step in list(steps)[:_MOST_SHOWN]:
        say(f"{step.number:>3}. {format_step(step, language, is_back=True)} ({step.family})", sys.stderr)
    if len(steps) > _MOST_SHOWN:
        say(
            Text(
                "     … and {count} more; see them all with `quetsach quarantine show {session}`",
                count=len(steps) - _MOST_SHOWN,
                session=session,
            ).in_language(language),
            sys.stderr,
        )
    return agrees(
        Text(
            "Undoing puts malware back too; use it only when the tool removed something by "
            'mistake. Type "yes" to undo: '
        ).in_language(language)
    )


def _undo(state: State, host: Host, session: str, items: Collection[int], language: str) -> UndoResult:
    with Progress(Text("Undoing").in_language(language)) as progress:
        return undo(
            state,
            host,
            session,
            now=datetime.now(UTC),
            items=items,
            advance=lambda step: progress.advance(note=place_text(step.subject)),
        )


def _correct(state: State, session: str, language: str, *, is_new: bool, is_attended: bool) -> None:
    """Keep what the session's report has come to, and offer to tell the centre if that has it.

    Args:
        state: the open state folder.
        session: the session.
        language: ``vi`` or ``en``.
        is_new: whether anything was undone now.
        is_attended: whether somebody is there to answer.
    """
    try:
        kept = keep_undone(state, session, is_new=is_new)
    except QuetsachError as error:
        complain(error, language)
        return
    if kept is not None:
        offer_correction(*kept, state.folder, language, is_attended=is_attended)


def keep_undone(state: State, session: str, *, is_new: bool) -> tuple[Report, Path] | None:
    """Keep the later state of the session's report, which says what was put back; ``None`` where nothing was.

    Raises:
        ReportError: the report cannot be read any more, or its later state not be kept.
        JournalError: the journal was damaged.
    """
    found = report_of_session(state.folder, session)
    if found is None:
        if not any(progress.undone in PUT_BACK for progress in steps_of(state, session)):
            return None
        what = Text("the report of this clean-up is not there or cannot be read, so none says that it was undone")
        hint = Text("scan again; if you sent that report, give its code to the centre to have it erased")
        raise ReportError(what, where=session, hint=hint)
    path, former = found
    report = as_it_stands(former, state, now=datetime.now(UTC))
    if report.kind is not Kind.UNDO:
        return None
    return report, save_report(report, state.folder) if is_new else path


def _tell(result: UndoResult, language: str) -> None:
    if not result.steps:
        say(Text("Session {session} has nothing left to undo.", session=result.session).in_language(language))
        return
    for step in result.steps:
        say(format_result(step, language, is_back=True))
    failed = sum(step.outcome == "failed" for step in result.steps)
    back = sum(step.outcome in PUT_BACK for step in result.steps)
    told = _PARTLY if failed else _UNDONE if back else _NOTHING
    say("\n" + told.with_values(session=result.session, done=back, failed=failed).in_language(language))
    if back:
        say(
            Text(
                "What was undone is on this machine again, malware included: it cannot be called "
                "clean. See `quetsach report show`."
            ).in_language(language)
        )


def _as_json(result: UndoResult) -> dict[str, object]:
    steps = [
        {
            "number": step.step.number,
            "kind": step.step.kind,
            "subject": place_text(step.step.subject),
            "outcome": step.outcome,
            "note": step.note,
        }
        for step in result.steps
    ]
    return {"session": result.session, "exit_code": result.exit_code, "steps": steps}
