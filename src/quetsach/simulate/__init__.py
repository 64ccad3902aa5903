"""A country with known truth, played as feed files: the numbers that must come out are known beforehand."""

from quetsach.simulate.errors import SimulateError
from quetsach.simulate.play import COLUMNS, simulate
from quetsach.simulate.scenario import Origin, Scenario, Span, read_scenario

__all__ = ["COLUMNS", "Origin", "Scenario", "SimulateError", "Span", "read_scenario", "simulate"]
