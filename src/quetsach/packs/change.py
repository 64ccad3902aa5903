"""What a publication would change for everybody: packs that come, change or go, and one digest that names just that."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from quetsach.core.pack import Pack
from quetsach.core.rule_text import rules_of
from quetsach.core.text import LocalText
from quetsach.packs.container import unpack
from quetsach.packs.installed import newest_of, parse_name
from quetsach.packs.load import parse_pack, title_of


@dataclass(frozen=True, slots=True)
class PackFile:
    """A packed file: its pack's version, its name and its SHA-256 (hex)."""

    version: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PackChange:
    """One family, and what people call it: its file before and after, ``None`` where there is none, and what differs.

    What differs are traits and rules.
    """

    family: str
    title: LocalText
    before: PackFile | None
    after: PackFile | None
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferedPack:
    """A pack that everybody gets: its family, what people call that, and the file."""

    family: str
    title: LocalText
    file: PackFile


def changes_of(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[PackChange, ...]:
    """Return what differs between two states of the general ring, by family.

    Args:
        before: content by file name (``FAMILY-VERSION.qsp``) as everybody gets it now.
        after: the same, as it would be.

    Raises:
        PackError: a pack that differs cannot be read.
    """
    old, new = _by_family(before), _by_family(after)
    differing = (family for family in sorted({*old, *new}) if old.get(family) != new.get(family))
    return tuple(_change(family, old.get(family), new.get(family)) for family in differing)


def offered_of(packs: Mapping[str, bytes]) -> tuple[OfferedPack, ...]:
    """Return what everybody gets of some packs, by family, without compiling their rules.

    Args:
        packs: content by file name (``FAMILY-VERSION.qsp``).

    Raises:
        PackError: the head of a pack cannot be read.
    """
    return tuple(
        OfferedPack(family, title_of(unpack(content), file), PackFile(version, file, _sha256(content)))
        for family, (version, file, content) in sorted(_by_family(packs).items())
    )


def change_digest(changes: Iterable[PackChange]) -> str:
    """Return the SHA-256 (hex) of a line for each file that goes and each that comes: empty if nothing changes.

    A line is ``-`` or ``+``, a blank, and what ``sha256sum`` prints, so that anybody can make it without this tool.
    """
    lines = [
        f"{sign} {file.sha256}  {file.name}\n"
        for change in changes
        for sign, file in (("-", change.before), ("+", change.after))
        if file is not None
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest() if lines else ""


type _Named = tuple[str, str, bytes]


def _by_family(files: Mapping[str, bytes]) -> dict[str, _Named]:
    """Return version, file name and content by family; of one family the newest, which is what machines get."""
    names = ((parse_name(f"packs/{file}"), content) for file, content in files.items())
    chosen = newest_of((name, (name, content)) for name, content in names if name is not None)
    return {name.family: (name.version, file, content) for file, (name, content) in chosen.items()}


def _change(family: str, old: _Named | None, new: _Named | None) -> PackChange:
    packs = _pack(old), _pack(new)
    before, after = (_contents(pack) for pack in packs)
    shown = packs[1] or packs[0]
    return PackChange(
        family,
        shown.name if shown else LocalText(family, family),
        _file(old),
        _file(new),
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(name for name in after.keys() & before.keys() if after[name] != before[name])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def _file(named: _Named | None) -> PackFile | None:
    return PackFile(named[0], named[1], _sha256(named[2])) if named else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _pack(named: _Named | None) -> Pack | None:
    return _read(named[2], named[1]) if named else None


@lru_cache(maxsize=128)
def _read(content: bytes, file: str) -> Pack:
    """Read a pack once: its rules are compiled for that, and whoever decides looks at the same files many times."""
    return parse_pack(unpack(content), file)


def _contents(pack: Pack | None) -> dict[str, object]:
    """Return what a pack knows its family by: traits by identifier, rules by name."""
    if pack is None:
        return {}
    rules = {rule.name: rule.source for rule in rules_of(pack.rules).rules} if pack.rules else {}
    return {**rules, **{trait.id: (trait, rules.get(trait.rule)) for trait in pack.traits}}
