"""Cases: episodes of infection, how long they last, and whether they come back."""

from quetsach.assess.cases.episode import Episodes, Spells, SubjectKind, Watch, episodes_of, returns_of, spells_of
from quetsach.assess.cases.report import CaseReport, Group, History, case_report
from quetsach.assess.cases.survival import (
    FEWEST_EVENTS,
    Curve,
    LogRank,
    TimeToClean,
    hazard_ratio,
    log_rank,
    reinfection,
    survival_curve,
    time_to_clean,
)

__all__ = [
    "FEWEST_EVENTS",
    "CaseReport",
    "Curve",
    "Episodes",
    "Group",
    "History",
    "LogRank",
    "Spells",
    "SubjectKind",
    "TimeToClean",
    "Watch",
    "case_report",
    "episodes_of",
    "hazard_ratio",
    "log_rank",
    "reinfection",
    "returns_of",
    "spells_of",
    "survival_curve",
    "time_to_clean",
]
