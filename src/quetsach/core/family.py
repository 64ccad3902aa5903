"""Families: one name for what feeds, vendors and analysts spell in many ways."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from quetsach.core.errors import InputError
from quetsach.core.text import Text

UNKNOWN_FAMILY = "unknown"
"""The family of a sighting whose feed names no malware."""

UNPLACED_FAMILY = "unplaced"
"""Where every spelling is counted that no table knows and no analyst has placed: a name is no family yet."""

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
class Affix:
    """What feeds put before or behind a family's name, such as who runs the sinkhole.

    Args:
        place: ``prefix`` or ``suffix``.
        text: what is put there.
        family: the family that it names by itself; empty where it stands beside a family's own name.
        rests: what may stand behind a prefix that names a family.
    """

    place: str
    text: str
    family: str = ""
    rests: tuple[str, ...] = ()

    def around(self, key: str) -> str:
        """Return a folded spelling with the affix."""
        own = name_key(self.text)
        return own + key if self.place == "prefix" else key + own


def affixed(exact: Mapping[str, str], affixes: Iterable[Affix]) -> dict[str, str]:
    """Return every spelling that affixes add to exact ones, with the one family that it can be of.

    An exact spelling keeps its family. One that affixes make of the spellings of two families is of neither: it waits
    for an analyst.

    Args:
        exact: folded spellings with their families.
        affixes: one at a time is put before or behind.
    """
    made: dict[str, set[str]] = {}
    for affix in affixes:
        around = {name_key(rest): affix.family for rest in affix.rests} if affix.family else exact
        for key, family in around.items():
            if (spelling := affix.around(key)) not in exact:
                made.setdefault(spelling, set()).add(family)
    return {spelling: min(families) for spelling, families in made.items() if len(families) == 1}


@dataclass(frozen=True, slots=True)
class Placing:
    """What an analyst decided about a spelling: which family it is of, and why.

    ``family`` is ``UNPLACED_FAMILY`` where an earlier decision is taken back. ``name`` and ``platform`` are
    of a family that the table does not know either. ``at`` is ISO 8601 in UTC.
    """

    spelling: str
    family: str
    name: str
    platform: str
    by: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class FamilyNames:
    """Spellings to family identifiers, with the version of the table that decided."""

    by_key: Mapping[str, str]
    """What the table says."""
    families: Mapping[str, Family]
    version: str
    placed: Mapping[str, str] = field(default_factory=dict)
    """What analysts say, which stands before the table."""

    @classmethod
    def of(cls, families: Iterable[Family], *, version: str, affixes: Iterable[Affix] = ()) -> "FamilyNames":
        """Index families by identifier, name and alias, and by what affixes make of these.

        Raises:
            InputError: one spelling belongs to two families, or an affix names a family that is none.
        """
        known: dict[str, Family] = {}
        by_key: dict[str, str] = {}
        for family in families:
            known[family.id] = family
            for spelling in (family.id, family.name, *family.aliases):
                owner = by_key.setdefault(name_key(spelling), family.id)
                if owner != family.id:
                    raise InputError(
                        Text(
                            "{spelling} names both {owner} and {id}", spelling=repr(spelling), owner=owner, id=family.id
                        )
                    )
        affixes = tuple(affixes)
        if lost := [affix.text for affix in affixes if affix.family and affix.family not in known]:
            raise InputError(Text("{name} names a family that is not in the table", name=repr(lost[0])))
        return cls(by_key | affixed(by_key, affixes), known, version)

    def resolve(self, spelling: str) -> str:
        """Return under which name a reported one is kept.

        A name that the table does not know, or an analyst placed, is kept under its folded spelling, so that nothing is
        lost, a later version of the table can join it and a later placing holds for all of it; an empty one is
        ``UNKNOWN_FAMILY``.
        """
        key = name_key(spelling)
        if key in self.placed:
            return key
        return self.by_key.get(key, key) if key else UNKNOWN_FAMILY

    def family_of(self, kept: str) -> str:
        """Return the family that what ``resolve`` returned is of today; ``UNPLACED_FAMILY`` where nobody placed it."""
        if kept in (UNKNOWN_FAMILY, UNPLACED_FAMILY):
            return kept
        known = kept if kept in self.families else self.by_key.get(kept, UNPLACED_FAMILY)
        return self.placed.get(kept, known)

    def kept(self) -> tuple[tuple[str, str], ...]:
        """Return every name that ``resolve`` may have returned and is of a family, with that family."""
        names = sorted({*self.families, *self.by_key, *self.placed, UNKNOWN_FAMILY})
        return tuple((name, self.family_of(name)) for name in names)

    def with_placings(self, placings: Iterable["Placing"]) -> "FamilyNames":
        """Return the table with what analysts placed; a later placing of a spelling stands instead of an earlier one.

        They know their feeds: where the table comes to know a spelling itself, what they said stands. One whose family
        is ``UNPLACED_FAMILY`` takes back what was said of its spelling; a family that only it made is none then.
        """
        standing = {name_key(placing.spelling): placing for placing in placings}
        families, placed, content = dict(self.families), dict(self.placed), sha256(self.version.encode())
        for key, placing in standing.items():
            if placing.family == UNPLACED_FAMILY:
                placed.pop(key, None)
                continue
            families.setdefault(placing.family, Family(placing.family, placing.name, placing.platform))
            placed[key] = placing.family
            content.update(f"\n{key}={placing.family}".encode())
        for family in sorted(families.keys() - self.families.keys()):
            if (own := name_key(family)) not in self.by_key:
                placed.setdefault(own, family)
        if placed == self.placed:
            return self
        return FamilyNames(self.by_key, families, f"{self.version}+{content.hexdigest()[:8]}", placed)
