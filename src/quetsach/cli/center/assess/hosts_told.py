"""What ``assess hosts`` says to people."""

import math
from collections.abc import Callable, Mapping, Sequence

from quetsach.assess.definitions import DEFINITIONS, period_text
from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.calibration import ASSUMED
from quetsach.assess.hosts.comparison import Comparison
from quetsach.cli.center.assess.windows import print_wrapped, show_basis, show_coverage, show_definitions, tell_wrapped
from quetsach.cli.output import print_table
from quetsach.core.text import LocalText, Number, Text, all_in_language, number_text
from quetsach.lake.hosts import HostReport, HostRow

type Rates = Mapping[str, Estimate] | NotEstimable
"""Machines per 1,000 subscribers by unit."""

_UNITS = {"family": Text("family"), "isp": Text("provider"), "province": Text("province")}
_HEADER = (
    Text("machines on line"),
    Text("interval"),
    Text("by events"),
    Text("daily addresses"),
    Text("addresses in window"),
    Text("addresses/machine"),
)
_INFECTIONS = (Text("infections on line"), Text("addresses/infection"))


def show(
    report: HostReport,
    compared: Sequence[Comparison],
    rates: Rates | None,
    name_of: Callable[[str, str], str],
    language: str,
) -> None:
    """Print the table, then what was refused and why, the sensors, the comparisons and the definitions.

    The second of ``compared`` is that with the same holiday of another year.
    """
    unknown = Text("Unknown").in_language(language)
    is_added = report.total.families > 1
    total = Text("Whole country (families added: infections)") if is_added else Text("Whole country")
    lines = [(unknown if row.id == "unknown" else name_of(row.id, language), row) for row in report.rows]
    lines.append((total.in_language(language), report.total))
    known = rates if isinstance(rates, Mapping) else {}
    first, *middle, last = all_in_language(_HEADER, language)
    if report.by != "family":
        first, last = all_in_language(_INFECTIONS, language)
    header = (
        _UNITS[report.by].in_language(language),
        first,
        *middle,
        last,
        *([Text("per 1,000 subscribers").in_language(language)] if known else []),
    )
    cells = [
        (*_cells(name, row, language), *([_rate(known.get(row.id), language)] if known else [])) for name, row in lines
    ]
    print_table(header, cells, right=range(1, len(header)))
    if isinstance(rates, NotEstimable):
        tell_wrapped(rates.text, language)
    refused: dict[str, list[str]] = {}
    for name, row in lines:
        if isinstance(row.machines, NotEstimable):
            refused.setdefault(row.machines.text.in_language(language), []).append(name)
    for text, who in refused.items():
        print_wrapped(f"{', '.join(who)}: {text}")
    _show_calibrations(report, language)
    if report.total.families > 1 and isinstance(report.of_any_family, Estimate):
        value, low, high = (Number(getattr(report.of_any_family, name)) for name in ("value", "low", "high"))
        tell_wrapped(
            Text(
                "A machine with two families is two infections. Machines with at least one family: about "
                "{value}, at least {low}, at most {high} (by addresses that had several families on one "
                "day).",
                value=value,
                low=low,
                high=high,
            ),
            language,
        )
    _show_sensors(report, language)
    for number, comparison in enumerate(compared):
        if number:
            tell_wrapped(Text("The window with a holiday, against the same holiday of another year:"), language)
        _show_comparison(comparison, language)
    show_basis(report.basis, language)
    show_coverage(report.basis, language)
    named = ["machines-online", "machines-by-events", "addresses-per-machine"]
    named += ["machines-per-thousand-subscribers"] if known else []
    show_definitions([DEFINITIONS[name] for name in named], language)


def _show_calibrations(report: HostReport, language: str) -> None:
    """Say on what intervals stand: on machines that are known by name, or on an assumption."""
    period = period_text(report.basis.window, language)
    if report.by == "family":
        for watch, calibration in report.calibrations.items():
            on = calibration.text
            tell_wrapped(Text("{family}: {on}, {period}.", family=watch.family, on=on, period=period), language)
    if report.assumed:
        tell_wrapped(ASSUMED, language)


def _cells(name: str, row: HostRow, language: str) -> tuple[str, ...]:
    machines, factor = row.machines, row.addresses_per_machine
    low, high = (
        (machines.low, machines.high)
        if isinstance(machines, Estimate)
        else (machines.measured.get("low"), machines.measured.get("high"))
    )
    interval = f"{number_text(low, language)} – {number_text(high, language)}" if low is not None and high else "–"
    return (
        name,
        number_text(machines.value, language)
        if isinstance(machines, Estimate)
        else Text("not countable").in_language(language),
        interval,
        number_text(row.by_events.value, language) if isinstance(row.by_events, Estimate) else "–",
        number_text(row.daily_addresses, language, decimals=1),
        number_text(row.addresses, language),
        "–" if factor is None else number_text(factor, language, decimals=1),
    )


def _rate(rate: Estimate | None, language: str) -> str:
    if rate is None:
        return "–"
    value, low, high = (number_text(n, language, decimals=3) for n in (rate.value, rate.low, rate.high))
    return f"{value} ({low} – {high})"


def _show_sensors(report: HostReport, language: str) -> None:
    if report.abroad:
        tell_wrapped(Text("{n} daily addresses abroad are left out.", n=Number(report.abroad, decimals=1)), language)
    for sensor in report.sensors:
        hours = Number(sensor.uptime_hours, decimals=1)
        text = Text(
            "{name}: data on {days} days, alive for {hours} hours, {outages} outages.",
            name=f"{sensor.feed}/{sensor.report}",
            days=sensor.days,
            hours=hours,
            outages=sensor.outages,
        ).in_language(language)
        if sensor.mode:
            text += f" {NotEstimable(sensor.mode).text.in_language(language)}"
        print_wrapped(text)
    for c in report.coverage:
        if isinstance(c.at_least, Estimate):
            a, b, both, least = (Number(n) for n in (*c.pairs, c.at_least.value))
            first, second = (f"{w.feed}/{w.report}" for w in (c.first, c.second))
            coverage = Text(
                "Pairs of address and hour of {family}: {first} saw {a}, {second} saw {b}, both saw {both}; all "
                "together there were at least {n}.",
                family=c.first.family,
                first=first,
                second=second,
                a=a,
                b=b,
                both=both,
                n=least,
            )
            tell_wrapped(coverage, language)
        elif c.at_least.reason is NotEstimableReason.CLOCKS_DIFFER:
            first, second = (f"{w.feed}/{w.report}" for w in (c.first, c.second))
            print_wrapped(f"{c.first.family}, {first}, {second}: {c.at_least.text.in_language(language)}")


def _show_comparison(comparison: Comparison, language: str) -> None:
    if isinstance(comparison.machines, NotEstimable):
        tell_wrapped(comparison.machines.text, language)
    else:
        tell_wrapped(
            Text(
                "Reduction from {before} to {after}, on the {panel} pairs of report and family that both "
                "windows have: {what} {machines}, by events {events}, daily addresses {addresses}. This "
                "does not say whether the campaign caused it.",
                before=period_text(comparison.before, language),
                after=period_text(comparison.after, language),
                panel=len(comparison.panel),
                what=(_HEADER if len({w.family for w in comparison.panel}) == 1 else _INFECTIONS)[0],
                machines=_change(comparison.machines),
                events=_change(comparison.by_events),
                addresses=_change(comparison.by_addresses),
            ),
            language,
        )
        covered = comparison.covered
        tell_wrapped(
            Text(
                "The total is of {families} of the {of} families of the first window, which had at least "
                "{percent} of its infections. Intervals in brackets have the uncertainty of both windows.",
                families=covered.families,
                of=covered.of,
                percent=Text("{share} %", share=math.floor(covered.percent)),
            ),
            language,
        )
        if known := comparison.calibrated_families:
            tell_wrapped(
                Text(
                    "The reduction of {families} is of machines that are calibrated in both windows.",
                    families=", ".join(known),
                ),
                language,
            )
        if len(known) < len({w.family for w in comparison.panel}):
            tell_wrapped(
                Text(
                    "The reduction of all others is of machines as they are assumed in both, even where one "
                    "window could be calibrated."
                ),
                language,
            )
        tell_wrapped(comparison.could_go_unseen, language)
    if isinstance(comparison.if_gone_are_clean, Estimate):
        tell_wrapped(
            Text(
                "If every machine with a family that is no longer seen was cleaned, the total reduction is {n}.",
                n=_change(comparison.if_gone_are_clean),
            ),
            language,
        )
    for notice in comparison.notices:
        tell_wrapped(notice.text, language)
    if comparison.blocks:
        tell_wrapped(Text("Such figures are not published by themselves."), language)


def _change(answer: Answer) -> LocalText | str:
    return "–" if isinstance(answer, NotEstimable) else answer.percent_text()
