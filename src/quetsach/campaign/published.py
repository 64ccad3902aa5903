"""What others published about a campaign: their figures, their counters, their rankings, and what these cannot tell.

Nothing here is an input to a figure of ours; an evaluation sets it beside them, each with its source.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quetsach.campaign.record import Provenance
from quetsach.campaign.section import Section
from quetsach.core.period import Period
from quetsach.core.text import LocalText

_MOST = 1 << 40


class Counted(StrEnum):
    """The length of the window that a figure was counted over, as far as it was published."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """Addresses that somebody published; ``period`` is ours where ``counted`` is unknown. ``id`` may be empty.

    ``note`` says what was printed instead, or how it was worked out; with one the ``source`` may be empty.
    """

    id: str
    period: Period
    counted: Counted
    addresses: int
    provenance: Provenance
    source: str
    note: LocalText | None


@dataclass(frozen=True, slots=True)
class Activity:
    """What a campaign's own counters said on a day; ``None`` where that was not printed. ``note`` as of a figure."""

    on: date
    reached: int | None
    scans: int | None
    infected: int | None
    source: str
    note: LocalText | None


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a report of others placed the country in a year; ``percent`` is the share that it printed, if any.

    ``note`` as of a figure.
    """

    by: str
    year: int
    measure: LocalText
    place: int
    percent: float | None
    source: str
    note: LocalText | None


@dataclass(frozen=True, slots=True)
class PublishedRecord:
    """Everything of one ``published.toml``."""

    figures: tuple[PublishedFigure, ...] = ()
    activity: tuple[Activity, ...] = ()
    limits: tuple[LocalText, ...] = ()
    placings: tuple[Placing, ...] = ()

    def figure(self, identifier: str) -> PublishedFigure | None:
        """Return the figure of that identifier."""
        return next((f for f in self.figures if f.id == identifier), None)


def read_published(content: bytes, *, file: str) -> PublishedRecord:
    """Read ``published.toml``.

    Raises:
        CampaignError: with file and field, what is wrong and what belongs there.
    """
    top = Section.parse(content, file=file)
    record = PublishedRecord(
        tuple(sorted((_figure(s) for s in top.optional_sections("figures")), key=lambda f: f.period)),
        tuple(sorted((_activity(s) for s in top.optional_sections("activity")), key=lambda a: a.on)),
        tuple(_limit(s) for s in top.optional_sections("limits")),
        tuple(_placing(s) for s in top.optional_sections("placings")),
    )
    top.refuse_twins("figures", (f.id for f in record.figures if f.id))
    top.finish()
    return record


def _figure(section: Section) -> PublishedFigure:
    figure = PublishedFigure(
        section.identifier() if section.has("id") else "",
        section.period(),
        section.one_of("counted", Counted),
        section.integer("addresses", least=1, most=_MOST),
        section.one_of("provenance", Provenance),
        *_source(section),
    )
    section.finish()
    return figure


def _activity(section: Section) -> Activity:
    def count(name: str) -> int | None:
        return section.integer(name, least=0, most=_MOST) if section.has(name) else None

    activity = Activity(section.day("on"), count("reached"), count("scans"), count("infected"), *_source(section))
    section.finish()
    return activity


def _source(section: Section) -> tuple[str, LocalText | None]:
    """Return where a figure is from and what is to be known of it; one of both there has to be."""
    note = section.local_text("note") if section.has("note") else None
    return (section.text("source") if note is None or section.has("source") else "", note)


def _limit(section: Section) -> LocalText:
    text = LocalText(section.text("vi"), section.text("en"))
    section.finish()
    return text


def _placing(section: Section) -> Placing:
    placing = Placing(
        section.text("by"),
        section.integer("year", least=1990, most=2100),
        section.local_text("measure"),
        section.integer("place", least=1, most=1000),
        section.number("percent", least=0, most=100) if section.has("percent") else None,
        *_source(section),
    )
    section.finish()
    return placing
