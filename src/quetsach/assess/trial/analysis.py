"""Reads the outcomes of a trial: one line a customer, from the day on which it was found infected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import scipy

from quetsach.assess.cases.episode import Spells
from quetsach.assess.cases.survival import LogRank, log_rank, returned
from quetsach.assess.effect.contrast import inverted, rank_of
from quetsach.assess.effect.finding import HOLDS_AT_LEAST, Check
from quetsach.assess.effect.panel import Bools, Floats, Ints
from quetsach.assess.estimate import CONFIDENCE, Answer, AssessError, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.rows import Line, read_rows
from quetsach.assess.trial.lot import UNITS_AT_MOST, Drawn, Lot, listed_digest, strata_of_days, treated_of
from quetsach.assess.trial.registration import Outcome, TrialRegistration, score_difference
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.table import unguarded
from quetsach.core.text import Text

COLUMNS: Final = ("customer", "found", "cleaned", "until")
OPTIONAL: Final = ("again", "stratum", "arm", "received", "before")
_FLAGS: Final = {"": np.nan, "0": 0.0, "false": 0.0, "no": 0.0, "1": 1.0, "true": 1.0, "yes": 1.0}
FOLLOWED_AT_LEAST: Final = 20
"""Customers on a side that were followed to the end."""
OUTCOMES_AT_LEAST: Final = 5
"""Successes, and failures, of all who were followed: with fewer, intervals cover 99 % and more."""
DAYS_AT_LEAST: Final = 8
"""Days on a side: fewer give too few other lots."""
DRAWS: Final = 1_999
BACK_DAYS: Final = 30
"""Days after being clean within which who is back is told, unless a trial has its own."""
BALANCED_AT_LEAST: Final = 0.01
"""p value of a difference before the start: the lot is drawn again, so only a large one tells of a changed table."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each customer (customers).

    ``found``: the day from which its time counts. ``cleaned`` and ``again`` are days since ``found``, NaN for never;
    ``until`` is the last day watched, since ``found``. ``arm`` and ``received`` are what the provider says was drawn
    and given (1, 0, NaN where it does not say), ``before`` a figure of the time before (NaN).
    """

    strata: Mapping[str, str]
    found: tuple[date, ...]
    cleaned: Floats
    again: Floats
    until: Floats
    arm: Floats
    received: Floats
    before: Floats

    def __len__(self) -> int:
        return len(self.found)

    def success(self, outcome: Outcome, *, within_days: int, again_days: int) -> Floats:
        """Return 1 for a success, 0 for a failure, NaN for a customer that was lost sight of too early to tell."""
        in_time = self.cleaned <= within_days
        known_not = ~in_time & ((self.until >= within_days) | (self.cleaned > within_days))
        made = np.where(in_time, 1.0, np.where(known_not, 0.0, np.nan))
        if outcome is Outcome.CLEANED:
            return made
        free = self.again - self.cleaned
        is_back = in_time & (free <= again_days)
        is_open = in_time & ~is_back & (self.until - self.cleaned < again_days) & ~(free > again_days)
        return np.where(is_back, 0.0, np.where(is_open, np.nan, made))

    @property
    def spells(self) -> tuple[Floats, Bools]:
        """How long each was infected under watch, in days, and whether it ended by being clean."""
        is_clean = ~np.isnan(self.cleaned)
        return np.maximum(np.where(is_clean, self.cleaned, self.until), 0.5), is_clean


def read_outcomes(content: bytes, *, where: str) -> Outcomes:
    """Read outcomes from CSV with ``COLUMNS`` and any of ``OPTIONAL``; days are ISO days, an empty cell is never.

    Raises:
        AssessError: it is no such table, a customer is there twice, or days are out of order.
    """
    strata: dict[str, str] = {}
    found: list[date] = []
    cells: list[tuple[float, ...]] = []
    for line in read_rows(content, COLUMNS, optional=OPTIONAL, where=where):
        customer = unguarded(line.text("customer"))
        if customer in strata:
            raise AssessError(Text("the customer {customer} is there twice", customer=repr(customer)), where=line.where)
        if len(strata) == UNITS_AT_MOST:
            raise AssessError(Text("more than {number} units", number=f"{UNITS_AT_MOST:,}"), where=where)
        strata[customer] = unguarded(line.cells["stratum"])
        day = _day(line, "found")
        if day is None:
            raise AssessError(Text("found is empty"), where=line.where)
        found.append(day)
        cells.append(_cells(line, day))
    if not cells:
        raise AssessError(Text("there are no customers"), where=where)
    columns = np.array(cells, dtype=np.float64).T
    return Outcomes(strata, tuple(found), *columns)


def _cells(line: Line, found: date) -> tuple[float, ...]:
    cleaned, again, until = (_since(line, column, found) for column in ("cleaned", "again", "until"))
    if np.isnan(until):
        raise AssessError(Text("until is empty"), where=line.where, hint=Text("the last day on which it was watched"))
    if cleaned < 0 or until < 0 or cleaned > until or again > until or again <= cleaned:
        raise AssessError(Text("days are out of order"), where=line.where, hint=Text("found, cleaned, again, until"))
    if not np.isnan(again) and np.isnan(cleaned):
        raise AssessError(Text("infected again without having been clean"), where=line.where)
    before = line.number("before") if line.cells["before"] else np.nan
    return cleaned, again, until, _flag(line, "arm"), _flag(line, "received"), before


def _day(line: Line, column: str) -> date | None:
    try:
        return parse_day(line.cells[column]) if line.cells[column] else None
    except InputError as error:
        raise AssessError(error.text or error.what, where=line.where, hint=error.advice or error.hint) from error


def _since(line: Line, column: str, found: date) -> float:
    day = _day(line, column)
    return np.nan if day is None else float((day - found).days)


def _flag(line: Line, column: str) -> float:
    text = line.cells[column].casefold()
    if text not in _FLAGS:
        raise AssessError(
            Text("{column} is neither 0 nor 1: {text}", column=column, text=repr(text[:40])), where=line.where
        )
    return _FLAGS[text]


@dataclass(frozen=True, slots=True)
class Arm:
    """One side: customers followed to the end, successes among them, those lost sight of."""

    followed: int
    successes: int
    lost: int

    @property
    def share(self) -> float:
        """Share of successes among those followed."""
        return self.successes / self.followed


@dataclass(frozen=True, slots=True)
class TrialFinding:
    """What a trial found.

    ``difference`` is in shares, more success by the measure above none. ``strict`` also holds it if every lost customer
    of one side had failed and every one of the other succeeded, and the other way round. ``sooner`` compares all the
    time to being clean; ``back`` is the share of each side infected again within ``back_days`` of being clean, of those
    who were (that is no comparison by lot).
    """

    difference: Estimate
    strict: Estimate
    treated: Arm
    controls: Arm
    checks: tuple[Check, ...]
    sooner: LogRank | NotEstimable
    back_days: int
    back: tuple[Answer, Answer]


def analyse_trial(outcomes: Outcomes, registration: TrialRegistration) -> TrialFinding | NotEstimable:
    """Return what a trial found, or why there is no number."""
    lot = registration.lot
    if lot.drawn is Drawn.CUSTOMERS and listed_digest(outcomes.strata) != lot.listed:
        return NotEstimable(
            NotEstimableReason.OTHER_CUSTOMERS, {"customers": float(len(outcomes)), "drawn": float(lot.units)}
        )
    is_treated = assigned(outcomes, lot)
    success = outcomes.success(
        registration.outcome, within_days=registration.within_days, again_days=registration.again_days
    )
    arms = [_arm(success[side]) for side in (is_treated, ~is_treated)]
    if min(arm.followed for arm in arms) < FOLLOWED_AT_LEAST:
        fewest = float(min(arm.followed for arm in arms))
        return NotEstimable(NotEstimableReason.FEW_FOLLOWED, {"followed": fewest, "needed": float(FOLLOWED_AT_LEAST)})
    successes, followed = (sum(getattr(arm, name) for arm in arms) for name in ("successes", "followed"))
    if (rarer := min(successes, followed - successes)) < OUTCOMES_AT_LEAST:
        return NotEstimable(
            NotEstimableReason.FEW_OUTCOMES, {"outcomes": float(rarer), "needed": float(OUTCOMES_AT_LEAST)}
        )
    if lot.drawn is Drawn.DAYS:
        told = _days_teller(outcomes, lot)
        if isinstance(told, NotEstimable):
            return told
    else:
        told = _customers_teller(is_treated)
    difference, p_value = told(success)
    worst = told(np.where(np.isnan(success), np.where(is_treated, 0.0, 1.0), success))[0]
    best = told(np.where(np.isnan(success), np.where(is_treated, 1.0, 0.0), success))[0]
    strict = Estimate(difference.value, min(worst.low, difference.low), max(best.high, difference.high))
    back_days = registration.again_days or BACK_DAYS
    days, is_clean = outcomes.spells
    spells = Spells.of(np.zeros(len(days)), days, is_clean)
    return TrialFinding(
        difference,
        strict,
        treated=arms[0],
        controls=arms[1],
        checks=_checks(outcomes, is_treated, success, p_value),
        sooner=log_rank(spells, is_treated[spells.source].astype(np.int64)),
        back_days=back_days,
        back=(_back(outcomes, is_treated, back_days), _back(outcomes, ~is_treated, back_days)),
    )


def assigned(outcomes: Outcomes, lot: Lot) -> Bools:
    """Return whether each customer (customers) was drawn for the measure, by the lot and by nothing else."""
    if lot.days is None:
        treated = treated_of(outcomes.strata, seed=lot.seed, share=lot.share)
        return np.array([customer in treated for customer in outcomes.strata])
    treated = treated_of(strata_of_days(lot.days), seed=lot.seed, share=lot.share)
    return np.array([str(day) in treated for day in outcomes.found])


def _arm(success: Floats) -> Arm:
    known = ~np.isnan(success)
    return Arm(int(known.sum()), int(success[known].sum()), int((~known).sum()))


type _Teller = Callable[[Floats], tuple[Estimate, float]]
"""Gives the difference with its interval, and how often chance alone gives as much, of successes (customers)."""


def _customers_teller(is_treated: Bools) -> _Teller:
    def tell(success: Floats) -> tuple[Estimate, float]:
        treated, controls = _arm(success[is_treated]), _arm(success[~is_treated])
        counts = (np.array(float(n)) for arm in (treated, controls) for n in (arm.successes, arm.followed))
        low, high = score_difference(*counts)
        table = [[arm.successes, arm.followed - arm.successes] for arm in (treated, controls)]
        exact = float(scipy.stats.fisher_exact(table).pvalue)
        return Estimate(treated.share - controls.share, float(low), float(high)), exact

    return tell


def _days_teller(outcomes: Outcomes, lot: Lot) -> _Teller | NotEstimable:
    """Return how drawn days are told: by other lots over the same days, weekday by weekday as it was drawn."""
    if lot.days is None or min(lot.sides) < DAYS_AT_LEAST:
        fewest = float(min(lot.sides))
        return NotEstimable(NotEstimableReason.TOO_FEW_UNITS, {"units": fewest, "needed": float(DAYS_AT_LEAST)})
    strata = strata_of_days(lot.days)
    days = list(strata)
    chosen = treated_of(strata, seed=lot.seed, share=lot.share)
    given = np.array([day in chosen for day in days])
    weekday = np.array([int(strata[day]) for day in days])
    place = {day: number for number, day in enumerate(days)}
    at = np.array([place.get(str(day), -1) for day in outcomes.found])
    generator = np.random.default_rng(int(lot.listed[:15], 16))
    others = _other_lots(given, weekday, generator)

    def tell(success: Floats) -> tuple[Estimate, float]:
        known = ~np.isnan(success) & (at >= 0)
        count = np.bincount(at[known], minlength=len(days)).astype(np.float64)
        hits = np.bincount(at[known], success[known], minlength=len(days))
        value = float(_differences(given[None].astype(np.float64), hits, count)[0])
        chance, of_one = _differences(others, hits, count), _differences(others, given * count, count)
        rank, _ = rank_of(DRAWS)
        low, high = inverted(value, 1.0, chance, of_one, rank)
        p_value = float((1 + (np.abs(chance) >= abs(value) * (1 - 1e-12)).sum()) / (1 + DRAWS))
        by_t = _spread_of_days(given, hits, count)
        return Estimate(value, min(low, value - by_t), max(high, value + by_t)), p_value

    return tell


def _other_lots(given: Bools, weekday: Ints, generator: np.random.Generator) -> Floats:
    """Return other lots (draws x days), 1 for the measure, with as many days of each weekday."""
    others = np.tile(given.astype(np.float64), (DRAWS, 1))
    for day in np.unique(weekday):
        of = weekday == day
        others[:, of] = generator.permuted(others[:, of], axis=1)
    return others


def _differences(lots: Floats, hits: Floats, count: Floats) -> Floats:
    """Return the difference of shares (lots) of the days that each lot gives to the measure less the others."""
    whole, all_hits = count.sum(), hits.sum()
    own, own_hits = lots @ count, lots @ hits
    return np.asarray(own_hits / own - (all_hits - own_hits) / (whole - own))


def _spread_of_days(given: Bools, hits: Floats, count: Floats) -> float:
    """Return half the interval by the spread between days: Satterthwaite's t, the two sides apart."""
    parts = []
    for side in (given, ~given):
        held = side & (count > 0)
        days, share = int(held.sum()), hits[held].sum() / count[held].sum()
        left = (hits[held] - share * count[held]) / count[held].sum()
        parts.append((float((left**2).sum()) * days / (days - 1), days - 1))
    variance = sum(part for part, _ in parts)
    if not variance:
        return 0.0
    degrees = variance**2 / sum(part**2 / free for part, free in parts)
    return float(scipy.special.stdtrit(degrees, (1 + CONFIDENCE) / 2) * np.sqrt(variance))


def _back(outcomes: Outcomes, side: Bools, days: int) -> Answer:
    is_clean = side & ~np.isnan(outcomes.cleaned)
    again = outcomes.again[is_clean]
    free = np.where(np.isnan(again), outcomes.until[is_clean], again) - outcomes.cleaned[is_clean]
    return returned(Spells.of(np.zeros(len(free)), np.maximum(free, 0.5), ~np.isnan(again)), days)


def _checks(outcomes: Outcomes, is_treated: Bools, success: Floats, p_value: float) -> tuple[Check, ...]:
    lost = [int(np.isnan(success[side]).sum()) for side in (is_treated, ~is_treated)]
    sizes = [int(is_treated.sum()), int((~is_treated).sum())]
    alike = float(scipy.stats.fisher_exact([[n, size - n] for n, size in zip(lost, sizes, strict=True)]).pvalue)
    made = [Check("exact", _EXACT, p_value), Check("lost-alike", _LOST, alike, least=HOLDS_AT_LEAST)]
    before = outcomes.before
    known = ~np.isnan(before)
    if known.all() and before.std() > 0:
        ranks = scipy.stats.mannwhitneyu(before[is_treated], before[~is_treated]).pvalue
        made.append(Check("balance", _BALANCE, float(ranks), least=BALANCED_AT_LEAST))
    told = ~np.isnan(outcomes.arm)
    if told.any():
        kept = float((outcomes.arm[told] == is_treated[told]).mean())
        made.append(Check("lot-kept", _KEPT, kept, least=1.0))
    given = ~np.isnan(outcomes.received)
    if given.any():
        made.append(Check("received", _RECEIVED, float((outcomes.received[given] == is_treated[given]).mean())))
    return tuple(made)


_EXACT = Text("How often the lot alone gives as large a difference (Fisher's exact test, or other lots over the days)")
_LOST = Text("Were as many lost sight of on both sides (p value; under 0.05 they were not)")
_BALANCE = Text(
    "Were both sides alike before the start (p value; under 0.01 they were not: the table may have been changed)"
)
_KEPT = Text("Share of customers whom the provider has on the side that was drawn (must be 1)")
_RECEIVED = Text("Share of customers who got what was drawn for them (all count on the side that was drawn)")
