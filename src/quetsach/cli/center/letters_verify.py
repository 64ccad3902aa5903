"""``quetsach center letters verify``: whether a file is a signed letter, and by whom; it needs no centre."""

import argparse
import dataclasses
from collections.abc import Mapping
from pathlib import Path

from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, Subcommands, add_command, add_language, chosen_language
from quetsach.core.errors import InputError

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


def register_verify(commands: Subcommands) -> None:
    """Add ``verify`` to the commands about letters."""
    command = add_command(
        commands,
        "verify",
        summary="whether a file is a letter with both its signatures, unchanged",
        examples="quetsach center letters verify 2049-STTTT-CNTT.pdf --root letters/keys/31-2020/root.pem",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="the PDF")
    command.add_argument(
        "--root",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="certificate of the authority to trust (PEM or DER); may be repeated",
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(command)
    command.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    from quetsach.web.office.letters.document.verification import is_signed_letter, verify  # noqa: PLC0415

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
