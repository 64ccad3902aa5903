"""``quetsach center audit``: whether the office's log is whole, and the log as a file."""

import argparse
import io
import json
import sys
from typing import TextIO

from django.conf import settings

from quetsach.cli.locations import new_file
from quetsach.cli.output import print_json, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.text import Text
from quetsach.web.office.log.services import Head, Verdict, all_entries, as_json, head_read, verify

_NO_NOTE = Text("the note of the head that lies beside the data is missing")
_FAULTS = {
    "the entry is missing": Text("the entry is missing"),
    "the entry does not follow from the one before it": Text("the entry does not follow from the one before it"),
    "the entry was changed": Text("the entry was changed"),
    "the entry is not the one that was noted as head": Text("the entry is not the one that was noted as head"),
    "the log is cut off: a later head was noted": Text("the log is cut off: a later head was noted"),
}


def check_chain(arguments: argparse.Namespace) -> int:
    """Follow the chain of digests, and hold it against heads that were noted elsewhere."""
    language = chosen_language(arguments)
    now = arguments.now
    data = settings.CENTER.data
    beside = head_read(data) if data else None
    heads = [Head(*noted) for noted in arguments.head] + ([beside] if beside else [])
    verdict = verify(all_entries(), heads=heads)
    if not verdict.fault and verdict.entries and beside is None:
        fault = _NO_NOTE.in_language(language)
        verdict = Verdict(verdict.entries, verdict.head, fault, verdict.entries)
    if arguments.json:
        print_json(
            {
                "is_whole": not verdict.fault,
                "entries": verdict.entries,
                "head": _text(verdict.head),
                "fault": verdict.fault,
                "first_broken": verdict.number or None,
                "verified_at": now.isoformat(timespec="seconds"),
            }
        )
    else:
        _tell(verdict, language)
    return ExitCode.USAGE if verdict.fault else ExitCode.NOTHING_FOUND


def _tell(verdict: Verdict, language: str) -> None:
    if verdict.fault:
        tell(
            Text(
                "The log is NOT whole: from entry {number} on: {fault}",
                number=verdict.number,
                fault=_FAULTS.get(verdict.fault, verdict.fault),
            ),
            language,
        )
    elif verdict.head is None:
        tell(Text("The log has no entry yet."), language)
    else:
        tell(
            Text(
                "The log is whole: {entries} entries. Head: {head}", entries=verdict.entries, head=_text(verdict.head)
            ),
            language,
        )
        tell(
            Text(
                "Note the head somewhere else; check against it the next time with --head {head}",
                head=_text(verdict.head),
            ),
            language,
        )


def _text(head: Head | None) -> str:
    return f"{head.number}:{head.digest}" if head else ""


def export(arguments: argparse.Namespace) -> int:
    """Write the log as JSON lines."""
    if arguments.file is None:
        _write(sys.stdout)
        return ExitCode.NOTHING_FOUND
    with new_file(arguments.file) as raw:
        file = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
        _write(file)
        file.detach()
    return ExitCode.NOTHING_FOUND


def _write(file: TextIO) -> None:
    file.writelines(json.dumps(as_json(entry), ensure_ascii=False) + "\n" for entry in all_entries())
