"""The verdict on a trial: of the registered lot, its checks passed, and held to every lost customer; else none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from quetsach.assess.effect.finding import HOLDS_AT_LEAST, Check
from quetsach.assess.effect.verdict import NotGiven, Word
from quetsach.assess.estimate import AssessError, NotEstimable, Notice
from quetsach.assess.trial.analysis import Outcomes, TrialFinding
from quetsach.assess.trial.registration import TrialRegistration
from quetsach.core.text import LocalText, Number, Text

_NAMES: Final = {
    "lost-alike": Text("how many were lost on each side"),
    "balance": Text("both sides before the start"),
    "lot-kept": Text("the sides that the provider wrote down"),
}


@dataclass(frozen=True, slots=True)
class TrialGrounds:
    """What a verdict on a trial stands on; ``departed`` says where the registration is not the centre's own."""

    answer: TrialFinding | NotEstimable
    outcomes: Outcomes
    registration: TrialRegistration
    departed: tuple[Notice, ...] = ()

    def obstacles(self) -> tuple[Notice, ...]:
        """Return every reason why there is no verdict; none where it stands."""
        if isinstance(self.answer, NotEstimable):
            return (*self.departed, Notice(self.answer.reason.value, self.answer.text))
        return (*self.departed, *self._of_lot(), *_of_checks(self.answer))

    def _of_lot(self) -> Iterator[Notice]:
        lot, found = self.registration.lot, self.outcomes.found
        early = sum(day < lot.start for day in found)
        outside = sum(day not in lot.days for day in found) - early if lot.days else 0
        if early or outside:
            yield _outside(early + outside)

    @property
    def finding(self) -> TrialFinding:
        """The answer that a verdict stands on.

        Raises:
            AssessError: the analysis gave none.
        """
        if isinstance(self.answer, NotEstimable):
            raise AssessError(Text("the analysis gave no number"), hint=self.answer.text.en)
        return self.answer


@dataclass(frozen=True, slots=True)
class TrialVerdict:
    """What can be said of a trial's target, and what it stands on.

    Raises:
        AssessError: something stands in its way.
    """

    grounds: TrialGrounds

    def __post_init__(self) -> None:
        if obstacles := self.grounds.obstacles():
            raise AssessError(Text("no verdict can be given: {code}", code=obstacles[0].code))

    @property
    def word(self) -> Word:
        """The verdict in a word: it holds whatever became of those who were lost sight of."""
        return Word.of(self.grounds.finding.strict, self.grounds.registration.target)

    @property
    def text(self) -> LocalText:
        """The verdict in both languages."""
        said, target = _SAID[self.word], round(100 * self.grounds.registration.target, 1)
        decimals = 0 if target == int(target) else 1
        return said.filled(target=Number(target, decimals=decimals))

    def as_json(self) -> dict[str, object]:
        """Return the verdict for machines."""
        return {
            "verdict": self.word.value,
            "text": {"vi": self.text.vi, "en": self.text.en},
            "target": self.grounds.registration.target,
        }


def judge_trial(grounds: TrialGrounds) -> TrialVerdict | NotGiven:
    """Return the verdict, or every reason why there is none."""
    obstacles = grounds.obstacles()
    return NotGiven(obstacles) if obstacles else TrialVerdict(grounds)


def _of_checks(found: TrialFinding) -> Iterator[Notice]:
    yield from (_failed(check) for check in found.checks if not check.holds)
    exact = next(check for check in found.checks if check.id == "exact")
    if not found.strict.low <= 0 <= found.strict.high and exact.value > HOLDS_AT_LEAST:
        yield _CONTRADICTS


def _failed(check: Check) -> Notice:
    named = _NAMES[check.id]
    return Notice(
        f"check-failed-{check.id}",
        Text(
            "The check of {named} failed ({value}): both sides can no longer be compared.",
            named=named,
            value=Number(check.value, decimals=3),
        ),
    )


_SAID: Final = {
    Word.ACHIEVED: Text(
        "Achieved: the measure adds at least {target} points to the share of successes, whatever became of those who "
        "were lost sight of."
    ),
    Word.NOT_ACHIEVED: Text("Not achieved: the measure adds less than {target} points to the share of successes."),
    Word.NOT_DECIDED: Text("Not decided: the interval, those lost sight of included, holds {target} points."),
}
_CONTRADICTS: Final = Notice(
    "check-contradicts-exact",
    Text("The interval says that there is an effect, and the exact test that the lot alone gives as much too often."),
)


def _outside(customers: int) -> Notice:
    return Notice(
        "found-outside",
        Text(
            "{count} customer was found outside the days of the trial.",
            many="{count} customers were found outside the days of the trial.",
            count=Number(customers),
        ),
    )
