"""Tables of units in and out: first what a file would change, then the change, in one transaction."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.cells import CellFault, Sheet, read_csv
from quetsach.campaign.units.comparison import Plan, compare, only_missing
from quetsach.campaign.units.table import Tables, read_tables
from quetsach.core.text import Text
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import ImportDraft, Unit
from quetsach.web.office.tree.records import hold_tree, standing
from quetsach.web.office.units.services.unit import apply_plan, require_centre

_FAULTY = Text("the file has faults, nothing was changed")
_MOVED_ON = Text("the units have changed since the preview")
_EMPTY = Text("there is no table in the file")
_LOOK_AGAIN = Text("look at the preview again")
_MOST_LOGGED = 200
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_OLD_FORM = Text("is an Excel file of the old form (.xls)")
_SAVE_AS_XLSX = Text("open it in Excel and save it as .xlsx")

type File = tuple[str, bytes]


class ImportFaultsError(UnitsError):
    """A file has faults, so nothing of it was applied; the first one is told, ``faults`` has all."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        first = faults[0]
        told = Text("{faulty}: {what}", faulty=_FAULTY, what=first.what)
        where = f"{first.sheet}, {first.row}, {first.column}" if first.row else first.column
        super().__init__(told, where=where, advice=first.hint)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would do. ``digest`` names exactly this plan; faults are in the order of the file."""

    plan: Plan
    faults: tuple[CellFault, ...]

    @property
    def digest(self) -> str:
        """Names the plan, so that what is applied is what was looked at."""
        return hashlib.sha256(repr(self.plan).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many units were added, and the keys of those left out because another unit has their code."""

    added: int
    left_out: tuple[str, ...]


def read_files(files: Iterable[File]) -> Tables:
    """Read CSV and XLSX files together, as one import.

    Raises:
        UnitsError: a file is none of the two, too large, or of no known table.
    """
    return read_tables(read_sheets(files), settings.COUNTRY.unit_codes)


def read_sheets(files: Iterable[File]) -> list[Sheet]:
    """Read CSV and XLSX files as they are, whatever their columns; at least one sheet.

    Raises:
        UnitsError: a file is none of the two, too large, or empty.
    """
    from quetsach.web.office.units.spreadsheet import read_xlsx  # noqa: PLC0415 - slow to load

    sheets: list[Sheet] = []
    for name, content in files:
        if content.startswith(b"PK") or name.lower().endswith(".xlsx"):
            sheets += read_xlsx(content, name=name)
        elif content.startswith(_OLD_EXCEL):
            raise UnitsError(_OLD_FORM, where=name, advice=_SAVE_AS_XLSX)
        else:
            sheets.append(read_csv(content, name=name))
    if not sheets:
        raise UnitsError(_EMPTY)
    return sheets


def import_preview(*, files: Iterable[File], by: Person | None, now: datetime) -> Preview:
    """Say what files would change; nothing is written.

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: a file cannot be read at all.
    """
    require_centre(by, now=now)
    tables = read_files(files)
    plan = compare(tables, standing())
    return Preview(plan, tuple(sorted(tables.faults, key=lambda fault: (fault.sheet, fault.row, fault.column))))


@transaction.atomic
def units_import(*, files: Iterable[File], expected: str | None, by: Person | None, now: datetime) -> Plan:
    """Apply files: all of them, or nothing.

    Args:
        files: names and contents.
        expected: the digest of the preview that somebody agreed to; ``None`` takes whatever there is to do.
        by: who does it; ``None`` for the centre at its own machine.
        now: the time (UTC).

    Raises:
        AccessError: not an operator of the centre.
        ImportFaultsError: a file has faults.
        UnitsError: a file cannot be read, or would do something else than the preview said.
    """
    hold_tree()
    preview = import_preview(files=files, by=by, now=now)
    if preview.faults:
        raise ImportFaultsError(preview.faults)
    if expected is not None and expected != preview.digest:
        raise UnitsError(_MOVED_ON, advice=_LOOK_AGAIN)
    if not preview.plan.is_empty:
        apply_plan(preview.plan)
        log_append(by=by, act="units-import", subject="units", unit=None, detail=_told(preview), now=now)
    return preview.plan


@transaction.atomic
def units_load(*, files: Iterable[File], now: datetime) -> Loaded:
    """Take from files the units that are not there yet, with their successions; what is there stays as it is.

    Raises:
        UnitsError: a file is damaged, or does not fit what is there.
    """
    hold_tree()
    tables, there = read_files(files), standing()
    left_out = only_missing(tables, there)
    plan = replace(compare(tables, there), contacts={}, members=())
    if tables.faults:
        raise ImportFaultsError(tables.faults)
    if not plan.is_empty:
        apply_plan(plan)
        detail = _told(Preview(plan, ()))
        log_append(by=None, act="units-load", subject="units", unit=None, detail=detail, now=now)
    return Loaded(len(plan.added), left_out)


def draft_keep(*, file: File, by: Person, now: datetime) -> ImportDraft:
    """Keep a file until its preview was agreed to; a newer one takes its place.

    Raises:
        AccessError: not an operator of the centre.
    """
    require_centre(by, now=now)
    name, content = file
    draft, _ = ImportDraft.objects.update_or_create(
        person=by, defaults={"name": name[:100], "content": content, "received": now}
    )
    return draft


def draft_drop(*, by: Person) -> None:
    """Throw away what somebody looked at."""
    ImportDraft.objects.filter(person=by).delete()


def _told(preview: Preview) -> dict[str, object]:
    """Return what the log keeps: counts, the first names, and the digest of the whole."""
    plan = preview.plan
    counts = {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "closed": len(plan.closed),
        "successions": len(plan.successions),
        "dropped": len(plan.dropped),
        "contacts": len(plan.contacts),
        "members": len(plan.members),
    }
    named = [unit.key for unit in (*plan.added, *plan.changed)][:_MOST_LOGGED]
    return {**counts, "units": named, "all_units": Unit.objects.count(), "digest": preview.digest}
