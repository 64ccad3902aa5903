"""``quetsach undo``: puts back what a clean-up removed."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.acting import add_state, ended_politely, host_of_session, told_result
from quetsach.cli.commands import add_command
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.locations import default_state
from quetsach.cli.output import Progress, print_json, say
from quetsach.core.errors import QuetsachError
from quetsach.endpoint.messages import messages

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands
    from quetsach.endpoint.act.undo import UndoResult
    from quetsach.endpoint.keep.state import State


def register(subcommands: "Subcommands") -> None:
    """Add ``undo``."""
    parser = add_command(
        subcommands,
        "undo",
        summary="put back what a clean-up removed, exactly as it was",
        examples="quetsach undo --last\n"
        "quetsach undo 20261125T001530Z-3f9a1c --item 4\n"
        "quetsach undo --last --root /mnt/disk --lang en",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("session", nargs="?", metavar="SESSION", help="the clean-up to undo")
    which.add_argument("--last", action="store_true", help="the last clean-up (default)")
    parser.add_argument(
        "--item", type=int, action="append", default=[], metavar="N", help="this step only; may be repeated"
    )
    parser.add_argument("--root", type=Path, metavar="DIR", help="where that system's disk is mounted now")
    add_state(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.endpoint.keep.history import summaries  # noqa: PLC0415
    from quetsach.endpoint.keep.state import State  # noqa: PLC0415

    words = messages("act", chosen_language(arguments))
    state = State.existing(arguments.state or default_state())
    begun = summaries(state) if state is not None and not arguments.session else ()
    session = arguments.session or (begun[-1].session if begun else "")
    if state is None or not session:
        raise QuetsachError(words["no-session"], hint=words["no-session-hint"])
    return undo_items(state, session, arguments, words)


def undo_items(state: "State", session: str, arguments: argparse.Namespace, words: Mapping[str, str]) -> int:
    """Undo a session, or the items in ``arguments.item``, and say how it went; returns the exit code."""
    from quetsach.endpoint.act.undo import undo  # noqa: PLC0415
    from quetsach.endpoint.artefact import printable  # noqa: PLC0415
    from quetsach.endpoint.keep.session import read_header  # noqa: PLC0415

    with state.lock(), ended_politely():
        header = read_header(state, session)
        host = host_of_session(header.root, is_live=header.is_live, other_root=arguments.root, words=words)
        with Progress(words["progress-undo"]) as progress:
            result = undo(
                state,
                host,
                session,
                now=datetime.now(UTC),
                items=arguments.item,
                advance=lambda step: progress.advance(note=printable(step.subject)),
            )
    if arguments.json:
        print_json(_as_json(result))
    else:
        _tell(result, words, chosen_language(arguments))
    return result.exit_code


def _tell(result: "UndoResult", words: Mapping[str, str], language: str) -> None:
    if not result.steps:
        say(words["undo-nothing"].format(session=result.session))
        return
    for step in result.steps:
        say(told_result(step, words, language))
    failed = sum(step.outcome == "failed" for step in result.steps)
    key = "undo-partly" if failed else "undone"
    say("\n" + words[key].format(session=result.session, done=len(result.steps), failed=failed))
    say(words["warn-undo"])


def _as_json(result: "UndoResult") -> dict[str, object]:
    from quetsach.endpoint.artefact import printable  # noqa: PLC0415

    steps = [
        {
            "number": step.step.number,
            "kind": step.step.kind,
            "subject": printable(step.step.subject),
            "outcome": step.outcome,
            "note": step.note,
        }
        for step in result.steps
    ]
    return {"session": result.session, "exit_code": result.exit_code, "steps": steps}
