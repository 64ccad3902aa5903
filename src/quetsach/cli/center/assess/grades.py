"""``quetsach center assess grades``: providers against the middle, and against what they were."""

import argparse
from pathlib import Path

import numpy as np

from quetsach.assess.grades import GradedProvider, ProviderGrades, grade_providers, read_subscribers
from quetsach.assess.not_estimable import NotEstimable
from quetsach.assess.rows import MAX_BYTES
from quetsach.centre.answers import weekly_machines
from quetsach.centre.centre import Centre
from quetsach.cli.center.assess.windows import asked_period, newest_period, print_csv, print_wrapped
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, print_table
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.number import number_text
from quetsach.core.period import Period
from quetsach.network import NetworkTables

_DAYS = 28


def run(arguments: argparse.Namespace) -> int:
    """Grade providers by infections per 1,000 subscribers."""
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
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _show(grades: ProviderGrades, tables: NetworkTables, language: str) -> None:
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
        "Tỷ lệ đã được kéo về mức chung của các nhà mạng (Bayes thực nghiệm); khoảng tin cậy 95%. Xếp loại khi xác "
        "suất nằm về một phía của trung vị ít nhất là 0,95. Nên công bố xếp loại, không công bố thứ hạng."
        if vi
        else "Rates are drawn to what all providers have in common (empirical Bayes); 95 % intervals. Graded where the "
        "probability of lying on one side of the median is at least 0.95. Publish grades, not ranks."
    )


def _row(provider: GradedProvider, tables: NetworkTables, language: str) -> tuple[str, ...]:
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


def _print_csv(grades: ProviderGrades) -> None:
    header = ("isp", "subscribers", "machines", "per_thousand", "low", "high", "rank_low", "rank_high", "grade")
    rows = [
        (p.isp, p.subscribers, p.machines, p.graded.shrunk.value, p.graded.shrunk.low, p.graded.shrunk.high,
         *p.graded.rank, p.graded.grade.value, *_change(p))
        for p in grades.providers
    ]  # fmt: skip
    print_csv((*header, "change", "change_low", "change_high"), rows)


def _change(provider: GradedProvider) -> tuple[float | None, ...]:
    change = provider.change
    return (change.change.value, change.change.low, change.change.high) if change else (None, None, None)
