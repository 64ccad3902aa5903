"""How far a scan is, as the person at the terminal sees it."""

from collections.abc import Mapping
from dataclasses import dataclass

from quetsach.cli.output import Progress
from quetsach.core.number import number_text, size_text
from quetsach.endpoint.artefact import place_text
from quetsach.endpoint.host.disk import used_on
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.scanner.cache import Cache, Totals
from quetsach.endpoint.scanner.files import Passed


def totals_of(host: Host, cache: Cache | None) -> Totals:
    """Return about how much a full scan goes through: as much as the last one, or what the disk of the root holds."""
    if cache is not None and cache.totals.files:
        return cache.totals
    return Totals(*used_on(host.tree.root))


@dataclass(slots=True)
class Course:
    """Draws the progress line of a scan."""

    line: Progress
    totals: Totals
    words: Mapping[str, str]
    language: str
    text: str = ""
    """The last that was drawn."""
    is_still: bool = False

    def show(self, passed: Passed) -> None:
        """Draw how far the scan is: half by files, half by bytes, for small files cost more than their size."""
        files, size = self.totals.files, self.totals.size_bytes
        done, total = passed.files, 0
        if files and size:
            done, total = int(500 * (min(1, passed.files / files) + min(1, passed.size_bytes / size))), 1000
        self.text = self.words["progress-state"].format(
            files=number_text(passed.files, self.language),
            size=size_text(passed.size_bytes, self.language),
            path=place_text(passed.path),
        )
        if not self.is_still:
            self.line.move_to(done, total, note=self.text)

    def stand_still(self, seconds: float | None) -> None:
        """Draw that the scan is paused, or go on after so many seconds; told by its control."""
        self.is_still = seconds is None
        if seconds is None:
            self.line.stand_still(self.words["paused"])
        else:
            self.line.go_on(seconds)
