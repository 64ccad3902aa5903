"""``quetsach center assess grades`` and ``ranks``: grades and rank intervals of providers, or of anyone's estimates."""

import argparse
from math import floor, log10

import numpy as np

from quetsach import storage
from quetsach.assess.estimate import NotEstimable
from quetsach.assess.grades import (
    GradedProvider,
    LeagueTable,
    Method,
    ProviderGrades,
    grade_providers,
    ranked,
    read_estimates,
)
from quetsach.assess.rows import MAX_BYTES
from quetsach.assess.subscribers import Chosen
from quetsach.centre.answers import weekly_machines
from quetsach.cli.center.assess.windows import (
    asked_period,
    newest_period,
    percent,
    print_csv,
    print_wrapped,
    subscribers_of,
    tell_wrapped,
)
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.output import Progress, print_json, print_table
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text, all_in_language, number_text
from quetsach.network import NetworkTables

_DAYS = 28
_PROVIDERS = (
    Text("provider"),
    Text("infections"),
    Text("per 1,000 subscribers"),
    Text("rank"),
    Text("grade", context="assess"),
    Text("own change"),
)
_RANKS = (
    Text("name"),
    Text("estimate"),
    Text("shrunk"),
    Text("rank (own)"),
    Text("rank (all at once)"),
    Text("grade", context="assess"),
)


def grade(arguments: argparse.Namespace) -> int:
    """Grade providers by infections per 1,000 subscribers."""
    if arguments.seed < 0:
        raise InputError(Text("a seed is 0 or more"))
    centre = centre_with_lake(arguments)
    tables = centre.network
    table = subscribers_of(arguments.subscribers, centre.data)
    with centre.view() as view:
        period = asked_period(arguments) or newest_period(view, _DAYS)
        windows = [period, *([Period.parse(arguments.against)] if arguments.against else [])]
        with Progress(
            Text("counting", context="progress").in_language(chosen_language(arguments)),
            sum(window.days // 7 for window in windows),
        ) as progress:
            announced = tables.ranges.announced_ipv4()
            weeks = [weekly_machines(view, w, announced=announced, progress=progress.advance) for w in windows]
    chosen = table.on(period.last)
    result = grade_providers(chosen.numbers, *weeks, rng=np.random.default_rng(arguments.seed))
    language = chosen_language(arguments)
    if arguments.json:
        window = {"first": str(period.first), "last": str(period.last), "seed": arguments.seed}
        print_json({"lake": view.state, **window, **result.as_json(), "subscribers": chosen.as_json()})
    elif isinstance(result, NotEstimable):
        tell_wrapped(result.text, language)
    elif arguments.csv:
        _print_csv(result)
    else:
        _show(result, tables, chosen, language)
    return ExitCode.NOTHING_FOUND


def _show(grades: ProviderGrades, tables: NetworkTables, chosen: Chosen, language: str) -> None:
    rows = [_row(provider, tables, language) for provider in grades.providers]
    print_table(all_in_language(_PROVIDERS, language), rows, right=(1, 2, 3, 5))
    for provider, refusal in grades.refused.items():
        print_wrapped(f"{tables.isp_name(provider, language)}: {refusal.text.in_language(language)}")
    if grades.without_subscribers:
        names = ", ".join(tables.isp_name(name, language) for name in grades.without_subscribers)
        tell_wrapped(Text("Without subscribers, not graded: {names}.", names=names), language)
    for text in chosen.told(lambda isp: _named(tables, isp)):
        tell_wrapped(text, language)
    closing = Text(
        "Rates are drawn to what all providers have in common (empirical Bayes); 95 % intervals. Graded where the "
        "probability of lying on one side of the median is at least 0.95. Publish grades, not ranks."
    )
    tell_wrapped(closing, language)


def _named(tables: NetworkTables, isp: str) -> LocalText:
    return LocalText(tables.isp_name(isp, "vi"), tables.isp_name(isp, "en"))


def _row(provider: GradedProvider, tables: NetworkTables, language: str) -> tuple[str, ...]:
    rate, change = provider.graded.shrunk, provider.change
    per_thousand = " – ".join(number_text(v, language, decimals=2) for v in (rate.low, rate.high))
    own = "–"
    if change:
        ends = (change.change.low, change.change.high)
        middle = percent(change.change.value, signed=True).in_language(language)
        low, high = (number_text(100 * end, language, signed=True) for end in ends)
        own = f"{middle} ({low} – {high})"
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


def rank(arguments: argparse.Namespace) -> int:
    """Give rank intervals and grades of estimates with standard errors."""
    if not 0.5 <= arguments.confidence < 1:
        raise InputError(Text("a confidence from 0.5 to below 1"), hint="--confidence 0.95")
    table = read_estimates(storage.read_input(arguments.file, most_bytes=MAX_BYTES), where=str(arguments.file))
    with Progress(
        Text("counting", context="progress").in_language(chosen_language(arguments)), 2 * len(table.names)
    ) as progress:
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
        tell_wrapped(result.text, chosen_language(arguments))
    else:
        _show_ranks(result, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _show_ranks(table: LeagueTable, language: str) -> None:
    print_table(
        ["#", *all_in_language(_RANKS, language)],
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
    closing = Text(
        "Rank (own): holds the true rank of that name with {level} confidence. Rank (all at once): holds the true "
        "ranks of all names together. Shrunk: the estimate drawn to the common mean by its error. Graded where the "
        "probability of lying on one side of the median is at least 0.95. Do not publish the bare rank (#).",
        level=percent(table.confidence, _decimals(100 * table.confidence)),
    )
    tell_wrapped(closing, language)


def _number(value: float, error: float, language: str) -> str:
    """Write a value to two figures of its error."""
    return number_text(value, language, decimals=min(12, max(0, 1 - floor(log10(error)))))


def _decimals(percent: float) -> int:
    return 0 if percent == round(percent) else 1
