"""Tables of units out: what somebody may see, as CSV or XLSX."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from quetsach.campaign.authority import Act
from quetsach.campaign.units.cells import write_csv
from quetsach.campaign.units.table import contact_rows, member_rows, succession_rows, unit_rows
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.records import (
    contact_records,
    member_records,
    succession_records,
    unit_records,
)
from quetsach.web.office.units.selectors.reach import seen_keys

TABLES = ("units", "successions", "contacts", "groups")


def export_tables(person: Person | None, *, day: date) -> dict[str, list[tuple[str, ...]]]:
    """Return the four tables of what a person may see, header first; ``None`` is the centre itself and sees all.

    What an import of them would read is exactly what there is: importing an export changes nothing.
    """
    units = unit_records()
    keys = set(units) if person is None else seen_keys(person, Act.SEE, day=day)
    contacts = [contact for key, found in contact_records().items() if key in keys for contact in found]
    rows: dict[str, Iterable[tuple[str, ...]]] = {
        "units": unit_rows(unit for key, unit in units.items() if key in keys),
        "successions": succession_rows(row for row in succession_records().values() if {row.old, row.new} <= keys),
        "contacts": contact_rows(contacts),
        "groups": member_rows(member for member in member_records() if member.unit in keys),
    }
    return {name: list(found) for name, found in rows.items()}


def as_csv(rows: Sequence[tuple[str, ...]]) -> bytes:
    """Return one table as CSV."""
    return write_csv(rows)


def as_xlsx(tables: dict[str, list[tuple[str, ...]]]) -> Iterator[bytes]:
    """Yield the tables as one workbook, piece by piece."""
    from quetsach.web.office.units.spreadsheet import stream_xlsx  # noqa: PLC0415 - slow to load

    return stream_xlsx(tables)
