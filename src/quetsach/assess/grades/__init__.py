"""Grades: who is better or worse than the middle, and how little is known of the order."""

from quetsach.assess.grades.counted import OwnChange, Rates, graded_rates, own_change, shrunk_rates
from quetsach.assess.grades.grade import CERTAINTY, Grade, GradedRow
from quetsach.assess.grades.measured import LeagueTable, RankedName, ranked
from quetsach.assess.grades.provider import GradedProvider, ProviderGrades, grade_providers, read_subscribers
from quetsach.assess.grades.rank_set import Method, RankSets, rank_sets
from quetsach.assess.grades.table import Estimates, read_estimates

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
    "read_subscribers",
    "shrunk_rates",
]
