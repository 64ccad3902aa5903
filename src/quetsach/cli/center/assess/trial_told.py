"""``assess effect`` of a trial: the outcomes held against its lot, analysed as registered, and told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from quetsach import storage
from quetsach.assess.effect.verdict import NotGiven
from quetsach.assess.estimate import Answer, Estimate, Notice
from quetsach.assess.not_estimable import NotEstimable
from quetsach.assess.rows import MAX_BYTES
from quetsach.assess.trial.analysis import Arm, TrialFinding, analyse_trial
from quetsach.assess.trial.registration import TrialRegistration, read_trial
from quetsach.assess.trial.table import read_outcomes
from quetsach.assess.trial.verdict import TrialGrounds, TrialVerdict, judge_trial
from quetsach.centre.registered import is_signed_by, not_ours
from quetsach.cli.output import print_table, say
from quetsach.core.number import number_text

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "cleaned": "Thành công: sạch trong vòng {within} ngày kể từ khi phát hiện.",
        "stayed-clean": "Thành công: sạch trong vòng {within} ngày kể từ khi phát hiện và không nhiễm lại trong "
        "{again} ngày sau đó.",
        "lot": "Rút thăm theo {unit}: {treated} được áp dụng biện pháp, {controls} đối chứng. Mọi khách hàng được tính "
        "theo nhóm đã rút, dù thực tế được xử lý thế nào.",
        "customers": "khách hàng",
        "days": "ngày",
        "source": "Kết quả từng khách hàng do {source} cung cấp; trung tâm không tự đếm.",
        "difference": "Biện pháp làm tỷ lệ thành công thay đổi {value} điểm phần trăm (khoảng tin cậy 95%: {low} đến "
        "{high})",
        "strict": "Dù những người không theo dõi được ra sao: {low} đến {high} điểm",
        "sooner": "Nếu hai nhóm sạch nhanh như nhau, khác biệt lớn thế này có xác suất {p} (kiểm định log-rank).",
        "back": "Nhiễm lại trong {days} ngày kể từ khi sạch: {treated} ở nhóm áp dụng, {controls} ở nhóm đối chứng "
        "(không phải so sánh theo rút thăm, vì chính biện pháp quyết định ai được làm sạch).",
        "refused": "Không đưa ra con số: {reason}",
        "checks": "Kiểm tra:",
        "verdict": "Kết luận: {text}",
        "none": "Kết luận: không đưa ra, vì:",
        "arm": "nhóm",
        "followed": "theo dõi đến cuối",
        "successes": "thành công",
        "share": "tỷ lệ",
        "lost": "không theo dõi được",
        "treated": "áp dụng biện pháp",
        "controls": "đối chứng",
    },
    "en": {
        "cleaned": "Success: clean within {within} days of being found.",
        "stayed-clean": "Success: clean within {within} days of being found, and not infected again in the {again} "
        "days after.",
        "lot": "Drawn by {unit}: {treated} with the measure, {controls} without. All customers count on the side that "
        "was drawn, whatever they got.",
        "customers": "customers",
        "days": "days",
        "source": "What became of each customer was handed over by {source}; the centre did not count it.",
        "difference": "The measure changes the share of successes by {value} points (95 % interval: {low} to {high})",
        "strict": "Whatever became of those who were lost sight of: {low} to {high} points",
        "sooner": "If both sides became clean at the same rate, so large a difference had probability {p} (log-rank "
        "test).",
        "back": "Infected again within {days} days of being clean: {treated} with the measure, {controls} without (no "
        "comparison by lot: the measure decides who is clean).",
        "refused": "No number is given: {reason}",
        "checks": "Checks:",
        "verdict": "Verdict: {text}",
        "none": "Verdict: none is given:",
        "arm": "side",
        "followed": "followed",
        "successes": "successes",
        "share": "share",
        "lost": "lost sight of",
        "treated": "with the measure",
        "controls": "without",
    },
}

_LEAST = 0.001


@dataclass(frozen=True, slots=True)
class TrialReport:
    """The answer of a trial, and the verdict or every reason why there is none."""

    registration: TrialRegistration
    answer: TrialFinding | NotEstimable
    departed: tuple[Notice, ...]
    verdict: TrialVerdict | NotGiven

    @classmethod
    def of(cls, outcomes: Path, registration: Path, data: Path) -> "TrialReport":
        """Analyse a table of outcomes as a trial was registered.

        Raises:
            QuetsachError: a file is none of its kind.
        """
        signed = storage.read_input(registration)
        planned, _ = read_trial(signed, where=str(registration), verify=is_signed_by)
        table = read_outcomes(storage.read_input(outcomes, most_bytes=MAX_BYTES), where=outcomes.name)
        departed = not_ours(planned.campaign, planned.digest, data)
        grounds = TrialGrounds(analyse_trial(table, planned), table, planned, departed)
        return cls(planned, grounds.answer, departed, judge_trial(grounds))

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        found = self.answer
        made: dict[str, object] = {"trial": self.registration.content()}
        if isinstance(found, NotEstimable):
            return {**made, **found.as_json(), "verdict": self.verdict.as_json()}
        return {
            **made,
            "difference": found.difference.as_json(),
            "extremes": {"low": found.strict.low, "high": found.strict.high},
            "treated": _arm_json(found.treated),
            "controls": _arm_json(found.controls),
            "checks": [check.as_json() for check in found.checks],
            "sooner": found.sooner.as_json(),
            "infected_again": {
                "days": found.back_days,
                "treated": found.back[0].as_json(),
                "controls": found.back[1].as_json(),
            },
            "verdict": self.verdict.as_json(),
        }

    def tell(self, language: str) -> None:
        """Print the report for people."""
        words, planned = _WORDS[language], self.registration
        outcome = words[planned.outcome.value].format(within=planned.within_days, again=planned.again_days)
        say(outcome)
        unit = words[planned.lot.drawn.value]
        treated, controls = (number_text(count, language) for count in planned.lot.sides)
        say(words["lot"].format(unit=unit, treated=treated, controls=controls))
        say(words["source"].format(source=planned.source))
        if isinstance(self.answer, NotEstimable):
            say("\n" + words["refused"].format(reason=self.answer.text.in_language(language)))
        else:
            _tell_finding(self.answer, language)
        if isinstance(self.verdict, NotGiven):
            say("\n" + words["none"])
            for reason in self.verdict.reasons:
                say(f"  - {reason.text.in_language(language)}")
        else:
            say("\n" + words["verdict"].format(text=self.verdict.text.in_language(language)))


def _tell_finding(found: TrialFinding, language: str) -> None:
    words = _WORDS[language]
    print()
    rows = [
        _arm_row(words[name], arm, language) for name, arm in (("treated", found.treated), ("controls", found.controls))
    ]
    print_table([words[name] for name in ("arm", "followed", "successes", "share", "lost")], rows, right=(1, 2, 3, 4))
    say("\n" + words["difference"].format(**_points(found.difference, language)))
    if found.treated.lost + found.controls.lost:
        say(words["strict"].format(**_points(found.strict, language)))
    if not isinstance(found.sooner, NotEstimable):
        say(words["sooner"].format(p=_chance(found.sooner.probability, language)))
    treated, controls = (_answer(back, language) for back in found.back)
    say(words["back"].format(days=found.back_days, treated=treated, controls=controls))
    say("\n" + words["checks"])
    for check in found.checks:
        say(f"  {check.text.in_language(language)}: {_chance(check.value, language)}")


def _arm_row(name: str, arm: Arm, language: str) -> tuple[str, ...]:
    counts = [number_text(count, language) for count in (arm.followed, arm.successes)]
    return (name, *counts, _percent(arm.share, language), number_text(arm.lost, language))


def _arm_json(arm: Arm) -> dict[str, object]:
    return {"followed": arm.followed, "successes": arm.successes, "share": arm.share, "lost": arm.lost}


def _points(estimate: Estimate, language: str) -> dict[str, str]:
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: number_text(100 * end, language, decimals=1, signed=True) for name, end in ends.items()}


def _answer(answer: Answer, language: str) -> str:
    if isinstance(answer, NotEstimable):
        return "–"
    low, high = (number_text(100 * end, language, decimals=1) for end in (answer.low, answer.high))
    return f"{_percent(answer.value, language)} ({low} – {high})"


def _chance(value: float, language: str) -> str:
    told = number_text(max(value, _LEAST), language, decimals=3)
    return f"< {told}" if value < _LEAST else told


def _percent(share: float, language: str) -> str:
    return number_text(100 * share, language, decimals=1) + ("%" if language == "vi" else " %")
