"""The lot of a trial: who gets the measure, drawn once from a public seed by the same hashes as an order of roll-out.

Of customers the centre keeps how many there are and a digest of their list, not the list: whoever has it can draw
again, and the table of outcomes is held against the digest.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

from quetsach.assess.effect.roll_out import SEED_AT_LEAST, by_lot
from quetsach.assess.estimate import AssessError
from quetsach.assess.rows import read_rows
from quetsach.assess.sealed import digest_of
from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period
from quetsach.core.table import unguarded
from quetsach.core.text import Text

UNITS_AT_MOST: Final = 1_000_000
DAYS_AT_MOST: Final = 730
_NOT_ONE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, QuetsachError)


class Drawn(StrEnum):
    """What is drawn: each customer, or each day with all customers who are found on it."""

    CUSTOMERS = "customers"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot that was drawn.

    ``share`` of the units get the measure, ``treated`` of ``units``. ``listed`` is the digest of the units with their
    strata. ``days`` are those that were drawn from, None of customers.
    """

    campaign: str
    drawn: Drawn
    seed: str
    share: float
    start: date
    units: int
    treated: int
    listed: str
    days: Period | None
    drawn_at: datetime

    @property
    def sides(self) -> tuple[int, int]:
        """How many units get the measure, and how many do not."""
        return self.treated, self.units - self.treated

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the canonical content."""
        return digest_of(self.content())

    def content(self) -> dict[str, object]:
        """Return what is recorded."""
        return {
            "campaign": self.campaign,
            "drawn": self.drawn.value,
            "seed": self.seed,
            "share": self.share,
            "start": str(self.start),
            "units": self.units,
            "treated": self.treated,
            "listed": self.listed,
            "days": str(self.days) if self.days else None,
            "drawn_at": self.drawn_at.astimezone(UTC).isoformat(),
        }

    def to_json(self) -> bytes:
        """Return the record: the content and its seal."""
        sealed = {"lot": self.content(), "sha256": self.digest}
        return json.dumps(sealed, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def lot_of(content: Mapping[str, Any]) -> Lot:
    """Return what ``content`` gave."""
    return Lot(
        str(content["campaign"]),
        Drawn(content["drawn"]),
        str(content["seed"]),
        float(content["share"]),
        date.fromisoformat(content["start"]),
        int(content["units"]),
        int(content["treated"]),
        str(content["listed"]),
        Period.parse(content["days"]) if content["days"] else None,
        datetime.fromisoformat(content["drawn_at"]),
    )


def read_lot(content: bytes, *, where: str) -> Lot:
    """Read a recorded lot and check its seal.

    Raises:
        AssessError: it is damaged, or not what was sealed.
    """
    try:
        sealed: dict[str, Any] = json.loads(content)
        read = lot_of(sealed["lot"])
        is_whole = read.digest == sealed["sha256"] and read.content() == sealed["lot"]
    except _NOT_ONE as error:
        raise AssessError(Text("not a lot: {reason}", reason=error), where=where) from error
    if not is_whole:
        raise AssessError(
            Text("the lot is not what was drawn: it was changed"), where=where, hint=Text("restore the file")
        )
    return read


def read_customers(content: bytes, *, where: str) -> dict[str, str]:
    """Read the customers of a trial with their strata from CSV ``customer`` and, where there is one, ``stratum``.

    Raises:
        AssessError: it is no such table, or a customer is there twice.
    """
    found: dict[str, str] = {}
    for line in read_rows(content, ("customer",), optional=("stratum",), where=where):
        customer = unguarded(line.text("customer"))
        if customer in found:
            raise AssessError(Text("the customer {customer} is there twice", customer=repr(customer)), where=line.where)
        found[customer] = unguarded(line.cells["stratum"])
        if len(found) > UNITS_AT_MOST:
            raise AssessError(Text("more than {number} units", number=f"{UNITS_AT_MOST:,}"), where=where)
    return found


def strata_of_days(days: Period) -> dict[str, str]:
    """Return each day with its weekday: every weekday gets its share of the measure."""
    return {str(day): str(day.isoweekday()) for day in days}


def treated_of(units: Mapping[str, str], *, seed: str, share: float) -> frozenset[str]:
    """Return the units that get the measure: of each stratum its share, the first by lot.

    Shares that are no whole number are rounded over the strata in order, so that the total is as near as can be.
    """
    strata: dict[str, list[str]] = defaultdict(list)
    for unit, stratum in units.items():
        strata[stratum].append(unit)
    chosen: set[str] = set()
    seen = 0
    for stratum in sorted(strata):
        before = round(seen * share)
        seen += len(strata[stratum])
        chosen.update(by_lot(seed, strata[stratum])[: round(seen * share) - before])
    return frozenset(chosen)


def listed_digest(units: Mapping[str, str]) -> str:
    """Return SHA-256 in hex over units and strata, one a line, sorted."""
    lines = sorted(f"{unit}\t{stratum}" for unit, stratum in units.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def draw_lot(
    units: Mapping[str, str], *, campaign: str, seed: str, share: float, start: date, days: Period | None, now: datetime
) -> tuple[Lot, frozenset[str]]:
    """Draw the lot; return its record, and the units that get the measure.

    Args:
        units: with their strata; those of ``strata_of_days`` where days are drawn.
        campaign: identifier of the trial.
        seed: public.
        share: of the units that get the measure.
        start: first day on which anybody can get it.
        days: that are drawn from; None of customers.
        now: must be before the start (UTC).

    Raises:
        AssessError: a side would be empty, the seed is too short, or the start is not to come.
    """
    if len(seed.strip()) < SEED_AT_LEAST:
        raise AssessError(
            Text("the seed is too short"), hint=Text("name a public draw that is still to come, and take its numbers")
        )
    if now.astimezone(UTC).date() >= start:
        raise AssessError(
            Text("the trial begins on {day}: its lot must be drawn before", day=str(start)), hint="--start DATE"
        )
    if days and (days.first != start or days.days > DAYS_AT_MOST):
        raise AssessError(
            Text("the days begin with the start, and are {count} at most", count=DAYS_AT_MOST), hint="--start DATE"
        )
    treated = treated_of(units, seed=seed, share=share)
    if not 0 < len(treated) < len(units):
        raise AssessError(
            Text("of {number} units one side would be empty", number=len(units)),
            hint=Text("--treated PERCENT, or more units"),
        )
    drawn = Drawn.DAYS if days else Drawn.CUSTOMERS
    lot = Lot(campaign, drawn, seed, share, start, len(units), len(treated), listed_digest(units), days, now)
    return lot, treated
