"""``quetsach center audit``: whether the office's log is whole, and the log as a file."""

import argparse
import io
import json
import sys
from collections.abc import Mapping
from typing import TextIO

from django.conf import settings

from quetsach import storage
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.web.office.log.services import Head, Verdict, all_entries, as_json, head_read, verify

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "whole": "Nhật ký nguyên vẹn: {entries} mục. Mục cuối: {head}",
        "note": "Ghi lại mục cuối ở nơi khác; lần sau kiểm tra với --head {head}",
        "empty": "Nhật ký chưa có mục nào.",
        "broken": "Nhật ký KHÔNG nguyên vẹn: từ mục {number}: {fault}",
        "no-note": "không có ghi chú về mục cuối bên cạnh dữ liệu",
        "the entry is missing": "thiếu mục này",
        "the entry does not follow from the one before it": "mục này không nối tiếp mục liền trước",
        "the entry was changed": "mục này đã bị sửa",
        "the entry is not the one that was noted as head": "mục này không phải mục cuối đã được ghi lại",
        "the log is cut off: a later head was noted": "nhật ký bị cắt: đã từng ghi lại một mục cuối muộn hơn",
    },
    "en": {
        "whole": "The log is whole: {entries} entries. Head: {head}",
        "note": "Note the head somewhere else; check against it the next time with --head {head}",
        "empty": "The log has no entry yet.",
        "broken": "The log is NOT whole: from entry {number} on: {fault}",
        "no-note": "the note of the head that lies beside the data is missing",
    },
}


def check_chain(arguments: argparse.Namespace) -> int:
    """Follow the chain of digests, and hold it against heads that were noted elsewhere."""
    words = _WORDS[chosen_language(arguments)]
    now = arguments.now
    data = settings.CENTER.data
    beside = head_read(data) if data else None
    heads = [Head(*noted) for noted in arguments.head] + ([beside] if beside else [])
    verdict = verify(all_entries(), heads=heads)
    if not verdict.fault and verdict.entries and beside is None:
        verdict = Verdict(verdict.entries, verdict.head, words["no-note"], verdict.entries)
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
        _tell(verdict, words)
    return ExitCode.USAGE if verdict.fault else ExitCode.NOTHING_FOUND


def _tell(verdict: Verdict, words: Mapping[str, str]) -> None:
    if verdict.fault:
        say(words["broken"].format(number=verdict.number, fault=words.get(verdict.fault, verdict.fault)))
    elif verdict.head is None:
        say(words["empty"])
    else:
        say(words["whole"].format(entries=verdict.entries, head=_text(verdict.head)))
        say(words["note"].format(head=_text(verdict.head)))


def _text(head: Head | None) -> str:
    return f"{head.number}:{head.digest}" if head else ""


def export(arguments: argparse.Namespace) -> int:
    """Write the log as JSON lines."""
    if arguments.file is None:
        _write(sys.stdout)
        return ExitCode.NOTHING_FOUND
    try:
        with storage.replacing(arguments.file, once=True) as raw:
            file = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
            _write(file)
            file.detach()
    except FileExistsError as error:
        raise InputError("the file is there already", where=str(arguments.file), hint="name a new one") from error
    except OSError as error:
        raise QuetsachError("the file cannot be written", where=str(arguments.file), hint=str(error)) from error
    return ExitCode.NOTHING_FOUND


def _write(file: TextIO) -> None:
    file.writelines(json.dumps(as_json(entry), ensure_ascii=False) + "\n" for entry in all_entries())
