"""``quetsach center families``: which spellings of malware wait for an analyst, and placing them."""

import argparse
from collections.abc import Mapping
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quetsach.cli.center.opened import add_centre_command, opened_centre
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.number import number_text

if TYPE_CHECKING:
    from quetsach.core.family import FamilyNames, Placing

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
        from quetsach.centre.tables import load_families, placings_path  # noqa: PLC0415

        placing = _placing(arguments, load_families(data), now)
        _keep(placings_path(data), placing, now)
    if arguments.json:
        print_json({"spelling": placing.spelling, "family": placing.family, "at": placing.at, "by": placing.by})
    else:
        say(_WORDS[language]["placed"].format(spelling=placing.spelling, family=placing.family))
    from quetsach.cli.center.publication import publish_and_tell  # noqa: PLC0415

    publish_and_tell(data, language, now=now)
    return ExitCode.NOTHING_FOUND


def _keep(path: Path, placing: "Placing", now: datetime) -> None:
    """Log a placing and write it into the table, both or neither.

    Raises:
        DatabaseError: it cannot be logged.
        QuetsachError: it cannot be written.
    """
    from django.db import transaction  # noqa: PLC0415

    from quetsach.web.office.log.services import log_append  # noqa: PLC0415

    with transaction.atomic():
        log_append(
            by=None,
            act="family-place",
            subject=f"family:{placing.family}",
            unit=None,
            detail={"spelling": placing.spelling, "by": placing.by, "reason": placing.reason},
            now=now,
        )
        _append(path, placing)


def _placing(arguments: argparse.Namespace, names: "FamilyNames", now: datetime) -> "Placing":
    """Return the decision, checked.

    Raises:
        InputError: a text is none that can be kept, the family is not known and not named, or a name is another
            family's own.
    """
    from quetsach.campaign.section import Section  # noqa: PLC0415
    from quetsach.cli.center.reader import reader  # noqa: PLC0415
    from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY, Placing, name_key  # noqa: PLC0415

    for text in (arguments.spelling, arguments.reason, arguments.name or "", arguments.platform or ""):
        if len(text) > _MOST_CHARACTERS or not text.isprintable():
            raise InputError(f"no text that can be kept: {text[:40]!r}", hint=f"at most {_MOST_CHARACTERS} characters")
    key = name_key(arguments.spelling)
    family = Section({"FAMILY": arguments.family}, "command line").identifier("FAMILY")
    if not key or key in (UNKNOWN_FAMILY, UNPLACED_FAMILY) or family in (UNKNOWN_FAMILY, UNPLACED_FAMILY):
        raise InputError("this is no name of malware", where=arguments.spelling)
    owners = {name_key(own): f.id for f in names.families.values() for own in (f.id, f.name)}
    if owners.get(key, family) != family:
        raise InputError("this is the identifier or name of a family itself", where=arguments.spelling)
    known = names.families.get(family)
    if known is None and not (arguments.name and arguments.platform):
        hint = "for a family that is new: --name NAME --platform NAME; quetsach center families list"
        raise InputError("there is no such family", where=arguments.family, hint=hint)
    for own in () if known else (family, arguments.name):
        if owner := owners.get(name_key(own)):
            raise InputError("there is a family of this name already", where=own, hint=f"its identifier: {owner}")
    if not arguments.reason.strip():
        raise InputError("a reason is needed", where="--reason")
    return Placing(
        spelling=arguments.spelling.strip(),
        family=family,
        name=known.name if known else arguments.name,
        platform=known.platform if known else arguments.platform,
        by=reader("center families place").who,
        at=now.astimezone(UTC).isoformat(timespec="seconds"),
        reason=arguments.reason.strip(),
    )


def _append(path: Path, placing: "Placing") -> None:
    """Write the table with one line more, whole or not at all.

    Raises:
        QuetsachError: it cannot be written.
    """
    from quetsach import storage  # noqa: PLC0415
    from quetsach.core.table import PLACING_COLUMNS, csv_text  # noqa: PLC0415

    line = csv_text([astuple(placing)])
    try:
        storage.make_folder(path.parent)
        with storage.locked(path.with_suffix(".lock")):
            before = path.read_bytes() if path.exists() else (",".join(PLACING_COLUMNS) + "\n").encode()
            storage.write(path, before + line.encode())
    except OSError as error:
        raise QuetsachError(f"cannot be written: {error.strerror}", where=str(path)) from error
