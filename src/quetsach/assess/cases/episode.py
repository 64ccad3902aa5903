"""Episodes: the sightings of one subject and family, cut where it was quiet for long enough to be clean."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from quetsach.assess.refusal import Refusal, RefusalReason

type Floats = npt.NDArray[np.float64]
type Codes = npt.NDArray[np.int64]
type Flags = npt.NDArray[np.bool_]

QUIET_DAYS: Final = 14.0
"""A subject that was not seen for this long while the sensor was up is taken to be clean since its last sighting."""


class SubjectKind(StrEnum):
    """What an episode belongs to."""

    BOT_ID = "bot-id"
    SUBSCRIBER = "subscriber"
    ADDRESS = "address"
    """An IP address. Its episodes measure leases, and are refused unless its network assigns addresses for good."""


@dataclass(frozen=True, slots=True)
class Watch:
    """From when until when one would have seen a subject, in days on the uptime clock.

    The uptime clock is the wall clock without the time in which the sensor was down. ``lost`` and ``cancelled`` are the
    ends of single sensors and lines, indexed by the codes of families and subjects; empty where none ended early.
    """

    first: float
    end: float
    lost: Floats = field(default_factory=lambda: np.empty(0))
    cancelled: Floats = field(default_factory=lambda: np.empty(0))

    def until(self, subject: Codes, family: Codes) -> Floats:
        """Return, one for each pair, when it was last watched."""
        until = np.full(len(subject), self.end)
        if self.lost.size:
            until = np.minimum(until, self.lost[family])
        if self.cancelled.size:
            until = np.minimum(until, self.cancelled[subject])
        return until


@dataclass(frozen=True, slots=True)
class Episodes:
    """Columns of episodes, ordered by subject, family and time; days are on the uptime clock.

    ``number`` counts the episodes of one subject and family from 0: all but the first are reinfections.
    ``watched_until`` is when its watch ended; an end can be known only up to ``QUIET_DAYS`` before that. ``source`` is
    the index of the first sighting of each among those that were given.
    """

    subject: Codes
    family: Codes
    first: Floats
    last: Floats
    number: Codes
    watched_until: Floats
    source: Codes

    def __len__(self) -> int:
        return len(self.first)

    @property
    def horizon(self) -> Floats:
        """The last day on which an end can be told from a pause."""
        return self.watched_until - QUIET_DAYS

    @property
    def is_over(self) -> Flags:
        """Whether the subject was seen to become clean."""
        return self.last <= self.horizon


def episodes_of(
    subject: Codes, family: Codes, seen_days: Floats, watch: Watch, *, kind: SubjectKind, is_static: Flags | None = None
) -> Episodes | Refusal:
    """Cut sightings into episodes.

    Args:
        subject: codes 0, 1, … of what was seen, one a sighting, in any order.
        family: codes 0, 1, … of the families.
        seen_days: when, in days on the uptime clock.
        watch: from when until when sightings could come.
        kind: what the subjects are.
        is_static: for addresses: whether the network of each sighting assigns addresses for good. Others are left out.

    Returns:
        The episodes; a refusal where subjects are addresses of networks that change them, or nothing was seen.
    """
    used = (seen_days >= watch.first) & (seen_days <= watch.until(subject, family))
    if kind is SubjectKind.ADDRESS:
        used &= is_static if is_static is not None else False
        if not used.any():
            return Refusal(RefusalReason.ADDRESS_IS_NO_SUBJECT, {"sightings": float(len(subject))})
    if not used.any():
        return Refusal(RefusalReason.NO_DATA)
    source = np.flatnonzero(used)
    source = source[np.lexsort((seen_days[source], family[source], subject[source]))]
    subject, family, seen_days = subject[source], family[source], seen_days[source]
    is_new = np.ones(len(subject), dtype=np.bool_)
    is_new[1:] = (subject[1:] != subject[:-1]) | (family[1:] != family[:-1])
    starts = is_new.copy()
    starts[1:] |= np.diff(seen_days) > QUIET_DAYS
    begin = np.flatnonzero(starts)
    end = np.append(begin[1:], len(subject)) - 1
    position = np.arange(len(begin))
    number = position - np.maximum.accumulate(np.where(is_new[begin], position, 0))
    return Episodes(
        subject[begin],
        family[begin],
        seen_days[begin],
        seen_days[end],
        number,
        watch.until(subject[begin], family[begin]),
        source[begin],
    )
