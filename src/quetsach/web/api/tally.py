"""The figures of tool reports as pages show them: counted in one place once a minute, kept in a file, only read here.

No page counts: what strangers send must not make a page slower. The file is replaced by a rename, so that a reader
sees one count or the next; the commands that erase and withdraw reports count anew before they end.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from quetsach.storage import LastRead, locked, make_folder, write

_FORMAT = "quetsach-tool-reports/1"
_LIMIT_BYTES = 65_536
_logger = logging.getLogger("quetsach.web.api")


@dataclass(frozen=True, slots=True)
class FamilyTally:
    """Distinct installations that reported one family, to the nearest ten, never fewer than ten.

    The figures grow report by report: exact ones would tell what a single report says.
    """

    family: str
    installs: int


@dataclass(frozen=True, slots=True)
class Tally:
    """National totals of the reports that count, and the families that most machines reported.

    ``left_out`` are reports that are kept and do not count: over the ceiling of their source, or of ``held_days``,
    which nobody has looked at yet. ``since`` is the first day (UTC) that counts.
    """

    counted_at: datetime
    reports: int
    installs: int
    installs_with_findings: int
    installs_cleaned: int
    since: date | None
    families: tuple[FamilyTally, ...]
    left_out: int
    held_days: tuple[date, ...]


def report_tally() -> Tally | None:
    """Return the figures as they were counted last, without a query; ``None`` where that was never done."""
    path = _path()
    try:
        if path is None:
            return None
        return _parsed.of(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        _logger.error("figures of tool reports: %s", error)  # noqa: TRY400  (the trace adds nothing)
        return None


@contextmanager
def counting() -> Iterator[None]:
    """Let one process at a time count and keep, so that an older count never replaces a newer one."""
    path = _path()
    if path is None:
        yield
        return
    make_folder(path.parent)
    with locked(path.with_suffix(".lock")):
        yield


def keep_tally(tally: Tally) -> None:
    """Replace the kept figures; to be called within :func:`counting`."""
    path = _path()
    if path is not None:
        text = json.dumps({"format": _FORMAT, **asdict(tally)}, default=str)
        write(path, text)


def _path() -> Path | None:
    data: Path | None = settings.CENTER.data
    return data / "published" / "tool-reports.json" if data else None


def _parse(path: Path) -> Tally:
    with path.open("rb") as file:
        facts: dict[str, Any] = json.loads(file.read(_LIMIT_BYTES))
    if facts.pop("format") != _FORMAT:
        raise ValueError("the figures are of another version; they are counted anew within a minute")
    facts["counted_at"] = datetime.fromisoformat(facts["counted_at"])
    facts["since"] = date.fromisoformat(facts["since"]) if facts["since"] else None
    facts["families"] = tuple(FamilyTally(**family) for family in facts["families"])
    facts["held_days"] = tuple(map(date.fromisoformat, facts["held_days"]))
    return Tally(**facts)


_parsed = LastRead(_parse)
