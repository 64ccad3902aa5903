"""Cases, grades and a choice of botnets as a centre would hand them over."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from quetsach.assess.cases import CaseReport, Group, SubjectKind, case_report
from quetsach.assess.cases.report import read_history
from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.grades import grade_providers
from quetsach.assess.priority import Observation, choose
from quetsach.assess.privacy import folded_rows
from quetsach.centre.evaluation.inputs import Cases, Grades, Priority
from quetsach.centre.evaluation.judging import events_by_group
from quetsach.centre.priority import load_criteria
from quetsach.core.period import Period
from quetsach.core.text import LocalText

__all__ = ["SEED", "cases", "grades", "priority", "refused_cases"]

SEED = 2020
ISPS = ("vnpt", "viettel", "fpt", "sctv", "cmc", "mobifone")
FAMILIES = ("andromeda", "conficker", "mirai", "necurs")
WINDOW, BEFORE = Period(date(2020, 11, 1), date(2020, 11, 28)), Period(date(2020, 6, 16), date(2020, 7, 13))


def named(*ids: str) -> dict[str, LocalText]:
    return {id_: LocalText(id_.title(), id_.title()) for id_ in ids}


def cases(small: int = 20) -> Cases:
    """Infections of two families at two providers, some days long; ``small`` of a third, too few to be told."""
    chance = np.random.default_rng(5)
    lines = ["subject,seen_at,family,isp"]
    for family, count, mean in (("mirai", 200, 10.0), ("conficker", 150, 30.0), ("necurs", small, 10.0)):
        for n in range(count):
            begin, isp = chance.uniform(0, 60), ("vnpt", "viettel")[n % 2]
            end = min(begin + chance.exponential(mean), 180)
            for at in (*np.arange(begin, end, 5), end):
                stamp = np.datetime64("2020-06-16T00:00:00") + np.timedelta64(int(at * 86_400), "s")
                lines.append(f"{family}-{n},{stamp}Z,{family},{isp}")
    lines.append("last,2020-12-13T00:00:00Z,mirai,vnpt")
    history = read_history("\n".join(lines).encode(), kind=SubjectKind.BOT_ID, where="cases.csv")
    reports = {by: case_report(history, by=by, rng=np.random.default_rng(SEED)) for by in Group}
    period = Period(date(2020, 6, 16), date(2020, 12, 13))
    kept_back = {
        by: _kept_back(period, events_by_group(report))
        for by, report in reports.items()
        if isinstance(report, CaseReport)
    }
    return Cases(period, None, reports, named(*history.families, *history.providers), kept_back)


def refused_cases() -> Cases:
    return Cases(WINDOW, None, dict.fromkeys(Group, NotEstimable(NotEstimableReason.NO_BOT_IDS)), {}, {})


def grades(*machines: float) -> Grades:
    """Six providers in four weeks; one that could not be counted and one without subscribers."""
    counts = machines or (900.0, 700.0, 500.0, 400.0, 300.0, 200.0)
    subscribers = dict.fromkeys(ISPS, 100_000.0) | {"netnam": 5_000.0}

    def weeks(share: float) -> list[dict[str, Answer]]:
        made: list[dict[str, Answer]] = []
        for week in range(4):
            row: dict[str, Answer] = {
                isp: Estimate(share * count * (1 + 0.02 * week), 0.0, 0.0)
                for isp, count in zip(ISPS, counts, strict=True)
            }
            made.append(
                row | {"netnam": NotEstimable(NotEstimableReason.DENSE_POOL), "spt": Estimate(30.0, 30.0, 30.0)}
            )
        return made

    now, before = weeks(0.5), weeks(1.0)
    found = grade_providers(subscribers, now, before, rng=np.random.default_rng(SEED))
    counted = {} if isinstance(found, NotEstimable) else {p.isp: p.machines for p in found.providers}
    kept_back = _kept_back(WINDOW, counted)
    return Grades(WINDOW, BEFORE, SEED, now, before, subscribers, found, named(*subscribers, "spt"), kept_back)


def _kept_back(window: Period, values: Mapping[str, float]) -> frozenset[str]:
    chosen = folded_rows(values, window=window)
    assert not isinstance(chosen, NotEstimable)
    return chosen.kept_back


def priority(families: tuple[str, ...] = FAMILIES) -> Priority:
    chance = np.random.default_rng(3)
    observations = tuple(
        Observation(
            family,
            {"size": float(chance.uniform(20, 3000)), "coverage": 1.0, "harm": float(chance.uniform(0, 1))}
            | ({"remediability": 0.5} if n % 2 else {}),
        )
        for n, family in enumerate(families)
    )
    choice = choose(observations, load_criteria(), rng=np.random.default_rng(SEED))
    return Priority(BEFORE, SEED, choice, observations, named(*families))
