"""Priority: which botnets a campaign takes on, by stated criteria, and how far that depends on their weights."""

from quetsach.assess.priority.choice import (
    GROWTH_DAYS,
    Choice,
    Criteria,
    Criterion,
    Harm,
    Observation,
    Standing,
    choose,
    growth_of,
)

__all__ = ["GROWTH_DAYS", "Choice", "Criteria", "Criterion", "Harm", "Observation", "Standing", "choose", "growth_of"]
