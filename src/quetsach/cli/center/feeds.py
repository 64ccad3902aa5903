"""``quetsach center feeds`` and ``families list``: what can be read, how the feeds are, what they call malware."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from quetsach.centre.centre import Centre
from quetsach.centre.feed_states import FeedState, feed_states
from quetsach.centre.tables import load_placings
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.family import FamilyNames, Placing
from quetsach.core.text import Text, all_in_language, both, number_text
from quetsach.feeds.layout import ORIGIN_NAMES, SUBJECT_NAMES

_LIST = (
    Text("feed"),
    Text("report"),
    Text("content"),
    Text("addresses", context="subject"),
    Text("layout of"),
    Text("version"),
)
_PLACED = (Text("name of malware"), Text("family"), Text("by whom"), Text("when (UTC)"), Text("why"))
_HEALTH = (
    Text("feed"),
    Text("report"),
    Text("deliveries"),
    Text("first day"),
    Text("newest day"),
    Text("days without data"),
    Text("wrong days"),
    Text("set aside"),
    Text("addresses", context="subject"),
)


def print_list(arguments: argparse.Namespace) -> int:
    """List what can be read."""
    layouts = Centre(arguments.data or default_data()).layouts
    if arguments.json:
        print_json(
            [
                {
                    "feed": layout.feed,
                    "report": layout.report,
                    "summary": both(layout.summary),
                    "subject": layout.subject,
                    "required": sorted(layout.required_names()),
                    "columns": {field: list(names) for field, names in layout.columns.items()},
                    "constants": dict(layout.constants),
                    "version": layout.version,
                    "source": layout.source,
                    "origin": layout.origin,
                }
                for layout in layouts
            ]
        )
    else:
        language = chosen_language(arguments)
        rows = [
            (
                layout.feed,
                layout.report,
                layout.summary.in_language(language),
                SUBJECT_NAMES[layout.subject].in_language(language),
                ORIGIN_NAMES[layout.origin].in_language(language),
                layout.version or "—",
            )
            for layout in layouts
        ]
        print_table(all_in_language(_LIST, language), rows)
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
        SUBJECT_NAMES[state.subject].in_language(language),
    )


_FAMILIES = (Text("id"), Text("name"), Text("platform"), Text("other spellings"))
_UNPLACED = (
    Text("as feeds write it"),
    Text("sightings"),
    Text("addresses"),
    Text("first day"),
    Text("last day"),
    Text("feeds", context="family"),
)
_MOST_CHARACTERS = 200


def print_families(arguments: argparse.Namespace) -> int:
    """List the families, or the names that wait for one."""
    centre, language = Centre(arguments.data or default_data()), chosen_language(arguments)
    if arguments.placed:
        return _list_placings(load_placings(centre.data), language, as_json=arguments.json)
    if not arguments.unplaced:
        _list_families(centre.families, as_json=arguments.json, headers=all_in_language(_FAMILIES, language))
        return ExitCode.NOTHING_FOUND
    waiting = centre.view().unplaced_names().to_pylist()
    if arguments.json:
        print_json(waiting)
    elif waiting:
        rows = [
            (
                ", ".join(text[:_MOST_CHARACTERS] for text in row["spellings"] or [row["kept"]]),
                number_text(row["sightings"], language),
                number_text(row["addresses"], language),
                row["first_day"],
                row["last_day"],
                ", ".join(sorted(row["feeds"])),
            )
            for row in waiting
        ]
        print_table(all_in_language(_UNPLACED, language), rows, right=(1, 2))
    else:
        tell(Text("No name of malware waits to be placed."), language)
    return ExitCode.NOTHING_FOUND


def _list_placings(placings: Sequence[Placing], language: str, *, as_json: bool) -> int:
    if as_json:
        print_json([asdict(placing) for placing in placings])
    elif placings:
        rows = [(p.spelling, p.family, p.by, p.at, p.reason) for p in placings]
        print_table(all_in_language(_PLACED, language), rows)
    else:
        tell(Text("No analyst has placed a name."), language)
    return ExitCode.NOTHING_FOUND


def _list_families(names: FamilyNames, *, as_json: bool, headers: Sequence[str]) -> None:
    spellings: dict[str, list[str]] = {}
    for key, family in sorted({**names.by_key, **names.placed}.items()):
        spellings.setdefault(family, []).append(key)
    found = sorted(names.families.values(), key=lambda family: family.id)
    if as_json:
        print_json(
            [{"id": f.id, "name": f.name, "platform": f.platform, "spellings": spellings.get(f.id, [])} for f in found]
        )
    else:
        print_table(headers, [(f.id, f.name, f.platform, ", ".join(spellings.get(f.id, []))) for f in found])
