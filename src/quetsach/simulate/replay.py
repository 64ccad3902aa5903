"""Published totals, played as day files: each span of days shows exactly as many addresses as were published."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np

from quetsach.campaign import Section
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Number, Text
from quetsach.network import AddressRanges
from quetsach.simulate.fields import FILE_WORD, HEADER, SINKHOLE_PORTS, SINKHOLES, SPELLING, SimulateError, word

# A scenario: how many addresses a country shows in each span of days, and how they are spread.
#
# What is published is in the spans; everything else is an assumption and says so in the file.

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
        origin = section.one_of("origin", Origin)
        addresses = section.integer("addresses", least=1, most=1 << 31)
        spans.append(Span(section.period(), addresses, origin))
        section.finish()
    for former, later in pairwise(spans):
        if later.period.first <= former.period.last:
            told = Text("{later} begins before {former} is over", later=later.period, former=former.period)
            raise top.error("spans", told)
    return tuple(spans)


def _weights(top: Section, name: str, key: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for section in top.sections(name):
        is_asn = key == "asn"
        of = str(section.integer(key, least=1, most=2**32 - 1)) if is_asn else word(section, key, SPELLING)
        if of in found:
            raise section.error(key, Text("{name} is there twice", name=of))
        found[of] = section.number("weight", least=0.001, most=1_000_000)
        section.finish()
    return found


# Draws the addresses of one span: which, for how many days, with what family and region.
#
# Within a span every address is drawn once and seen on at least one day, so the span's distinct addresses are the
# scenario's figure exactly.

type Numbers = np.ndarray[Any, np.dtype[np.int64]]

_GOLDEN = np.uint64(0x9E37_79B9_7F4A_7C15)


@dataclass(frozen=True, slots=True, eq=False)
class Infected:
    """The addresses of one span, one per position in each array.

    ``addresses`` are IPv4 numbers, ``asns`` AS numbers, ``first`` and ``last`` days counted from the span's first,
    ``families`` and ``regions`` positions in the scenario's tables; region -1 is none.
    """

    addresses: Numbers
    asns: Numbers
    first: Numbers
    last: Numbers
    families: Numbers
    regions: Numbers

    def on(self, day: int) -> Numbers:
        """Return the positions of the addresses seen on a day of the span."""
        return np.flatnonzero((self.first <= day) & (day <= self.last))


def infect(scenario: Scenario, span: Span, ranges: AddressRanges, *, scale: int, rng: np.random.Generator) -> Infected:
    """Draw the addresses of a span.

    Raises:
        SimulateError: the scale leaves no address, or a provider has too few.
    """
    count = round(span.addresses / scale)
    if count < 1:
        raise SimulateError(
            Text("at scale 1:{scale} nothing is left of {period}", scale=scale, period=span.period),
            hint=Text("take a smaller scale"),
        )
    addresses, asns = _addresses(scenario.providers, count, ranges, rng)
    first, last = _stays(count, span.period.days, scenario.mean_days, rng)
    families = _choose(np.array(list(scenario.families.values())), rng.random(count))
    regions = _choose(np.array(list(scenario.regions.values())), _of_block(addresses, scenario.seed))
    regions[_of_block(addresses, scenario.seed + 1) < scenario.regionless_share] = -1
    return Infected(addresses, asns, first, last, families, regions)


def _addresses(
    providers: Mapping[int, float], count: int, ranges: AddressRanges, rng: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Draw distinct addresses from what the providers announce, in shares that add up to ``count`` exactly."""
    drawn, asns = [], []
    for asn, wanted in zip(providers, _shares(list(providers.values()), count), strict=True):
        spans = np.array(ranges.ipv4_of(asn), dtype=np.int64).reshape(-1, 2)
        sizes = spans[:, 1] - spans[:, 0] + 1
        space = int(sizes.sum())
        if wanted > space:
            raise SimulateError(
                Text(
                    "AS{asn} announces {space} IPv4 addresses and the scenario wants {wanted} of them",
                    asn=asn,
                    space=Number(space),
                    wanted=Number(wanted),
                ),
                hint=Text("take a larger scale, or the address table of this build"),
            )
        offsets = rng.choice(space, wanted, replace=False, shuffle=False) if wanted else np.empty(0, dtype=np.int64)
        ends = np.cumsum(sizes)
        at = np.searchsorted(ends, offsets, side="right")
        drawn.append(spans[at, 0] + offsets - (ends - sizes)[at])
        asns.append(np.full(wanted, asn, dtype=np.int64))
    return np.concatenate(drawn), np.concatenate(asns)


def _shares(weights: list[float], count: int) -> list[int]:
    """Split a count by weight; what rounding leaves goes to the largest remainders."""
    exact = np.array(weights) / sum(weights) * count
    whole = np.floor(exact).astype(int)
    for at in np.argsort(whole - exact, kind="stable")[: count - int(whole.sum())]:
        whole[at] += 1
    return [int(share) for share in whole]


def _stays(count: int, days: int, mean_days: float, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Draw stays of consecutive days, geometric in length, cut at the span's ends; each keeps at least one day."""
    lengths = rng.geometric(1 / mean_days, count)
    first = np.floor(rng.random(count) * (days + lengths - 1)).astype(np.int64) - (lengths - 1)
    return np.maximum(first, 0), np.minimum(first + lengths - 1, days - 1)


def _choose(weights: np.ndarray[Any, np.dtype[np.float64]], at: np.ndarray[Any, np.dtype[np.float64]]) -> Numbers:
    """Return for each number in [0, 1) the position that the weights give it."""
    edges = np.cumsum(weights) / weights.sum()
    return np.minimum(np.searchsorted(edges, at, side="right"), len(weights) - 1).astype(np.int64)


def _of_block(addresses: Numbers, salt: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a number in [0, 1) that is the same for all addresses of a /24, in every span: blocks do not move."""
    mixed = ((addresses >> 8).astype(np.uint64) + np.uint64(salt)) * _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    mixed ^= mixed >> np.uint64(32)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


# Plays a scenario: day files in the form of Shadowserver's sinkhole report, written as a stream.

_CHUNK_ROWS = 20_000


def simulate(
    scenario: Scenario, ranges: AddressRanges, *, scale: int | None = None, seed: int | None = None
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield each day's file as its name and its bytes in pieces; a file is to be read before the next is asked for.

    The same scenario, ranges, scale and seed give the same bytes.

    Args:
        scenario: what to play.
        ranges: the address space of the country.
        scale: one address stands for this many; the scenario's own by default.
        seed: of the random draws; the scenario's own by default.

    Raises:
        SimulateError: the scale is below 1 or leaves nothing, or a provider has too few addresses.
    """
    scale = scenario.scale if scale is None else scale
    seed = scenario.seed if seed is None else seed
    if scale < 1 or seed < 0:
        raise SimulateError(Text("scale must be 1 or more, seed 0 or more"))
    for number, span in enumerate(scenario.spans):
        rng = np.random.default_rng([seed, number])
        infected = infect(scenario, span, ranges, scale=scale, rng=rng)
        for offset in range(span.period.days):
            day = span.period.first + timedelta(days=offset)
            name = f"{day}-{scenario.report}-{scenario.identifier}.csv"
            yield name, _file(scenario, infected, offset, day, np.random.default_rng([seed, number, offset]))


def _file(scenario: Scenario, infected: Infected, offset: int, day: date, rng: np.random.Generator) -> Iterator[bytes]:
    yield HEADER
    present = infected.on(offset)
    rows = np.repeat(present, 1 + rng.poisson(scenario.mean_sightings - 1, len(present)))
    seconds = np.sort(rng.integers(0, 86_400, len(rows)))
    rng.shuffle(rows)
    for start in range(0, len(rows), _CHUNK_ROWS):
        part = slice(start, start + _CHUNK_ROWS)
        times = [f'"{day} {_clock(second)}"' for second in seconds[part].tolist()]
        first_event = day.toordinal() * 100_000_000 + start
        yield _rows(scenario, infected, rows[part], times=times, first_event=first_event, rng=rng)


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def _rows(
    scenario: Scenario,
    infected: Infected,
    rows: Numbers,
    *,
    times: list[str],
    first_event: int,
    rng: np.random.Generator,
) -> bytes:
    """Return CSV rows as the feed writes them: text in quotes, numbers and empty cells bare."""
    spellings, regions = list(scenario.families), [*(f'"{name}"' for name in scenario.regions), ""]
    count, home = len(rows), scenario.country
    columns = zip(
        times,
        infected.addresses[rows].tolist(),
        rng.integers(1024, 65_536, count).tolist(),
        infected.asns[rows].tolist(),
        infected.regions[rows].tolist(),
        infected.families[rows].tolist(),
        rng.integers(0, len(SINKHOLES), count).tolist(),
        rng.integers(0, len(SINKHOLE_PORTS), count).tolist(),
        strict=True,
    )
    return "".join(
        f'{time},"tcp",'
        f'"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}",{port},{asn},"{home}",{regions[region]},,,,,,,,"high",'
        f'"{SINKHOLES[sinkhole]}",{SINKHOLE_PORTS[target]},,,,,,,,,"{spellings[family]}",,"simulated",,,{event},,\n'
        for event, (time, a, port, asn, region, family, sinkhole, target) in enumerate(columns, first_event)
    ).encode()


__all__ = ["Origin", "Scenario", "Span", "read_scenario", "simulate"]
