"""``quetsach quarantine``: what is held, what is in a session, putting items back, deleting for good."""

import argparse
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from quetsach.cli.confirmation import add_state, agrees, format_step, require_terminal
from quetsach.cli.locations import default_state
from quetsach.cli.output import print_json, print_table
from quetsach.cli.parser import Parser, add_command, chosen_language
from quetsach.cli.undo import undo_items
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text, size_text
from quetsach.endpoint.host.disk import Own, open_own
from quetsach.endpoint.messages.formatting import OUTCOMES
from quetsach.endpoint.store.session import SessionSummary, purge, sealed_of, steps_of, summaries
from quetsach.endpoint.store.state import State
from quetsach.installation import bundled_country

_MOST_DAYS = 36_500
_COLUMNS = (Text("session"), Text("at ({clock})"), Text("system"), Text("items held"), Text("size"), Text("state"))
_STEP_COLUMNS = (Text("no."), Text("what was done"), Text("family"), Text("outcome"))
_CONDITIONS: Mapping[str, Text] = {
    "finished": Text("finished"),
    "unfinished": Text("cut short"),
    "undone": Text("undone"),
    "partly-undone": Text("partly undone"),
    "purged": Text("deleted for good"),
    "damaged": Text("damaged: {reason}"),
}


def register(parser: Parser) -> None:
    """Add ``quarantine`` with its own commands."""
    parser.show_examples(
        "quetsach quarantine list\n"
        "quetsach quarantine show 20261125T001530Z-3f9a1c\n"
        "quetsach quarantine restore 20261125T001530Z-3f9a1c 4\n"
        "quetsach quarantine purge --older-than 90"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = add_command(commands, "list", summary="sessions and what they hold", examples="quetsach quarantine list")
    listing.set_defaults(run=_list)
    show = add_command(
        commands, "show", summary="the steps of one session", examples="quetsach quarantine show SESSION --lang en"
    )
    show.add_argument("session", metavar="SESSION", help="see: quetsach quarantine list")
    show.set_defaults(run=_show)
    restore = add_command(
        commands,
        "restore",
        summary="put items back as they were",
        examples="quetsach quarantine restore SESSION 4 5\nquetsach quarantine restore SESSION 4 --to evidence.bin",
    )
    restore.add_argument("session", metavar="SESSION", help="see: quetsach quarantine list")
    restore.add_argument("item", type=int, nargs="+", metavar="N", help="see: quetsach quarantine show SESSION")
    restore.add_argument("--root", type=Path, metavar="DIR", help="where that system's disk is mounted now")
    restore.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help="write what is sealed of one item to a new file, as evidence; nothing is put back, the item stays sealed",
    )
    restore.add_argument("--yes", action="store_true", help="agree beforehand that malware, too, is put back")
    restore.set_defaults(run=_restore)
    purge = add_command(
        commands,
        "purge",
        summary="delete sealed files for good; they cannot be undone afterwards",
        examples="quetsach quarantine purge --older-than 90\nquetsach quarantine purge SESSION --yes",
    )
    purge.add_argument("session", nargs="*", metavar="SESSION", help="these sessions")
    purge.add_argument("--older-than", type=_days, metavar="DAYS", help="sessions that began before so many days")
    purge.add_argument("--yes", action="store_true", help="agree beforehand")
    purge.set_defaults(run=_purge)
    for command in (listing, show, restore, purge):
        add_state(command)
        command.add_argument("--json", action="store_true", help="print the result as JSON")


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(_MOST_DAYS)) or int(text) > _MOST_DAYS:
        raise argparse.ArgumentTypeError(Text("a number of days from 0 to {most}", most=_MOST_DAYS))
    return int(text)


def _open(arguments: argparse.Namespace) -> tuple[State | None, str]:
    language = chosen_language(arguments)
    return State.existing(arguments.state or default_state()), language


def _require(state: State | None) -> State:
    if state is None:
        raise QuetsachError(
            Text("There is no clean-up to undo"),
            hint=Text("see the sessions: quetsach quarantine list"),
        )
    return state


def _list(arguments: argparse.Namespace) -> int:
    state, language = _open(arguments)
    found = summaries(state) if state is not None else ()
    if arguments.json:
        print_json([_as_json(summary) for summary in found])
    elif not found:
        print(Text("The quarantine is empty.").in_language(language))
    else:
        clock = bundled_country().time_name
        header = [column.with_values(clock=clock).in_language(language) for column in _COLUMNS]
        print_table(header, [_row(summary, language) for summary in found], right=(3, 4))
    return 0


def _row(summary: SessionSummary, language: str) -> list[object]:
    condition = _CONDITIONS[summary.condition].with_values(reason=summary.damage).in_language(language)
    started = (
        f"{summary.started.astimezone(bundled_country().zone):{Text('%Y-%m-%d %H:%M').in_language(language)}}"
        if summary.started
        else "—"
    )
    return [
        summary.session,
        started,
        summary.root or "—",
        summary.items,
        size_text(summary.size_bytes, language),
        condition,
    ]


def _as_json(summary: SessionSummary) -> dict[str, object]:
    return {
        "session": summary.session,
        "started": summary.started.isoformat() if summary.started else None,
        "root": summary.root,
        "items": summary.items,
        "size_bytes": summary.size_bytes,
        "condition": summary.condition,
        "damage": str(summary.damage),
    }


def _show(arguments: argparse.Namespace) -> int:
    state, language = _open(arguments)
    steps = steps_of(_require(state), arguments.session)
    if arguments.json:
        print_json(
            [_step_json(step.step.number, step.step.kind, format_step(step.step, language), step) for step in steps]
        )
        return 0
    header = [column.in_language(language) for column in _STEP_COLUMNS]
    rows = []
    for progress in steps:
        outcome = progress.undone or progress.outcome
        told = OUTCOMES[outcome].with_values(note=progress.note).in_language(language) if outcome else "—"
        rows.append([progress.step.number, format_step(progress.step, language), progress.step.family, told])
    print_table(header, rows, right=(0,))
    return 0


def _step_json(number: int, kind: str, told: str, progress: Any) -> dict[str, object]:
    return {
        "number": number,
        "kind": kind,
        "what": told,
        "family": progress.step.family,
        "evidence": progress.step.evidence,
        "outcome": progress.outcome,
        "undone": progress.undone,
        "note": progress.note,
    }


def _restore(arguments: argparse.Namespace) -> int:
    state, language = _open(arguments)
    if arguments.to is not None:
        return _take_out(_require(state), arguments, language)
    return undo_items(_require(state), arguments.session, arguments, language)


def _take_out(state: State, arguments: argparse.Namespace, language: str) -> int:
    """Write the content of one sealed item to a new file that nobody can run and only its owner can read."""
    if len(arguments.item) != 1:
        raise QuetsachError(Text("--to takes exactly one item"))
    sealed = sealed_of(state, arguments.session, arguments.item[0])
    file = open_own(arguments.to, Own.NEW, mode=0o400)
    try:
        try:
            sealed.write_to(file)
        finally:
            os.close(file)
    except BaseException:
        arguments.to.unlink()
        raise
    if arguments.json:
        size_bytes = sealed.record.state.size_bytes
        print_json({"file": str(arguments.to), "sha256": sealed.record.sha256, "size_bytes": size_bytes})
    else:
        print(
            Text(
                "The content of this item was written to {path} (SHA-256 {sha256}). It may be "
                "malware: do not run it, give it to an analyst only.",
                path=arguments.to,
                sha256=sealed.record.sha256,
            ).in_language(language)
        )
    return 0


def _purge(arguments: argparse.Namespace) -> int:
    state, language = _open(arguments)
    known = summaries(state) if state is not None else ()
    for session in arguments.session:
        _require(state).session_folder(session)
    chosen = _chosen(known, arguments)
    if chosen and not arguments.yes:
        require_terminal()
        size = size_text(sum(summary.size_bytes for summary in chosen), chosen_language(arguments))
        if not agrees(
            Text(
                "Delete the sealed files of {count} session ({size}) for good? They can NOT be "
                'undone afterwards. Type "yes" to agree: ',
                many="Delete the sealed files of {count} sessions ({size}) for good? They can NOT be "
                'undone afterwards. Type "yes" to agree: ',
                count=len(chosen),
                size=size,
            ).in_language(language)
        ):
            chosen = []
    if chosen:
        with _require(state).lock():
            for summary in chosen:
                purge(_require(state), summary.session)
    if arguments.json:
        print_json({"purged": [summary.session for summary in chosen]})
    else:
        print(
            Text(
                "The sealed files of {count} session were deleted for good.",
                many="The sealed files of {count} sessions were deleted for good.",
                count=len(chosen),
            ).in_language(language)
            if chosen
            else Text("There is no session to delete.").in_language(language)
        )
    return 0


def _chosen(known: tuple[SessionSummary, ...], arguments: argparse.Namespace) -> list[SessionSummary]:
    """Return the sessions to purge that still hold something; naming none and no age chooses none."""
    named = frozenset(arguments.session)
    before = datetime.now(UTC) - timedelta(days=arguments.older_than) if arguments.older_than is not None else None
    return [
        s
        for s in known
        if s.condition != "purged"
        and (s.session in named or (before is not None and s.started is not None and s.started <= before))
    ]
