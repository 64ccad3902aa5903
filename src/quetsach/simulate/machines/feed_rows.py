"""Check-ins as rows of a feed, written by the column: no Python for single rows."""

import ipaddress
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quetsach.simulate.machines.chance import Chance, Integers
from quetsach.simulate.machines.days import Day
from quetsach.simulate.machines.effect import DAY
from quetsach.simulate.machines.population import Population
from quetsach.simulate.machines.scenario import Country, FeedForm
from quetsach.simulate.machines.truth import hex_texts
from quetsach.simulate.sinkhole_report import HEADER, SINKHOLE_PORTS, SINKHOLES

PLAIN_COLUMNS = (
    *("timestamp", "address", "port", "transport", "asn", "country", "region"),
    *("destination_address", "destination_port", "malware", "bot_id", "event_id"),
)
HEADERS = {FeedForm.SHADOWSERVER: HEADER, FeedForm.PLAIN: (",".join(PLAIN_COLUMNS) + "\n").encode()}

_CHUNK_ROWS = 250_000
_EVENTS_A_DAY = 1_000_000_000
_OCTETS = pa.array([str(n) for n in range(256)])
_CLOCK = pa.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY)])
_PORTS = pa.array([str(n) for n in range(1 << 16)])


class FeedRows:
    """Writes the rows of one feed.

    Each row is: clock, what stands between clock and address, address, port, what is the same for all machines of a
    family, provider and province, and the numbers at the end.
    """

    def __init__(self, country: Country, number: int) -> None:
        self._country = country
        self._form = country.feeds[number].form
        self._people = Population(country, Chance(country.seed))
        self._tails = pa.array(list(self._write_tails(number)))

    def write(self, day: Day, chosen: Integers) -> Iterator[bytes]:
        """Yield the rows of some events of a day, in pieces; ``chosen`` are positions in ``day.events``."""
        if not len(chosen):
            return
        used, of = np.unique(day.events.stretches[chosen], return_inverse=True)
        addresses, tails = _addresses(day, used), self._tails_of(day, used)
        bots = hex_texts(day.bots[day.stretches.infections[used]]) if self._form is FeedForm.PLAIN else None
        for start in range(0, len(chosen), _CHUNK_ROWS):
            part = slice(start, start + _CHUNK_ROWS)
            at, stretch = chosen[part], pa.array(of[part])
            clock = _CLOCK.take(pa.array(day.events.seconds[at]))
            port = _PORTS.take(pa.array(day.events.ports[at]))
            event = pa.array(at + day.date.toordinal() * _EVENTS_A_DAY).cast(pa.string())
            cells = [clock, addresses.take(stretch), port, tails.take(stretch)]
            yield self._join(day, [*cells, *([bots.take(stretch)] if bots is not None else []), event])

    def _join(self, day: Day, cells: list[Any]) -> bytes:
        clock, address, port, tail, *rest = cells
        if self._form is FeedForm.SHADOWSERVER:
            parts = [f'"{day.date} ', clock, '","tcp","', address, '",', port, tail, *rest, ",,\n"]
        else:
            parts = [f"{day.date} ", clock, ",", address, ",", port, tail, rest[0], ",", rest[1], "\n"]
        rows = pc.binary_join_element_wise(*parts, "")
        _, offsets, text = rows.buffers()
        return bytes(text[: np.frombuffer(offsets, dtype=np.int32)[len(rows)]])

    def _tails_of(self, day: Day, used: Integers) -> pa.Array:
        infections = day.levels.infections[day.stretches.infections[used]]
        cells = (infections.families * len(self._country.isps) + infections.isps) * (len(self._country.provinces) + 1)
        nowhere = (infections.provinces < 0) | self._people.regionless(infections.lines)
        cells += np.where(nowhere, len(self._country.provinces), infections.provinces)
        return self._tails.take(pa.array(cells))

    def _write_tails(self, number: int) -> Iterator[str]:
        """Yield what comes after the port for each family, provider and province; the last province is none."""
        address = SINKHOLES[number % len(SINKHOLES)]
        for at, family in enumerate(self._country.families):
            port = SINKHOLE_PORTS[at % len(SINKHOLE_PORTS)]
            for isp in self._country.isps:
                asn = str(isp.asn or "")
                for province in (*self._country.provinces, ""):
                    if self._form is FeedForm.SHADOWSERVER:
                        region = f'"{province}"' if province else ""
                        yield (
                            f',{asn},"{isp.country}",{region},,,,,,,,"high","{address}",{port},,,,,,,,,'
                            f'"{family.spelling}",,"simulated",,,'
                        )
                    else:
                        yield f",tcp,{asn},{isp.country},{province},{address},{port},{family.spelling},"


def _addresses(day: Day, used: Integers) -> pa.Array:
    """Return the addresses of stretches as text."""
    upper, is_ipv6 = day.sources.upper[used], day.sources.is_ipv6[used]
    octets = [
        _OCTETS.take(pa.array(((upper >> np.uint64(shift)) & np.uint64(255)).astype(np.int64)))
        for shift in (24, 16, 8, 0)
    ]
    texts = pc.binary_join_element_wise(*octets, ".")
    if not is_ipv6.any():
        return texts
    halves = zip(upper[is_ipv6].tolist(), day.sources.lower[used][is_ipv6].tolist(), strict=True)
    return pc.replace_with_mask(
        texts, is_ipv6, pa.array([str(ipaddress.IPv6Address(u << 64 | low)) for u, low in halves])
    )
