"""``quetsach center assess rollout`` and ``fidelity``: the order in which units begin, and when they really began."""

import argparse
import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quetsach import storage
from quetsach.assess.effect import Design, Method, Scale
from quetsach.assess.effect.fidelity import Fidelity, Kept, planned_days, read_notes
from quetsach.assess.effect.roll_out import RollOut, draw_roll_out, read_units
from quetsach.centre.panel import PlannedPower
from quetsach.centre.registered import FIDELITY, ROLL_OUT, kept_record, order_of, refuse_trial
from quetsach.cli.center.assess.registration import asked_noise, asked_panel, rehearse, tell_power
from quetsach.cli.center.assess.windows import campaign_folder, keep_once, percent
from quetsach.cli.output import print_json, print_table, say, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import day_text, parse_day
from quetsach.core.text import Text, all_in_language
from quetsach.lake.weekly import WEEK_DAYS, weeks

_REHEARSAL = "rehearsal of an order"
_WHOLE, _WEEKS_AT_MOST = 100, 260
_HEADER = (Text("step"), Text("first day", context="roll-out"), Text("units"), Text("which"))
_RECORD_HEADER = (
    Text("day drawn"),
    Text("units", context="counted"),
    Text("as planned"),
    Text("early"),
    Text("late"),
    Text("never", context="roll-out"),
    Text("not noted"),
    Text("reached before"),
)


def run(arguments: argparse.Namespace) -> int:
    """Draw the random order in which units begin."""
    folder = campaign_folder(arguments)
    language = chosen_language(arguments)
    if bool(arguments.seed) == arguments.rehearse:
        raise InputError(
            Text("an order is either drawn or rehearsed"), where="--seed", hint=Text("--seed TEXT or --rehearse")
        )
    if arguments.rehearse:
        power = _power(arguments, _drawn(arguments, folder.name, _REHEARSAL))
        if arguments.json:
            print_json({"power": power.power.content() if power.power else None})
        else:
            tell_power(power, language)
        return ExitCode.NOTHING_FOUND
    refuse_trial(folder)
    drawn = _drawn(arguments, folder.name, arguments.seed)
    path = folder / ROLL_OUT
    refusal = Text("the order was drawn already: it is not drawn again")
    keep_once(arguments, "order-draw", path, drawn.to_json(), digest=drawn.digest, refusal=refusal)
    power = _power(arguments, drawn)
    if arguments.json:
        told = power.power.content() if power.power else None
        print_json({**drawn.content(), "sha256": drawn.digest, "file": str(path), "power": told})
    else:
        _tell(drawn, path, language)
        tell_power(power, language)
    return ExitCode.NOTHING_FOUND


def _drawn(arguments: argparse.Namespace, campaign: str, seed: str) -> RollOut:
    every = re.fullmatch(r"([1-9]\d{0,3})d?", arguments.every)
    if not every:
        raise InputError(Text("not a number of days"), where="--every", hint="--every 21d")
    return draw_roll_out(
        read_units(storage.read_input(arguments.units), where=arguments.units.name),
        campaign=campaign,
        seed=seed,
        steps=arguments.steps,
        first=parse_day(arguments.first),
        every_days=int(every[1]),
        is_by_size=arguments.by_size,
        now=datetime.now(UTC),
    )


def _power(arguments: argparse.Namespace, drawn: RollOut) -> PlannedPower:
    """Return what a wedge with this order could find by its usual settings, week by week."""
    if not 0 < arguments.target < _WHOLE:
        raise InputError(Text("must be more than 0 and less than 100"), where="--target", hint="--target 50")
    if not 1 <= arguments.weeks_around <= _WEEKS_AT_MOST:
        raise InputError(Text("must be from 1 to {most}", most=_WEEKS_AT_MOST), where="--weeks-around")
    begins = planned_days(drawn)
    around = timedelta(weeks=arguments.weeks_around)
    of_panel = weeks(drawn.first - around, drawn.days[-1] + around + timedelta(WEEK_DAYS - 1), anchor=drawn.first)
    noise = asked_noise(arguments, asked_panel(arguments), tuple(begins))
    design = Design(Method.WEDGE, Scale.COUNT)
    target = arguments.target / _WHOLE
    return rehearse(
        begins, of_panel, design, target=target, noise=noise, strata=drawn.strata, language=chosen_language(arguments)
    )


def _tell(drawn: RollOut, path: Path, language: str) -> None:
    rows = [
        (index, day_text(day, language), len(units), ", ".join(units))
        for index, (day, units) in enumerate(zip(drawn.days, drawn.steps, strict=True), 1)
    ]
    print_table(all_in_language(_HEADER, language), rows, right=(0, 2))
    tell(
        Text(
            "Drawn once from the seed {seed} and not to be drawn again. File: {path}", seed=repr(drawn.seed), path=path
        ),
        language,
    )
    tell(Text("SHA-256 {digest}: publish it, with the seed, before the start.", digest=drawn.digest), language)


def tell_record(arguments: argparse.Namespace) -> int:
    """Take in when units of a roll-out really began, and tell it."""
    folder, language = campaign_folder(arguments), chosen_language(arguments)
    order = order_of(folder)
    if order is None:
        hint = f"quetsach center assess rollout {folder.name}"
        raise InputError(Text("no order of roll-out was drawn"), where=folder.name, hint=hint)
    if arguments.record:
        content = storage.read_input(arguments.record)
        read_notes(content, order, where=arguments.record.name)
        path = folder / FIDELITY / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.csv"
        digest, refusal = hashlib.sha256(content).hexdigest(), Text("a record of this moment was kept already")
        keep_once(arguments, "roll-out-record", path, content, digest=digest, refusal=refusal)
        if not arguments.json:
            tell(Text("The record was kept: {path}", path=path), language)
    found = kept_record(folder)
    if arguments.json:
        print_json({"fidelity": found.fidelity.as_json() if found else None})
    elif found:
        tell_fidelity(found.fidelity, language)
    else:
        tell(Text("Nothing was recorded of when units really began.", context="command"), language)
    return ExitCode.NOTHING_FOUND


def tell_fidelity(found: Fidelity, language: str, *, seen: float | None = None) -> None:
    """Print for people how far an order was kept, and how much of an effect (share) an analysis can see of it."""
    title = Text("The roll-out against the order that was drawn (all units still count by the day that was drawn):")
    say("\n" + title.in_language(language))
    rows = [
        (day_text(step.first, language), step.units, *(step.kept[kind] for kind in Kept), step.spilled)
        for step in found.steps
    ]
    print_table(
        all_in_language(_RECORD_HEADER, language),
        rows,
        right=tuple(range(1, len(_RECORD_HEADER))),
    )
    if found.reached is not None:
        tell(
            Text(
                "From their turn on units were really reached for {share} of the time.",
                share=percent(found.reached),
            ),
            language,
        )
    if found.too_early:
        tell(
            Text(
                "Before their turn they were reached already for {share} of the time, in {units} units. "
                "Those are no true controls any more, so that the estimate is smaller than the effect.",
                share=percent(found.too_early),
                units=found.spilled,
            ),
            language,
        )
    if seen is not None and round(seen, 2) != 1:
        tell(
            Text(
                "By the days that were drawn, the analysis sees about {share} of the effect (in "
                "logarithms) that there is where all are reached on their day; units that are not noted "
                "count as on their day.",
                share=percent(seen),
            ),
            language,
        )
