"""``quetsach center assess rollout``: draws the random order in which units begin, once."""

import argparse
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quetsach import storage
from quetsach.assess.effect import Design, Method, Scale
from quetsach.assess.effect.fidelity import planned_days
from quetsach.assess.effect.roll_out import RollOut, draw_roll_out, read_units
from quetsach.centre.planning import PlannedPower
from quetsach.centre.registered import ROLL_OUT, refuse_trial
from quetsach.cli.center.assess.planned_power import asked_noise, asked_panel, rehearse, tell_power
from quetsach.cli.center.assess.windows import campaign_folder, keep_once
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.lake.weekly import WEEK_DAYS, weeks

_REHEARSAL = "rehearsal of an order"
_WHOLE, _WEEKS_AT_MOST = 100, 260
_WORDS = {
    "vi": {
        "header": ("đợt", "ngày bắt đầu", "số đơn vị", "đơn vị"),
        "drawn": "Đã rút thứ tự một lần từ giá trị khởi tạo (seed) {seed!r}; không rút lại. Tệp: {path}",
        "digest": "SHA-256 {digest}: hãy công bố cùng giá trị khởi tạo trước khi bắt đầu.",
    },
    "en": {
        "header": ("step", "first day", "units", "which"),
        "drawn": "Drawn once from the seed {seed!r} and not to be drawn again. File: {path}",
        "digest": "SHA-256 {digest}: publish it, with the seed, before the start.",
    },
}


def run(arguments: argparse.Namespace) -> int:
    """Draw the random order in which units begin."""
    folder = campaign_folder(arguments)
    language = chosen_language(arguments)
    if bool(arguments.seed) == arguments.rehearse:
        raise InputError("an order is either drawn or rehearsed", where="--seed", hint="--seed TEXT or --rehearse")
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
    refusal = "the order was drawn already: it is not drawn again"
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
        raise InputError("not a number of days", where="--every", hint="--every 21d")
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
        raise InputError("must be more than 0 and less than 100", where="--target", hint="--target 50")
    if not 1 <= arguments.weeks_around <= _WEEKS_AT_MOST:
        raise InputError(f"must be from 1 to {_WEEKS_AT_MOST}", where="--weeks-around")
    begins = planned_days(drawn)
    around = timedelta(weeks=arguments.weeks_around)
    of_panel = weeks(drawn.first - around, drawn.days[-1] + around + timedelta(WEEK_DAYS - 1), anchor=drawn.first)
    noise = asked_noise(arguments, asked_panel(arguments), tuple(begins))
    design = Design(Method.WEDGE, Scale.COUNT)
    target = arguments.target / _WHOLE
    return rehearse(begins, of_panel, design, target=target, noise=noise, strata=drawn.strata)


def _tell(drawn: RollOut, path: Path, language: str) -> None:
    words = _WORDS[language]
    rows = [
        (index, f"{day:%d/%m/%Y}" if language == "vi" else str(day), len(units), ", ".join(units))
        for index, (day, units) in enumerate(zip(drawn.days, drawn.steps, strict=True), 1)
    ]
    print_table(words["header"], rows, right=(0, 2))
    say(str(words["drawn"]).format(seed=drawn.seed, path=path))
    say(str(words["digest"]).format(digest=drawn.digest))
