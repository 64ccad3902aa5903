"""Address to prefix, AS, provider and province, by dated tables. Pure: tables come in as values."""

from quetsach.network.history import NetworkHistory, annotate_by_day
from quetsach.network.holders import HOLDER_COLUMNS, Holder, Holders, read_holders
from quetsach.network.ranges import AddressRange, AddressRanges, NetworkError
from quetsach.network.tables import (
    ANNOTATIONS,
    UNKNOWN_ISP,
    Isp,
    Isps,
    Location,
    NetworkTables,
    ProviderLine,
    RegionNames,
    annotate,
    read_isps,
    read_provider_lines,
    read_spellings,
)

ATTRIBUTION = (
    ("RouteViews", "https://www.routeviews.org/"),
    ("DB-IP", "https://db-ip.com/"),
    ("NRO", "https://www.nro.net/"),
)
"""Whom every page that shows results must name and link (Creative Commons Attribution 4.0)."""

__all__ = [
    "ANNOTATIONS",
    "ATTRIBUTION",
    "HOLDER_COLUMNS",
    "UNKNOWN_ISP",
    "AddressRange",
    "AddressRanges",
    "Holder",
    "Holders",
    "Isp",
    "Isps",
    "Location",
    "NetworkError",
    "NetworkHistory",
    "NetworkTables",
    "ProviderLine",
    "RegionNames",
    "annotate",
    "annotate_by_day",
    "read_holders",
    "read_isps",
    "read_provider_lines",
    "read_spellings",
]
