"""``quetsach center assess``: sightings to numbers, each with its definition."""

import argparse
import csv
import sys
import textwrap
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, print_table
from quetsach.core.errors import InputError
from quetsach.core.number import number_text
from quetsach.core.period import Period, parse_day

if TYPE_CHECKING:
    from quetsach.assess import Basis, Definition, Figure, Ranking, TargetReport, WindowChange, WindowCount
    from quetsach.cli.commands import Subcommands
    from quetsach.lake.lake import Lake

_RANKINGS = {
    "botnets": ("families ranked by mean daily addresses", "họ mã độc / family"),
    "isps": ("providers by mean daily addresses, with the rate per 1,000 announced", "nhà mạng / provider"),
    "places": ("provinces by mean daily addresses", "tỉnh, thành phố / province"),
}
_DEFAULT_DAYS = 30


def register(subcommands: "Subcommands") -> None:
    """Add ``assess`` with its questions."""
    parser = add_command(
        subcommands,
        "assess",
        summary="numbers from the sightings, each with its definition",
        examples="quetsach center assess botnets --from 2020-06-16 --to 2020-07-15\n"
        "quetsach center assess targets --campaign viet-nam-2020 --json",
    )
    questions = parser.add_subparsers(title="questions", metavar="QUESTION", required=True)
    for name, (summary, _) in _RANKINGS.items():
        question = add_command(
            questions,
            name,
            summary=summary,
            examples=f"quetsach center assess {name} --from 2020-06-16 --to 2020-07-15\n"
            f"quetsach center assess {name} --csv",
        )
        _add_shared(question, "(default: the 30 days up to the newest)")
        question.set_defaults(run=_rank, question=name)
    targets = add_command(
        questions,
        "targets",
        summary="change of equal windows against the frozen baseline of a campaign",
        examples="quetsach center assess targets --campaign viet-nam-2020\n"
        "quetsach center assess targets --from 2020-11-01 --to 2020-11-30 --json",
    )
    _add_shared(targets, "(default: the campaign's own windows)")
    targets.add_argument("--campaign", default="viet-nam-2020", metavar="ID", help="default: viet-nam-2020")
    targets.set_defaults(run=_targets)


def _add_shared(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--from", dest="first", metavar="DATE", help=f"first day, UTC {default}")
    parser.add_argument("--to", dest="last", metavar="DATE", help="last day, UTC")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON, with basis and definitions")
    form.add_argument("--csv", action="store_true", help="print CSV, one line a row")
    add_language(parser)


def _rank(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.cli.center.tables import load_families, load_network_tables, load_places  # noqa: PLC0415
    from quetsach.lake import answers  # noqa: PLC0415
    from quetsach.lake.lake import Lake  # noqa: PLC0415

    data = arguments.data or default_data()
    lake = Lake(data / "lake")
    period = _period(arguments) or _newest(lake)
    if arguments.question == "botnets":
        ranking = answers.families(lake, period, load_families())
    elif arguments.question == "isps":
        ranking = answers.isps(lake, period, load_network_tables(data))
    else:
        ranking = answers.places(lake, period, load_places())
    language = chosen_language(arguments)
    if arguments.json:
        print_json(ranking.as_json())
    elif arguments.csv:
        _print_csv(("rank", "id", "name", *(c.id for c in ranking.columns)), _cells(ranking, language))
    else:
        _show_ranking(ranking, arguments.question, language)
    return ExitCode.NOTHING_FOUND


def _targets(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.cli.center.tables import load_campaign  # noqa: PLC0415
    from quetsach.lake import answers  # noqa: PLC0415
    from quetsach.lake.lake import Lake  # noqa: PLC0415

    data = arguments.data or default_data()
    campaign = load_campaign(arguments.campaign, data)
    with Progress("Đang tính / counting", len(campaign.windows)) as progress:
        report = answers.targets(
            Lake(data / "lake"),
            campaign,
            baselines=data / "campaigns",
            now=datetime.now(UTC),
            asked=_period(arguments),
            progress=progress.advance,
        )
    if arguments.json:
        print_json(report.as_json())
    elif arguments.csv:
        header = ("window", "first", "last", "addresses", "change_percent", "published_addresses", "warnings")
        _print_csv(header, [_window_cells(window) for window in report.windows])
    else:
        _show_targets(report, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _period(arguments: argparse.Namespace) -> Period | None:
    if arguments.first is None and arguments.last is None:
        return None
    if arguments.first is None or arguments.last is None:
        raise InputError("a period needs both its days", hint="--from 2020-06-16 --to 2020-07-15")
    return Period(parse_day(arguments.first), parse_day(arguments.last))


def _newest(lake: "Lake") -> Period:
    newest = lake.newest_day(until=datetime.now(UTC).date())
    if newest is None:
        raise InputError("there are no sightings yet", hint="quetsach center ingest FILE --feed NAME")
    return Period(newest - timedelta(days=_DEFAULT_DAYS - 1), newest)


def _show_ranking(ranking: "Ranking", question: str, language: str) -> None:
    header = [
        "#",
        _RANKINGS[question][1].split(" / ")[language == "en"],
        *(_heading(c, language) for c in ranking.columns),
    ]
    rows = [
        (
            "–" if row.rank is None else row.rank,
            row.name.in_language(language),
            *(figure.text(language) if figure else "–" for figure in row.figures),
        )
        for row in ranking.rows
    ]
    print_table(header, rows, right=(0, *range(2, len(header))))
    whole = "Cả nước" if language == "vi" else "Whole country"
    print(f"\n{whole}: {ranking.total.text(language)} ({ranking.total.definition.name.in_language(language)})")
    _show_basis(ranking.basis, language)
    _show_definitions(ranking.columns, language)


def _heading(definition: "Definition", language: str) -> str:
    name, unit = definition.name.in_language(language), definition.unit.in_language(language)
    return f"{name} ({unit})" if unit in {"%", "‰"} else name


def _show_targets(report: "TargetReport", language: str) -> None:
    from quetsach.assess import DEFINITIONS, NO_VERDICT  # noqa: PLC0415

    vi = language == "vi"
    print(f"{report.name.in_language(language)}\n")
    print_table(
        ("kỳ", "từ – đến", "địa chỉ", "thay đổi", "theo số công bố")
        if vi
        else ("window", "days", "addresses", "change", "from published figures"),
        [
            _target_row(report.baseline, None, language),
            *(_target_row(w.count, w.change, language) for w in report.windows),
        ],
        right=(2, 3, 4),
    )
    for goal in report.goals:
        note = "" if goal.is_measured else (" (chưa có số liệu để đo)" if vi else " (nothing here measures it)")
        print(f"\n{'Chỉ tiêu' if vi else 'Target'}: {goal.text.in_language(language)}{note}")
    _print_wrapped(NO_VERDICT.in_language(language))
    for notice in (*report.notices, *(n for w in report.windows for n in w.notices)):
        _print_wrapped(f"{'Lưu ý' if vi else 'Note'}: {notice.text.in_language(language)}")
    if report.seal:
        print(f"\n{'Mốc đã chốt, SHA-256' if vi else 'Frozen baseline, SHA-256'} {report.seal}")
    _show_basis(report.baseline.basis, language)
    _show_definitions([DEFINITIONS["window-addresses"], DEFINITIONS["change-against-baseline"]], language)


def _target_row(count: "WindowCount", change: "Figure | None", language: str) -> tuple[str, ...]:
    from quetsach.assess import period_text  # noqa: PLC0415

    return (
        count.name.in_language(language),
        period_text(count.basis.window, language),
        number_text(count.addresses, language),
        f"{change.text(language, signed=True)}{'%' if language == 'vi' else ' %'}" if change else "–",
        number_text(count.published, language) if count.published else "–",
    )


def _show_basis(basis: "Basis", language: str) -> None:
    from quetsach.assess import period_text  # noqa: PLC0415

    window, feeds = period_text(basis.window, language), ", ".join(basis.feeds) or "–"
    tables = ", ".join(basis.network_versions) or "–"
    if language == "vi":
        newest = f"{basis.as_of:%d/%m/%Y}" if basis.as_of else "–"
        text = (
            f"Kỳ {window} (giờ UTC), có dữ liệu {basis.days_with_data} trên {basis.window.days} ngày; nguồn: {feeds}; "
            f"dữ liệu mới nhất: {newest}; bảng địa chỉ: {tables}."
        )
    else:
        text = (
            f"Window {window} (UTC), data on {basis.days_with_data} of {basis.window.days} days; feeds: {feeds}; "
            f"newest data: {basis.as_of or '–'}; address table: {tables}."
        )
    _print_wrapped(text)


def _show_definitions(definitions: "Iterable[Definition]", language: str) -> None:
    for definition in definitions:
        _print_wrapped(f"{definition.name.in_language(language)}: {definition.text.in_language(language)}")


def _print_wrapped(text: str) -> None:
    print("\n" + textwrap.fill(text, 100, subsequent_indent="  "))


def _cells(ranking: "Ranking", language: str) -> list[tuple[object, ...]]:
    return [
        (row.rank, row.id, row.name.in_language(language), *(f.value if f else None for f in row.figures))
        for row in ranking.rows
    ]


def _window_cells(window: "WindowChange") -> tuple[object, ...]:
    count = window.count
    return (
        count.id,
        count.basis.window.first,
        count.basis.window.last,
        count.addresses,
        window.change.value if window.change else None,
        count.published,
        " ".join(notice.code for notice in window.notices),
    )


def _print_csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(header)
    out.writerows(rows)
