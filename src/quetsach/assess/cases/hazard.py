"""How much faster a treated subject becomes clean: grouped piecewise-exponential model with effects of providers."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import statsmodels.api as sm

from quetsach.assess.cases.episode import Codes, Flags, Floats
from quetsach.assess.cases.spell import Spells
from quetsach.assess.estimate import CONFIDENCE, Answer, Estimate
from quetsach.assess.refusal import Refusal, RefusalReason

CUTS_DAYS: Final = (0.0, 1.0, 2.0, 4.0, 7.0, 10.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0, 150.0)
"""Between these the hazard is taken as constant; the last piece is open."""
FEWEST_PROVIDERS: Final = 10
"""With fewer the bootstrap over providers is too narrow."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """Events and days at risk of each piece of time, provider and treatment that has any."""

    events: Floats
    days: Floats
    piece: Codes
    provider: Codes
    treated: Flags


def hazard_ratio(
    spells: Spells, treated: Flags, provider: Codes, *, rng: np.random.Generator, repetitions: int = 400
) -> Answer:
    """Return the hazard of becoming clean of the treated against the others, inside providers.

    Spells are cut at ``CUTS_DAYS`` and added up; the cells are Poisson counts with their days at risk as exposure
    (Holford 1980, Laird and Olivier 1981). A million subjects cost one pass over each piece of time.

    Args:
        spells: times at risk.
        treated: one a spell.
        provider: codes 0, 1, … one a spell.
        rng: draws the providers of the bootstrap.
        repetitions: of the bootstrap.

    Returns:
        The ratio, with the percentiles of a bootstrap over whole providers; a refusal where treated and others are not
        found together in ``FEWEST_PROVIDERS`` providers.
    """
    cells = _cells(spells, treated, provider)
    both = np.intersect1d(cells.provider[cells.treated], cells.provider[~cells.treated])
    measured = {"events": float(cells.events.sum()), "providers": float(len(both))}
    if len(both) < FEWEST_PROVIDERS:
        return Refusal(RefusalReason.FEW_PROVIDERS, measured)
    ratio = _log_ratio(cells, np.ones(int(provider.max()) + 1))
    if ratio is None:
        return Refusal(RefusalReason.NOTHING_TO_COMPARE, measured)
    known = np.unique(cells.provider)
    drawn = []
    for _ in range(repetitions):
        weight = np.bincount(rng.choice(known, len(known)), minlength=int(known.max()) + 1).astype(np.float64)
        again = _log_ratio(cells, weight)
        if again is not None:
            drawn.append(again)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.exp(np.quantile(drawn, [tail, 1 - tail]))
    return Estimate(float(np.exp(ratio)), float(low), float(high), {**measured, "log_ratio": ratio})


def _cells(spells: Spells, treated: Flags, provider: Codes) -> _Cells:
    pieces, providers = len(CUTS_DAYS), int(provider.max()) + 1
    place = provider * 2 + treated
    events, days = np.zeros((pieces, providers * 2)), np.zeros((pieces, providers * 2))
    for piece, (low, high) in enumerate(zip(CUTS_DAYS, (*CUTS_DAYS[1:], np.inf), strict=True)):
        exposure = np.clip(np.minimum(spells.exit, high) - np.maximum(spells.entry, low), 0, None)
        ends = spells.event & (spells.exit > low) & (spells.exit <= high)
        days[piece] = np.bincount(place, weights=exposure, minlength=providers * 2)
        events[piece] = np.bincount(place[ends], minlength=providers * 2)
    row, column = np.nonzero(days)
    return _Cells(events[row, column], days[row, column], row, column // 2, column % 2 == 1)


def _log_ratio(cells: _Cells, weight: Floats) -> float | None:
    """Fit the cells of providers by their weights; ``None`` where treated or others have no event."""
    weights = weight[cells.provider]
    used = weights > 0
    if not all((cells.events * weights)[used & side].sum() for side in (cells.treated, ~cells.treated)):
        return None
    # A piece or provider without a single event has no finite effect, and tells nothing of the ratio.
    for column in (cells.piece, cells.provider):
        used &= (np.bincount(column, weights=cells.events * weights) > 0)[column]
    design = np.column_stack([cells.treated[used], _dummies(cells.piece[used]), _dummies(cells.provider[used])[:, 1:]])
    model = sm.GLM(
        cells.events[used],
        design.astype(np.float64),
        family=sm.families.Poisson(),
        offset=np.log(cells.days[used]),
        freq_weights=weights[used],
    )
    return float(model.fit().params[0])


def _dummies(codes: Codes) -> Flags:
    found, position = np.unique(codes, return_inverse=True)
    return np.asarray(position[:, None] == np.arange(len(found)), dtype=np.bool_)
