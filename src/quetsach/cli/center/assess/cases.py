"""``quetsach center assess cases``: how long infections last, who is quicker, and what comes back."""

import argparse
from pathlib import Path

import numpy as np

from quetsach import storage
from quetsach.assess.cases import CaseReport, Group, History, SubjectKind, TimeToClean, case_report
from quetsach.assess.cases.report import read_history
from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.rows import MAX_BYTES
from quetsach.cli.center.arguments.figures import CASE_DAYS
from quetsach.cli.center.assess.windows import asked_period, newest_period, print_csv, print_wrapped, tell_wrapped
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.output import print_json, print_table
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.text import LocalText, Number, Text, all_in_language, number_text
from quetsach.lake.cases import bot_history

_STILL_INFECTED = (14, 30)
_GROUPS = (Text("group"), Text("became clean"), Text("median, days"))


def run(arguments: argparse.Namespace) -> int:
    """Tell time to clean by bot ID or subscriber, and reinfection."""
    if arguments.seed < 0:
        raise InputError(Text("a seed is 0 or more"))
    history = _of_file(arguments) if arguments.sightings else _of_lake(arguments)
    result: CaseReport | NotEstimable = NotEstimable(NotEstimableReason.NO_BOT_IDS)
    if history:
        result = case_report(
            history,
            by=Group(arguments.by),
            started_days=_origin(history, arguments.started),
            rng=np.random.default_rng(arguments.seed),
        )
    language = chosen_language(arguments)
    if arguments.json:
        print_json(result.as_json())
    elif isinstance(result, NotEstimable):
        tell_wrapped(result.text, language)
    elif arguments.csv:
        _print_csv(result)
    else:
        _show(result, language)
    return ExitCode.NOTHING_FOUND


def _of_lake(arguments: argparse.Namespace) -> History | None:
    with centre_with_lake(arguments).view() as view:
        return bot_history(view, asked_period(arguments) or newest_period(view, CASE_DAYS))


def _of_file(arguments: argparse.Namespace) -> History:
    if asked_period(arguments) or arguments.data:
        raise InputError(Text("--sightings has its own days and needs no --data, --from or --to"))
    path: Path = arguments.sightings
    content = storage.read_input(path, most_bytes=MAX_BYTES)
    return read_history(content, kind=SubjectKind(arguments.subjects), where=str(path))


def _origin(history: History, started: str | None) -> float | None:
    if started is None:
        return None
    origin = history.beginning_of(parse_day(started))
    if origin is None:
        raise InputError(
            Text("the start of the campaign is not in the window"), where=started, hint=Text("--from and --to")
        )
    return origin


def _show(report: CaseReport, language: str) -> None:
    whole = Text("All").in_language(language)
    rows = [_row(name, group, language) for name, group in [*report.groups.items(), (whole, report.whole)]]
    after = [Text("infected after {days} days", days=days) for days in _STILL_INFECTED]
    print_table(all_in_language((*_GROUPS, *after), language), rows, right=(1, 2, 3, 4))
    groups = [*report.groups.values(), report.whole]
    figures = [
        a for g in groups for a in ([g] if isinstance(g, NotEstimable) else [g.median, *g.still_infected.values()])
    ]
    for reason in dict.fromkeys(a.text for a in figures if isinstance(a, NotEstimable)):
        print_wrapped(f"–: {reason.in_language(language)}")
    if not isinstance(report.comparison, NotEstimable):
        chance = Text(
            "If the groups were equally quick, so large a difference had probability {chance} (log-rank test).",
            chance=Number(report.comparison.probability, decimals=4),
        )
        tell_wrapped(chance, language)
    if report.treatment:
        factor = _answer(report.treatment, 2)
        tell_wrapped(Text("Treated become clean faster by a factor of: {factor}", factor=factor), language)
    for days, answer in report.reinfection.items():
        again = _answer(answer, 1, is_share=True)
        tell_wrapped(Text("Infected again within {days} days: {again}", days=days, again=again), language)
    closing = Text(
        "{episodes} episodes; 95 % intervals. An episode ends with the last sighting before 14 quiet days on the "
        "uptime clock.",
        episodes=report.episodes,
    )
    tell_wrapped(closing, language)


def _row(name: str, group: TimeToClean | NotEstimable, language: str) -> tuple[str, ...]:
    if isinstance(group, NotEstimable):
        events = group.measured.get("events")
        return (name, "–" if events is None else number_text(events, language), *["–"] * 3)
    shares = [(group.still_infected[d], 0, True) for d in _STILL_INFECTED]
    cells = (
        "–" if isinstance(answer, NotEstimable) else _answer(answer, decimals, is_share=is_share).in_language(language)
        for answer, decimals, is_share in [(group.median, 1, False), *shares]
    )
    return (name, number_text(group.events, language), *cells)


def _answer(answer: Answer, decimals: int, *, is_share: bool = False) -> LocalText:
    if isinstance(answer, NotEstimable):
        return answer.text
    scale = 100 if is_share else 1
    middle, low, high = (
        "∞" if number == float("inf") else Number(scale * number, decimals)
        for number in (answer.value, answer.low, answer.high)
    )
    value = Text("{share} %", share=middle) if is_share else middle
    return Text("{value} ({low} – {high})", value=value, low=low, high=high)


def _print_csv(report: CaseReport) -> None:
    header = ["group", "episodes", "events", "refused"]
    for name in ("median_days", *(f"infected_{d}_days" for d in _STILL_INFECTED)):
        header += [name, f"{name}_low", f"{name}_high"]
    rows = []
    for name, group in [*report.groups.items(), ("", report.whole)]:
        if isinstance(group, NotEstimable):
            rows.append([name, None, group.measured.get("events"), group.reason.value, *[None] * 9])
            continue
        figures = [group.median, *group.still_infected.values()]
        cells = [getattr(f, e) if isinstance(f, Estimate) else None for f in figures for e in ("value", "low", "high")]
        rows.append([name, group.spells, group.events, "", *(None if c == float("inf") else c for c in cells)])
    print_csv(header, rows)
