"""Privacy of published tables: small cells are hidden, rounded or perturbed, and the result is attacked first."""

from quetsach.assess.privacy.attack import Cell, Known, Published, Shift, Sum, recovered, release_refusal, together
from quetsach.assess.privacy.suppression import (
    FEWEST_ORGANISATIONS,
    LARGEST_SHARE,
    Relation,
    Rounded,
    Shown,
    bare_rows,
    folded_beside,
    folded_rows,
    given_away,
    hidden_cells,
    perturbed_cells,
    rounded_cells,
    tells_of_one,
)

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
