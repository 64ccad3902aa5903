"""``quetsach center units``: the tree of units in and out, and one unit on one day."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.campaign.units.cells import CellFault
from quetsach.campaign.units.comparison import Plan
from quetsach.campaign.units.table import read_figures
from quetsach.centre.tables import bundled_units
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.text import SystemText, Text, all_in_language, both
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
    language = chosen_language(arguments)
    files = (
        _bundled_files(arguments)
        if arguments.bundled
        else [(path.name, storage.read_input(path)) for path in arguments.files]
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
        tell(Text("The file says what is there already."), language)
    else:
        tell(
            Text(
                "{added} new units, {changed} changed ({closed} of them ending), {successions} "
                "successions ({dropped} dropped), other contacts for {contacts} units, {members} "
                "memberships of groups",
                added=counts["added"],
                changed=counts["changed"],
                closed=counts["closed"],
                successions=counts["successions"],
                dropped=counts["dropped"],
                contacts=counts["contacts"],
                members=counts["members"],
            ),
            language,
        )
        tell(
            Text("Nothing was changed. Leave out --dry-run to apply it.") if arguments.dry_run else Text("Applied."),
            language,
        )
    return ExitCode.NOTHING_FOUND


def export(arguments: argparse.Namespace) -> int:
    """Write all units, successions, contacts and groups."""
    language = chosen_language(arguments)
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
            tell(Text("Written: {path}", path=file), language)
    except OSError as error:
        raise InputError(
            Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error
    return ExitCode.NOTHING_FOUND


def print_one(arguments: argparse.Namespace) -> int:
    """Show a unit on a day."""
    language = chosen_language(arguments)
    now = arguments.now
    day = parse_day(arguments.on) if arguments.on else today(now)
    unit = Unit.objects.filter(key=arguments.unit.lower()).first() or unit_named(arguments.unit, day)
    if unit is None:
        raise InputError(
            Text("there is no unit of this key or code"),
            where=arguments.unit[:60],
            hint=Text("give a key such as 31-2025, or a code together with --on DAY"),
        )
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
        print_json({**facts, "tree_note": both(note) if note else None})
        return ExitCode.NOTHING_FOUND
    flat = {name: value for name, value in facts.items() if name != "below"}
    flat |= {"kind": kind, "path": flat["path"] or Text("not in the tree on that day").in_language(language)}
    names = all_in_language(_FACTS, language)
    cells = [", ".join(v) if isinstance(v, list) else v for v in flat.values()]
    say("\n".join(f"{name}: {cell or '–'}" for name, cell in zip(names, cells, strict=True)))
    if note:
        tell(note, language)
    if facts["below"]:
        print()
        print_table(all_in_language(_BELOW, language), [tuple(row.values()) for row in facts["below"]], right=(2,))
    return ExitCode.NOTHING_FOUND


def recast(arguments: argparse.Namespace) -> int:
    """Carry figures of former units over to the units of a day."""
    content = storage.read_input(arguments.file)
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
        print_table(all_in_language(_FIGURES, chosen_language(arguments)), rows, right=(2,))
    return ExitCode.NOTHING_FOUND


def load(arguments: argparse.Namespace) -> int:
    """Add the units of this build that are missing."""
    language = chosen_language(arguments)
    now = arguments.now
    loaded = units_load(files=_bundled_files(arguments), now=now)
    if arguments.json:
        print_json({"added": loaded.added, "left_out": list(loaded.left_out)})
        return ExitCode.NOTHING_FOUND
    tell(
        Text(
            "Added {count} unit of the tables of the country; those that were there stay as they were.",
            many="Added {count} units of the tables of the country; those that were there stay as they were.",
            count=loaded.added,
        ),
        language,
    )
    if loaded.left_out:
        tell(
            Text(
                "Left out {count} unit whose code a unit that is there has ({example}). To take the tables of this "
                "build over, with successions mended since, look first: quetsach center units import --bundled "
                "--dry-run",
                many=(
                    "Left out {count} units whose code a unit that is there has (such as {example}). To take "
                    "the tables of this build over, with successions mended since, look first: quetsach "
                    "center units import --bundled --dry-run"
                ),
                count=len(loaded.left_out),
                example=loaded.left_out[0],
            ),
            language,
        )
    return ExitCode.NOTHING_FOUND


_MOST_FAULTS = 50
_FACTS = (
    Text("key", context="unit"),
    Text("code"),
    Text("Vietnamese name"),
    Text("English name"),
    Text("kind"),
    Text("opened"),
    Text("closed", context="unit"),
    Text("decree"),
    Text("successors"),
    Text("predecessors"),
    Text("tree of the day"),
    Text("place in the tree"),
    Text("above"),
)
_BELOW = (Text("key", context="unit"), Text("name"), Text("units below"))
_FIGURES = (Text("unit"), Text("name"), Text("figure"))


def tell_faults(faults: Sequence[CellFault], arguments: argparse.Namespace) -> int:
    """Say every fault of a file by cell, and that nothing was changed."""
    language = chosen_language(arguments)
    told = [
        {
            "sheet": fault.sheet,
            "row": fault.row,
            "column": fault.column,
            "what": fault.what.in_language(language),
            "hint": fault.hint.in_language(language),
        }
        for fault in faults
    ]
    if arguments.json:
        print_json({"applied": False, "faults": told})
    else:
        tell(
            Text(
                "The file has {count} fault, nothing was changed:",
                many="The file has {count} faults, nothing was changed:",
                count=len(told),
            ),
            language,
        )
        for fault in told[:_MOST_FAULTS]:
            where = ", ".join(str(part) for part in (fault["sheet"], fault["row"] or "", fault["column"]) if part)
            say(f"  {where}: {fault['what']} ({fault['hint']})")
    return ExitCode.USAGE


def facts_of(unit: Unit) -> dict[str, Any]:
    """Return what is known of a unit, whatever the day."""
    return {
        "key": unit.key,
        "code": unit.code,
        "name_vi": unit.name_vi,
        "name_en": unit.name_en,
        "kind": unit.kind,
        "opened": str(unit.opened),
        "closed": str(unit.closed) if unit.closed else None,
        "decree": unit.decree,
        "successors": list(unit.successors.order_by("pk").values_list("new__key", flat=True)),
        "predecessors": list(unit.predecessors.order_by("old__key").values_list("old__key", flat=True)),
    }


def counts_of(plan: Plan) -> dict[str, int]:
    """Return how much a plan changes."""
    return {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "closed": len(plan.closed),
        "successions": len(plan.successions),
        "dropped": len(plan.dropped),
        "contacts": len(plan.contacts),
        "members": len(plan.members),
    }
