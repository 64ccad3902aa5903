"""How an effect is told: to people in their language, to machines as JSON."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from quetsach.assess.effect import Answer, Finding, Panel, Part
from quetsach.assess.effect.finding import as_reduction
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.method_texts import ASSUMPTIONS, METHOD_NAMES, basis_text
from quetsach.assess.effect.sensitivity import e_value, judged_name, range_judged, sensitivity
from quetsach.assess.effect.verdict import NotGiven, Verdict, judge
from quetsach.assess.estimate import Estimate, Notice
from quetsach.assess.not_estimable import NotEstimable
from quetsach.cli.output import print_table, say
from quetsach.core.number import number_text
from quetsach.core.text import NO_TEXT, LocalText, Text

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "panel": "{units} đơn vị, {periods} kỳ ({first} đến {last})",
        "missing": ", thiếu {missing} ô",
        "effect": "Tác động",
        "log": "Tác động (lôgarit)",
        "reduction": "Mức giảm nhờ can thiệp",
        "interval": "{value} (khoảng tin cậy {confidence}: {low} đến {high})",
        "error": "trị số p {p}; chỉ theo phân phối t: sai số chuẩn {error}, {degrees} bậc tự do",
        "observed": "Trước và sau đơn thuần: {change} (không cho biết nguyên nhân)",
        "refused": "Không đưa ra con số",
        "measured": "Đã đo được",
        "verdict": "Kết luận",
        "chance": "Khả năng mức giảm đạt ít nhất {target}: {chance}",
        "note": "Lưu ý",
        "checks": "Kiểm tra",
        "none": "không đưa ra, vì:",
    },
    "en": {
        "panel": "{units} units, {periods} periods ({first} to {last})",
        "missing": ", {missing} cells missing",
        "effect": "Effect",
        "log": "Effect (logarithm)",
        "reduction": "Reduction due to treatment",
        "interval": "{value} ({confidence} interval: {low} to {high})",
        "error": "p value {p}; by t alone: standard error {error}, {degrees} degrees of freedom",
        "observed": "Plain before and after: {change} (says nothing about the cause)",
        "refused": "No number is given",
        "measured": "Measured",
        "verdict": "Verdict",
        "chance": "A reduction of at least {target} is {chance}",
        "note": "Note",
        "checks": "Checks",
        "none": "none is given:",
    },
}
_HEADERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "vi": {"weights": ("đơn vị đối chứng", "trọng số"), "parts": ("ước lượng khác", "giá trị", "thấp", "cao")},
    "en": {"weights": ("control", "weight"), "parts": ("other estimates", "value", "low", "high")},
}
MEASURED: Mapping[str, LocalText] = {
    "units": Text("units"),
    "units_treated": Text("treated units"),
    "units_control": Text("controls"),
    "draws": Text("other draws of who begins when"),
    "needed_draws": Text("other draws needed at least"),
    "fit_before": Text("misfit before the start"),
    "needed": Text("needed at least"),
    "most": Text("at most"),
    "starts": Text("times of start"),
    "periods_before": Text("periods before the start"),
    "periods_after": Text("periods after the start"),
    "ramp": Text("periods until the effect is whole"),
    "cells": Text("cells"),
    "cells_missing": Text("missing cells"),
    "unknowns": Text("unknowns"),
    "effect": Text("difference"),
    "after_mean": Text("mean after the start"),
}
"""What a refusal measured, by its names."""
_WEIGHTS_SHOWN = 10
_CERTAIN = 0.999
_WHOLE_AT_MOST = 1e15


@dataclass(frozen=True, slots=True)
class EffectReport:
    """An answer with its verdict, which is None where no target was named; ``grounds`` is what it stands on."""

    panel: Panel
    answer: Answer
    verdict: Verdict | NotGiven | None
    grounds: Grounds | None

    @classmethod
    def of(cls, grounds: Grounds) -> Self:
        """Judge an answer against a target."""
        return cls(grounds.panel, grounds.answer, judge(grounds), grounds)

    @property
    def departures(self) -> tuple[Notice, ...] | None:
        """Where the analysis departs from the registered one; None where none was registered."""
        return self.grounds.departures() if self.grounds and self.grounds.registration else None

    def _sensitivity(self) -> dict[str, object]:
        if isinstance(self.answer, NotEstimable):
            return {}
        texts = list(sensitivity(self.answer))
        said = {"vi": [text.vi for text in texts], "en": [text.en for text in texts]}
        return {"e_value": e_value(self.answer), "text": said}

    @property
    def basis(self) -> LocalText:
        """What the effect is of; empty where there is none."""
        if isinstance(self.answer, NotEstimable):
            return NO_TEXT
        origin = self.grounds.origin if self.grounds else None
        return basis_text(self.panel, self.answer, origin.outcome if origin else "")

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        units, periods = self.panel.shape
        return {
            "panel": {
                "units": units,
                "treated": int(self.panel.treated.sum()),
                "periods": periods,
                "first": self.panel.periods.labels[0],
                "last": self.panel.periods.labels[-1],
                "starts": [self.panel.periods.labels[start] for start in self.panel.cohorts],
                "cells_missing": self.panel.missing,
            },
            **self.answer.as_json(),
            "basis": {"vi": self.basis.vi, "en": self.basis.en},
            "sensitivity": self._sensitivity(),
            "verdict": self.verdict.as_json() if self.verdict else None,
            "registered": None
            if self.departures is None
            else {"as_registered": not self.departures, "departures": [notice.as_json() for notice in self.departures]},
        }


def tell_effect(report: EffectReport, language: str) -> None:
    """Print a report for people."""
    words, periods = _WORDS[language], report.panel.periods.labels
    units, count = report.panel.shape
    missing = words["missing"].format(missing=report.panel.missing) if report.panel.missing else ""
    say(words["panel"].format(units=units, periods=count, first=periods[0], last=periods[-1]) + missing)
    if isinstance(report.answer, NotEstimable):
        _tell_refusal(report.answer, words["refused"], language)
        return
    say(report.basis.in_language(language))
    _tell_finding(report.answer, language)
    for notice in report.answer.notices:
        say(f"\n{words['note']}: {notice.text.in_language(language)}")
    if report.verdict:
        _tell_verdict(report.verdict, language)


def _tell_verdict(verdict: Verdict | NotGiven, language: str) -> None:
    words = _WORDS[language]
    if isinstance(verdict, NotGiven):
        say(f"\n{words['verdict']}: {words['none']}")
        for reason in verdict.reasons:
            say(f"  - {reason.text.in_language(language)}")
        return
    say(f"\n{words['verdict']}: {verdict.text.in_language(language)}")
    likely = verdict.likelihood.text.in_language(language)
    say(words["chance"].format(target=_percent(verdict.target, language), chance=likely))


def _tell_finding(finding: Finding, language: str) -> None:
    words = _WORDS[language]
    say(f"{METHOD_NAMES[finding.method].in_language(language)}\n")
    if reduction := finding.reduction:
        say(f"{words['reduction']}: {_interval(reduction, language, finding.confidence, is_share=True)}")
    if wider := range_judged(finding):
        say(f"  {judged_name(finding).in_language(language)}: {wider.in_language(language)}")
    name = words["log" if finding.scale.is_log else "effect"]
    say(f"{name}: {_interval(finding.effect, language, finding.confidence)}")
    spread = finding.spread
    error, degrees, p = (_number(value, language) for value in (spread.error, spread.degrees, finding.p_value))
    p = p if finding.p_value >= 1 - _CERTAIN else f"< {number_text(1 - _CERTAIN, language, decimals=3)}"
    say("  " + words["error"].format(error=error, degrees=degrees, p=p))
    if finding.observed is not None:
        say(words["observed"].format(change=_percent(finding.observed, language, signed=True)))
    for text in sensitivity(finding):
        say(f"\n{text.in_language(language)}")
    _tell_tables(finding, language)
    if finding.checks:
        say(f"\n{words['checks']}:")
    for check in finding.checks:
        say(f"  {check.text.in_language(language)}: {_number(check.value, language)}")
    say(f"\n{ASSUMPTIONS[finding.method].in_language(language)}")


def _tell_tables(finding: Finding, language: str) -> None:
    headers = _HEADERS[language]
    if finding.parts:
        print()
        rows = [_part_row(part, finding, language) for part in finding.parts]
        print_table(headers["parts"], rows, right=(1, 2, 3))
    if finding.weights:
        print()
        shown = list(finding.weights.items())[:_WEIGHTS_SHOWN]
        print_table(headers["weights"], [(unit, _percent(share, language)) for unit, share in shown], right=(1,))


def _part_row(part: Part, finding: Finding, language: str) -> tuple[str, ...]:
    """Tell a part as a reduction where the finding is of logarithms, in units of the outcome otherwise."""
    name, told = part.name.in_language(language), part.estimate
    if finding.scale.is_log and (reduction := as_reduction(told, finding.scale, finding.after_mean)):
        return (name, *(_percent(share, language) for share in (reduction.value, reduction.low, reduction.high)))
    return (name, *(_number(value, language) for value in (told.value, told.low, told.high)))


def _tell_refusal(refusal: NotEstimable, label: str, language: str) -> None:
    say(f"\n{label}: {refusal.text.in_language(language)}")
    if refusal.measured:
        told = ", ".join(
            f"{MEASURED[name].in_language(language)} {_number(value, language)}"
            for name, value in refusal.measured.items()
        )
        say(f"{_WORDS[language]['measured']}: {told}")


def _interval(estimate: Estimate, language: str, confidence: float, *, is_share: bool = False) -> str:
    tell = _percent if is_share else _number
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    told = {name: tell(end, language) for name, end in ends.items()}
    percent = number_text(100 * confidence, language)
    told["confidence"] = f"{percent}%" if language == "vi" else f"{percent} %"
    return _WORDS[language]["interval"].format(**told)


def _percent(share: float, language: str, *, signed: bool = False) -> str:
    percent = number_text(100 * share, language, decimals=1, signed=signed)
    return f"{percent}%" if language == "vi" else f"{percent} %"


def _number(value: float, language: str) -> str:
    """Tell a number with four figures that count, whole ones without decimals."""
    if value == int(value) and abs(value) < _WHOLE_AT_MOST:
        return number_text(value, language)
    digits = 3 - math.floor(math.log10(abs(value))) if value else 0
    return number_text(value, language, decimals=min(max(digits, 0), 6))
