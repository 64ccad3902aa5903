"""How far a look is: from what a scan tells at every file to what a window shows a few times a second."""

import time
from collections.abc import Callable

from quetsach.core.time_left import TimeLeft
from quetsach.endpoint.artefact import place_text
from quetsach.endpoint.scanner.cache import Totals
from quetsach.endpoint.scanner.files import Passed
from quetsach.endpoint.window.use_cases import ScanProgress, Watch

_MOST = 0.99
"""A share that is reckoned from an earlier scan never says that the work is done."""


class Watching:
    """Told by a scan how far it is, and by its control of pauses, which are no work.

    Args:
        watch: told how far it is.
        totals: about how much there is to go through, zeros if that is not known.
        clock: seconds that only ever grow.
    """

    def __init__(self, watch: Watch, totals: Totals, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._watch = watch
        self._totals = totals
        self._clock = clock
        self._began = clock()
        self._time_left = TimeLeft()

    def passed(self, passed: Passed) -> None:
        """Pass on how far the scan is."""
        share = self._share(passed)
        worked = self._clock() - self._began
        left = None if share is None else self._time_left.seconds(worked, share)
        self._watch(ScanProgress(passed.files, passed.size_bytes, place_text(passed.path), share, left))

    def stand_still(self, seconds: float | None) -> None:
        """Leave the seconds of a pause out (an ``Attendant`` of its control)."""
        self._began += seconds or 0.0

    def _share(self, passed: Passed) -> float | None:
        """Return how much is done: half by files, half by bytes, for small files cost more than their size."""
        if not self._totals.files:
            return None
        by_files = min(_MOST, passed.files / self._totals.files)
        if not self._totals.size_bytes:
            return by_files
        return (by_files + min(_MOST, passed.size_bytes / self._totals.size_bytes)) / 2
