"""``quetsach center feeds map`` and ``feeds check``: a layout for a new report, proposed and tried."""

import argparse
from datetime import UTC, datetime

from quetsach.centre.centre import Centre
from quetsach.centre.layout_trial import LayoutTrial, layouts_in, propose, try_layout
from quetsach.cli.locations import default_data, new_file
from quetsach.cli.output import print_json, print_table, say, seen, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.text import Text, all_in_language, number_text
from quetsach.feeds.layout_files import Layouts
from quetsach.feeds.table import SIGHTINGS

_REASONS = (Text("reason"), Text("records"), Text("first at line"), Text("column"), Text("excerpt"))
_FAMILIES = (Text("family"), Text("sightings"))
_HIDDEN = {"sighting_id", "feed", "report", "byte_offset", "byte_length"}
_MOST_FAMILIES = 20


def propose_one(arguments: argparse.Namespace) -> int:
    """Print a layout that might read a file, or write it to one of its own."""
    text = propose(arguments.file, feed=arguments.feed, report=arguments.report)
    if arguments.out is None:
        print(seen(text), end="")
    else:
        with new_file(arguments.out) as file:
            file.write(text.encode())
        tell(Text("{path}: mend it, then try it with feeds check", path=arguments.out), chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def check(arguments: argparse.Namespace) -> int:
    """Say whether a layout is one, and what a file would come to by it."""
    language, found = chosen_language(arguments), layouts_in(arguments.layout)
    if arguments.file is None:
        reports = ", ".join(layout.report for layout in found)
        told = Text("{feed}: this layout can be used; reports: {reports}", feed=found[0].feed, reports=reports)
        tell(told, language)
        return ExitCode.NOTHING_FOUND
    centre = Centre(arguments.data or default_data())
    trial = try_layout(centre, Layouts(found), arguments.file, report=arguments.report, now=datetime.now(UTC))
    if arguments.json:
        print_json(_as_json(trial))
    else:
        _print(trial, language)
    return ExitCode.NOTHING_FOUND


def _print(trial: LayoutTrial, language: str) -> None:
    told = Text(
        "{feed} {report}: {records} records = {accepted} that would be taken in + {aside} that would be set aside",
        feed=trial.layout.feed,
        report=trial.layout.report,
        records=number_text(trial.records, language),
        accepted=number_text(trial.accepted, language),
        aside=number_text(trial.records - trial.accepted, language),
    )
    tell(told, language)
    if trial.reasons:
        rows = [
            (reason, number_text(count, language), first["line"], first["column"], first["excerpt"])
            for reason, count in trial.reasons
            if (first := trial.set_aside[reason])
        ]
        say("")
        print_table(all_in_language(_REASONS, language), rows, right=(1, 2))
    for number, row in enumerate(trial.examples, 1):
        shown = {name: row[name] for name in SIGHTINGS.names if name not in _HIDDEN and row[name] not in (None, "")}
        say("")
        tell(Text("sighting {number}", number=number), language)
        say("\n".join(f"  {name}: {value}" for name, value in shown.items()))
    if trial.families:
        say("")
        most = [(name, number_text(count, language)) for name, count in trial.families[:_MOST_FAMILIES]]
        print_table(all_in_language(_FAMILIES, language), most, right=(1,))
    if trial.unplaced:
        say("")
        waiting = len(trial.unplaced)
        told = Text("{count} name waits to be placed", many="{count} names wait to be placed", count=waiting)
        tell(told, language)
    say("")
    tell(
        Text("Nothing was kept. To use the layout, put its file into the folder layouts of the centre's data."),
        language,
    )


def _as_json(trial: LayoutTrial) -> dict[str, object]:
    return {
        "feed": trial.layout.feed,
        "report": trial.layout.report,
        "subject": trial.layout.subject,
        "records": trial.records,
        "accepted": trial.accepted,
        "repaired": trial.repaired,
        "set_aside": [{"reason": reason, "count": n, "first": trial.set_aside[reason]} for reason, n in trial.reasons],
        "examples": list(trial.examples),
        "families": dict(trial.families),
        "unplaced": list(trial.unplaced),
    }
