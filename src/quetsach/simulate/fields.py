"""What both kinds of simulation share: fields of a scenario, the columns of the report they play, their error."""

import re
from datetime import date

from quetsach.campaign import Section
from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period
from quetsach.core.text import Text

# Fields of a scenario that may be left out, and words that go into feed files.

SPELLING = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/'-]*")
"""Of families and provinces, as feeds write them: nothing that a CSV cell would have to escape."""

FILE_WORD = re.compile(r"[a-z0-9_]+")


def number_or(section: Section, name: str, otherwise: float, *, least: float, most: float) -> float:
    """Return a number from ``least`` to ``most``, or ``otherwise`` where the field is not there."""
    return section.number(name, least=least, most=most) if section.has(name) else otherwise


def period_or(section: Section, name: str) -> Period | None:
    """Return the days of a table with ``first`` and ``last``, or ``None`` where it is not there."""
    if not section.has(name):
        return None
    days = section.section(name)
    period = days.period()
    days.finish()
    return period


def day_from(section: Section, name: str, first: date) -> date:
    """Return a day of the country, whose first is ``first``; that one where the field is not there."""
    day = section.day(name) if section.has(name) else first
    if day < first:
        raise section.error(name, Text("is before the first day, {first}", first=first))
    return day


def word(section: Section, name: str, form: re.Pattern[str]) -> str:
    """Return a text of one form and at most 60 characters."""
    text = section.text(name)
    if len(text) > 60 or not form.fullmatch(text):
        raise section.error(name, Text("has characters that do not belong there, or more than 60"))
    return text


# What can be wrong with a simulation.


class SimulateError(QuetsachError):
    """The scenario cannot be played: at this scale, or in this address space."""


# Shadowserver's sinkhole report as it is delivered: columns, header, and the addresses of made-up sinkholes.

COLUMNS = tuple(
    "timestamp protocol src_ip src_port src_asn src_geo src_region src_city src_hostname src_naics src_sector "  # noqa: SIM905
    "device_vendor device_type device_model severity dst_ip dst_port dst_asn dst_geo dst_region dst_city dst_hostname "
    "dst_naics dst_sector public_source infection family tag application version event_id ssl_cipher "
    "ssl_servername".split()
)
"""The columns of ``event4_sinkhole`` and ``event6_sinkhole`` (layout of 2026)."""

HEADER = (",".join(f'"{column}"' for column in COLUMNS) + "\n").encode()

SINKHOLES = ("192.0.2.10", "192.0.2.20", "198.51.100.30", "203.0.113.40")  # RFC 5737: addresses of nobody
SINKHOLE_PORTS = (80, 443, 4455, 8080, 16464, 65520)
