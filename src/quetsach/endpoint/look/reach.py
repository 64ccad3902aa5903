"""What a scan looks for on one system, and how far it looks: a verdict is worth as much as this, so it names it.

Files carry malware of other systems: a stick, a mail store, a file server. So of a pack for another system all that
shows in a file wherever it lies is looked for too, and only reported: its recipe is for a system that is not this one.
Its places, settings, processes and memory are not there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from quetsach.core.pack import ANY_RULE, ArtefactKind, Pack, Trait
from quetsach.core.rule_text import rules_of

_OF_THE_FILE = frozenset({"name", "size_bytes", "archive"})
"""Fields of a file that do not depend on the system that it lies on."""


class Extent(StrEnum):
    """How much of one kind of thing was looked at."""

    WHOLE = "whole"
    PARTLY = "partly"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a scan looked: families by name, and of each kind of thing how much."""

    families: tuple[str, ...]
    """Looked for by all that their packs know."""
    by_content: tuple[str, ...]
    """Of other systems: looked for in files only."""
    left_out: tuple[str, ...]
    """There are packs of these, and they were not looked for: others were chosen, or they show in no file."""
    places: Extent
    """Start-up items and settings."""
    registry: Extent
    processes: Extent
    memory: Extent
    archives: Extent
    """What lies inside archives."""


@dataclass(frozen=True, slots=True)
class Sought:
    """The packs of a scan as they are used on one system."""

    packs: tuple[Pack, ...]
    """All that are used, by family; those of other systems reduced to what files show."""
    families: tuple[str, ...]
    by_content: tuple[str, ...]
    left_out: tuple[str, ...]

    @classmethod
    def on(cls, platform: str, packs: Iterable[Pack]) -> "Sought":
        """Return what packs can find on a system; those of devices, which have guidance only, do not count."""
        used: list[Pack] = []
        families, by_content, left_out = [], [], []
        for pack in packs:
            if pack.is_guidance_only:
                continue
            if platform in pack.platforms:
                used.append(pack)
                families.append(pack.family)
            elif (reduced := in_files_anywhere(pack)) is not None:
                used.append(reduced)
                by_content.append(pack.family)
            else:
                left_out.append(pack.family)
        return cls(tuple(used), tuple(families), tuple(by_content), tuple(left_out))


def in_files_anywhere(pack: Pack) -> Pack | None:
    """Return a pack reduced to what shows in files wherever they lie; ``None`` if nothing does.

    A trait that rests on others (``only_with``) still needs one of those that are left; a sign of it without one is
    told as unsettled.
    """
    traits = tuple(replace(trait, memory=False) for trait in pack.traits if _shows_anywhere(trait))
    if all(trait.only_with for trait in traits):  # no trait comes first, so none is ever found
        return None
    named = frozenset(trait.rule for trait in traits if trait.rule)
    rules = pack.rules
    if ANY_RULE not in named:
        known = rules_of(rules)
        rules = known.text(known.needed(named))
    return replace(pack, traits=traits, rules=rules)


def _shows_anywhere(trait: Trait) -> bool:
    fields = {name for name, _ in (*trait.match, *trait.listed)}
    is_bound = trait.refers_to or trait.named_by or not fields <= _OF_THE_FILE
    return trait.kind is ArtefactKind.FILE and not is_bound
