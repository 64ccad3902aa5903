"""``quetsach center assess ranks``: a league table of anyone's estimates, with what is not known of its order."""

import argparse
from math import floor, log10
from pathlib import Path

from quetsach.assess.grades import LeagueTable, Method, ranked, read_estimates
from quetsach.assess.not_estimable import NotEstimable
from quetsach.assess.rows import MAX_BYTES
from quetsach.cli.center.assess.windows import print_wrapped
from quetsach.cli.output import Progress, print_json, print_table
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.number import number_text


def run(arguments: argparse.Namespace) -> int:
    """Give rank intervals and grades of estimates with standard errors."""
    if not 0.5 <= arguments.confidence < 1:
        raise InputError("a confidence from 0.5 to below 1", hint="--confidence 0.95")
    table = read_estimates(_content(arguments.file), where=str(arguments.file))
    with Progress("Đang tính / counting", 2 * len(table.names)) as progress:
        result = ranked(
            table,
            low_is_good=arguments.first == "lowest",
            method=Method(arguments.method),
            confidence=arguments.confidence,
            progress=progress.advance,
        )
    if arguments.json:
        print_json(result.as_json())
    elif isinstance(result, NotEstimable):
        print_wrapped(result.text.in_language(chosen_language(arguments)))
    else:
        _show(result, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _show(table: LeagueTable, language: str) -> None:
    vi = language == "vi"
    print_table(
        ("#", "tên", "ước lượng", "đã co", "hạng (riêng)", "hạng (cùng lúc)", "xếp loại")
        if vi
        else ("#", "name", "estimate", "shrunk", "rank (own)", "rank (all at once)", "grade"),
        [
            (
                row.rank,
                row.name,
                _number(row.estimate, row.error, language),
                _number(row.graded.shrunk.value, row.error, language),
                "{} – {}".format(*row.marginal),
                "{} – {}".format(*row.simultaneous),
                row.graded.grade.text.in_language(language),
            )
            for row in table.rows
        ],
        right=(0, 2, 3, 4, 5),
    )
    level = number_text(100 * table.confidence, language, decimals=_decimals(100 * table.confidence))
    print_wrapped(
        f"Hạng (riêng): chứa hạng thật của đơn vị đó với độ tin cậy {level}%. Hạng (cùng lúc): chứa hạng thật của mọi "
        "đơn vị cùng một lúc. Đã co: ước lượng được kéo về mức chung theo sai số của nó. Xếp loại khi xác suất nằm về "
        "một phía của trung vị ít nhất là 0,95. Không nên công bố thứ hạng đơn lẻ (#)."
        if vi
        else f"Rank (own): holds the true rank of that name with {level} % confidence. Rank (all at once): holds the "
        "true ranks of all names together. Shrunk: the estimate drawn to the common mean by its error. Graded where "
        "the probability of lying on one side of the median is at least 0.95. Do not publish the bare rank (#)."
    )


def _number(value: float, error: float, language: str) -> str:
    """Write a value to two figures of its error."""
    return number_text(value, language, decimals=min(12, max(0, 1 - floor(log10(error)))))


def _decimals(percent: float) -> int:
    return 0 if percent == round(percent) else 1
