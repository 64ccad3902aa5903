"""The record of compacted days: which file holds the sightings that many deliveries brought of one report and day.

``compacted.json`` is replaced in one step. It says where sightings lie and nothing else: which deliveries there are,
what they counted and every roll-up are the same with and without it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from quetsach import storage
from quetsach.lake.errors import LakeError

FILE = "compacted.json"


@dataclass(frozen=True, slots=True, order=True)
class Compacted:
    """The file that holds the sightings of a day of these deliveries, all of one report."""

    day: date
    feed: str
    report: str
    deliveries: tuple[str, ...]

    @property
    def path(self) -> str:
        """The file, relative to the lake."""
        key = hashlib.sha256("\n".join(self.deliveries).encode()).hexdigest()[:16]
        return f"sightings/day={self.day}/{self.feed}.{self.report}.{key}.parquet"

    def places(self) -> Iterator[tuple[str, str]]:
        """Yield the path that each delivery's sightings had, with the one that they have now."""
        for delivery in self.deliveries:
            yield f"sightings/day={self.day}/{delivery}.parquet", self.path


def read_compacted(lake: Path) -> tuple[Compacted, ...]:
    """Return what is compacted in a lake.

    Raises:
        LakeError: the record is damaged.
    """
    try:
        found = json.loads((lake / FILE).read_bytes())
        return tuple(
            Compacted(date.fromisoformat(one["day"]), one["feed"], one["report"], tuple(one["deliveries"]))
            for one in found
        )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "restore it from a backup of the lake"
        raise LakeError("not a record of compacted days", where=FILE, hint=hint) from error


def add(lake: Path, made: Compacted, *, tmp: Path) -> None:
    """Put a compacted day into the record, in place of what there was of that report and day; for the one writer."""
    subject = (made.day, made.feed, made.report)
    others = (one for one in read_compacted(lake) if (one.day, one.feed, one.report) != subject)
    _write(lake, [made, *others], tmp)


def forget(lake: Path, *, before: date, tmp: Path) -> None:
    """Take the days before ``before`` out of the record; for the one writer, once their sightings have expired."""
    record = read_compacted(lake)
    if any(one.day < before for one in record):
        _write(lake, [one for one in record if one.day >= before], tmp)


def _write(lake: Path, record: Sequence[Compacted], tmp: Path) -> None:
    content = json.dumps([asdict(one) for one in sorted(record)], default=str, indent=1)
    storage.write(tmp / FILE, content.encode())
    storage.publish([(tmp / FILE, lake / FILE)])
