"""How a figure on the portal is counted, in both languages."""

from dataclasses import asdict, dataclass
from typing import Any

from quetsach.core.text import LocalText, Number, Text
from quetsach.web.published.report_counts import BOUND_DAYS, BOUND_FACTOR, BOUND_FLOOR, IPV4, LINE_OF_IPV6, SITE_OF_IPV6


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition; ``id`` is its anchor on the page of definitions and its name in open data."""

    id: str
    title: LocalText
    paragraphs: tuple[LocalText, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


TOOL_REPORTS = Definition(
    "tool-reports",
    Text("Reports of the tool"),
    (
        Text(
            "A run is one report that a user of the tool has seen and agreed to send. A report that is sent again "
            "counts once, by its code; a correction takes its place. Runs are not machines."
        ),
        Text(
            "Machines are the distinct installations that sent a report, by a random code of the installation in "
            "each campaign. Installing the tool anew makes a new installation."
        ),
        Text(
            "A machine counts as reported as cleaned when a report says that a clean-up was completed and that "
            "everything found was removed, also where a restart is still to come. It does not count if a report says "
            "that malware was put back by undo since, or was found again on a later day."
        ),
        Text(
            "Anyone can send a report, also an invented one. So in a day (UTC) an IPv4 address counts with {ipv4} "
            "reports, an IPv6 /64 with {line}, a /48 with {site}. A day on which more machines report than {floor} and "
            "than {times} times the median of the {days} days before does not count until somebody has looked at it. "
            "Reports that were withdrawn do not count. These figures are the word of those who sent them, not what we "
            "measured, and do not stand for all machines of the country.",
            ipv4=IPV4.counted,
            line=LINE_OF_IPV6.counted,
            site=SITE_OF_IPV6.counted,
            floor=Number(BOUND_FLOOR),
            times=BOUND_FACTOR,
            days=BOUND_DAYS,
        ),
        Text(
            "Only families that the centre has a pack of are named: ten at most, machines to the nearest ten, none "
            "of fewer than 10. National totals are exact. The figures are counted anew about once a minute."
        ),
    ),
)

RETURNS = Definition(
    "unit-returns",
    Text("Returns of the units"),
    (
        Text(
            "Units report on the campaign's form, and the unit above approves. Only approved returns are added up. "
            "Beside the totals always stands how many of the units that owe a return are in approved ones; a unit that "
            "has not reported is not taken for zero."
        ),
        Text(
            "Figures to date, such as machines, are those of the newest period, which holds the ones before it. "
            "Figures of a period, such as scan turns, are added over the periods. Machines, scan turns, addresses and "
            "devices are different things and are not added to each other. Under the name of each figure stands how "
            "it is counted. A unit whose machines are in the return of the unit above does not report by itself, so "
            "no machine counts twice."
        ),
        Text(
            "National totals are exact. In the table by province and ministry figures under 10 are hidden, and as "
            "many others as keep those from being worked out. Totals are published when two people agree, and do not "
            "change with later returns; they would have to be published anew."
        ),
    ),
)
