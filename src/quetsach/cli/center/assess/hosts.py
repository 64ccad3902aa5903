"""``quetsach center assess hosts``: how many machines are infected, or why that cannot be said."""

import argparse
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.assess import UNKNOWN, UNPLACED
from quetsach.assess.definitions import DEFINITIONS
from quetsach.assess.estimate import Answer, Estimate, NotEstimable
from quetsach.assess.grades import shrunk_rates
from quetsach.assess.hosts.calibration import ASSUMED
from quetsach.assess.subscribers import Chosen, read_subscribers
from quetsach.centre.answers import compare_same_holiday
from quetsach.centre.known_words import require_known
from quetsach.centre.tables import load_subscribers
from quetsach.cli.center.assess.hosts_told import Rates, show
from quetsach.cli.center.assess.windows import asked_period, newest_period, print_csv, tell_wrapped
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.output import print_json
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.country import Places
from quetsach.core.errors import InputError
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY, FamilyNames
from quetsach.core.period import Period
from quetsach.core.sighting import SECTORS
from quetsach.core.text import LocalText, Text, both
from quetsach.lake import hosts
from quetsach.lake.hosts import HostReport, HostRow
from quetsach.network import NetworkTables

_COLUMNS = (
    "id",
    "machines_online",
    "low",
    "high",
    "interval_stands_on",
    "machines_by_events",
    "mean_daily_addresses",
    "window_addresses",
    "addresses_per_machine",
    "refused",
    "per_thousand",
    "per_thousand_low",
    "per_thousand_high",
)


def run(arguments: argparse.Namespace) -> int:
    """Count infected machines on line, or say why they cannot be counted."""
    centre = centre_with_lake(arguments)
    before = Period.parse(arguments.against) if arguments.against else None
    asked: dict[str, Any] = {
        "families": arguments.family,
        "rates": dict(_rate(text) for text in arguments.rate),
        "announced": centre.network.ranges.announced_ipv4(),
    }
    with centre.view() as view:
        period = asked_period(arguments) or newest_period(view, hosts.WINDOW_DAYS)
        require_known(centre, view, period, {"family": arguments.family or ()})
        report = hosts.hosts(view, period, by=arguments.by, **asked)
        calendar = centre.calendar
        comparison = hosts.compare_windows(view, before, period, calendar=calendar, **asked) if before else None
        same = (
            compare_same_holiday(view, before, period, calendar=calendar, announced=asked["announced"])
            if before
            else None
        )
    chosen = _subscribers(report.by, arguments.subscribers, centre.data, period.last)
    rates = _rates(report, chosen.numbers) if chosen else None
    if arguments.json:
        print_json(
            {"lake": view.state}
            | _as_json(report, rates)
            | ({"subscribers": chosen.as_json()} if chosen else {})
            | ({"comparison": comparison.as_json()} if comparison else {})
            | ({"same_holiday": same.as_json()} if same else {})
        )
    elif arguments.csv:
        print_csv(_COLUMNS, [_cells(row, rates) for row in (*report.rows, report.total)])
    else:
        name_of = _names(report.by, centre.families, centre.network, centre.places, period.last)
        compared = [c for c in (comparison, same) if c]
        show(report, compared, rates, name_of, chosen_language(arguments))
        for text in chosen.told(lambda id_: LocalText(name_of(id_, "vi"), name_of(id_, "en"))) if chosen else ():
            tell_wrapped(text, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _subscribers(by: str, path: Path | None, data: Path, day: date) -> Chosen | None:
    """Return the subscribers in a file, or of providers those that the centre keeps."""
    if path is None:
        kept = load_subscribers(data) if by == "isp" else None
        return kept.on(day) if kept else None
    if by not in ("isp", "province"):
        raise InputError(Text("subscribers are of providers or provinces"), where="--subscribers", hint="--by isp")
    return read_subscribers(storage.read_input(path), where=path.name, columns=(by, "subscribers")).on(day)


def _rates(report: HostReport, subscribers: Mapping[str, float]) -> Rates:
    """Return the rates per 1,000 subscribers of the units that have some; of one that could not be counted, why."""
    counted = {row.id: row.machines for row in report.rows}
    refused = {id_: m for id_, m in counted.items() if not isinstance(m, Estimate) and id_ in subscribers}
    known = {id_: number for id_, number in subscribers.items() if id_ not in refused}
    return shrunk_rates({id_: m.value for id_, m in counted.items() if isinstance(m, Estimate)}, known)


def _rate(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        rate = float(number)
    except ValueError:
        rate = 0.0
    if not name or not 0 < rate < float("inf"):
        raise InputError(
            Text("not a rate: {text}", text=repr(text[:60])), hint=Text("--rate mirai=2 for two check-ins an hour")
        )
    return name, rate


def _names(
    by: str, families: FamilyNames, tables: NetworkTables, places: Places, day: date
) -> Callable[[str, str], str]:
    """Return how ids of the lines are named for people, by id and language."""
    if by == "isp":
        return tables.isp_name
    if by == "family":
        named = {id_: LocalText(family.name, family.name) for id_, family in families.families.items()}
        named |= {UNKNOWN_FAMILY: UNKNOWN, UNPLACED_FAMILY: UNPLACED}
        return lambda id_, language: named[id_].in_language(language) if id_ in named else id_
    if by == "sector":
        return lambda id_, language: SECTORS[id_].in_language(language)

    def name(id_: str, language: str) -> str:
        place = places.on(id_, day)
        return id_ if place is None else LocalText(place.name_vi, place.name_en).in_language(language)

    return name


def _as_json(report: HostReport, rates: Rates | None) -> dict[str, Any]:
    named = (
        "machines-online",
        "machines-by-events",
        "mean-daily-addresses",
        "window-addresses",
        "addresses-per-machine",
        *(("machines-per-thousand-subscribers",) if rates is not None else ()),
    )
    told = {} if rates is None else {"per_thousand_subscribers": _rates_json(rates)}
    return told | {
        "by": report.by,
        "basis": report.basis.as_json(),
        "total": report.total.as_json(),
        "machines_of_any_family": report.of_any_family.as_json(),
        "rows": [row.as_json() for row in report.rows],
        "calibrated": [
            {"family": watch.family, "ip_version": watch.ip_version, "sensor": f"{watch.feed}/{watch.report}"}
            | calibration.as_json()
            for watch, calibration in report.calibrations.items()
        ],
        "assumed": {"rows": list(report.assumed), "text": both(ASSUMED)},
        "abroad_mean_daily_addresses": report.abroad,
        "sensors": [
            {
                "feed": s.feed,
                "report": s.report,
                "days_with_data": s.days,
                "uptime_hours": round(s.uptime_hours, 1),
                "outages": s.outages,
                "unfit": s.mode,
            }
            for s in report.sensors
        ],
        "coverage": [
            {
                "family": c.first.family,
                "ip_version": c.first.ip_version,
                "sensors": [f"{w.feed}/{w.report}" for w in (c.first, c.second)],
                "address_hours": dict(zip(("first", "second", "both"), c.pairs, strict=True)),
                "at_least": c.at_least.as_json(),
            }
            for c in report.coverage
        ],
        "definitions": {name: DEFINITIONS[name].as_json() for name in named},
    }


def _rates_json(rates: Rates) -> dict[str, Any]:
    return rates.as_json() if isinstance(rates, NotEstimable) else {id_: rate.as_json() for id_, rate in rates.items()}


def _cells(row: HostRow, rates: Rates | None) -> tuple[object, ...]:
    low, high, refused = _interval(row.machines)
    rate = rates.get(row.id) if isinstance(rates, Mapping) else None
    factor = row.addresses_per_machine
    return (
        row.id or "total",
        _value(row.machines),
        low,
        high,
        row.stands_on,
        _value(row.by_events),
        round(row.daily_addresses, 1),
        row.addresses,
        None if factor is None else round(factor, 2),
        refused,
        *((round(rate.value, 4), round(rate.low, 4), round(rate.high, 4)) if rate else (None, None, None)),
    )


def _value(answer: Answer) -> float | None:
    return round(answer.value, 1) if isinstance(answer, Estimate) else None


def _interval(answer: Answer) -> tuple[float | None, float | None, str]:
    if isinstance(answer, Estimate):
        return round(answer.low, 1), round(answer.high, 1), ""
    low, high = (answer.measured.get(end) for end in ("low", "high"))
    return _rounded(low), _rounded(high), answer.reason.value


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)
