"""``quetsach center letters verify``: whether a file is a signed letter, and by whom; it needs no centre."""

import argparse
import dataclasses
from collections.abc import Mapping
from pathlib import Path

from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.web.office.letters.document.verification import is_signed_letter, verify

_MOST_BYTES = 20 << 20
_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "header": "chữ ký|người ký|thời gian|nguyên vẹn|tin cậy|không thêm gì sau đó|dấu thời gian",
        "yes": "có",
        "no": "KHÔNG",
        "good": "Công văn có đủ hai chữ ký hợp lệ, không bị sửa đổi.",
        "bad": "KHÔNG phải công văn có đủ hai chữ ký hợp lệ.",
    },
    "en": {
        "header": "signature|signer|time|intact|trusted|nothing added after|time stamp",
        "yes": "yes",
        "no": "NO",
        "good": "Both signatures of the letter are there and good; nothing was changed.",
        "bad": "This is NOT a letter with both its signatures good.",
    },
}


def check_letter(arguments: argparse.Namespace) -> int:
    """Verify that a file is a letter with both its signatures, unchanged."""
    states = verify(_read(arguments.file), [_read(root) for root in arguments.root])
    is_good = is_signed_letter(states)
    words = _WORDS[chosen_language(arguments)]
    if arguments.json:
        print_json({"is_signed_letter": is_good, "signatures": [dataclasses.asdict(state) for state in states]})
    else:
        rows = []
        for state in states:
            marks = (state.is_intact, state.is_trusted, state.is_last_word, state.is_time_proven)
            at = state.signed_at.isoformat(sep=" ") if state.signed_at else "–"
            rows.append((state.field, state.signer, at, *(words["yes" if mark else "no"] for mark in marks)))
        if rows:
            print_table(words["header"].split("|"), rows)
        say(words["good" if is_good else "bad"])
    return ExitCode.NOTHING_FOUND if is_good else ExitCode.USAGE


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(file)) from error
