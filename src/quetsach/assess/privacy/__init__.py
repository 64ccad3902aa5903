"""Privacy of published tables: small cells are hidden, rounded or perturbed, and the result is attacked first."""

from quetsach.assess.privacy.attack import Cell, Known, Sum, recovered, release_refusal
from quetsach.assess.privacy.cell_key import perturbed_cells
from quetsach.assess.privacy.dominance import FEWEST_ORGANISATIONS, LARGEST_SHARE, tells_of_one
from quetsach.assess.privacy.folding import folded_beside, folded_rows
from quetsach.assess.privacy.overlap import Published, Shift, together
from quetsach.assess.privacy.rounding import Rounded, rounded_cells
from quetsach.assess.privacy.suppression import Relation, given_away, hidden_cells
from quetsach.assess.privacy.time_line import Shown, bare_rows

__all__ = [
    "FEWEST_ORGANISATIONS",
    "LARGEST_SHARE",
    "Cell",
    "Known",
    "Published",
    "Relation",
    "Rounded",
    "Shift",
    "Shown",
    "Sum",
    "bare_rows",
    "folded_beside",
    "folded_rows",
    "given_away",
    "hidden_cells",
    "perturbed_cells",
    "recovered",
    "release_refusal",
    "rounded_cells",
    "tells_of_one",
    "together",
]
