"""Cases: episodes of infection, how long they last, and whether they come back."""

from quetsach.assess.cases.comparison import LogRank, log_rank
from quetsach.assess.cases.episode import Episodes, SubjectKind, Watch, episodes_of
from quetsach.assess.cases.hazard import hazard_ratio
from quetsach.assess.cases.report import CaseReport, Group, History, case_report
from quetsach.assess.cases.spell import Spells, returns_of, spells_of
from quetsach.assess.cases.summary import FEWEST_EVENTS, TimeToClean, reinfection, time_to_clean
from quetsach.assess.cases.survival import Curve, survival_curve

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
