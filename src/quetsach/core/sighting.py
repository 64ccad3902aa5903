"""A sighting: one feed row that says an address behaved as a bot; and the sector in which the address is used."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from quetsach.core.address import Address
from quetsach.core.errors import InputError
from quetsach.core.text import LocalText, Text

# A sighting: one feed row that says an address behaved as a bot.
#
# Sightings travel in bulk as Arrow tables (``quetsach.feeds.table`` has the columns); this record is one of them, for
# code that handles them one at a time.


@dataclass(frozen=True, slots=True)
class Sighting:
    """At ``observed_at`` (UTC) ``address`` (and ``port``) behaved as a bot of ``family``.

    ``malware`` is the name as the feed wrote it. ``id`` is 128 bits over what makes the sighting itself: never
    enrichment, severity or time of arrival, so that the same row delivered twice is the same sighting.
    """

    id: UUID
    observed_at: datetime
    address: Address
    port: int | None
    family: str
    malware: str
    feed: str
    report: str

    def __post_init__(self) -> None:
        if self.observed_at.tzinfo is not UTC:
            raise InputError(Text("a sighting's time must be in UTC"))
        if self.port is not None and not 0 <= self.port <= 65535:
            raise InputError(Text("not a port: {port}", port=self.port))


# Sectors: in which part of the economy or the state an address is used, by what a feed says of it.
#
# A feed names a sector in its own words or by a NAICS code (the North American Industry Classification System, 2022;
# Shadowserver gives both). Whatever it writes becomes one of ``SECTORS``: no text of a feed is ever a sector.

LATER = ".later"
"""Ends the version of an address table that is later than the sighting that it placed."""

UNKNOWN_SECTOR = "unknown"
"""The feed says nothing."""

OTHER_SECTOR = "other"
"""The feed says something that is none of these."""

SECTORS: Mapping[str, LocalText] = {
    "government": Text("Government"),
    "communications": Text("Communications, Internet, hosting"),
    "information": Text("Information and media"),
    "finance": Text("Finance and insurance"),
    "energy": Text("Energy, utilities and mining"),
    "health": Text("Health and social care"),
    "education": Text("Education"),
    "transport": Text("Transport and storage"),
    "manufacturing": Text("Manufacturing"),
    "trade": Text("Wholesale and retail trade"),
    "professional": Text("Professional and business services"),
    "construction": Text("Construction and real estate"),
    "agriculture": Text("Agriculture, forestry and fishing"),
    "hospitality": Text("Hospitality, culture and recreation"),
    OTHER_SECTOR: Text("Other sectors"),
    UNKNOWN_SECTOR: Text("Not told by the feed"),
}
"""Every sector with its name."""

# fmt: off
_NAICS = {
    "517": "communications", "518": "communications", "51": "information", "92": "government", "52": "finance",
    "21": "energy", "22": "energy", "62": "health", "61": "education", "48": "transport", "49": "transport",
    "31": "manufacturing", "32": "manufacturing", "33": "manufacturing", "42": "trade", "44": "trade", "45": "trade",
    "54": "professional", "55": "professional", "56": "professional", "23": "construction", "53": "construction",
    "11": "agriculture", "71": "hospitality", "72": "hospitality",
}
# fmt: on
_SPELLINGS = {
    "government": ("public administration", "public sector", "government facilities"),
    "communications": (
        "communications service provider and hosting service",
        "telecommunications",
        "service provider",
        "hosting",
    ),
    "information": ("information technology", "media"),
    "finance": ("finance and insurance", "financial services", "banking"),
    "energy": ("utilities", "water", "mining quarrying and oil and gas extraction"),
    "health": ("healthcare", "health care and social assistance", "healthcare and public health"),
    "education": ("educational services", "educational"),
    "transport": ("transportation", "transportation and warehousing", "transportation systems"),
    "manufacturing": ("critical manufacturing",),
    "trade": ("retail", "retail trade", "wholesale trade"),
    "professional": (
        "professional scientific and technical services",
        "management of companies and enterprises",
        "administrative and support and waste management and remediation services",
    ),
    "construction": ("real estate and rental and leasing",),
    "agriculture": ("agriculture forestry fishing and hunting", "food and agriculture"),
    "hospitality": ("accommodation and food services", "arts entertainment and recreation", "commercial facilities"),
    OTHER_SECTOR: ("other services except public administration",),
}
_BY_SPELLING = {sector: sector for sector in SECTORS} | {s: code for code, names in _SPELLINGS.items() for s in names}
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_CODE = re.compile(r"[0-9]{2,6}", re.ASCII)
_LONGEST = 200


def sector_of(text: str) -> str:
    """Return the sector that a feed's own words or a NAICS code stand for; an empty text is ``UNKNOWN_SECTOR``."""
    cell = text.strip()
    if not cell:
        return UNKNOWN_SECTOR
    if _CODE.fullmatch(cell):
        return _NAICS.get(cell[:3]) or _NAICS.get(cell[:2], OTHER_SECTOR)
    words = _NO_LETTER.sub(" ", cell[:_LONGEST].casefold()).strip()
    return _BY_SPELLING.get(words, OTHER_SECTOR)
