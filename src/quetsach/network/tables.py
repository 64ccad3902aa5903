"""Everything that says where an address is, of one version."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from quetsach.core.address import Address
from quetsach.network.isp import UNKNOWN_ISP, Isps
from quetsach.network.ranges import NO_AS, AddressRanges, Keys, Numbers
from quetsach.network.region import RegionNames

WORLD_TIMES: Final = 10
"""A table that announces more than so many times the IPv4 addresses of the country is of the whole world."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where an address is announced; ``asn`` is ``None`` and ``isp`` ``unknown`` where nobody announces it."""

    address: Address
    first: Address
    last: Address
    asn: int | None
    as_name: str
    isp: str


@dataclass(frozen=True, slots=True, eq=False)
class NetworkTables:
    """The dated tables together; ``version`` is the date of the address ranges and a digest over all of them.

    ``home`` are the ranges of the centre's own country: what its feeds cover and its national counts are about. They
    are ``ranges`` themselves, unless those are of the whole world.
    """

    ranges: AddressRanges
    isps: Isps
    regions: RegionNames
    version: str
    home: AddressRanges

    @classmethod
    def of(
        cls,
        ranges: AddressRanges,
        isps: Isps,
        regions: RegionNames,
        *,
        dated: date,
        national: AddressRanges | None = None,
    ) -> "NetworkTables":
        """Put tables together and name their version.

        Args:
            ranges: which AS announces what.
            isps: which provider an AS is.
            regions: which province a feed names.
            dated: the day of ``ranges``.
            national: ranges of the country alone, known to be so; they say what is national where ``ranges`` announce
                more than ``WORLD_TIMES`` as many IPv4 addresses, since those are of the whole world then.
        """
        content = hashlib.sha256(ranges.starts.tobytes() + ranges.asns.tobytes())
        content.update(repr((sorted(isps.by_asn.items()), sorted(regions.by_key.items()))).encode())
        home = national if national and _is_world(ranges, national) else ranges
        return cls(ranges, isps, regions, f"{dated}.{content.hexdigest()[:8]}", home)

    def national_asns(self, addresses: Keys) -> Numbers:
        """Return the AS that announces each address; ``NO_AS`` also where the address is not of the country."""
        asns = self.ranges.asns[self.ranges.find(addresses)]
        if self.home is self.ranges:
            return asns
        return np.where(self.home.asns[self.home.find(addresses)] == NO_AS, NO_AS, asns)

    def look_up(self, address: Address, day: date) -> Location:
        """Return where one address was announced on ``day``."""
        first, last, asn = self.ranges.around(address.number)
        if asn == NO_AS:
            return Location(address, Address(first), Address(last), None, "", UNKNOWN_ISP)
        name = self.ranges.names.get(asn, "")
        return Location(address, Address(first), Address(last), asn, name, self.isps.on(asn, day))

    def announced_by_isp(self, day: date) -> dict[str, int]:
        """Return how many IPv4 addresses each provider announces, with the ISP table of ``day``."""
        counts: Counter[str] = Counter()
        for asn, addresses in self.ranges.announced_ipv4().items():
            counts[self.isps.on(asn, day)] += addresses
        return dict(counts)

    def isp_name(self, isp: str, language: str = "vi") -> str:
        """Return a provider's name for people; an AS outside the table is named as its source names it."""
        if known := self.isps.by_id.get(isp):
            return known.name_en if language == "en" else known.name_vi
        name = self.ranges.names.get(int(isp[2:]), "") if isp.startswith("AS") and isp[2:].isdigit() else ""
        return f"{name} ({isp})" if name else isp


def _is_world(ranges: AddressRanges, national: AddressRanges) -> bool:
    whole, own = (sum(table.announced_ipv4().values()) for table in (ranges, national))
    return whole > WORLD_TIMES * own
