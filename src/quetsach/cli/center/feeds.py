"""``quetsach center feeds``: what can be read, what was set aside, and how the feeds are."""

import argparse
from datetime import UTC, datetime

from quetsach.centre.feed_states import FeedState, feed_states
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.center.reader import reader
from quetsach.cli.output import print_json, print_json_list, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.number import number_text
from quetsach.core.text import LocalText, Text, all_in_language, both
from quetsach.feeds.layout import LAYOUTS

_LIST = (Text("feed"), Text("report"), Text("content"))
_QUARANTINE = (Text("file"), Text("line"), Text("offset"), Text("reason"), Text("column"), Text("excerpt"))
_HEALTH = (
    Text("feed"),
    Text("report"),
    Text("deliveries"),
    Text("first day"),
    Text("newest day"),
    Text("days without data"),
    Text("wrong days"),
    Text("set aside"),
)

_BATCH_ROWS = 10_000


def print_list(arguments: argparse.Namespace) -> int:
    """List what can be read."""
    if arguments.json:
        print_json(
            [
                {
                    "feed": layout.feed,
                    "report": layout.report,
                    "summary": both(LocalText(layout.summary_vi, layout.summary_en)),
                    "required": sorted(layout.required),
                    "columns": dict(layout.columns),
                }
                for layout in LAYOUTS
            ]
        )
    else:
        language = chosen_language(arguments)
        rows = [
            (layout.feed, layout.report, LocalText(layout.summary_vi, layout.summary_en).in_language(language))
            for layout in LAYOUTS
        ]
        print_table(all_in_language(_LIST, language), rows)
    return ExitCode.NOTHING_FOUND


def quarantine(arguments: argparse.Namespace) -> int:
    """Show the records that were set aside, and why."""
    centre = centre_with_lake(arguments)
    language = chosen_language(arguments)
    rejects = centre.view().quarantined(arguments.delivery, by=reader("center feeds quarantine"))
    rejects = rejects.rename_columns(["file", "delivery", "line", "offset", "length", "reason", "column", "excerpt"])
    if arguments.json:
        print_json_list(row for batch in rejects.to_batches(max_chunksize=_BATCH_ROWS) for row in batch.to_pylist())
    elif rejects.num_rows:
        shown = rejects.select(["file", "line", "offset", "reason", "column", "excerpt"])
        print_table(
            all_in_language(_QUARANTINE, language),
            zip(*(column.to_pylist() for column in shown.columns), strict=True),
            right=(1, 2),
        )
    else:
        tell(Text("Nothing was set aside."), language)
    return ExitCode.NOTHING_FOUND


def health(arguments: argparse.Namespace) -> int:
    """Tell for each feed how it is."""
    centre = centre_with_lake(arguments)
    language = chosen_language(arguments)
    states = feed_states(centre.view().deliveries(), today=datetime.now(UTC).date())
    if arguments.json:
        print_json([state.as_json() for state in states])
    elif states:
        print_table(
            all_in_language(_HEALTH, language),
            [_row(state, language) for state in states],
            right=(2, 5, 6, 7),
        )
    else:
        tell(Text("No data yet."), language)
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
