"""A scenario: how many addresses a country shows in each span of days, and how they are spread.

What is published is in the spans; everything else is an assumption and says so in the file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from quetsach.campaign import Section
from quetsach.core.pack import LocalText
from quetsach.core.period import Period
from quetsach.simulate.fields import FILE_WORD, SPELLING, word

_COUNTRY = re.compile(r"[A-Z]{2}")


class Origin(StrEnum):
    """Where a span's total comes from."""

    PUBLISHED = "published"
    DERIVED = "derived"
    INTERPOLATED = "interpolated"


@dataclass(frozen=True, slots=True)
class Span:
    """Days over which exactly ``addresses`` distinct addresses are seen (before scaling)."""

    period: Period
    addresses: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Scenario:
    """A country to play.

    ``families``, ``regions``: weight by the feed's spelling; ``providers``: weight by AS number;
    ``regionless_share``: share of addresses that the feed places nowhere; ``mean_days``: how long an address stays
    infected (the lease, roughly); ``mean_sightings``: sightings of an address on a day on which it is seen.
    """

    id: str
    name: LocalText
    note: LocalText
    report: str
    identifier: str
    country: str
    scale: int
    seed: int
    mean_days: float
    mean_sightings: float
    regionless_share: float
    spans: tuple[Span, ...]
    families: Mapping[str, float]
    providers: Mapping[int, float]
    regions: Mapping[str, float]

    @property
    def days(self) -> int:
        """How many day files the scenario gives."""
        return sum(span.period.days for span in self.spans)


def read_scenario(content: bytes, *, file: str) -> Scenario:
    """Read ``scenario.toml``.

    Raises:
        CampaignError: with file and field, what is wrong and what belongs there.
    """
    top = Section.parse(content, file=file)
    stay = top.section("addresses")
    scenario = Scenario(
        id=top.text("id"),
        name=top.local_text("name"),
        note=top.local_text("note"),
        report=word(top, "report", FILE_WORD),
        identifier=word(top, "identifier", FILE_WORD),
        country=word(top, "country", _COUNTRY),
        scale=top.integer("scale", least=1, most=1_000_000),
        seed=top.integer("seed", least=0, most=2**32),
        mean_days=stay.number("mean_days", least=1, most=365),
        mean_sightings=stay.number("mean_sightings_a_day", least=1, most=24),
        regionless_share=stay.number("regionless_share", least=0, most=1),
        spans=_spans(top),
        families=_weights(top, "families", "spelling"),
        providers={int(asn): weight for asn, weight in _weights(top, "providers", "asn").items()},
        regions=_weights(top, "regions", "spelling"),
    )
    stay.finish()
    top.finish()
    return scenario


def _spans(top: Section) -> tuple[Span, ...]:
    spans = []
    for section in top.sections("spans"):
        origin = section.text("origin")
        if origin not in set(Origin):
            raise section.error("origin", f"must be one of {', '.join(Origin)}")
        addresses = section.integer("addresses", least=1, most=1 << 31)
        spans.append(Span(section.period(), addresses, Origin(origin)))
        section.finish()
    for former, later in pairwise(spans):
        if later.period.first <= former.period.last:
            raise top.error("spans", f"{later.period} begins before {former.period} is over")
    return tuple(spans)


def _weights(top: Section, name: str, key: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for section in top.sections(name):
        is_asn = key == "asn"
        of = str(section.integer(key, least=1, most=2**32 - 1)) if is_asn else word(section, key, SPELLING)
        if of in found:
            raise section.error(key, f"{of} is there twice")
        found[of] = section.number("weight", least=0.001, most=1_000_000)
        section.finish()
    return found
