"""Published totals, played as day files: each span of days shows exactly as many addresses as were published."""

from quetsach.simulate.replay.play import simulate
from quetsach.simulate.replay.scenario import Origin, Scenario, Span, read_scenario

__all__ = ["Origin", "Scenario", "Span", "read_scenario", "simulate"]
