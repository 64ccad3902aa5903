"""How a clean-up and its steps ended. Who only tells of it loads nothing that acts."""

from dataclasses import dataclass
from datetime import datetime

from quetsach.endpoint.artefact import Artefact, Finding
from quetsach.endpoint.plan.plan import Skipped
from quetsach.endpoint.plan.step import Outcome, Step
from quetsach.endpoint.store.session import RESTART_NEEDED

CLEANED = 11
CLEANED_RESTART = RESTART_NEEDED
PARTLY_CLEANED = 13
FAILED = 14

_SUCCESS = frozenset({Outcome.DONE, Outcome.GONE})


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step, or the undoing of one, ended. ``note`` is for people, already printable."""

    step: Step
    outcome: Outcome
    note: str = ""


@dataclass(frozen=True, slots=True)
class CleanResult:
    """What a clean-up did and what a second look saw. ``started`` is UTC, ``root`` where the files are.

    ``is_seen`` is false when the second look could not see what the first one saw: then nothing is called clean.
    """

    session: str
    root: str
    started: datetime
    steps: tuple[StepResult, ...]
    held: tuple[Skipped, ...]
    remaining: tuple[Finding, ...]
    dangling: tuple[Artefact, ...]
    restart_needed: bool
    is_seen: bool = True

    @property
    def unseen(self) -> tuple[Skipped, ...]:
        """What was left alone and is not named by the second scan, although it is still there.

        Such signs count only beside a surer one: programs that a virus wrote into, once the virus itself is gone.
        """
        seen = {finding.id for finding in self.remaining}
        return tuple(held for held in self.held if held.finding.id not in seen)

    @property
    def exit_code(self) -> int:
        """11 cleaned, 12 cleaned and restart needed, 13 partly cleaned, 14 nothing could be done."""
        is_whole = all(result.outcome in _SUCCESS for result in self.steps)
        if is_whole and self.is_seen and not self.remaining and not self.dangling:
            return CLEANED_RESTART if self.restart_needed else CLEANED
        return PARTLY_CLEANED if any(result.outcome is Outcome.DONE for result in self.steps) else FAILED
