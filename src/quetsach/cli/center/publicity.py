"""``quetsach center publicity``: makes a unit's kit, and says how far its publicity came."""

import argparse
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.assess.estimate import SMALLEST_CELL
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.period import Period, parse_day
from quetsach.core.text import Text, all_in_language, number_text
from quetsach.web.office.blob_store import KITS
from quetsach.web.office.people.access import today
from quetsach.web.office.plans.selectors import campaign_of
from quetsach.web.office.publicity.selectors.reach import Reach, reach_of
from quetsach.web.office.publicity.services import kit_make
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit, unit_of

_DAYS_SHOWN = 30
_VISITS = (Text("unit"), Text("visits"))
_CHANNELS = (Text("channel (from returns)"), Text("times", context="publicity"), Text("not approved yet"))


def kit(arguments: argparse.Namespace) -> int:
    """Make the kit of a unit."""
    language = chosen_language(arguments)
    now = arguments.now
    unit = _unit(arguments.unit)
    campaign = campaign_of(arguments.campaign)
    if campaign is None:
        raise InputError(
            Text("the office has no such campaign"),
            where=arguments.campaign[:60],
            hint=Text("import it first: quetsach center campaigns import"),
        )
    kit = kit_make(unit=unit, campaign=campaign, by=None, now=now)
    code = kit.verification.code
    path = _written(arguments.out / f"quet-sach-{unit.key}-{code}.zip", KITS.read(kit.sha256))
    name = unit.name
    if arguments.json:
        print_json({"kit": kit.pk, "unit": arguments.unit, "code": code, "sha256": kit.sha256, "file": str(path)})
    else:
        tell(Text("Made the kit of {unit}: {path}", unit=name, path=path), language)
        tell(
            Text(
                "The code {code} does not hold yet: one person asks for release in the office and another one decides.",
                code=code,
            ),
            language,
        )
    return ExitCode.NOTHING_FOUND


def reach(arguments: argparse.Namespace) -> int:
    """Tell visits through QR codes by unit and channel."""
    now = arguments.now
    unit = _unit(arguments.unit)
    period = _period(arguments, now.date())
    reach = reach_of(unit, period, person=None, day=today(now))
    if reach is None:
        raise InputError(Text("the unit did not stand in the tree in these days"), where=f"{unit.key} {period}")
    if arguments.json:
        print_json(_as_json(reach))
    else:
        _print(reach, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _unit(key: str | None) -> Unit:
    try:
        return unit_of(key) if key else root_unit()
    except Unit.DoesNotExist as error:
        raise InputError(
            Text("there is no such unit"),
            where=(key or "")[:60],
            hint=Text("write the code with its year, such as 31-2025"),
        ) from error


def _written(path: Path, content: bytes) -> Path:
    try:
        storage.make_folder(path.parent, mode=storage.SHARED_FOLDER)
        storage.write(path, content, mode=storage.SHARED)
    except OSError as error:
        raise QuetsachError(Text("this folder cannot be written"), where=str(path.parent), hint=str(error)) from error
    return path


def _period(arguments: argparse.Namespace, utc_day: date) -> Period:
    last = parse_day(arguments.last) if arguments.last else utc_day
    first = parse_day(arguments.first) if arguments.first else last - timedelta(days=_DAYS_SHOWN - 1)
    return Period(first, last)


def _as_json(reach: Reach) -> dict[str, Any]:
    return {
        "unit": reach.unit.key,
        "first": reach.period.first.isoformat(),
        "last": reach.period.last.isoformat(),
        "visits": {
            "total": reach.total,
            "own": reach.own,
            "below": {row.unit.key: row.visits for row in reach.below},
            "weeks": {week.first.isoformat(): count for week, count in reach.weeks},
            "days": {day.isoformat(): count for day, count in reach.days},
        },
        "channels": [
            {
                "campaign": table.campaign.en,
                "rows": [
                    {"channel": use.label.en, "times": use.times, "waiting": use.waiting, "units": use.units}
                    for use in table.rows
                ],
            }
            for table in reach.channels
        ],
    }


def _print(reach: Reach, language: str) -> None:
    def count(value: int | None) -> str:
        return f"< {SMALLEST_CELL}" if value is None else number_text(value, language)

    with_all_below, own_codes = all_in_language((Text("with all below"), Text("own codes")), language)
    rows = [
        [f"{reach.unit.name}, {with_all_below}", count(reach.total)],
        [f"{reach.unit.name}, {own_codes}", count(reach.own)],
        *([row.unit.name, count(row.visits)] for row in reach.below),
    ]
    print_table(all_in_language(_VISITS, language), rows, right=(1,))
    for table in reach.channels:
        print(f"\n{table.campaign.in_language(language)}")
        uses = [[use.label.in_language(language), count(use.times), count(use.waiting)] for use in table.rows]
        print_table(
            all_in_language(_CHANNELS, language),
            uses,
            right=(1, 2),
        )
    if reach.channels:
        tell(Text("Visits and channels are different things and are never added up."), language)
