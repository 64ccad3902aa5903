"""Grades: who is better or worse than the middle, and how little is known of the order."""

from quetsach.assess.grades.grade import CERTAINTY, Grade, GradedRow, Method, RankSets, rank_sets
from quetsach.assess.grades.measured import Estimates, LeagueTable, RankedName, ranked, read_estimates
from quetsach.assess.grades.provider import (
    GradedProvider,
    OwnChange,
    ProviderGrades,
    Rates,
    grade_providers,
    graded_rates,
    own_change,
    shrunk_rates,
)

__all__ = [
    "CERTAINTY",
    "Estimates",
    "Grade",
    "GradedProvider",
    "GradedRow",
    "LeagueTable",
    "Method",
    "OwnChange",
    "ProviderGrades",
    "RankSets",
    "RankedName",
    "Rates",
    "grade_providers",
    "graded_rates",
    "own_change",
    "rank_sets",
    "ranked",
    "read_estimates",
    "shrunk_rates",
]
