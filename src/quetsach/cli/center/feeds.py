"""``quetsach center feeds``: what can be read, what was set aside, and how the feeds are."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from quetsach.centre.feed_states import FeedState, feed_states
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.center.reader import reader
from quetsach.cli.output import print_json, print_json_list, print_table
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.number import number_text
from quetsach.feeds.layout import LAYOUTS

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


def print_list(arguments: argparse.Namespace) -> int:
    """List what can be read."""
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


def quarantine(arguments: argparse.Namespace) -> int:
    """Show the records that were set aside, and why."""
    centre = centre_with_lake(arguments)
    words = _WORDS[chosen_language(arguments)]
    rejects = centre.view().quarantined(arguments.delivery, by=reader("center feeds quarantine"))
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


def health(arguments: argparse.Namespace) -> int:
    """Tell for each feed how it is."""
    centre = centre_with_lake(arguments)
    words = _WORDS[chosen_language(arguments)]
    states = feed_states(centre.view().deliveries(), today=datetime.now(UTC).date())
    if arguments.json:
        print_json([state.as_json() for state in states])
    elif states:
        print_table(words["health"], [_row(state, chosen_language(arguments)) for state in states], right=(2, 5, 6, 7))
    else:
        print(words["no data"])
    return ExitCode.NOTHING_FOUND


def _row(state: FeedState, language: str) -> tuple[object, ...]:
    share = state.quarantined_share
    return (
        state.feed,
        state.report,
        state.deliveries,
        state.first_day or "—",
        state.newest_day or "—",
        len(state.days_without_data),
        len(state.wrong_days),
        "—" if share is None else f"{number_text(100 * share, language, decimals=2)}%",
    )
