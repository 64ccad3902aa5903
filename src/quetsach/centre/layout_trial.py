"""Tries a layout on a file: what would be taken in, what would be set aside and why. Nothing is kept."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.centre.centre import Centre
from quetsach.core.address import Address
from quetsach.core.errors import InputError
from quetsach.core.family import UNPLACED_FAMILY
from quetsach.core.text import SystemText, Text
from quetsach.feeds.layout import Layout
from quetsach.feeds.layout_files import Layouts, read_layouts
from quetsach.feeds.lines import MAX_HEADER_BYTES
from quetsach.feeds.packed import is_packed
from quetsach.feeds.proposal import propose_layout
from quetsach.feeds.reader import read

_SHOWN = 3
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class LayoutTrial:
    """What a file would come to.

    ``examples`` are the first sightings, ``set_aside`` the first record of each reason: line, column, excerpt.
    ``families`` are the names that malware would get, ``unplaced`` those among them that no table knows.
    """

    layout: Layout
    records: int
    accepted: int
    repaired: int
    reasons: tuple[tuple[str, int], ...]
    set_aside: dict[str, dict[str, Any]]
    examples: tuple[dict[str, Any], ...]
    families: tuple[tuple[str, int], ...]
    unplaced: tuple[str, ...]


def propose(path: Path, *, feed: str, report: str) -> str:
    """Return the text of a layout that might read a file.

    Raises:
        QuetsachError: the file cannot be read, is packed, or has no columns.
    """
    return propose_layout(_head(path), feed=feed, report=report)


def layouts_in(path: Path) -> tuple[Layout, ...]:
    """Return the layouts of a file.

    Raises:
        QuetsachError: it is none.
    """
    return read_layouts(storage.read_input(path), where=path.name)


def try_layout(centre: Centre, layouts: Layouts, file: Path, *, report: str | None, now: datetime) -> LayoutTrial:
    """Read a file by the layouts of one feed, by the centre's families, and say what it would come to.

    Args:
        centre: whose families.
        layouts: of one feed.
        file: as it was delivered, not packed.
        report: which report; by the file's name or header if ``None``.
        now: the time (UTC).

    Raises:
        QuetsachError: the file as a whole cannot be read.
    """
    layout = layouts.layout_of(layouts.feeds()[0], report, file_name=file.name, head=_head(file))
    names = centre.families
    reasons, families = Counter[str](), Counter[str]()
    set_aside: dict[str, dict[str, Any]] = {}
    examples: list[dict[str, Any]] = []
    accepted = repaired = 0
    for batch in read(_chunks(file), layout, names, now=now):
        accepted += batch.sightings.num_rows
        repaired += batch.repaired
        families.update(batch.sightings.column("family").to_pylist())
        examples += [_legible(row) for row in batch.sightings.slice(0, _SHOWN - len(examples)).to_pylist()]
        for row in batch.rejects.to_pylist():
            reasons[row["reason"]] += 1
            set_aside.setdefault(row["reason"], row)
    return LayoutTrial(
        layout,
        accepted + reasons.total(),
        accepted,
        repaired,
        tuple(reasons.most_common()),
        set_aside,
        tuple(examples),
        tuple(families.most_common()),
        tuple(name for name in families if names.family_of(name) == UNPLACED_FAMILY),
    )


def _legible(row: dict[str, Any]) -> dict[str, Any]:
    """Return a sighting with its addresses as people write them."""
    shown = {name: row[name] and str(Address(row[name].int).standard) for name in ("address", "destination_address")}
    return row | shown


def _head(path: Path) -> bytes:
    content = next(_chunks(path), b"")[:MAX_HEADER_BYTES]
    if is_packed(content, path.name):
        raise InputError(Text("the file is packed"), where=str(path), hint=Text("unpack it first"))
    return content


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise InputError(
            Text("cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error
