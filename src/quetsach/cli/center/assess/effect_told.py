"""How an effect is told: to people in their language, to machines as JSON."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from quetsach.assess.effect import Answer, Finding, Panel, Part
from quetsach.assess.effect.finding import as_reduction
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.method_texts import ASSUMPTIONS, METHOD_NAMES
from quetsach.assess.effect.verdict import NotGiven, Verdict, judge
from quetsach.assess.estimate import Estimate
from quetsach.assess.notice import Notice
from quetsach.assess.refusal import Refusal
from quetsach.cli.output import print_table, say
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "panel": "{units} đơn vị, {periods} kỳ ({first} đến {last})",
        "missing": ", thiếu {missing} ô",
        "effect": "Tác động",
        "log": "Tác động (lôgarit)",
        "reduction": "Mức giảm nhờ can thiệp",
        "interval": "{value} (khoảng tin cậy 95%: {low} đến {high})",
        "error": "sai số chuẩn {error}, {degrees} bậc tự do, trị số p {p}",
        "observed": "Trước và sau đơn thuần: {change} (không cho biết nguyên nhân)",
        "refused": "Không đưa ra con số",
        "measured": "Đã đo được",
        "verdict": "Kết luận",
        "chance": "Xác suất mức giảm đạt ít nhất {target}: {chance}",
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
        "interval": "{value} (95 % interval: {low} to {high})",
        "error": "standard error {error}, {degrees} degrees of freedom, p value {p}",
        "observed": "Plain before and after: {change} (says nothing about the cause)",
        "refused": "No number is given",
        "measured": "Measured",
        "verdict": "Verdict",
        "chance": "Probability of a reduction of at least {target}: {chance}",
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
    "units": LocalText("số đơn vị", "units"),
    "units_treated": LocalText("đơn vị được can thiệp", "treated units"),
    "units_control": LocalText("đơn vị đối chứng", "controls"),
    "needed": LocalText("cần ít nhất", "needed at least"),
    "most": LocalText("tối đa", "at most"),
    "starts": LocalText("số thời điểm bắt đầu", "times of start"),
    "periods_before": LocalText("số kỳ trước khi bắt đầu", "periods before the start"),
    "periods_after": LocalText("số kỳ sau khi bắt đầu", "periods after the start"),
    "ramp": LocalText("số kỳ để tác động đạt đủ", "periods until the effect is whole"),
    "cells": LocalText("số ô", "cells"),
    "cells_missing": LocalText("số ô thiếu", "missing cells"),
    "unknowns": LocalText("số ẩn phải ước lượng", "unknowns"),
    "effect": LocalText("chênh lệch", "difference"),
    "after_mean": LocalText("trung bình sau khi bắt đầu", "mean after the start"),
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
    if isinstance(report.answer, Refusal):
        _tell_refusal(report.answer, words["refused"], language)
        return
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
    chance = {"target": _percent(verdict.target, language), "chance": _chance(verdict.chance, language)}
    say(words["chance"].format(**chance))


def _tell_finding(finding: Finding, language: str) -> None:
    words = _WORDS[language]
    say(f"{METHOD_NAMES[finding.method].in_language(language)}\n")
    if reduction := finding.reduction:
        say(f"{words['reduction']}: {_interval(reduction, language, is_share=True)}")
    say(f"{words['log' if finding.scale.is_log else 'effect']}: {_interval(finding.effect, language)}")
    spread = finding.spread
    error, degrees, p = (_number(value, language) for value in (spread.error, spread.degrees, spread.p_value))
    p = p if spread.p_value >= 1 - _CERTAIN else f"< {number_text(1 - _CERTAIN, language, decimals=3)}"
    say("  " + words["error"].format(error=error, degrees=degrees, p=p))
    if finding.observed is not None:
        say(words["observed"].format(change=_percent(finding.observed, language, signed=True)))
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


def _tell_refusal(refusal: Refusal, label: str, language: str) -> None:
    say(f"\n{label}: {refusal.text.in_language(language)}")
    if refusal.measured:
        told = ", ".join(
            f"{MEASURED[name].in_language(language)} {_number(value, language)}"
            for name, value in refusal.measured.items()
        )
        say(f"{_WORDS[language]['measured']}: {told}")


def _interval(estimate: Estimate, language: str, *, is_share: bool = False) -> str:
    tell = _percent if is_share else _number
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return _WORDS[language]["interval"].format(**{name: tell(end, language) for name, end in ends.items()})


def _percent(share: float, language: str, *, signed: bool = False) -> str:
    percent = number_text(100 * share, language, decimals=1, signed=signed)
    return f"{percent}%" if language == "vi" else f"{percent} %"


def _chance(share: float, language: str) -> str:
    if share > _CERTAIN:
        return f"> {_percent(_CERTAIN, language)}"
    return f"< {_percent(1 - _CERTAIN, language)}" if share < 1 - _CERTAIN else _percent(share, language)


def _number(value: float, language: str) -> str:
    """Tell a number with four figures that count, whole ones without decimals."""
    if value == int(value) and abs(value) < _WHOLE_AT_MOST:
        return number_text(value, language)
    digits = 3 - math.floor(math.log10(abs(value))) if value else 0
    return number_text(value, language, decimals=min(max(digits, 0), 6))
