"""Who holds addresses within a provider's network: prefixes of agencies and enterprises, each of its days."""

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from quetsach.core.errors import InputError
from quetsach.core.sighting import SECTORS, UNKNOWN_SECTOR
from quetsach.core.table import optional_day, read_rows, required
from quetsach.core.text import LocalText, Text
from quetsach.network.ranges import MAPPED_FIRST, AddressRange, AddressRanges

HOLDER_COLUMNS = ("prefix", "valid_from", "valid_to", "owner", "name_vi", "name_en", "sector", "source")
_OWNER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_PREFIX = re.compile(r"[0-9a-f.:]{2,45}/[0-9]{1,3}", re.ASCII | re.IGNORECASE)
_LONGEST_IPV6 = 64
"""All addresses of a /64 are one subject of a count."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One prefix of an owner, from ``valid_from`` to ``valid_to`` (UTC days, both included; ``None`` is no limit)."""

    prefix: ipaddress.IPv4Network | ipaddress.IPv6Network
    owner: str
    name_vi: str
    name_en: str
    sector: str
    source: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def id(self) -> str:
        """What stands in place of a provider: ``sector:owner``, which no provider is called."""
        return f"{self.sector}:{self.owner}"

    @property
    def name(self) -> LocalText:
        """What the owner is called."""
        return LocalText(self.name_vi, self.name_en)

    @property
    def first_day(self) -> date:
        """The first day on which the prefix was the owner's."""
        return self.valid_from or date.min

    @property
    def last_day(self) -> date:
        """The last day on which the prefix was the owner's."""
        return self.valid_to or date.max

    def addresses(self, number: int) -> AddressRange:
        """Return the range of the prefix, under a number."""
        mapped = MAPPED_FIRST if self.prefix.version == 4 else 0
        return AddressRange(
            mapped + int(self.prefix.network_address), mapped + int(self.prefix.broadcast_address), number
        )


@dataclass(frozen=True, eq=False)
class Holders:
    """The table of holders; of prefixes that lie in each other the longest says whose an address was on a day."""

    rows: tuple[Holder, ...] = ()
    _flat: dict[int, AddressRanges] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def by_id(self) -> Mapping[str, Holder]:
        """One row of each owner, by ``Holder.id``."""
        return {row.id: row for row in self.rows}

    @cached_property
    def _changes(self) -> list[date]:
        """The days on which what is valid changes, in order."""
        ends = (row.last_day for row in self.rows if row.last_day < date.max)
        return sorted({row.first_day for row in self.rows} | {day + timedelta(days=1) for day in ends})

    def stretch_of_days(self, day: date) -> int:
        """Return a number that days have in common between which nothing changes."""
        return bisect_right(self._changes, day)

    def on(self, day: date) -> AddressRanges:
        """Return flat ranges of a day, whose numbers are the place in ``rows`` and one; 0 where nobody holds any."""
        at = self.stretch_of_days(day)
        if at not in self._flat:
            valid = (row.addresses(n) for n, row in enumerate(self.rows, 1) if row.first_day <= day <= row.last_day)
            self._flat[at] = AddressRanges.of(valid, {})
        return self._flat[at]


class _Read(NamedTuple):
    row: Holder
    where: str


def read_holders(content: bytes, *, where: str) -> Holders:
    """Read ``holders.csv``.

    Raises:
        InputError: the table is damaged, a prefix has two owners on one day, or an owner two names or sectors.
    """
    read = [_Read(_holder(row, at), at) for at, row in read_rows(content, HOLDER_COLUMNS, where=where)]
    _refuse_two_owners(read)
    _refuse_two_names(read)
    return Holders(tuple(one.row for one in read))


def _holder(row: Mapping[str, str], where: str) -> Holder:
    first, last = optional_day(row, "valid_from", where=where), optional_day(row, "valid_to", where=where)
    if first and last and last < first:
        raise InputError(Text("a period ends before it begins"), where=where)
    owner = required(row, "owner", where=where)
    if not _OWNER.fullmatch(owner):
        hint = Text("at most 40 small letters a-z, digits and hyphens, such as tax-department")
        raise InputError(Text("not an identifier of an owner: {text}", text=repr(owner[:60])), where=where, hint=hint)
    sector = required(row, "sector", where=where)
    if sector not in SECTORS or sector == UNKNOWN_SECTOR:
        hint = Text("known: {names}", names=", ".join(name for name in SECTORS if name != UNKNOWN_SECTOR))
        raise InputError(Text("is no sector: {text}", text=repr(sector[:60])), where=where, hint=hint)
    return Holder(
        _prefix(required(row, "prefix", where=where), where),
        owner,
        required(row, "name_vi", where=where),
        required(row, "name_en", where=where),
        sector,
        required(row, "source", where=where),
        first,
        last,
    )


def _prefix(text: str, where: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    hint = Text("its first address and its length, such as 203.162.0.0/24 or 2001:ee0::/32")
    refusal = InputError(Text("not a prefix: {text}", text=repr(text[:60])), where=where, hint=hint)
    if not _PREFIX.fullmatch(text):
        raise refusal
    try:
        prefix = ipaddress.ip_network(text)
    except ValueError as error:
        raise refusal from error
    if prefix.version == 6 and prefix.prefixlen > _LONGEST_IPV6:
        hint = Text("machines of IPv6 are counted by /64, which has one holder at a time")
        raise InputError(Text("a prefix of IPv6 longer than /64: {text}", text=text), where=where, hint=hint)
    return prefix


def _refuse_two_owners(read: Iterable[_Read]) -> None:
    of_prefix: dict[ipaddress.IPv4Network | ipaddress.IPv6Network, list[_Read]] = {}
    for one in read:
        of_prefix.setdefault(one.row.prefix, []).append(one)
    for found in of_prefix.values():
        found.sort(key=lambda one: one.row.first_day)
        before = found[0]
        for one in found[1:]:
            if one.row.first_day <= before.row.last_day:
                told = Text(
                    "{prefix} belongs to {owner} and {other} at one time",
                    prefix=str(one.row.prefix),
                    owner=before.row.owner,
                    other=one.row.owner,
                )
                hint = Text("end the row of {where} the day before, or take one of the two out", where=before.where)
                raise InputError(told, where=one.where, hint=hint)
            before = one


def _refuse_two_names(read: Iterable[_Read]) -> None:
    known: dict[str, _Read] = {}
    for one in read:
        first = known.setdefault(one.row.owner, one)
        if (first.row.name, first.row.sector) != (one.row.name, one.row.sector):
            told = Text("{owner} has another name or sector here than before", owner=one.row.owner)
            raise InputError(told, where=one.where, hint=Text("write both as in {where}", where=first.where))
