"""Sightings to numbers: pure rules over roll-ups, every number with its definition and basis."""

from quetsach.assess.baseline import FreezingAct, FrozenBaseline, basis_from_json, compare_again, read_baseline
from quetsach.assess.definitions import DEFINITIONS, NO_VERDICT, Basis, Definition, Figure, ReportHealth, period_text
from quetsach.assess.estimate import AssessError, Notice
from quetsach.assess.ranking import (
    UNKNOWN,
    UNPLACED,
    Ranking,
    Row,
    mean_daily,
    rank_families,
    rank_isps,
    rank_places,
    rank_sectors,
)
from quetsach.assess.targets import (
    Goal,
    TargetReport,
    WindowChange,
    WindowCount,
    change_against,
    judge_baseline,
    newest_with_data,
    percent_change,
)

__all__ = [
    "DEFINITIONS",
    "NO_VERDICT",
    "UNKNOWN",
    "UNPLACED",
    "AssessError",
    "Basis",
    "Definition",
    "Figure",
    "FreezingAct",
    "FrozenBaseline",
    "Goal",
    "Notice",
    "Ranking",
    "ReportHealth",
    "Row",
    "TargetReport",
    "WindowChange",
    "WindowCount",
    "basis_from_json",
    "change_against",
    "compare_again",
    "judge_baseline",
    "mean_daily",
    "newest_with_data",
    "percent_change",
    "period_text",
    "rank_families",
    "rank_isps",
    "rank_places",
    "rank_sectors",
    "read_baseline",
]
