"""``quetsach center assess effect``: what treatment did to a panel, and whether a target was met."""

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from quetsach import storage
from quetsach.assess.effect import Answer, Counted, Design, Finding, Method, Panel, Part, Scale
from quetsach.assess.effect.fidelity import share_seen
from quetsach.assess.effect.finding import as_reduction
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.method_texts import ASSUMPTIONS, METHOD_NAMES, basis_text
from quetsach.assess.effect.panel_file import MAX_BYTES
from quetsach.assess.effect.registration import Registration
from quetsach.assess.effect.sensitivity import e_value, judged_name, range_judged, sensitivity
from quetsach.assess.effect.verdict import NotGiven, Verdict, judge
from quetsach.assess.estimate import Estimate, NotEstimable, Notice
from quetsach.assess.trial.registration import is_trial
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation.judging import analyse_panel
from quetsach.centre.evaluation.sources import File
from quetsach.centre.panel import panel_origin
from quetsach.centre.registered import kept_record, order_of, read_registered
from quetsach.cli.center.arguments.effects import METHODS
from quetsach.cli.center.assess.rollout import tell_fidelity
from quetsach.cli.center.assess.trial import TrialReport
from quetsach.cli.center.assess.windows import percent
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import NO_TEXT, LocalText, Text, all_in_language, both, number_text
from quetsach.endpoint.messages import LANGUAGES

_RANGES = {"ramp": (1, 10_000), "exposure": (0, 100), "seed": (0, 2**63 - 1)}


def spill_over_of(arguments: argparse.Namespace) -> float | None:
    """Return the stated spill-over as a share; None where none was stated.

    Raises:
        InputError: it is no share.
    """
    if arguments.spill_over is None:
        return None
    if not 0 <= arguments.spill_over < 100:
        raise InputError(Text("must be from 0 to less than 100"), where="--spill-over", hint="--spill-over 20")
    return float(arguments.spill_over) / 100


def run(arguments: argparse.Namespace) -> int:
    """Estimate the effect of a campaign on anyone's panel."""
    if arguments.registration and is_trial(storage.read_input(arguments.registration)):
        return _run_trial(arguments)
    registration = read_registered(arguments.registration) if arguments.registration else None
    centre = Centre(arguments.data or default_data())
    design, target = _design(arguments, registration), _target(arguments, registration)
    folder = centre.campaign_folder(registration.campaign) if registration else None
    panel, answer = analyse_panel(
        (arguments.panel.name, storage.read_input(arguments.panel, most_bytes=MAX_BYTES)),
        design,
        negative=named_file(arguments.negative_control),
        registration=registration,
        order=order_of(folder) if folder else None,
    )
    if target is None:
        report = EffectReport(panel, answer, None, None)
    else:
        origin = panel_origin(registration, centre) if registration else None
        report = EffectReport.of(Grounds(answer, panel, design, target, registration, origin))
    record = kept_record(folder, registration) if folder else None
    seen = share_seen(panel, design, record.order, record.notes) if record else None
    if arguments.json:
        kept = {**record.fidelity.as_json(), "effect_seen": seen} if record else None
        print_json({**report.as_json(), "fidelity": kept})
    else:
        tell_effect(report, chosen_language(arguments))
        if record:
            tell_fidelity(record.fidelity, chosen_language(arguments), seen=seen)
    return ExitCode.NOTHING_FOUND


def _run_trial(arguments: argparse.Namespace) -> int:
    """Analyse a trial by its registration, which has every setting.

    Raises:
        QuetsachError: a file is none of its kind, or a setting was named.
    """
    settings = ("method", "target", "scale", "counted", "ramp", "exposure", "seed", "covariate", "spill_over")
    if named := [name for name in (*settings, "negative_control") if getattr(arguments, name) not in (None, [])]:
        where = "--" + named[0].replace("_", "-")
        raise InputError(Text("a trial is analysed as it was registered"), where=where, hint=Text("leave it out"))
    report = TrialReport.of(arguments.panel, arguments.registration, arguments.data or default_data())
    if arguments.json:
        print_json(report.as_json())
    else:
        report.tell(chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def named_file(path: Path | None) -> File | None:
    """Return the name and content of a panel that was named; ``None`` where none was.

    Raises:
        InputError: it cannot be read.
    """
    return None if path is None else (path.name, storage.read_input(path, most_bytes=MAX_BYTES))


def _design(arguments: argparse.Namespace, registration: Registration | None) -> Design:
    """Return the settings: those named, else those registered, else the usual ones."""
    named = {
        "dummies" if name == "exposure" else name: _within(arguments, name, *ends) for name, ends in _RANGES.items()
    }
    if arguments.scale:
        named["scale"] = Scale(arguments.scale)
    if arguments.counted:
        named["counted"] = Counted(arguments.counted)
    if arguments.covariate:
        named["covariates"] = tuple(arguments.covariate)
    named["spill_over"] = spill_over_of(arguments)
    if arguments.method:
        named["method"] = Method(arguments.method)
    elif registration is None:
        raise InputError(
            Text("no method was named"), where="--method", hint=Text("one of {names}", names=", ".join(METHODS))
        )
    settings = {name: value for name, value in named.items() if value is not None}
    return replace(registration.design, **settings) if registration else Design(**settings)


def _within(arguments: argparse.Namespace, name: str, least: int, most: int) -> Any:
    value = getattr(arguments, name)
    if value is not None and not least <= value <= most:
        raise InputError(Text("must be from {least} to {most}", least=least, most=most), where=f"--{name}")
    return value


def _target(arguments: argparse.Namespace, registration: Registration | None) -> float | None:
    if arguments.target is None:
        return registration.target if registration else None
    if not 0 < arguments.target < 100:
        raise InputError(Text("must be more than 0 and less than 100"), where="--target", hint="--target 50")
    return float(arguments.target) / 100


_PARTS = (Text("other estimates"), Text("value"), Text("low"), Text("high"))
_WEIGHTS = (Text("control"), Text("weight"))
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
_LEAST_P = 0.001
"""A smaller p value is told as less than this: 1 of 1,000 draws is not less."""
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
        said = {language: [text.in_language(language) for text in texts] for language in LANGUAGES}
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
            "basis": both(self.basis),
            "sensitivity": self._sensitivity(),
            "verdict": self.verdict.as_json() if self.verdict else None,
            "registered": None
            if self.departures is None
            else {"as_registered": not self.departures, "departures": [notice.as_json() for notice in self.departures]},
        }


def tell_effect(report: EffectReport, language: str) -> None:
    """Print a report for people."""
    periods = report.panel.periods.labels
    units, count = report.panel.shape
    missing = Text(", {missing} cells missing", missing=report.panel.missing) if report.panel.missing else NO_TEXT
    panel = Text(
        "{units} units, {periods} periods ({first} to {last}){missing}",
        units=units,
        periods=count,
        first=periods[0],
        last=periods[-1],
        missing=missing,
    )
    tell(panel, language)
    if isinstance(report.answer, NotEstimable):
        _tell_refusal(report.answer, language)
        return
    tell(report.basis, language)
    _tell_finding(report.answer, language)
    for notice in report.answer.notices:
        say("\n" + Text("Note: {notice}", notice=notice.text).in_language(language))
    if report.verdict:
        _tell_verdict(report.verdict, language)


def _tell_verdict(verdict: Verdict | NotGiven, language: str) -> None:
    if isinstance(verdict, NotGiven):
        say("\n" + Text("Verdict: none is given:").in_language(language))
        for reason in verdict.reasons:
            say(f"  - {reason.text.in_language(language)}")
        return
    say("\n" + Text("Verdict: {text}", text=verdict.text).in_language(language))
    target, chance = percent(verdict.target, 1), verdict.likelihood.text
    tell(Text("A reduction of at least {target} is {chance}", target=target, chance=chance), language)


def _tell_finding(finding: Finding, language: str) -> None:
    say(f"{METHOD_NAMES[finding.method].in_language(language)}\n")
    if reduction := finding.reduction:
        reduced = _interval(reduction, language, finding.confidence, is_share=True)
        tell(Text("Reduction due to treatment: {reduced}", reduced=reduced), language)
    if wider := range_judged(finding):
        say(f"  {judged_name(finding).in_language(language)}: {wider.in_language(language)}")
    name = Text("Effect (logarithm)") if finding.scale.is_log else Text("Effect")
    say(
        f"{name.in_language(language)}: {_interval(finding.effect, language, finding.confidence).in_language(language)}"
    )
    spread = finding.spread
    error, degrees, p = (_number(value, language) for value in (spread.error, spread.degrees, finding.p_value))
    p = p if finding.p_value >= _LEAST_P else f"< {number_text(_LEAST_P, language, decimals=3)}"
    say(
        "  "
        + Text(
            "p value {p}; by t alone: standard error {error}, {degrees} degrees of freedom",
            error=error,
            degrees=degrees,
            p=p,
        ).in_language(language)
    )
    if finding.observed is not None:
        tell(
            Text(
                "Plain before and after: {change} (says nothing about the cause)",
                change=percent(finding.observed, 1, signed=True),
            ),
            language,
        )
    for text in sensitivity(finding):
        say(f"\n{text.in_language(language)}")
    _tell_tables(finding, language)
    if finding.checks:
        say("\n" + Text("Checks:").in_language(language))
    for check in finding.checks:
        say(f"  {check.text.in_language(language)}: {_number(check.value, language)}")
    say(f"\n{ASSUMPTIONS[finding.method].in_language(language)}")


def _tell_tables(finding: Finding, language: str) -> None:
    if finding.parts:
        print()
        rows = [_part_row(part, finding, language) for part in finding.parts]
        print_table(all_in_language(_PARTS, language), rows, right=(1, 2, 3))
    if finding.weights:
        print()
        shown = list(finding.weights.items())[:_WEIGHTS_SHOWN]
        rows = [(unit, percent(share, 1).in_language(language)) for unit, share in shown]
        print_table(all_in_language(_WEIGHTS, language), rows, right=(1,))


def _part_row(part: Part, finding: Finding, language: str) -> tuple[str, ...]:
    """Tell a part as a reduction where the finding is of logarithms, in units of the outcome otherwise."""
    name, told = part.name.in_language(language), part.estimate
    if not finding.scale.is_log:
        return (name, *(_number(value, language) for value in (told.value, told.low, told.high)))
    if (reduction := as_reduction(told, finding.scale, finding.after_mean)) is None:
        return (name, "–", "–", "–")
    ends = (reduction.value, reduction.low, reduction.high)
    return (name, *(percent(share, 1).in_language(language) for share in ends))


def _tell_refusal(refusal: NotEstimable, language: str) -> None:
    say("\n" + Text("No number is given: {reason}", reason=refusal.text).in_language(language))
    if refusal.measured:
        told = ", ".join(
            f"{MEASURED[name].in_language(language)} {_number(value, language)}"
            for name, value in refusal.measured.items()
        )
        tell(Text("Measured: {values}", values=told), language)


def _interval(estimate: Estimate, language: str, confidence: float, *, is_share: bool = False) -> Text:
    value, low, high = (
        percent(end, 1) if is_share else _number(end, language) for end in (estimate.value, estimate.low, estimate.high)
    )
    return Text(
        "{value} ({confidence} interval: {low} to {high})",
        value=value,
        confidence=percent(confidence),
        low=low,
        high=high,
    )


def _number(value: float, language: str) -> str:
    """Tell a number with four figures that count, whole ones without decimals."""
    if value == int(value) and abs(value) < _WHOLE_AT_MOST:
        return number_text(value, language)
    digits = 3 - math.floor(math.log10(abs(value))) if value else 0
    return number_text(value, language, decimals=min(max(digits, 0), 6))
