"""``quetsach center feeds``: what can be read, what was set aside, and how the feeds are."""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from quetsach.cli.center.opened import add_centre_command, opened_lake
from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.output import print_json, print_json_list, print_table
from quetsach.core.number import number_text
from quetsach.core.period import Period

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands
    from quetsach.lake.delivery import Delivery

_WORDS: Mapping[str, Mapping[str, Any]] = {
    "vi": {
        "list": ("nguồn", "báo cáo", "nội dung"),
        "quarantine": ("tệp", "dòng", "vị trí byte", "lý do", "cột", "giá trị"),
        "nothing": "Không có bản ghi nào bị tách riêng.",
        "health": (
            "nguồn",
            "báo cáo",
            "lần nhận",
            "ngày đầu",
            "ngày mới nhất",
            "ngày không có dữ liệu",
            "ngày ghi sai",
            "tách riêng",
        ),
        "no data": "Chưa nhận dữ liệu nào.",
    },
    "en": {
        "list": ("feed", "report", "content"),
        "quarantine": ("file", "line", "offset", "reason", "column", "excerpt"),
        "nothing": "Nothing was set aside.",
        "health": (
            "feed",
            "report",
            "deliveries",
            "first day",
            "newest day",
            "days without data",
            "wrong days",
            "set aside",
        ),
        "no data": "No data yet.",
    },
}

_BATCH_ROWS = 10_000
_STRAY_GAP_DAYS = 30
_STRAY_SHARE = 0.01
"""A first day with less than this share of a usual day, so long before the next one, is a wrong date."""


def register(subcommands: "Subcommands") -> None:
    """Add ``feeds`` with ``list``, ``quarantine`` and ``health``."""
    parser = add_command(
        subcommands,
        "feeds",
        summary="what can be read, what was set aside and why, how the feeds are",
        examples="quetsach center feeds list\nquetsach center feeds quarantine --json\nquetsach center feeds health",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = add_command(
        commands,
        "list",
        summary="the feeds and reports that can be read, with their columns",
        examples="quetsach center feeds list --json",
    )
    listing.set_defaults(run=_list)
    quarantine = add_centre_command(
        commands,
        "quarantine",
        _quarantine,
        "every record that was set aside: file, line, byte offset, reason",
        "quetsach center feeds quarantine\nquetsach center feeds quarantine --delivery 906c9e5c --json",
    )
    quarantine.add_argument(
        "--delivery", metavar="ID", help="only of this delivery (at least the first 8 characters of its SHA-256)"
    )
    add_centre_command(
        commands,
        "health",
        _health,
        "for each feed: newest day, days without data, share of records set aside",
        "quetsach center feeds health --json",
    )
    listing.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(listing)


def _list(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.feeds import LAYOUTS  # noqa: PLC0415

    if arguments.json:
        print_json(
            [
                {
                    "feed": layout.feed,
                    "report": layout.report,
                    "summary": {"vi": layout.summary_vi, "en": layout.summary_en},
                    "required": sorted(layout.required),
                    "columns": dict(layout.columns),
                }
                for layout in LAYOUTS
            ]
        )
    else:
        language = chosen_language(arguments)
        summaries = [layout.summary_vi if language == "vi" else layout.summary_en for layout in LAYOUTS]
        rows = [(layout.feed, layout.report, text) for layout, text in zip(LAYOUTS, summaries, strict=True)]
        print_table(_WORDS[language]["list"], rows)
    return ExitCode.NOTHING_FOUND


def _quarantine(arguments: argparse.Namespace) -> int:
    lake = opened_lake(arguments)
    from quetsach.cli.center.reader import reader  # noqa: PLC0415

    words = _WORDS[chosen_language(arguments)]
    rejects = lake.view().quarantined(arguments.delivery, by=reader("center feeds quarantine"))
    rejects = rejects.rename_columns(["file", "delivery", "line", "offset", "length", "reason", "column", "excerpt"])
    if arguments.json:
        print_json_list(row for batch in rejects.to_batches(max_chunksize=_BATCH_ROWS) for row in batch.to_pylist())
    elif rejects.num_rows:
        shown = rejects.select(["file", "line", "offset", "reason", "column", "excerpt"])
        print_table(
            words["quarantine"], zip(*(column.to_pylist() for column in shown.columns), strict=True), right=(1, 2)
        )
    else:
        print(words["nothing"])
    return ExitCode.NOTHING_FOUND


def _health(arguments: argparse.Namespace) -> int:
    lake = opened_lake(arguments)
    words = _WORDS[chosen_language(arguments)]
    of_report: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for delivery in lake.view().deliveries():
        of_report[delivery.feed, delivery.report].append(delivery)
    today = datetime.now(UTC).date()
    states = [feed_state(*name, deliveries, today=today) for name, deliveries in sorted(of_report.items())]
    if arguments.json:
        print_json(states)
    elif states:
        print_table(words["health"], [_row(state, chosen_language(arguments)) for state in states], right=(2, 5, 6, 7))
    else:
        print(words["no data"])
    return ExitCode.NOTHING_FOUND


def feed_state(feed: str, report: str, deliveries: "Iterable[Delivery]", *, today: date) -> dict[str, Any]:
    """Return how one report is. A day without data between its first and its newest day is a gap, not a zero.

    Days after ``today`` (UTC) and stray ones long before the feed began are no days of it, and make no gaps.
    """
    given = list(deliveries)
    sightings: Counter[date] = Counter()
    for delivery in given:
        sightings.update(delivery.days)
    wrong = sorted({day for day in sightings if day > today} | _stray(sightings, today))
    days = set(sightings) - set(wrong)
    records, quarantined = (sum(getattr(d, name) for d in given) for name in ("records", "quarantined"))
    return {
        "feed": feed,
        "report": report,
        "deliveries": len(given),
        "first_day": min(days, default=None),
        "newest_day": max(days, default=None),
        "days_without_data": [str(day) for day in _gaps(days)],
        "wrong_days": [str(day) for day in wrong],
        "records": records,
        "quarantined": quarantined,
        "quarantined_share": round(quarantined / records, 6) if records else None,
    }


def _stray(sightings: Mapping[date, int], today: date) -> set[date]:
    """Return the first days that hold next to nothing and lie long before the next."""
    known = sorted(day for day in sightings if day <= today)
    if not known:
        return set()
    usual = median(sightings[day] for day in known)
    stray: set[date] = set()
    for day, following in pairwise(known):
        if (following - day).days <= _STRAY_GAP_DAYS or sightings[day] >= _STRAY_SHARE * usual:
            break
        stray.add(day)
    return stray


def _gaps(days: set[date]) -> list[date]:
    return [day for day in Period(min(days), max(days)) if day not in days] if days else []


def _row(state: dict[str, Any], language: str) -> tuple[object, ...]:
    share = state["quarantined_share"]
    return (
        state["feed"],
        state["report"],
        state["deliveries"],
        state["first_day"] or "—",
        state["newest_day"] or "—",
        len(state["days_without_data"]),
        len(state["wrong_days"]),
        "—" if share is None else f"{number_text(100 * share, language, decimals=2)}%",
    )
