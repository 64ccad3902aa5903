"""How the campaign that runs stands for one person: the days of its phase, and answers to letters in the sight."""

from dataclasses import dataclass
from datetime import date

from quetsach.campaign import Campaign as Plan
from quetsach.campaign.schedule.plan import Evidence, Phase
from quetsach.campaign.schedule.status import plan_status
from quetsach.web.office.letters.selectors.answers import Answers, answers_within_sight
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.selectors import open_campaigns, steps_taken


@dataclass(frozen=True, slots=True)
class RunningPhase:
    """A phase on a day: the days that have begun, how many there are, how many come after today."""

    phase: Phase
    day_number: int
    days: int

    @property
    def days_left(self) -> int:
        """How many days come after today."""
        return self.days - self.day_number


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """The newest campaign that was opened and is not closed: its phase if one runs, and what became of its letters."""

    plan: Plan
    running: RunningPhase | None
    answers: Answers


def status_of(person: Person, *, day: date) -> CampaignStatus | None:
    """Return how it stands for a person; ``None`` while no campaign is open."""
    found = next(iter(open_campaigns()), None)
    if found is None:
        return None
    plan, opened = found.plan, frozenset(steps_taken(found))
    return CampaignStatus(plan, _running(plan, day, opened), answers_within_sight(person, found.key, day=day))


def _running(plan: Plan, day: date, opened: frozenset[str]) -> RunningPhase | None:
    running = plan_status(plan, day, Evidence(), opened=opened).running
    if running is None:
        return None
    period = running.phase.period
    return RunningPhase(running.phase, (day - period.first).days + 1, period.days)
