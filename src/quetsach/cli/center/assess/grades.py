"""``quetsach center assess grades``: providers against the middle, and against what they were."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center.assess.windows import add_window, asked_period, newest_period, print_csv, print_wrapped
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, print_table
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.number import number_text
from quetsach.core.period import Period

if TYPE_CHECKING:
    from quetsach.assess.grades import GradedProvider, ProviderGrades
    from quetsach.network import NetworkTables

_DAYS = 28


def register(question: Parser) -> None:
    """Add ``grades``."""
    question.show_examples(
        "quetsach center assess grades --subscribers subscribers.csv\n"
        "quetsach center assess grades --subscribers subscribers.csv --from 2020-12-07 --to 2021-01-03 "
        "--against 2020-06-15..2020-07-12 --json"
    )
    add_window(question, "(default: the four weeks up to the newest)")
    question.add_argument(
        "--subscribers",
        type=Path,
        required=True,
        metavar="FILE",
        help="the regulator's figures: a table with the columns isp,subscribers",
    )
    question.add_argument("--against", metavar="D..D", help="tell each one's change from this earlier window")
    question.add_argument(
        "--seed", type=int, default=2020, metavar="N", help="of the draws of own changes (default: 2020)"
    )
    question.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    import numpy as np  # noqa: PLC0415

    from quetsach.assess.grades import grade_providers, read_subscribers  # noqa: PLC0415
    from quetsach.assess.not_estimable import NotEstimable  # noqa: PLC0415
    from quetsach.centre.answers import weekly_machines  # noqa: PLC0415
    from quetsach.centre.centre import Centre  # noqa: PLC0415

    if arguments.seed < 0:
        raise InputError("a seed is 0 or more")
    centre = Centre(arguments.data or default_data())
    tables = centre.network
    subscribers = read_subscribers(_content(arguments.subscribers), where=str(arguments.subscribers))
    with centre.view() as view:
        period = asked_period(arguments) or newest_period(view, _DAYS)
        windows = [period, *([Period.parse(arguments.against)] if arguments.against else [])]
        with Progress("Đang tính / counting", sum(window.days // 7 for window in windows)) as progress:
            announced = tables.ranges.announced_ipv4()
            weeks = [weekly_machines(view, w, announced=announced, progress=progress.advance) for w in windows]
    result = grade_providers(subscribers, *weeks, rng=np.random.default_rng(arguments.seed))
    language = chosen_language(arguments)
    if arguments.json:
        window = {"first": str(period.first), "last": str(period.last), "seed": arguments.seed}
        print_json({"lake": view.state, **window, **result.as_json()})
    elif isinstance(result, NotEstimable):
        print_wrapped(result.text.in_language(language))
    elif arguments.csv:
        _print_csv(result)
    else:
        _show(result, tables, language)
    return ExitCode.NOTHING_FOUND


def _content(path: Path) -> bytes:
    from quetsach.assess.rows import MAX_BYTES  # noqa: PLC0415

    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _show(grades: "ProviderGrades", tables: "NetworkTables", language: str) -> None:
    vi = language == "vi"
    header = (
        ("nhà mạng", "ca nhiễm", "trên 1.000 thuê bao", "hạng", "xếp loại", "so với kỳ trước")
        if vi
        else ("provider", "infections", "per 1,000 subscribers", "rank", "grade", "own change")
    )
    rows = [_row(provider, tables, language) for provider in grades.providers]
    print_table(header, rows, right=(1, 2, 3, 5))
    for provider, refusal in grades.refused.items():
        print_wrapped(f"{tables.isp_name(provider, language)}: {refusal.text.in_language(language)}")
    if grades.without_subscribers:
        names = ", ".join(tables.isp_name(name, language) for name in grades.without_subscribers)
        print_wrapped(f"{'Chưa có số thuê bao, không xếp' if vi else 'Without subscribers, not graded'}: {names}.")
    print_wrapped(
        "Tỷ suất đã co về mức chung của các nhà mạng (Bayes thực nghiệm); khoảng tin cậy 95%. Xếp loại khi xác suất "
        "nằm về một phía của trung vị ít nhất là 0,95. Nên công bố xếp loại, không công bố thứ hạng."
        if vi
        else "Rates are drawn to what all providers have in common (empirical Bayes); 95 % intervals. Graded where the "
        "probability of lying on one side of the median is at least 0.95. Publish grades, not ranks."
    )


def _row(provider: "GradedProvider", tables: "NetworkTables", language: str) -> tuple[str, ...]:
    rate, change = provider.graded.shrunk, provider.change
    per_thousand = " – ".join(number_text(v, language, decimals=2) for v in (rate.low, rate.high))
    sign = "%" if language == "vi" else " %"
    own = "–"
    if change:
        low, middle, high = (
            number_text(100 * v, language, signed=True)
            for v in (change.change.low, change.change.value, change.change.high)
        )
        own = f"{middle}{sign} ({low} – {high})"
    return (
        tables.isp_name(provider.isp, language),
        number_text(provider.machines, language),
        f"{number_text(rate.value, language, decimals=2)} ({per_thousand})",
        "{} – {}".format(*provider.graded.rank),
        provider.graded.grade.text.in_language(language),
        own,
    )


def _print_csv(grades: "ProviderGrades") -> None:
    header = ("isp", "subscribers", "machines", "per_thousand", "low", "high", "rank_low", "rank_high", "grade")
    rows = [
        (p.isp, p.subscribers, p.machines, p.graded.shrunk.value, p.graded.shrunk.low, p.graded.shrunk.high,
         *p.graded.rank, p.graded.grade.value, *_change(p))
        for p in grades.providers
    ]  # fmt: skip
    print_csv((*header, "change", "change_low", "change_high"), rows)


def _change(provider: "GradedProvider") -> tuple[float | None, ...]:
    change = provider.change
    return (change.change.value, change.change.low, change.change.high) if change else (None, None, None)
