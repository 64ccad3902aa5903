"""``quetsach center units``: the tree of units in and out, and one unit on one day."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach import storage
from quetsach.cli.center.opened import add_centre_command, opened_centre
from quetsach.cli.center.units_told import WORDS, counts_of, facts_of, tell_faults
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day

if TYPE_CHECKING:
    pass


def register(parser: Parser) -> None:
    """Add ``units`` with ``import``, ``export``, ``show``, ``recast`` and ``load``."""
    parser.show_examples(
        "quetsach center units show 31 --on 2020-10-06\nquetsach center units export units.xlsx\n"
        "quetsach center units import units.xlsx --dry-run"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    bring = add_centre_command(
        commands,
        "import",
        _import,
        "take tables of units (CSV or XLSX); all of them, or nothing where one cell is wrong",
        "quetsach center units import units.csv successions.csv\nquetsach center units import units.xlsx --dry-run",
    )
    bring.add_argument("files", nargs="*", type=Path, metavar="FILE", help="CSV or XLSX, together one import")
    bring.add_argument(
        "--bundled", action="store_true", help="the tables of this build, over what is there: corrections of yours too"
    )
    bring.add_argument("--dry-run", action="store_true", help="only say what would change")
    export = add_centre_command(
        commands,
        "export",
        _export,
        "write all units, successions, contacts and groups: a workbook, or a folder of CSV files",
        "quetsach center units export units.xlsx\nquetsach center units export tables/",
        has_json=False,
    )
    export.add_argument("path", type=Path, metavar="PATH", help="a file ending in .xlsx, else a folder")
    show = add_centre_command(
        commands,
        "show",
        _show,
        "show a unit on a day: what is above and below it, what it came from",
        "quetsach center units show 31-2025\nquetsach center units show 303 --on 2020-10-06 --json",
    )
    show.add_argument("unit", metavar="KEY", help="key, or official code on that day")
    show.add_argument("--on", metavar="DAY", help="day of the tree (default: today)")
    carry = add_centre_command(
        commands,
        "recast",
        _recast,
        "carry figures of former units over to the units of a day: whole numbers, the same sum",
        "quetsach center units recast infected-2020.csv --on 2025-07-01\n"
        "quetsach center units recast infected-2020.csv --level 1 --json",
    )
    carry.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX with the columns unit (key) and figure")
    carry.add_argument("--on", metavar="DAY", help="day of the tree (default: today)")
    carry.add_argument("--level", type=int, choices=(0, 1, 2, 3), help="add up to this level: 1 is provinces")
    add_centre_command(
        commands,
        "load",
        _load,
        "add the units of this build that are missing; what is there stays as it is",
        "quetsach center units load",
    )


def _bundled_files(arguments: argparse.Namespace) -> list[tuple[str, bytes]]:
    from quetsach.centre.tables import bundled_units  # noqa: PLC0415

    return bundled_units(arguments.data or default_data())


def _import(arguments: argparse.Namespace) -> int:
    words = WORDS[chosen_language(arguments)]
    if bool(arguments.files) == arguments.bundled:
        raise InputError("give files, or --bundled for the tables of this build")
    files = (
        _bundled_files(arguments) if arguments.bundled else [(path.name, _content(path)) for path in arguments.files]
    )
    with opened_centre(arguments) as now:
        from quetsach.web.office.units.services.importing import ImportFaultsError, import_preview, units_import  # noqa: PLC0415

        try:
            if arguments.dry_run:
                preview = import_preview(files=files, by=None, now=now)
                if preview.faults:
                    return tell_faults(preview.faults, arguments)
                plan = preview.plan
            else:
                plan = units_import(files=files, expected=None, by=None, now=now)
        except ImportFaultsError as error:
            return tell_faults(error.faults, arguments)
    counts = counts_of(plan)
    if arguments.json:
        print_json({**counts, "applied": not arguments.dry_run, "faults": []})
    elif plan.is_empty:
        say(words["same"])
    else:
        say(words["plan"].format(**counts))
        say(words["dry" if arguments.dry_run else "done"])
    return ExitCode.NOTHING_FOUND


def _export(arguments: argparse.Namespace) -> int:
    words = WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.people.access import today  # noqa: PLC0415
        from quetsach.web.office.units.selectors import as_csv, as_xlsx, export_tables  # noqa: PLC0415

        tables = export_tables(None, day=today(now))
        path: Path = arguments.path
        try:
            if path.suffix.lower() == ".xlsx":
                written = {path: b"".join(as_xlsx(tables))}
            else:
                storage.make_folder(path, mode=storage.SHARED_FOLDER)
                written = {path / f"{name}.csv": as_csv(rows) for name, rows in tables.items()}
            for file, content in written.items():
                storage.write(file, content)
                say(words["written"].format(path=file))
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from error
    return ExitCode.NOTHING_FOUND


def _show(arguments: argparse.Namespace) -> int:
    words = WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.people.access import today  # noqa: PLC0415
        from quetsach.web.office.tree.models import (  # noqa: PLC0415
            UNIT_KIND_TITLES,
            Unit,
            UnitKind,
        )
        from quetsach.web.office.tree.selectors import branches_of, line_of, position_of, tree_note, unit_named  # noqa: PLC0415

        day = parse_day(arguments.on) if arguments.on else today(now)
        unit = Unit.objects.filter(key=arguments.unit.lower()).first() or unit_named(arguments.unit, day)
        if unit is None:
            raise InputError(words["no-unit"], where=arguments.unit[:60], hint=words["no-unit-hint"])
        position = position_of(unit, day)
        branches = branches_of(position, day) if position else []
        kind, note = str(UNIT_KIND_TITLES[UnitKind(unit.kind)]), tree_note(day)
        facts = facts_of(unit) | {
            "day": str(day),
            "path": position.path if position else None,
            "above": [above.key for above in line_of(position)] if position else [],
            "below": [{"key": b.unit.key, "name": b.unit.name_vi, "units_below": b.below} for b in branches],
        }
    if arguments.json:
        print_json({**facts, "tree_note": {"vi": note.vi, "en": note.en} if note else None})
        return ExitCode.NOTHING_FOUND
    flat = {name: value for name, value in facts.items() if name != "below"}
    flat |= {"kind": kind, "path": flat["path"] or words["not-there"]}
    names = words["facts"].split("|")
    cells = [", ".join(v) if isinstance(v, list) else v for v in flat.values()]
    say("\n".join(f"{name}: {cell or '–'}" for name, cell in zip(names, cells, strict=True)))
    if note:
        say(note.in_language(chosen_language(arguments)))
    if facts["below"]:
        print()
        print_table(words["below"].split("|"), [tuple(row.values()) for row in facts["below"]], right=(2,))
    return ExitCode.NOTHING_FOUND


def _recast(arguments: argparse.Namespace) -> int:
    content = _content(arguments.file)
    with opened_centre(arguments) as now:
        from quetsach.campaign.units.table import read_figures  # noqa: PLC0415
        from quetsach.web.office.people.access import today  # noqa: PLC0415
        from quetsach.web.office.tree.selectors import figures_recast  # noqa: PLC0415
        from quetsach.web.office.units.services.importing import read_sheets  # noqa: PLC0415

        day = parse_day(arguments.on) if arguments.on else today(now)
        figures = read_figures(read_sheets([(arguments.file.name, content)])[0])
        if figures.faults:
            return tell_faults(figures.faults, arguments)
        found = figures_recast(figures.by_unit, day=day, level=arguments.level)
    rows = [(row.unit.key, row.unit.name_vi, row.figure) for row in found]
    if arguments.json:
        print_json([{"unit": key, "name": name, "figure": figure} for key, name, figure in rows])
    else:
        print_table(WORDS[chosen_language(arguments)]["figures"].split("|"), rows, right=(2,))
    return ExitCode.NOTHING_FOUND


def _load(arguments: argparse.Namespace) -> int:
    words = WORDS[chosen_language(arguments)]
    with opened_centre(arguments) as now:
        from quetsach.web.office.units.services.importing import units_load  # noqa: PLC0415

        loaded = units_load(files=_bundled_files(arguments), now=now)
    if arguments.json:
        print_json({"added": loaded.added, "left_out": list(loaded.left_out)})
        return ExitCode.NOTHING_FOUND
    say(words["loaded"].format(count=loaded.added))
    if loaded.left_out:
        say(words["left"].format(count=len(loaded.left_out), example=loaded.left_out[0]))
    return ExitCode.NOTHING_FOUND


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
