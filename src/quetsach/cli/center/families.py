"""``quetsach center families``: which spellings of malware wait for an analyst, and placing them."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quetsach.cli.center.opened import add_centre_command, opened_centre
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.number import number_text

if TYPE_CHECKING:
    from quetsach.core.family import FamilyNames

_WORDS: Mapping[str, Mapping[str, Any]] = {
    "vi": {
        "families": ("mã", "tên", "nền tảng", "cách viết khác"),
        "unplaced": ("nguồn viết là", "lượt ghi nhận", "địa chỉ", "ngày đầu", "ngày cuối", "nguồn"),
        "nothing": "Không có tên mã độc nào chờ phân loại.",
        "placed": "Đã xếp “{spelling}” vào họ {family}. Dữ liệu đã nạp cũng được đếm theo họ này.",
    },
    "en": {
        "families": ("id", "name", "platform", "other spellings"),
        "unplaced": ("as feeds write it", "sightings", "addresses", "first day", "last day", "feeds"),
        "nothing": "No name of malware waits to be placed.",
        "placed": "Placed “{spelling}” in the family {family}. What is in the lake already counts with it, too.",
    },
}
_MOST_CHARACTERS = 200


def register(parser: Parser) -> None:
    """Add ``families`` with ``list`` and ``place``."""
    parser.show_examples(
        "quetsach center families list --unplaced\n"
        'quetsach center families place "emotet-new" emotet --reason "same loader, analysis 12"'
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = add_centre_command(
        commands,
        "list",
        _list,
        "the families, or the names that no analyst has placed yet with what was seen of them",
        "quetsach center families list\nquetsach center families list --unplaced --json",
    )
    listing.add_argument("--unplaced", action="store_true", help="the names that wait, from most addresses to fewest")
    place = add_centre_command(
        commands,
        "place",
        _place,
        "say which family a name is of; what is in the lake counts with it from the next publication on",
        'quetsach center families place "emotet-new" emotet --reason "same loader, analysis 12"\n'
        'quetsach center families place "newbot" newbot --name "NewBot" --platform linux --reason "own family"',
    )
    place.add_argument("spelling", metavar="SPELLING", help="a name as feeds write it")
    place.add_argument("family", metavar="FAMILY", help="identifier of the family")
    place.add_argument("--name", metavar="NAME", help="name of a family that is not in the table yet")
    place.add_argument("--platform", metavar="NAME", help="platform of a family that is not in the table yet")
    place.add_argument("--reason", required=True, metavar="TEXT", help="why; kept in the log")


def _list(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    from quetsach.centre.centre import Centre  # noqa: PLC0415

    centre, language = Centre(arguments.data or default_data()), chosen_language(arguments)
    words = _WORDS[language]
    if not arguments.unplaced:
        _list_families(centre.families, as_json=arguments.json, headers=words["families"])
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
        print_table(words["unplaced"], rows, right=(1, 2))
    else:
        say(words["nothing"])
    return ExitCode.NOTHING_FOUND


def _list_families(names: "FamilyNames", *, as_json: bool, headers: tuple[str, ...]) -> None:
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


def _place(arguments: argparse.Namespace) -> int:
    data, language = Path(arguments.data or default_data()), chosen_language(arguments)
    with opened_centre(arguments) as now:
        from quetsach.centre.centre import Centre  # noqa: PLC0415
        from quetsach.centre.placing import Decided, checked_placing  # noqa: PLC0415
        from quetsach.cli.center.reader import reader  # noqa: PLC0415
        from quetsach.web.office.feeds.services import spelling_place  # noqa: PLC0415

        centre = Centre(data)
        named = (arguments.name or "", arguments.platform or "")
        decided = Decided(arguments.spelling, arguments.family, arguments.reason, *named)
        placing = checked_placing(centre.families, decided, by=reader("center families place").who, now=now)
        spelling_place(centre=centre, placing=placing, now=now)
    if arguments.json:
        print_json({"spelling": placing.spelling, "family": placing.family, "at": placing.at, "by": placing.by})
    else:
        say(_WORDS[language]["placed"].format(spelling=placing.spelling, family=placing.family))
    from quetsach.cli.center.publication import publish_and_tell  # noqa: PLC0415

    publish_and_tell(data, language, now=now)
    return ExitCode.NOTHING_FOUND
