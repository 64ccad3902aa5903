"""Plays a scenario: day files in the form of Shadowserver's sinkhole report, written as a stream."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from quetsach.network import AddressRanges
from quetsach.simulate.errors import SimulateError
from quetsach.simulate.replay.addresses import Infected, Numbers, infect
from quetsach.simulate.replay.scenario import Scenario
from quetsach.simulate.sinkhole_report import HEADER, SINKHOLE_PORTS, SINKHOLES

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
        raise SimulateError("scale must be 1 or more, seed 0 or more")
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
