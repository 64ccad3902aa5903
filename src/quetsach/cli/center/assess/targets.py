"""``quetsach center assess targets``: the change of equal windows against the frozen baseline."""

import argparse

from quetsach.assess import DEFINITIONS, NO_VERDICT, Figure, TargetReport, WindowChange, WindowCount, period_text
from quetsach.centre import answers
from quetsach.cli.center.assess.windows import asked_period, print_csv, show_basis, show_definitions, tell_wrapped
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.output import Progress, print_json, print_table
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.text import NO_TEXT, Text, all_in_language, number_text

_WINDOWS = (
    Text("window", context="target"),
    Text("days", context="window"),
    Text("addresses"),
    Text("change", context="target"),
    Text("from published figures"),
)


def targets(arguments: argparse.Namespace) -> int:
    """Compare equal windows with the frozen baseline of a campaign."""
    centre = centre_with_lake(arguments)
    campaign = centre.campaign(arguments.campaign)
    with (
        centre.view() as view,
        Progress(
            Text("counting", context="progress").in_language(chosen_language(arguments)), len(campaign.windows)
        ) as progress,
    ):
        report = answers.targets(
            view,
            campaign,
            frozen=centre.baseline(campaign.id),
            asked=asked_period(arguments),
            calendar=centre.calendar,
            progress=progress.advance,
        )
    if arguments.json:
        print_json({"lake": view.state, **report.as_json()})
    elif arguments.csv:
        header = ("window", "first", "last", "addresses", "change_percent", "published_addresses", "warnings")
        print_csv(header, [_window_cells(window) for window in report.windows])
    else:
        _show_targets(report, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _show_targets(report: TargetReport, language: str) -> None:
    print(f"{report.name.in_language(language)}\n")
    print_table(
        all_in_language(_WINDOWS, language),
        [
            _target_row(report.baseline, None, language),
            *(_target_row(w.count, w.change, language) for w in report.windows),
        ],
        right=(2, 3, 4),
    )
    for goal in report.goals:
        note = NO_TEXT if goal.is_measured else Text(" (nothing here measures it)")
        print("\n" + Text("Target: {goal}{note}", goal=goal.text, note=note).in_language(language))
    tell_wrapped(NO_VERDICT, language)
    for notice in (*report.notices, *(n for w in report.windows for n in w.notices)):
        tell_wrapped(Text("Note: {notice}", notice=notice.text), language)
    if report.seal:
        print("\n" + Text("Frozen baseline, SHA-256 {seal}", seal=report.seal).in_language(language))
    show_basis(report.baseline.basis, language)
    show_definitions([DEFINITIONS["window-addresses"], DEFINITIONS["change-against-baseline"]], language)


def _target_row(count: WindowCount, change: Figure | None, language: str) -> tuple[str, ...]:
    return (
        count.name.in_language(language),
        period_text(count.basis.window, language),
        number_text(count.addresses, language),
        Text("{share} %", share=change.text(language, signed=True)).in_language(language) if change else "–",
        number_text(count.published, language) if count.published else "–",
    )


def _window_cells(window: WindowChange) -> tuple[object, ...]:
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
