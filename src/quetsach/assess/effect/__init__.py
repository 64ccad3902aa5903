"""Did the campaign do it: the effect on a panel of units over periods, by five methods that the field knows."""

from quetsach.assess.effect.analysis import SEED, Design, analyse, usual_scale
from quetsach.assess.effect.finding import Answer, Check, Counted, Finding, Method, Part, Scale
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.panel_file import read_panel
from quetsach.assess.effect.wedge import DUMMIES

__all__ = [
    "DUMMIES",
    "SEED",
    "Answer",
    "Check",
    "Counted",
    "Design",
    "Finding",
    "Method",
    "Panel",
    "Part",
    "Scale",
    "analyse",
    "read_panel",
    "usual_scale",
]
