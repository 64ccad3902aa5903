"""The verdict on a target: of the registered analysis of the registered panel, its checks passed; else none.

``judge`` is the only way to a verdict. It cannot be made by hand: a ``Verdict`` holds its grounds, works out word and
likelihood from them, and refuses to exist where anything stands in its way.
"""

import math
from dataclasses import dataclass
from enum import Enum, StrEnum

from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.estimate import AssessError, Estimate, Notice
from quetsach.core.text import Joined, LocalText, Number, Text


class Word(StrEnum):
    """What can be said of a target."""

    ACHIEVED = "achieved"
    NOT_ACHIEVED = "not-achieved"
    NOT_DECIDED = "not-decided"

    @classmethod
    def of(cls, reduction: Estimate, target: float) -> "Word":
        """Return what an interval says of a target, both shares: the whole of it must lie on one side."""
        if reduction.low >= target:
            return cls.ACHIEVED
        return cls.NOT_ACHIEVED if reduction.high < target else cls.NOT_DECIDED


class Likelihood(Enum):
    """How likely it is that a target was met: the least and the largest probability, and the words for them.

    A probability to the last digit would claim that the account of what would have been is certain.
    """

    VERY_HIGH = (0.95, 1.0, Text("very likely (over 95 %)"))
    HIGH = (0.75, 0.95, Text("likely (75 to 95 %)"))
    EVEN = (0.25, 0.75, Text("about as likely as not (25 to 75 %)"))
    LOW = (0.05, 0.25, Text("unlikely (5 to 25 %)"))
    VERY_LOW = (0.0, 0.05, Text("very unlikely (under 5 %)"))

    @classmethod
    def of(cls, probability: float) -> "Likelihood":
        """Return the word of a probability."""
        return next(one for one in cls if probability >= one.value[0])

    @property
    def text(self) -> LocalText:
        """The word with its range."""
        return self.value[2]

    def as_json(self) -> dict[str, object]:
        """Return word and range for machines."""
        least, most, text = self.value
        told = {"vi": text.vi, "en": text.en}
        return {"word": self.name.lower().replace("_", "-"), "least": least, "most": most, "text": told}


_SAID: dict[Word, Text] = {
    Word.ACHIEVED: Text("Achieved: the whole interval lies at or above {target} %."),
    Word.NOT_ACHIEVED: Text("Not achieved: the whole interval lies under {target} %."),
    Word.NOT_DECIDED: Text(
        "Not decided: the range that it is judged by holds {target} %, and these data do not tell whether it was "
        "reached."
    ),
}
_NOT_GIVEN = Text("No verdict is given.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a target, and what it stands on.

    Raises:
        AssessError: something stands in its way.
    """

    grounds: Grounds

    def __post_init__(self) -> None:
        if obstacles := self.grounds.obstacles():
            raise AssessError(Text("no verdict can be given: {code}", code=obstacles[0].code))

    @property
    def target(self) -> float:
        """The share that the reduction is held against."""
        return self.grounds.target

    @property
    def target_id(self) -> str:
        """The identifier of the campaign's target that was registered to be judged."""
        plan = self.grounds.registration and self.grounds.registration.panel
        return plan.target if plan else ""

    @property
    def reduction(self) -> Estimate:
        """The reduction by the campaign, as a share."""
        return self.grounds.reduction

    @property
    def word(self) -> Word:
        """The verdict in a word."""
        return Word.of(self.reduction, self.target)

    @property
    def likelihood(self) -> "Likelihood":
        """How likely it is that the true reduction is at least the target, in one of five words."""
        found, target = self.grounds.finding, self.target
        threshold = math.log1p(-target) if found.scale.is_log else -target / (1 - target) * found.after_mean
        return Likelihood.of(found.chance_below(threshold))

    @property
    def text(self) -> LocalText:
        """The verdict in both languages."""
        return _SAID[self.word].filled(target=_percent(self.target))

    def as_json(self) -> dict[str, object]:
        """Return the verdict for machines."""
        return {
            "verdict": self.word.value,
            "text": {"vi": self.text.vi, "en": self.text.en},
            "target_id": self.target_id,
            "target": self.target,
            "reduction": self.reduction.as_json(),
            "likelihood": self.likelihood.as_json(),
        }


@dataclass(frozen=True, slots=True)
class NotGiven:
    """No verdict, and every reason why."""

    reasons: tuple[Notice, ...]

    @property
    def text(self) -> LocalText:
        """That there is none, and why, in both languages."""
        return Joined((_NOT_GIVEN, *(reason.text for reason in self.reasons)), " ")

    def as_json(self) -> dict[str, object]:
        """Return the reasons for machines."""
        return {
            "verdict": None,
            "text": {"vi": self.text.vi, "en": self.text.en},
            "reasons": [reason.as_json() for reason in self.reasons],
        }


def judge(grounds: Grounds) -> Verdict | NotGiven:
    """Return the verdict, or every reason why there is none."""
    obstacles = grounds.obstacles()
    return NotGiven(obstacles) if obstacles else Verdict(grounds)


def _percent(share: float) -> Number:
    percent = round(100 * share, 2)
    return Number(percent, decimals=0 if percent == int(percent) else 1)
