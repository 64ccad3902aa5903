"""A country with known truth, played as feed files: the numbers that must come out are known beforehand.

Two kinds of scenario: the replay of published totals (``replay``) and a country of single machines (``machines``).
"""

from quetsach.simulate.fields import COLUMNS, SimulateError
from quetsach.simulate.machines.days import Day, country
from quetsach.simulate.machines.export import Order, write_country
from quetsach.simulate.machines.scenario import Country
from quetsach.simulate.machines.scenario_file import is_country, read_country
from quetsach.simulate.replay import Origin, Scenario, Span, read_scenario, simulate

__all__ = [
    "COLUMNS",
    "Country",
    "Day",
    "Order",
    "Origin",
    "Scenario",
    "SimulateError",
    "Span",
    "country",
    "is_country",
    "read_country",
    "read_scenario",
    "simulate",
    "write_country",
]
