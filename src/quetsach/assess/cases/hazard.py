"""How much faster a treated subject becomes clean: grouped piecewise-exponential model with effects of providers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import t

from quetsach.assess.cases.episode import Codes, Flags, Floats
from quetsach.assess.cases.spell import Spells
from quetsach.assess.estimate import CONFIDENCE, Answer, Estimate
from quetsach.assess.refusal import Refusal, RefusalReason

CUTS_DAYS: Final = (0.0, 1.0, 2.0, 4.0, 7.0, 10.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0, 150.0)
"""Between these the hazard is taken as constant; the last piece is open."""
FEWEST_PROVIDERS: Final = 10
"""With fewer the bootstrap over providers is too narrow."""
_ROUNDS, _CLOSE = 2000, 1e-11


@dataclass(frozen=True, slots=True)
class _Cells:
    """Events and days at risk by treatment (0, 1), piece of time and provider."""

    events: Floats
    days: Floats


def hazard_ratio(
    spells: Spells,
    treated: Flags,
    provider: Codes,
    *,
    rng: np.random.Generator,
    repetitions: int = 400,
    cuts: Sequence[float] = CUTS_DAYS,
) -> Answer:
    """Return the hazard of becoming clean of the treated against the others, inside providers.

    Spells are cut and added up; the cells are Poisson counts with their days at risk as exposure
    (Holford 1980, Laird and Olivier 1981). A million subjects cost one pass over each piece of time; the fit and its
    bootstrap see only the cells.

    Args:
        spells: times at risk.
        treated: one a spell.
        provider: codes 0, 1, … one a spell.
        rng: draws the providers of the bootstrap.
        repetitions: of the bootstrap.
        cuts: where the hazard may change, from 0 on; with one at every event it is Cox's model.

    Returns:
        The ratio, its interval from a bootstrap of its logarithm over whole providers; a refusal where treated and
        others are not found together in ``FEWEST_PROVIDERS`` providers.
    """
    cells = _cells(spells, treated, provider, cuts)
    both = np.flatnonzero((cells.days.sum(axis=1) > 0).all(axis=0))
    measured = {"events": float(cells.events.sum()), "providers": float(len(both))}
    if len(both) < FEWEST_PROVIDERS:
        return Refusal(RefusalReason.FEW_PROVIDERS, measured)
    known = np.flatnonzero(cells.days.sum(axis=(0, 1)))
    cells = _Cells(cells.events[:, :, known], cells.days[:, :, known])
    drawn = rng.multinomial(len(known), np.full(len(known), 1 / len(known)), size=repetitions)
    ratio, *again = _ratios(cells, np.vstack([np.ones(len(known)), drawn]))
    if not 0 < ratio < np.inf:
        return Refusal(RefusalReason.NOTHING_TO_COMPARE, measured)
    # Few providers: their spread is divided by one less, and the normal quantile is that of Student.
    drawn_logs = np.log([draw for draw in again if 0 < draw < np.inf])
    error = float(drawn_logs.std() * np.sqrt(len(both) / (len(both) - 1)))
    half = error * t.ppf((1 + CONFIDENCE) / 2, len(both) - 1)
    log = float(np.log(ratio))
    found = {**measured, "log_ratio": log, "standard_error": error}
    return Estimate(float(ratio), float(np.exp(log - half)), float(np.exp(log + half)), found)


def _cells(spells: Spells, treated: Flags, provider: Codes, cuts: Sequence[float] = CUTS_DAYS) -> _Cells:
    providers = int(provider.max()) + 1
    place = treated * providers + provider
    events, days = np.zeros((2, 2, len(cuts), providers))
    for piece, (low, high) in enumerate(zip(cuts, (*cuts[1:], np.inf), strict=True)):
        exposure = np.clip(np.minimum(spells.exit, high) - np.maximum(spells.entry, low), 0, None)
        ends = spells.event & (spells.exit > low) & (spells.exit <= high)
        days[:, piece] = np.bincount(place, weights=exposure, minlength=2 * providers).reshape(2, providers)
        events[:, piece] = np.bincount(place[ends], minlength=2 * providers).reshape(2, providers)
    return _Cells(events, days)


def _ratios(cells: _Cells, weight: Floats) -> Floats:
    """Fit hazard = ratio^treated x piece x provider by maximum likelihood, once for each row of weights of providers.

    Each factor in turn is what is observed over what the two others expect (iterative proportional fitting), which
    climbs to the maximum; a factor without events is zero and takes its cells out.
    """
    events, days = cells.events, cells.days
    of_provider = events.sum(axis=(0, 1))
    of_piece = np.einsum("tkp,bp->bk", events, weight)
    of_treated = np.einsum("kp,bp->b", events[1], weight)
    provider = np.ones_like(weight)
    piece, ratio = np.ones_like(of_piece), np.ones(len(weight))
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_ROUNDS):
            before = ratio
            exposure = [np.einsum("kp,bk->bp", side, piece) for side in days]
            provider = np.nan_to_num(of_provider / (exposure[0] + ratio[:, None] * exposure[1]))
            exposure = [np.einsum("kp,bp->bk", side, provider * weight) for side in days]
            piece = np.nan_to_num(of_piece / (exposure[0] + ratio[:, None] * exposure[1]))
            ratio = of_treated / np.einsum("bk,bk->b", piece, exposure[1])
            if np.nanmax(np.abs(ratio / before - 1)) < _CLOSE:
                break
    return ratio
