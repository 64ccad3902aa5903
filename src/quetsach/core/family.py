"""Families: one name for what feeds, vendors and analysts spell in many ways."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quetsach.core.errors import InputError

UNKNOWN_FAMILY = "unknown"
"""The family of a sighting whose feed names no malware."""

_NOT_A_WORD = re.compile(r"[\W_]+")


def name_key(name: str) -> str:
    """Fold a spelling for comparison: case, marks, punctuation and spaces do not tell two families apart.

    Letters of every script stay: a name that is not in Latin ones is a name.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return _NOT_A_WORD.sub("", plain)


@dataclass(frozen=True, slots=True)
class Family:
    """A malware or botnet family and the spellings under which it is reported."""

    id: str
    name: str
    platform: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FamilyNames:
    """Spellings to family identifiers, with the version of the table that decided."""

    by_key: Mapping[str, str]
    families: Mapping[str, Family]
    version: str

    @classmethod
    def of(cls, families: Iterable[Family], *, version: str) -> "FamilyNames":
        """Index families by identifier, name and alias.

        Raises:
            InputError: one spelling belongs to two families.
        """
        known: dict[str, Family] = {}
        by_key: dict[str, str] = {}
        for family in families:
            known[family.id] = family
            for spelling in (family.id, family.name, *family.aliases):
                owner = by_key.setdefault(name_key(spelling), family.id)
                if owner != family.id:
                    raise InputError(f"{spelling!r} names both {owner} and {family.id}")
        return cls(by_key, known, version)

    def resolve(self, spelling: str) -> str:
        """Return the family identifier of a reported name.

        A name that the table does not know becomes its own family under its folded spelling, so that nothing is lost
        and a later version of the table can join it; an empty one is ``UNKNOWN_FAMILY``.
        """
        key = name_key(spelling)
        return self.by_key.get(key, key) if key else UNKNOWN_FAMILY
