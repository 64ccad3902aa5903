"""What ``assess hosts`` says to people."""

import math
from collections.abc import Callable, Mapping, Sequence

from quetsach.assess.definitions import DEFINITIONS
from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.figure import period_text
from quetsach.assess.hosts.calibration import ASSUMED
from quetsach.assess.hosts.comparison import Comparison
from quetsach.assess.not_estimable import NotEstimable, NotEstimableReason
from quetsach.cli.center.assess.windows import print_wrapped, show_basis, show_definitions
from quetsach.cli.output import print_table
from quetsach.core.number import number_text
from quetsach.lake.hosts import HostReport, HostRow

type Rates = Mapping[str, Estimate] | NotEstimable
"""Machines per 1,000 subscribers by unit."""

_WORDS = {
    "vi": {
        "family": "họ mã độc",
        "isp": "nhà mạng",
        "province": "tỉnh, thành phố",
        "header": (
            "máy trực tuyến",
            "khoảng",
            "theo lượt ghi nhận",
            "địa chỉ mỗi ngày",
            "địa chỉ cả kỳ",
            "địa chỉ/máy",
        ),
        "rate": "trên 1.000 thuê bao",
        "infections": ("ca nhiễm trực tuyến", "địa chỉ/ca nhiễm"),
        "total": "Cả nước",
        "added": "Cả nước (cộng các họ: ca nhiễm)",
        "any": "Một máy nhiễm hai họ mã độc là hai ca nhiễm. Số máy nhiễm ít nhất một họ: khoảng {value}, ít nhất "
        "{low}, nhiều nhất {high} (suy ra từ những địa chỉ ghi nhận nhiều họ trong cùng một ngày).",
        "calibrated": "{family}: {on}, kỳ {period}.",
        "both": "Mức giảm của {families} được tính từ số máy đã hiệu chỉnh ở cả hai kỳ.",
        "one": "Mức giảm của các họ còn lại được tính từ số máy giả định ở cả hai kỳ, kể cả khi chỉ một kỳ hiệu chỉnh "
        "được.",
        "unknown": "Không rõ",
        "refused": "không đếm được",
        "abroad": "Không tính {n} địa chỉ mỗi ngày ở ngoài nước.",
        "sensor": "Nguồn {name}: {days} ngày có dữ liệu, hoạt động {hours} giờ, ngừng {outages} lần.",
        "coverage": "Cặp địa chỉ và giờ của {family}: {first} thấy {a}, {second} thấy {b}, cả hai thấy {both}; "
        "tất cả ít nhất "
        "là {n}.",
        "compare": "Mức giảm từ kỳ {before} đến kỳ {after}, trên {panel} cặp nguồn và họ mã độc có ở cả hai kỳ: "
        "{what} {machines}, theo lượt ghi nhận {events}, địa chỉ mỗi ngày {addresses}. Mức giảm này chưa cho "
        "biết có phải do "
        "chiến dịch hay không.",
        "covered": "Mức giảm chung tính trên {families} trong {of} họ mã độc của kỳ đầu, chiếm ít nhất {percent} số "
        "ca nhiễm của kỳ đó. Khoảng trong ngoặc gồm sai số của cả hai kỳ.",
        "clean": "Nếu mọi máy nhiễm các họ không còn ghi nhận đều đã sạch, mức giảm chung là {n}.",
        "same-holiday": "Kỳ có ngày nghỉ lễ, so với cùng kỳ nghỉ lễ của năm khác:",
        "blocks": "Các con số này chưa được tự động công bố.",
        "percent": "{n}%",
    },
    "en": {
        "family": "family",
        "isp": "provider",
        "province": "province",
        "header": (
            "machines on line",
            "interval",
            "by events",
            "daily addresses",
            "addresses in window",
            "addresses/machine",
        ),
        "rate": "per 1,000 subscribers",
        "infections": ("infections on line", "addresses/infection"),
        "total": "Whole country",
        "added": "Whole country (families added: infections)",
        "any": "A machine with two families is two infections. Machines with at least one family: about {value}, at "
        "least {low}, at most {high} (by addresses that had several families on one day).",
        "calibrated": "{family}: {on}, {period}.",
        "both": "The reduction of {families} is of machines that are calibrated in both windows.",
        "one": "The reduction of all others is of machines as they are assumed in both, even where one window could be "
        "calibrated.",
        "unknown": "Unknown",
        "refused": "not countable",
        "abroad": "{n} daily addresses abroad are left out.",
        "sensor": "{name}: data on {days} days, alive for {hours} hours, {outages} outages.",
        "coverage": "Pairs of address and hour of {family}: {first} saw {a}, {second} saw {b}, both saw {both}; "
        "all together "
        "there were at least {n}.",
        "compare": "Reduction from {before} to {after}, on the {panel} pairs of report and family that both "
        "windows have: "
        "{what} {machines}, by events {events}, daily addresses {addresses}. This does not say "
        "whether the campaign "
        "caused it.",
        "covered": "The total is of {families} of the {of} families of the first window, which had at least {percent} "
        "of its infections. Intervals in brackets have the uncertainty of both windows.",
        "clean": "If every machine with a family that is no longer seen was cleaned, the total reduction is {n}.",
        "same-holiday": "The window with a holiday, against the same holiday of another year:",
        "blocks": "Such figures are not published by themselves.",
        "percent": "{n} %",
    },
}


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
    words = _WORDS[language]
    lines = [(name_of(row.id, language) if row.id != "unknown" else str(words["unknown"]), row) for row in report.rows]
    lines.append((str(words["added" if report.total.families > 1 else "total"]), report.total))
    known = rates if isinstance(rates, Mapping) else {}
    first, *middle, last = words["header"]
    if report.by != "family":
        first, last = words["infections"]
    header = (str(words[report.by]), first, *middle, last, *([str(words["rate"])] if known else []))
    cells = [
        (*_cells(name, row, language), *([_rate(known.get(row.id), language)] if known else [])) for name, row in lines
    ]
    print_table(header, cells, right=range(1, len(header)))
    if isinstance(rates, NotEstimable):
        print_wrapped(rates.text.in_language(language))
    refused: dict[str, list[str]] = {}
    for name, row in lines:
        if isinstance(row.machines, NotEstimable):
            refused.setdefault(row.machines.text.in_language(language), []).append(name)
    for text, who in refused.items():
        print_wrapped(f"{', '.join(who)}: {text}")
    _show_calibrations(report, language)
    if report.total.families > 1 and isinstance(report.of_any_family, Estimate):
        value, low, high = (
            number_text(getattr(report.of_any_family, name), language) for name in ("value", "low", "high")
        )
        print_wrapped(str(words["any"]).format(value=value, low=low, high=high))
    _show_sensors(report, language)
    for number, comparison in enumerate(compared):
        if number:
            print_wrapped(str(words["same-holiday"]))
        _show_comparison(comparison, language)
    show_basis(report.basis, language)
    named = ["machines-online", "machines-by-events", "addresses-per-machine"]
    named += ["machines-per-thousand-subscribers"] if known else []
    show_definitions([DEFINITIONS[name] for name in named], language)


def _show_calibrations(report: HostReport, language: str) -> None:
    """Say on what intervals stand: on machines that are known by name, or on an assumption."""
    words, period = _WORDS[language], period_text(report.basis.window, language)
    if report.by == "family":
        for watch, calibration in report.calibrations.items():
            on = calibration.text.in_language(language)
            print_wrapped(str(words["calibrated"]).format(family=watch.family, on=on, period=period))
    if report.assumed:
        print_wrapped(ASSUMED.in_language(language))


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
        number_text(machines.value, language) if isinstance(machines, Estimate) else str(_WORDS[language]["refused"]),
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
    words = _WORDS[language]
    if report.abroad:
        print_wrapped(str(words["abroad"]).format(n=number_text(report.abroad, language, decimals=1)))
    for sensor in report.sensors:
        hours = number_text(sensor.uptime_hours, language, decimals=1)
        text = str(words["sensor"]).format(
            name=f"{sensor.feed}/{sensor.report}", days=sensor.days, hours=hours, outages=sensor.outages
        )
        if sensor.mode:
            text += f" {NotEstimable(sensor.mode).text.in_language(language)}"
        print_wrapped(text)
    for c in report.coverage:
        if isinstance(c.at_least, Estimate):
            a, b, both, least = (number_text(n, language) for n in (*c.pairs, c.at_least.value))
            first, second = (f"{w.feed}/{w.report}" for w in (c.first, c.second))
            coverage = str(words["coverage"])
            print_wrapped(
                coverage.format(family=c.first.family, first=first, second=second, a=a, b=b, both=both, n=least)
            )
        elif c.at_least.reason is NotEstimableReason.CLOCKS_DIFFER:
            first, second = (f"{w.feed}/{w.report}" for w in (c.first, c.second))
            print_wrapped(f"{c.first.family}, {first}, {second}: {c.at_least.text.in_language(language)}")


def _show_comparison(comparison: Comparison, language: str) -> None:
    words = _WORDS[language]
    if isinstance(comparison.machines, NotEstimable):
        print_wrapped(comparison.machines.text.in_language(language))
    else:
        print_wrapped(
            str(words["compare"]).format(
                before=period_text(comparison.before, language),
                after=period_text(comparison.after, language),
                panel=len(comparison.panel),
                what=words["header" if len({w.family for w in comparison.panel}) == 1 else "infections"][0],
                machines=_percent(comparison.machines, language),
                events=_percent(comparison.by_events, language),
                addresses=_percent(comparison.by_addresses, language),
            )
        )
        covered = comparison.covered
        share = str(words["percent"]).format(n=math.floor(covered.percent))
        print_wrapped(str(words["covered"]).format(families=covered.families, of=covered.of, percent=share))
        if known := comparison.calibrated_families:
            print_wrapped(str(words["both"]).format(families=", ".join(known)))
        if len(known) < len({w.family for w in comparison.panel}):
            print_wrapped(str(words["one"]))
        print_wrapped(comparison.could_go_unseen.in_language(language))
    if isinstance(comparison.if_gone_are_clean, Estimate):
        print_wrapped(str(words["clean"]).format(n=_percent(comparison.if_gone_are_clean, language)))
    for notice in comparison.notices:
        print_wrapped(notice.text.in_language(language))
    if comparison.blocks:
        print_wrapped(str(words["blocks"]))


def _percent(answer: Answer, language: str) -> str:
    return "–" if isinstance(answer, NotEstimable) else answer.percent_text().in_language(language)
