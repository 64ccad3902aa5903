"""A small trial with a known effect, for the tests of this folder."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from quetsach.assess.trial.analysis import Outcomes, assigned
from quetsach.assess.trial.lot import draw_lot, strata_of_days
from quetsach.assess.trial.registration import Expected, Outcome, TrialRegistration
from quetsach.core.period import Period

START = date(2027, 5, 3)
NOW = datetime(2027, 4, 1, tzinfo=UTC)
SEED = "XSMB 48213"


def trial(customers: int = 400, *, days: int = 0, target: float = 0.1) -> TrialRegistration:
    """A trial of customers, or of days, half of them with the measure."""
    period = Period(START, START + timedelta(days - 1)) if days else None
    units = strata_of_days(period) if period else {f"c{n}": "" for n in range(customers)}
    lot, _ = draw_lot(units, campaign="garden", seed=SEED, share=0.5, start=START, days=period, now=NOW)
    return TrialRegistration(lot, Outcome.CLEANED, 14, 0, target, Expected(0.5), 0.9, "VNPT", NOW)


def outcomes(registration: TrialRegistration, effect: float, *, control: float = 0.4, seed: int = 1) -> Outcomes:
    """What became of its customers (of days: ten each): more are clean within two weeks with the measure."""

    lot, generator = registration.lot, np.random.default_rng(seed)
    found = tuple(day for day in lot.days for _ in range(10)) if lot.days else (START,) * lot.units
    empty = np.full(len(found), np.nan)
    watched = np.full(len(found), 60.0)
    table = Outcomes({f"c{n}": "" for n in range(len(found))}, found, empty, empty, watched, empty, empty, empty)
    chance = control + effect * assigned(table, lot)
    is_clean = generator.random(len(found)) < chance
    return replace(table, cleaned=np.where(is_clean, generator.integers(1, 15, len(found)), np.nan))
