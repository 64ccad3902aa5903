"""``quetsach center families``: which spellings of malware wait for an analyst, and placing them."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from quetsach.centre.centre import Centre
from quetsach.centre.placing import Decided, checked_placing
from quetsach.cli.center.publication import publish_and_tell
from quetsach.cli.center.reader import reader
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.family import FamilyNames
from quetsach.core.number import number_text
from quetsach.core.text import Text, all_in_language

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


def print_list(arguments: argparse.Namespace) -> int:
    """List the families, or the names that wait for one."""
    centre, language = Centre(arguments.data or default_data()), chosen_language(arguments)
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


def place(arguments: argparse.Namespace) -> int:
    """Say which family a name is of."""
    from quetsach.web.office.feeds.services import spelling_place  # noqa: PLC0415

    data, language = Path(arguments.data or default_data()), chosen_language(arguments)
    now = arguments.now
    centre = Centre(data)
    named = (arguments.name or "", arguments.platform or "")
    decided = Decided(arguments.spelling, arguments.family, arguments.reason, *named)
    placing = checked_placing(centre.families, decided, by=reader("center families place").who, now=now)
    spelling_place(centre=centre, placing=placing, now=now)
    if arguments.json:
        print_json({"spelling": placing.spelling, "family": placing.family, "at": placing.at, "by": placing.by})
    else:
        tell(
            Text(
                "Placed “{spelling}” in the family {family}. What is in the lake already counts with it, too.",
                spelling=placing.spelling,
                family=placing.family,
            ),
            language,
        )
    publish_and_tell(data, language, now=now)
    return ExitCode.NOTHING_FOUND
