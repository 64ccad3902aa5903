"""Spells: times at risk, as survival methods take them."""

from dataclasses import dataclass

import numpy as np

from quetsach.assess.cases.episode import QUIET_DAYS, Codes, Episodes, Flags, Floats

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
