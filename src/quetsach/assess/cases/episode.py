"""Episodes and spells: the sightings of one subject and family, cut where it was quiet long enough to be clean."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from quetsach.assess.estimate import NotEstimable, NotEstimableReason

# Episodes: the sightings of one subject and family, cut where it was quiet for long enough to be clean.

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
) -> Episodes | NotEstimable:
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
            return NotEstimable(NotEstimableReason.ADDRESS_IS_NO_SUBJECT, {"sightings": float(len(subject))})
    if not used.any():
        return NotEstimable(NotEstimableReason.NO_DATA)
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


# Spells: times at risk, as survival methods take them.

_INSTANT_DAYS = 1 / 86_400
"""What was seen once lasted for a moment, and not for no time at all."""


@dataclass(frozen=True, slots=True)
class Spells:
    """Each under observation from ``entry`` (not included) to ``exit`` (included), in days since its origin.

    ``event`` says whether it ended then, or was only not watched any longer. ``source`` is the index of what each was
    made from, so that groups can be looked up there.
    """

    entry: Floats
    exit: Floats
    event: Flags
    source: Codes

    def __len__(self) -> int:
        return len(self.exit)

    @classmethod
    def of(cls, entry: Floats, exit_: Floats, event: Flags) -> "Spells":
        """Keep those that were under observation for any time at all."""
        kept = np.flatnonzero(exit_ > np.maximum(entry, 0))
        return cls(np.maximum(entry[kept], 0.0), exit_[kept], event[kept], kept)

    def where(self, chosen: Flags) -> "Spells":
        """Return some of the spells."""
        return Spells(self.entry[chosen], self.exit[chosen], self.event[chosen], self.source[chosen])


def spells_of(
    episodes: Episodes,
    *,
    observed_from: float | Floats,
    notified_days: Floats | None = None,
    started_days: float | None = None,
) -> Spells:
    """Return the time to clean of each episode.

    The origin is the notification where there was one during the episode or after its last sighting; else the first
    sighting, if the episode began under observation; else the start of the campaign, if the episode contains it. What
    was found at the beginning of the observation, nobody knows since when, and has neither, is left out: such episodes
    are the long ones. An episode ends with its last sighting, which is known up to 14 days before the end of the watch;
    there the others are censored.

    Args:
        episodes: from ``episodes_of``.
        observed_from: day of the beginning of the observation, on the uptime clock, one an episode where sensors began
            at different times; origins before it enter late.
        notified_days: day of the notification, NaN for none, one an episode.
        started_days: day of the start of the campaign.
    """
    is_incident = (episodes.number > 0) | (episodes.first > observed_from + QUIET_DAYS)
    origin = np.where(is_incident, episodes.first, np.nan)
    if started_days is not None:
        contains = ~is_incident & (episodes.first <= started_days) & (started_days <= episodes.last)
        origin[contains] = started_days
    if notified_days is not None:
        told = ~np.isnan(notified_days) & (notified_days >= np.where(is_incident, episodes.first, -np.inf))
        origin[told] = notified_days[told]
    exit_ = np.minimum(episodes.last, episodes.horizon) - origin
    entry = observed_from - origin
    known = np.nan_to_num(exit_, nan=-1.0)  # without an origin: never under observation
    known = np.where(known >= 0, np.maximum(known, _INSTANT_DAYS), known)
    return Spells.of(np.nan_to_num(entry), known, episodes.is_over)


def returns_of(episodes: Episodes) -> Spells:
    """Return the time from the end of each first episode to the next of the same subject and family.

    No return is possible in the first 14 days, which would have been the same episode.
    """
    last = np.append(episodes.number[1:] == 0, True) if len(episodes) else np.empty(0, dtype=np.bool_)
    following = np.append(episodes.first[1:], np.inf) if len(episodes) else np.empty(0)
    first = (episodes.number == 0) & episodes.is_over
    exit_ = np.where(last, episodes.watched_until, following) - episodes.last
    exit_[~first] = -1.0
    return Spells.of(np.zeros(len(episodes)), exit_, ~last)
