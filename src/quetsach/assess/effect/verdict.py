"""The verdict on a target: from the interval of an effect, never from before and after alone."""

from dataclasses import dataclass
from enum import StrEnum

from quetsach.assess.effect.finding import Finding
from quetsach.assess.estimate import Estimate
from quetsach.assess.notice import Notice
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText


class Word(StrEnum):
    """What can be said of a target."""

    ACHIEVED = "achieved"
    NOT_ACHIEVED = "not-achieved"
    NOT_DECIDED = "not-decided"


_SAID: dict[Word, LocalText] = {
    Word.ACHIEVED: LocalText(
        "Đạt chỉ tiêu: cả khoảng tin cậy không thấp hơn {target}%.",
        "Achieved: the whole interval lies at or above {target} %.",
    ),
    Word.NOT_ACHIEVED: LocalText(
        "Không đạt chỉ tiêu: cả khoảng tin cậy thấp hơn {target}%.",
        "Not achieved: the whole interval lies under {target} %.",
    ),
    Word.NOT_DECIDED: LocalText(
        "Chưa kết luận được: khoảng tin cậy chứa {target}%, số liệu này không cho biết đã đạt hay chưa.",
        "Not decided: the interval holds {target} %, and these data do not tell whether it was reached.",
    ),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word with what it stands on; ``target`` and ``reduction`` are shares, ``chance`` is Pr(reduction >= target)."""

    word: Word
    target: float
    reduction: Estimate
    chance: float

    @property
    def text(self) -> LocalText:
        """The verdict in both languages."""
        said = _SAID[self.word]
        return LocalText(
            said.vi.format(target=_percent(self.target, "vi")), said.en.format(target=_percent(self.target, "en"))
        )

    def as_json(self) -> dict[str, object]:
        """Return the verdict for machines."""
        return {
            "verdict": self.word.value,
            "text": {"vi": self.text.vi, "en": self.text.en},
            "target": self.target,
            "reduction": self.reduction.as_json(),
            "probability": self.chance,
        }


def judge(finding: Finding, target: float) -> Verdict | Refusal:
    """Return the verdict on a reduction of at least ``target`` (a share, more than 0 and less than 1)."""
    reduction = finding.reduction
    if reduction is None:
        return Refusal(RefusalReason.NO_RATIO, {"effect": finding.effect.value, "after_mean": finding.after_mean})
    word = Word.NOT_DECIDED
    if reduction.low >= target:
        word = Word.ACHIEVED
    elif reduction.high < target:
        word = Word.NOT_ACHIEVED
    return Verdict(word, target, reduction, finding.chance_of(target))


def judge_as_registered(
    answer: Finding | Refusal, target: float, departures: tuple[Notice, ...] | None
) -> Verdict | Refusal:
    """Return the verdict on an answer; none where it was refused, or departs from the analysis that was registered.

    ``departures`` is None where nothing was registered: that is judged, and said beside the verdict.
    """
    if isinstance(answer, Refusal):
        return answer
    return Refusal(RefusalReason.NOT_AS_REGISTERED) if departures else judge(answer, target)


def _percent(share: float, language: str) -> str:
    percent = round(100 * share, 2)
    return number_text(percent, language, decimals=0 if percent == int(percent) else 1)
