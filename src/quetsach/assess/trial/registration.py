"""The registration of a trial: the lot, the outcome, the target and what the trial could find, signed before it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

import numpy as np
import scipy

from quetsach.assess.effect.panel import Floats
from quetsach.assess.estimate import CONFIDENCE, AssessError
from quetsach.assess.sealed import Sign, Verify, canonical, digest_of, opened, sealed
from quetsach.assess.trial.lot import Drawn, Lot, lot_of
from quetsach.core.text import Text

# Two proportions: the difference with its interval, how many it takes, and what can be told from so many.

_TAIL: Final = (1 + CONFIDENCE) / 2


def score_difference(treated: Floats, of: Floats, controls: Floats, of_controls: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the interval of a difference of proportions (any shape): Wilson's scores (Newcombe 1998).

    It needs no large numbers and holds with none or all on a side.

    Args:
        treated: successes of the treated.
        of: how many are treated.
        controls: successes of the others.
        of_controls: how many those are.
    """
    first, second = treated / of, controls / of_controls
    low_first, high_first = _wilson(first, of)
    low_second, high_second = _wilson(second, of_controls)
    value = first - second
    low = value - np.sqrt((first - low_first) ** 2 + (high_second - second) ** 2)
    high = value + np.sqrt((high_first - first) ** 2 + (second - low_second) ** 2)
    return low, high


def _wilson(share: Floats, of: Floats) -> tuple[Floats, Floats]:
    z = scipy.special.ndtri(_TAIL)
    middle, width = share + z**2 / (2 * of), z * np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return (middle - width) / (1 + z**2 / of), (middle + width) / (1 + z**2 / of)


def size_per_arm(control: float, treated: float, *, power: float) -> int:
    """Return how many it takes on each side to tell two shares apart with a power, two-sided at 5 %."""
    spread = control * (1 - control) + treated * (1 - treated)
    z = scipy.special.ndtri(_TAIL) + scipy.special.ndtri(power)
    return int(np.ceil(spread * (z / (treated - control)) ** 2))


def power_of_difference(
    control: float, difference: float, *, sizes: tuple[float, float], degrees: float = np.inf, design: float = 1.0
) -> float:
    """Return the chance that a difference is told from none.

    Args:
        control: share of the controls.
        difference: what the measure adds to it.
        sizes: how many are followed to the end, treated and controls.
        degrees: of freedom of the error; infinite for single customers.
        design: how many times the variance of single customers that of groups is.
    """
    treated = control + difference
    variance = design * (treated * (1 - treated) / sizes[0] + control * (1 - control) / sizes[1])
    if variance <= 0:
        return 1.0
    return float(scipy.special.ndtr(abs(difference) / np.sqrt(variance) - scipy.special.stdtrit(degrees, _TAIL)))


def detectable_difference(
    control: float, *, power: float, sizes: tuple[float, float], degrees: float = np.inf, design: float = 1.0
) -> float | None:
    """Return the smallest difference upward that is told from none with a power; None where none is."""

    def missing(difference: float) -> float:
        return power_of_difference(control, difference, sizes=sizes, degrees=degrees, design=design) - power

    most = 1 - control - 1e-9
    return float(scipy.optimize.brentq(missing, 1e-9, most)) if missing(most) >= 0 else None


KIND: Final = "trial"
ENOUGH: Final = 0.8
"""Power under which a plan is called too weak."""
_DAYS_AT_MOST: Final = 365


class Outcome(StrEnum):
    """What counts as a success: clean in time, or clean in time and not infected again."""

    CLEANED = "cleaned"
    STAYED_CLEAN = "stayed-clean"


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected, for the power alone.

    ``control`` is the share of successes without the measure, ``lost`` the share that is lost sight of. ``a_day`` and
    ``alike`` are of drawn days: customers of a day, and how alike they are (intra-class correlation).
    """

    control: float
    lost: float = 0.1
    a_day: float = 1.0
    alike: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.control < 1 and 0 <= self.lost < 1 and self.a_day >= 1 and 0 <= self.alike < 1):
            raise AssessError(
                Text("what is expected of the trial cannot be"), hint=Text("shares between 0 and 100 per cent")
            )

    def content(self) -> dict[str, float]:
        """Return what is signed."""
        return {"control": self.control, "lost": self.lost, "a_day": self.a_day, "alike": self.alike}


@dataclass(frozen=True, slots=True)
class TrialPower:
    """What a trial can find.

    ``power`` is the chance that a difference as large as the target is told from none; ``detectable`` the smallest
    difference (share) with a chance of 80 and 90 %, ``per_arm`` how many it takes on each side for the target (days
    where those are drawn; without loss). ``achieved_from`` is the true difference from which on "achieved" is said with
    a chance of 80 %, whatever became of those who are lost; None where that is more than there can be.
    """

    power: float
    detectable: Mapping[int, float | None]
    per_arm: Mapping[int, int]
    achieved_from: float | None

    @property
    def is_weak(self) -> bool:
        """Whether the trial would miss its target too often."""
        return self.power < ENOUGH


def power_of_trial(lot: Lot, expected: Expected, target: float) -> TrialPower:
    """Return what a lot can find, given what is expected; ``target`` is a difference of shares.

    Raises:
        AssessError: the target is no share, or no share together with the controls.
    """
    if not 0 < target < 1:
        raise AssessError(Text("the target is not between 0 and 100 per cent"))
    if not expected.control + target < 1:
        raise AssessError(Text("the target on top of the controls is more than all"), hint="target_points")
    followed = expected.a_day * (1 - expected.lost)
    by_days = lot.drawn is Drawn.DAYS
    sizes = (lot.treated * followed, (lot.units - lot.treated) * followed)
    degrees = float(lot.units - 2) if by_days else np.inf
    design = 1 + (followed - 1) * expected.alike if by_days else 1.0
    control, per_day = expected.control, design / expected.a_day
    found = {
        percent: detectable_difference(control, power=percent / 100, sizes=sizes, degrees=degrees, design=design)
        for percent in (80, 90)
    }
    return TrialPower(
        power_of_difference(control, target, sizes=sizes, degrees=degrees, design=design),
        found,
        {
            percent: int(np.ceil(size_per_arm(control, control + target, power=percent / 100) * per_day))
            for percent in (80, 90)
        },
        _achieved_from(expected, target, found[80]),
    )


def _achieved_from(expected: Expected, target: float, reach: float | None) -> float | None:
    """Return the true difference whose interval, if all lost ones treated failed and the others not, is on target."""
    if reach is None:
        return None
    least = (target + reach + expected.lost) / (1 - expected.lost)
    return least if expected.control + least < 1 else None


@dataclass(frozen=True, slots=True)
class TrialRegistration:
    """How a trial will be judged.

    ``target`` is a difference of shares of successes. ``within_days`` are those in which a customer is to be clean,
    ``again_days`` those after it in which ``stayed-clean`` allows no infection. ``power`` is what ``power_of_trial``
    told then, ``source`` who hands the outcomes over.
    """

    lot: Lot
    outcome: Outcome
    within_days: int
    again_days: int
    target: float
    expected: Expected
    power: float
    source: str
    registered_at: datetime

    def __post_init__(self) -> None:
        if not 0 < self.target < 1:
            raise AssessError(Text("the target is not between 0 and 100 per cent"))
        if not (1 <= self.within_days <= _DAYS_AT_MOST and 0 <= self.again_days <= _DAYS_AT_MOST):
            raise AssessError(Text("a follow-up is from 1 to {number} days", number=_DAYS_AT_MOST))
        if (self.outcome is Outcome.STAYED_CLEAN) != (self.again_days > 0):
            raise AssessError(Text("again_days belongs to the outcome stayed-clean"), hint='outcome="stayed-clean"')
        if not self.source or not self.source.isprintable():
            raise AssessError(Text("nobody is named who hands the outcomes over"), hint='source="VNPT"')

    @property
    def campaign(self) -> str:
        """The identifier of the trial."""
        return self.lot.campaign

    @property
    def start(self) -> date:
        """The first day on which anybody can get the measure."""
        return self.lot.start

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the canonical content."""
        return digest_of(self.content())

    def canonical(self) -> bytes:
        """Return the content byte for byte as it is signed."""
        return canonical(self.content())

    def content(self) -> dict[str, object]:
        """Return the content."""
        return {
            "kind": KIND,
            "campaign": self.campaign,
            "lot": self.lot.content(),
            "outcome": self.outcome.value,
            "within_days": self.within_days,
            "again_days": self.again_days,
            "target": self.target,
            "expected": self.expected.content(),
            "power": self.power,
            "source": self.source,
            "registered_at": self.registered_at.astimezone(UTC).isoformat(),
        }


def seal_trial(registration: TrialRegistration, *, public_key: bytes, sign: Sign) -> bytes:
    """Return the signed file of a registration.

    Raises:
        AssessError: it was made on the first day of the trial or later.
    """
    return sealed(registration, public_key=public_key, sign=sign)


def is_trial(content: bytes) -> bool:
    """Say whether a signed file is that of a trial; nothing of it is checked here."""
    try:
        return bool(json.loads(content)["registration"]["kind"] == KIND)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def read_trial(content: bytes, *, where: str, verify: Verify) -> tuple[TrialRegistration, bytes]:
    """Read a signed registration; return it and the public key (32 bytes) that it is signed by.

    Raises:
        AssessError: it is damaged, its signature does not hold, or it was signed after the start.
    """
    return opened(content, _registration, where=where, verify=verify)


def _registration(content: dict[str, Any]) -> TrialRegistration:
    if content["kind"] != KIND:
        raise AssessError(Text("this is no trial"))
    return TrialRegistration(
        lot=lot_of(content["lot"]),
        outcome=Outcome(content["outcome"]),
        within_days=int(content["within_days"]),
        again_days=int(content["again_days"]),
        target=float(content["target"]),
        expected=Expected(**{name: float(value) for name, value in content["expected"].items()}),
        power=float(content["power"]),
        source=str(content["source"]),
        registered_at=datetime.fromisoformat(content["registered_at"]),
    )
