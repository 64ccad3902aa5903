"""Priority: which botnets a campaign takes on, by stated criteria, and how far that depends on their weights."""

from quetsach.assess.priority.choice import Choice, Standing, choose
from quetsach.assess.priority.criteria import Criteria, Criterion, Harm
from quetsach.assess.priority.observation import GROWTH_DAYS, Observation, growth_of

__all__ = ["GROWTH_DAYS", "Choice", "Criteria", "Criterion", "Harm", "Observation", "Standing", "choose", "growth_of"]
