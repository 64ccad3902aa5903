"""The report on cases and the table it is made from: time to clean by group, who is quicker, what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from quetsach.assess.cases.episode import Codes, Flags, Floats, Spells, SubjectKind, Watch, episodes_of, spells_of
from quetsach.assess.cases.survival import (
    FEWEST_EVENTS,
    LogRank,
    TimeToClean,
    hazard_ratio,
    log_rank,
    reinfection,
    time_to_clean,
)
from quetsach.assess.estimate import Answer, AssessError, NotEstimable
from quetsach.assess.rows import Line, read_rows
from quetsach.core.text import Text

# The report on cases: time to clean by family or provider, who is quicker, and what comes back.


class Group(StrEnum):
    """What cases are told apart by."""

    FAMILY = "family"
    ISP = "isp"


@dataclass(frozen=True, slots=True)
class History:
    """Sightings of subjects in columns; days are on the uptime clock, codes are indices of the names.

    ``midnights`` is that clock at the beginning of each day (UTC) from ``first_day`` on.
    ``observed_from`` is when the watch on each family began. ``notified_days`` (NaN for none) and ``treated`` are of
    the subjects; ``is_static`` of the sightings.
    """

    kind: SubjectKind
    subject: Codes
    family: Codes
    provider: Codes
    seen_days: Floats
    families: tuple[str, ...]
    providers: tuple[str, ...]
    watch: Watch
    observed_from: Floats
    first_day: date
    midnights: Floats
    notified_days: Floats | None = None
    treated: Flags | None = None
    is_static: Flags | None = None

    def beginning_of(self, day: date) -> float | None:
        """Return the clock at the beginning of a day; ``None`` outside the observation."""
        at = (day - self.first_day).days
        return float(self.midnights[at]) if 0 <= at < len(self.midnights) else None


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What is told of cases. ``comparison`` is between groups of enough clean-ups, ``treatment`` inside providers."""

    kind: SubjectKind
    by: Group
    episodes: int
    whole: TimeToClean | NotEstimable
    groups: Mapping[str, TimeToClean | NotEstimable]
    comparison: LogRank | NotEstimable
    treatment: Answer | None
    reinfection: Mapping[int, Answer]

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        return {
            "subjects": self.kind.value,
            "by": self.by.value,
            "episodes": self.episodes,
            "whole": self.whole.as_json(),
            "groups": {name: group.as_json() for name, group in self.groups.items()},
            "comparison": self.comparison.as_json(),
            "treatment": self.treatment.as_json() if self.treatment else None,
            "reinfection": {str(days): answer.as_json() for days, answer in self.reinfection.items()},
        }


def case_report(
    history: History, *, by: Group, started_days: float | None = None, rng: np.random.Generator
) -> CaseReport | NotEstimable:
    """Report on cases.

    Args:
        history: who was seen when.
        by: what groups are made by.
        started_days: start of the campaign, the origin of cases that were there before it.
        rng: draws the providers of the interval of the treatment.

    Returns:
        The report; a refusal where subjects are addresses that change hands, or nothing was seen.
    """
    episodes = episodes_of(
        history.subject,
        history.family,
        history.seen_days,
        history.watch,
        kind=history.kind,
        is_static=history.is_static,
    )
    if isinstance(episodes, NotEstimable):
        return episodes
    notified = history.notified_days[episodes.subject] if history.notified_days is not None else None
    spells = spells_of(
        episodes,
        observed_from=history.observed_from[episodes.family],
        notified_days=notified,
        started_days=started_days,
    )
    provider = history.provider[episodes.source][spells.source]
    family = episodes.family[spells.source]
    code, names = (family, history.families) if by is Group.FAMILY else (provider, history.providers)
    treated = history.treated[episodes.subject][spells.source] if history.treated is not None else None
    return CaseReport(
        kind=history.kind,
        by=by,
        episodes=len(episodes),
        whole=time_to_clean(spells),
        groups={name: time_to_clean(spells.where(code == n)) for n, name in enumerate(names) if (code == n).any()},
        comparison=_compared(spells, code, provider if by is Group.FAMILY else family),
        treatment=hazard_ratio(spells, treated, provider, rng=rng) if treated is not None and len(spells) else None,
        reinfection=reinfection(episodes),
    )


def _compared(spells: Spells, code: Codes, strata: Codes) -> LogRank | NotEstimable:
    """Compare the groups that are published, inside the other division."""
    large = np.flatnonzero(np.bincount(code[spells.event]) >= FEWEST_EVENTS)
    chosen = np.isin(code, large)
    return log_rank(spells.where(chosen), np.searchsorted(large, code[chosen]), strata[chosen])


# Reads sightings of subjects from CSV: an ISP's own list of subscribers, or anyone's.

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
            raise AssessError(Text("more than {number} sightings", number=f"{MAX_ROWS:,}"), where=line.where)
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
        raise AssessError(Text("there are no sightings"), where=where)
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
        hint = Text("as in 2020-10-01T07:30:00Z")
        raise AssessError(
            Text("{column} is not a time: {text}", column=column, text=repr(text[:40])), where=line.where, hint=hint
        ) from error


def _flag(line: Line, column: str) -> bool:
    text = line.cells[column].casefold()
    if text not in _FLAGS:
        raise AssessError(
            Text("{column} is neither 0 nor 1: {text}", column=column, text=repr(text[:40])), where=line.where
        )
    return _FLAGS[text]
