"""Reads sightings of subjects from CSV: an ISP's own list of subscribers, or anyone's."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from quetsach.assess.cases.episode import Codes, SubjectKind, Watch
from quetsach.assess.cases.report import History
from quetsach.assess.errors import AssessError
from quetsach.assess.rows import Line, read_rows

COLUMNS: Final = ("subject", "seen_at")
OPTIONAL: Final = ("family", "isp", "notified_at", "treated", "static")
MAX_ROWS: Final = 2_000_000
_EPOCH: Final = date(1970, 1, 1)
_FLAGS: Final = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


def read_history(content: bytes, *, kind: SubjectKind, where: str) -> History:
    """Read sightings; the observation lasts from the first to the last of them, on the wall clock.

    Args:
        content: CSV with ``COLUMNS`` and any of ``OPTIONAL``; times in ISO 8601, UTC where they name no zone.
        kind: what the subjects are.
        where: the file's name, for errors.

    Raises:
        AssessError: it is no such table; the error names line and column.
    """
    seen: list[float] = []
    names: dict[str, list[str]] = {"subject": [], "family": [], "isp": []}
    static: list[bool] = []
    notified: dict[str, float] = {}
    treated: dict[str, bool] = {}
    for line in read_rows(content, COLUMNS, optional=OPTIONAL, where=where):
        if len(seen) == MAX_ROWS:
            raise AssessError(f"more than {MAX_ROWS:,} sightings", where=line.where)
        subject = line.text("subject")
        seen.append(_time(line, "seen_at"))
        names["subject"].append(subject)
        names["family"].append(line.cells["family"] or "-")
        names["isp"].append(line.cells["isp"] or "-")
        static.append(_flag(line, "static"))
        if line.cells["notified_at"]:
            at = _time(line, "notified_at")
            notified[subject] = min(at, notified.get(subject, at))
        if line.cells["treated"]:
            treated[subject] = _flag(line, "treated") or treated.get(subject, False)
    if not seen:
        raise AssessError("there are no sightings", where=where)
    (subjects, subject_code), (families, family), (providers, provider) = (_coded(column) for column in names.values())
    days = np.array(seen) / 86_400
    start, end = float(days.min()), float(days.max())
    told = np.array([notified.get(name, np.nan) for name in subjects]) / 86_400 - start
    return History(
        kind=kind,
        subject=subject_code,
        family=family,
        provider=provider,
        seen_days=days - start,
        families=families,
        providers=providers,
        watch=Watch(0.0, end - start),
        observed_from=np.zeros(len(families)),
        first_day=_EPOCH + timedelta(days=int(start // 1)),
        midnights=np.arange(start // 1, end) - start,
        notified_days=told if notified else None,
        treated=np.array([treated.get(name, False) for name in subjects]) if treated else None,
        is_static=np.array(static),
    )


def _coded(column: list[str]) -> tuple[tuple[str, ...], Codes]:
    names, codes = np.unique(np.array(column), return_inverse=True)
    return tuple(str(name) for name in names), codes.astype(np.int64)


def _time(line: Line, column: str) -> float:
    text = line.text(column)
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        hint = "as in 2020-10-01T07:30:00Z"
        raise AssessError(f"{column} is not a time: {text[:40]!r}", where=line.where, hint=hint) from error


def _flag(line: Line, column: str) -> bool:
    text = line.cells[column].casefold()
    if text not in _FLAGS:
        raise AssessError(f"{column} is neither 0 nor 1: {text[:40]!r}", where=line.where)
    return _FLAGS[text]
