"""``quetsach center units``: the tree of units in and out, and one unit on one day."""

import argparse
from pathlib import Path

from quetsach import storage
from quetsach.campaign.units.table import read_figures
from quetsach.centre.tables import bundled_units
from quetsach.cli.center.units_told import WORDS, counts_of, facts_of, tell_faults
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import UNIT_KIND_TITLES, Unit, UnitKind
from quetsach.web.office.tree.selectors import branches_of, figures_recast, line_of, position_of, tree_note, unit_named
from quetsach.web.office.units.selectors import as_csv, as_xlsx, export_tables
from quetsach.web.office.units.services.importing import (
    ImportFaultsError,
    import_preview,
    read_sheets,
    units_import,
    units_load,
)


def _bundled_files(arguments: argparse.Namespace) -> list[tuple[str, bytes]]:
    return bundled_units(arguments.data or default_data())


def take_in(arguments: argparse.Namespace) -> int:
    """Take tables of units (CSV or XLSX)."""
    words = WORDS[chosen_language(arguments)]
    if bool(arguments.files) == arguments.bundled:
        raise InputError("give files, or --bundled for the tables of this build")
    files = (
        _bundled_files(arguments) if arguments.bundled else [(path.name, _content(path)) for path in arguments.files]
    )
    now = arguments.now
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


def export(arguments: argparse.Namespace) -> int:
    """Write all units, successions, contacts and groups."""
    words = WORDS[chosen_language(arguments)]
    now = arguments.now
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


def print_one(arguments: argparse.Namespace) -> int:
    """Show a unit on a day."""
    words = WORDS[chosen_language(arguments)]
    now = arguments.now
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


def recast(arguments: argparse.Namespace) -> int:
    """Carry figures of former units over to the units of a day."""
    content = _content(arguments.file)
    now = arguments.now
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


def load(arguments: argparse.Namespace) -> int:
    """Add the units of this build that are missing."""
    words = WORDS[chosen_language(arguments)]
    now = arguments.now
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
