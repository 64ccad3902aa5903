"""Check-ins as rows of a feed, written by the column: no Python for single rows."""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quetsach.core.sector import UNKNOWN_SECTOR
from quetsach.simulate.machines.chance import Chance, Integers, distinct
from quetsach.simulate.machines.days import Day
from quetsach.simulate.machines.effect import DAY
from quetsach.simulate.machines.population import Population
from quetsach.simulate.machines.scenario import Country, FeedForm
from quetsach.simulate.machines.truth import hex_texts
from quetsach.simulate.sinkhole_report import HEADER, SINKHOLE_PORTS, SINKHOLES

PLAIN_COLUMNS = (
    *("timestamp", "address", "port", "transport", "asn", "country", "region"),
    *("destination_address", "destination_port", "malware", "sector", "bot_id", "event_id"),
)
HEADERS = {FeedForm.SHADOWSERVER: HEADER, FeedForm.PLAIN: (",".join(PLAIN_COLUMNS) + "\n").encode()}

_CHUNK_ROWS = 250_000
_EVENTS_A_DAY = 1_000_000_000
_OCTETS = pa.array([str(n) for n in range(256)])
_PLAIN_TEXTS = ("", ",", pa.array([f",{n}" for n in range(1 << 16)]), "\n")
_QUOTED_TEXTS = ('"', '","tcp","', pa.array([f'",{n}' for n in range(1 << 16)]), ",,\n")
"""What stands before the clock, between clock and address, between address and what follows the port, and last."""


class FeedRows:
    """Writes the rows of one feed.

    A row is: clock, address, port, what is the same for all machines of a family, provider, province and sector, the
    bot ID in plain rows, the event's number. Each is taken from a table of texts with the commas and quotes about it.
    """

    def __init__(self, country: Country, number: int) -> None:
        self._country = country
        self._feed = country.feeds[number]
        self._form = self._feed.form
        self._people = Population(country, Chance(country.seed))
        self._sectors = ["" if sector == UNKNOWN_SECTOR else sector for sector in country.sectors] or [""]
        self._fixed = _PLAIN_TEXTS if self._form is FeedForm.PLAIN else _QUOTED_TEXTS
        self._tails = pa.array(list(self._write_tails(number)))

    def write(self, day: Day, chosen: Integers) -> Iterator[tuple[pa.Buffer, int]]:
        """Yield the rows of some events of a day, in pieces with the number of rows.

        ``chosen`` are positions in ``day.events``.
        """
        if not len(chosen):
            return
        used, of = distinct(day.events.stretches[chosen], len(day.stretches))
        addresses, tails = _addresses(day, used), self._tails_of(day, used)
        bots = _bots(day, used) if self._form is FeedForm.PLAIN else None
        head, middle, port_texts, end = self._fixed
        ahead = self._feed.clock_error(day.date)
        dates = pa.array([f"{head}{day.date + timedelta(days=n)} " for n in (-1, 0, 1)])
        for start in range(0, len(chosen), _CHUNK_ROWS):
            part = slice(start, start + _CHUNK_ROWS)
            at, stretch = chosen[part], pa.array(of[part])
            stamped = day.events.seconds[at] + ahead
            cells = [
                dates.take(pa.array(stamped // DAY + 1)) if ahead else dates[1],
                _clock().take(pa.array(stamped % DAY)),
                middle,
                addresses.take(stretch),
                port_texts.take(pa.array(day.events.ports[at])),
                tails.take(stretch),
                *([bots.take(stretch)] if bots is not None else []),
                pa.array(at + day.date.toordinal() * _EVENTS_A_DAY).cast(pa.string()),
            ]
            rows = pc.binary_join_element_wise(*cells, end, "")
            _, offsets, text = rows.buffers()
            yield text.slice(0, int(np.frombuffer(offsets, dtype=np.int32)[len(rows)])), len(rows)

    def _tails_of(self, day: Day, used: Integers) -> pa.Array:
        infections = day.levels.infections[day.stretches.infections[used]]
        cells = (infections.families * len(self._country.isps) + infections.isps) * (len(self._country.provinces) + 1)
        nowhere = (infections.provinces < 0) | self._people.regionless(infections.lines)
        cells += np.where(nowhere, len(self._country.provinces), infections.provinces)
        return self._tails.take(pa.array(cells * len(self._sectors) + self._people.sectors(infections.lines)))

    def _write_tails(self, number: int) -> Iterator[str]:
        """Yield what comes after the port for each family, provider, province and sector; the last province is none."""
        address = SINKHOLES[number % len(SINKHOLES)]
        for at, family in enumerate(self._country.families):
            port = SINKHOLE_PORTS[at % len(SINKHOLE_PORTS)]
            for isp in self._country.isps:
                asn = str(isp.asn or "")
                for province, sector in product((*self._country.provinces, ""), self._sectors):
                    if self._form is FeedForm.SHADOWSERVER:
                        region, told = (f'"{text}"' if text else "" for text in (province, sector))
                        yield (
                            f',{asn},"{isp.country}",{region},,,,{told},,,,"high","{address}",{port},,,,,,,,,'
                            f'"{family.spelling}",,"simulated",,,'
                        )
                    else:
                        yield f",tcp,{asn},{isp.country},{province},{address},{port},{family.spelling},{sector},"


def _bots(day: Day, used: Integers) -> pa.Array:
    """Return the bot IDs of stretches as text, with the comma after."""
    return pc.binary_join_element_wise(hex_texts(day.bots[day.stretches.infections[used]]), ",", "")


@cache
def _clock() -> pa.Array:
    return pa.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY)])


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
