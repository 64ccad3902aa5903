"""``quetsach center assess lot``, and what ``register`` and ``effect`` do with a trial within a provider."""

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from quetsach import storage
from quetsach.assess.effect.verdict import NotGiven
from quetsach.assess.estimate import Answer, Estimate, NotEstimable, Notice
from quetsach.assess.rows import MAX_BYTES
from quetsach.assess.trial.analysis import Arm, TrialFinding, analyse_trial, read_outcomes
from quetsach.assess.trial.lot import Drawn, Lot, draw_lot, read_customers, read_lot, strata_of_days
from quetsach.assess.trial.registration import (
    Expected,
    Outcome,
    TrialPower,
    TrialRegistration,
    power_of_trial,
    read_trial,
)
from quetsach.assess.trial.verdict import TrialGrounds, TrialVerdict, judge_trial
from quetsach.campaign.section import Section
from quetsach.centre.registered import LOT, is_signed_by, not_ours, refuse_campaign
from quetsach.cli.center.assess.windows import campaign_folder, keep_once, percent
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import Period, parse_day
from quetsach.core.table import csv_text
from quetsach.core.text import Number, SystemText, Text, all_in_language, number_text

_WHOLE = 100


def draw(arguments: argparse.Namespace) -> int:
    """Draw who gets the measure in a trial within a provider."""
    if not 0 < arguments.treated < _WHOLE:
        raise InputError(Text("must be more than 0 and less than 100"), where="--treated", hint="--treated 50")
    folder = campaign_folder(arguments)
    refuse_campaign(folder)
    days = Period.parse(arguments.days) if arguments.days else None
    if days:
        units = strata_of_days(days)
    else:
        listed: Path = arguments.customers
        units = read_customers(storage.read_input(listed, most_bytes=MAX_BYTES), where=listed.name)
    lot, treated = draw_lot(
        units,
        campaign=folder.name,
        seed=arguments.seed,
        share=arguments.treated / _WHOLE,
        start=parse_day(arguments.start),
        days=days,
        now=datetime.now(UTC),
    )
    path = folder / LOT
    refusal = Text("the lot of this trial was drawn already: it is not drawn again")
    keep_once(arguments, "lot-draw", path, lot.to_json(), digest=lot.digest, refusal=refusal)
    rows = [(lot.drawn.value.removesuffix("s"), "stratum", "arm")]
    rows += [(unit, stratum, str(int(unit in treated))) for unit, stratum in units.items()]
    try:
        storage.write(arguments.out, csv_text(rows).encode())
    except OSError as error:
        raise InputError(
            Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(arguments.out)
        ) from error
    if arguments.json:
        print_json({**lot.content(), "sha256": lot.digest, "file": str(path)})
    else:
        _tell_lot(lot, path, arguments.out, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _lot_text(lot: Lot, out: Path) -> Text:
    treated, units = Number(lot.treated), Number(lot.units)
    if lot.drawn is Drawn.CUSTOMERS:
        return Text(
            "Drawn once: {treated} of {units} customers get the measure, the others are compared with. List for the "
            "provider: {out}",
            treated=treated,
            units=units,
            out=out,
        )
    return Text(
        "Drawn once: the measure applies on {treated} of {units} days. List of days: {out}",
        treated=treated,
        units=units,
        out=out,
    )


def _tell_lot(lot: Lot, path: Path, out: Path, language: str) -> None:
    tell(_lot_text(lot, out), language)
    tell(
        Text("The centre keeps how many there are and a digest of the list, and not the list: {path}", path=path),
        language,
    )
    tell(
        Text(
            "SHA-256 {digest}: publish it, with the seed {seed}, before the start.",
            digest=lot.digest,
            seed=repr(lot.seed),
        ),
        language,
    )


METHOD = "trial"
_DRAWN = {Drawn.CUSTOMERS: Text("customers"), Drawn.DAYS: Text("days")}


def planned_trial(arguments: argparse.Namespace, plan: Section, folder: Path, language: str) -> TrialRegistration:
    """Return the trial of a plan, after telling what it could find.

    Raises:
        QuetsachError: the plan is none, no lot was drawn, the name is that of a campaign, or the trial is too weak and
            was not asked for all the same.
    """
    refuse_campaign(folder)
    path = folder / LOT
    if not path.exists():
        hint = f"quetsach center assess lot {folder.name}"
        raise InputError(Text("no lot of this trial was drawn"), where=folder.name, hint=hint)
    lot = read_lot(storage.read_input(path), where=str(path))
    plan.text("method")
    expected, target = _expected(plan, lot), plan.number("target_points", least=0, most=100) / 100
    power = power_of_trial(lot, expected, target)
    registration = TrialRegistration(
        lot=lot,
        outcome=plan.one_of("outcome", Outcome),
        within_days=plan.integer("within_days", least=1, most=365),
        again_days=plan.integer("again_days", least=1, most=365) if plan.has("again_days") else 0,
        target=target,
        expected=expected,
        power=round(power.power, 6),
        source=plan.text("source"),
        registered_at=datetime.now(UTC),
    )
    plan.finish()
    is_refused = power.is_weak and not arguments.anyway
    if is_refused or not arguments.json:
        _tell(power, lot, target, language)
    if is_refused:
        what = Text(
            "this plan would find its target in {percent} of 100: nothing was signed", percent=round(100 * power.power)
        )
        more = Text("more customers or days; --anyway signs it all the same")
        raise InputError(what, where=arguments.plan.name, hint=more)
    return registration


def _expected(plan: Section, lot: Lot) -> Expected:
    control, lost = (plan.number(name, least=0, most=100) / 100 for name in ("control_percent", "lost_percent"))
    if lot.drawn is Drawn.CUSTOMERS:
        return Expected(control, lost)
    a_day, alike = plan.number("customers_a_day", least=1, most=1e6), plan.number("alike", least=0, most=1)
    return Expected(control, lost, a_day, alike)


def _tell(power: TrialPower, lot: Lot, target: float, language: str) -> None:
    if power.is_weak:
        tell(Text("THE PLAN IS TOO WEAK: it should be 80 %. Take more customers, or more days."), language)
    tell(
        Text(
            "Power: if the measure really adds {target} points, that is found with a chance of {power}.",
            target=_in_points(target),
            power=percent(power.power),
        ),
        language,
    )
    fewer, more = (Number(power.per_arm[chance]) for chance in (80, 90))
    treated, controls = (Number(count) for count in (lot.treated, lot.units - lot.treated))
    tell(
        Text(
            "It takes {low} {unit} on each side to find that with a chance of 80 %, {high} with 90 "
            "%, without any loss; here are {treated} with the measure and {controls} without.",
            low=fewer,
            high=more,
            unit=_DRAWN[lot.drawn],
            treated=treated,
            controls=controls,
        ),
        language,
    )
    low, high = (_in_points(power.detectable[chance]) for chance in (80, 90))
    tell(
        Text(
            "Smallest addition that is found: {low} points with a chance of 80 %, {high} points with 90 %.",
            low=low,
            high=high,
        ),
        language,
    )
    least = power.achieved_from
    tell(
        Text("With so many customers and so many lost, “achieved” can hardly ever be said.")
        if least is None
        else Text(
            "For “achieved” with a chance of 80 %, whatever becomes of those lost sight of, the true "
            "addition has to be some {share} points or more; just the target nearly always gives "
            "“not decided”.",
            share=_in_points(least),
        ),
        language,
    )


def _in_points(share: float | None) -> Number | str:
    points = None if share is None else round(100 * share, 1)
    return "–" if points is None else Number(points, int(points != int(points)))


_ARMS = (Text("side"), Text("followed"), Text("successes"), Text("share"), Text("lost sight of"))

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
        planned = self.registration
        tell(_success_text(planned), language)
        treated, controls = (Number(count) for count in planned.lot.sides)
        tell(
            Text(
                "Drawn by {unit}: {treated} with the measure, {controls} without. All customers count on "
                "the side that was drawn, whatever they got.",
                unit=_DRAWN[planned.lot.drawn],
                treated=treated,
                controls=controls,
            ),
            language,
        )
        tell(
            Text(
                "What became of each customer was handed over by {source}; the centre did not count it.",
                source=planned.source,
            ),
            language,
        )
        if isinstance(self.answer, NotEstimable):
            say("\n" + Text("No number is given: {reason}", reason=self.answer.text).in_language(language))
        else:
            _tell_finding(self.answer, language)
        if isinstance(self.verdict, NotGiven):
            say("\n" + Text("Verdict: none is given:").in_language(language))
            for reason in self.verdict.reasons:
                say(f"  - {reason.text.in_language(language)}")
        else:
            say("\n" + Text("Verdict: {text}", text=self.verdict.text).in_language(language))


def _success_text(planned: TrialRegistration) -> Text:
    within, again = planned.within_days, planned.again_days
    if planned.outcome is Outcome.CLEANED:
        return Text("Success: clean within {within} days of being found.", within=within)
    return Text(
        "Success: clean within {within} days of being found, and not infected again in the {again} days after.",
        within=within,
        again=again,
    )


def _tell_finding(found: TrialFinding, language: str) -> None:
    print()
    rows = [
        _arm_row(name.in_language(language), arm, language)
        for name, arm in ((Text("with the measure"), found.treated), (Text("without"), found.controls))
    ]
    print_table(all_in_language(_ARMS, language), rows, right=(1, 2, 3, 4))
    value, low, high = _points(found.difference)
    change = Text(
        "The measure changes the share of successes by {value} points (95 % interval: {low} to {high})",
        value=value,
        low=low,
        high=high,
    )
    say("\n" + change.in_language(language))
    if found.treated.lost + found.controls.lost:
        _, low, high = _points(found.strict)
        tell(
            Text("Whatever became of those who were lost sight of: {low} to {high} points", low=low, high=high),
            language,
        )
    if not isinstance(found.sooner, NotEstimable):
        tell(
            Text(
                "If both sides became clean at the same rate, so large a difference had probability {p} "
                "(log-rank test).",
                p=_chance(found.sooner.probability, language),
            ),
            language,
        )
    treated, controls = (_answer(back, language) for back in found.back)
    tell(
        Text(
            "Infected again within {days} days of being clean: {treated} with the measure, "
            "{controls} without (no comparison by lot: the measure decides who is clean).",
            days=found.back_days,
            treated=treated,
            controls=controls,
        ),
        language,
    )
    say("\n" + Text("Checks:").in_language(language))
    for check in found.checks:
        say(f"  {check.text.in_language(language)}: {_chance(check.value, language)}")


def _arm_row(name: str, arm: Arm, language: str) -> tuple[str, ...]:
    counts = [number_text(count, language) for count in (arm.followed, arm.successes)]
    return (name, *counts, percent(arm.share, 1).in_language(language), number_text(arm.lost, language))


def _arm_json(arm: Arm) -> dict[str, object]:
    return {"followed": arm.followed, "successes": arm.successes, "share": arm.share, "lost": arm.lost}


def _points(estimate: Estimate) -> tuple[Number, ...]:
    return tuple(Number(100 * end, 1, signed=True) for end in (estimate.value, estimate.low, estimate.high))


def _answer(answer: Answer, language: str) -> str:
    if isinstance(answer, NotEstimable):
        return "–"
    low, high = (number_text(100 * end, language, decimals=1) for end in (answer.low, answer.high))
    return f"{percent(answer.value, 1).in_language(language)} ({low} – {high})"


def _chance(value: float, language: str) -> str:
    told = number_text(max(value, _LEAST), language, decimals=3)
    return f"< {told}" if value < _LEAST else told
