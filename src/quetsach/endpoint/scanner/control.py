"""What a person wants of a scan that is going on: stop for a while, go on, end, or end by some time."""

import time
from collections.abc import Callable

_NAP_SECONDS = 0.2

type Attendant = Callable[[float | None], None]
"""Told ``None`` when a pause begins, and its seconds when it ends."""


class Control:
    """Asked by the scan at every file, told by whoever watches it: another thread or a signal handler.

    There is no lock in it: a signal handler that waits for one that its own thread holds would wait for ever.

    Args:
        limit_seconds: how long the scan may take, pauses not counted; ``None`` for as long as it needs.
        clock: seconds that only ever grow.
    """

    def __init__(self, limit_seconds: float | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = None if limit_seconds is None else clock() + limit_seconds
        self._ended_at: float | None = None
        self._paused_at: float | None = None
        self._attending: tuple[Attendant, ...] = ()

    @property
    def is_paused(self) -> bool:
        """Whether the scan stands still."""
        return self._paused_at is not None

    def pause(self) -> None:
        """Stand still until ``go_on``; worker processes are stopped where they are."""
        if self._paused_at is None:
            self._paused_at = self._clock()
            self._tell(None)

    def go_on(self) -> None:
        """Go on after a pause."""
        if self._paused_at is not None:
            paused = self._clock() - self._paused_at
            if self._until is not None:
                self._until += paused
            self._tell(paused)
            self._paused_at = None

    def end(self) -> None:
        """End soon: what is being looked at is finished, the rest is not reached."""
        self._ended_at = self._clock()
        self.go_on()

    def is_over(self) -> bool:
        """Wait while paused, then return whether the scan is to end."""
        while self._paused_at is not None:
            time.sleep(_NAP_SECONDS)
        return self._ended_at is not None or (self._until is not None and self._clock() >= self._until)

    def is_over_for(self, seconds: float) -> bool:
        """Return whether the scan was to end so long ago."""
        ends = [end for end in (self._ended_at, self._until) if end is not None]
        return bool(ends) and self._clock() >= min(ends) + seconds

    def attend(self, attendant: Attendant) -> Callable[[], None]:
        """Have pauses told; call the result to be left alone."""
        self._attending = (*self._attending, attendant)

        def leave() -> None:
            self._attending = tuple(other for other in self._attending if other is not attendant)

        return leave

    def _tell(self, paused_seconds: float | None) -> None:
        for attendant in self._attending:
            attendant(paused_seconds)
