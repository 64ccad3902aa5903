"""What a scan comes to, and how far it looked: one rule for terminal, page, JSON, exit code and whoever reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from quetsach.core.pack import ANY_RULE, ArtefactKind, Pack, Trait
from quetsach.core.rule_text import rules_of
from quetsach.endpoint.scan_issue import Reason

if TYPE_CHECKING:
    from quetsach.endpoint.scanner.scan import ScanResult


# What a scan comes to. One rule for terminal, page, JSON, exit code and whoever reads them.
#
# "Nothing found" means looked for: where something that should have been looked at was not, the scan is not conclusive.


class Conclusion(StrEnum):
    """What a scan comes to."""

    FOUND = "found"
    NOTHING_FOUND = "nothing-found"
    """All that was to be looked at was looked at, and nothing was found."""
    NOT_CONCLUSIVE = "not-conclusive"
    """Nothing was found in what was looked at, and something was not looked at: see its gaps."""


class Gap(StrEnum):
    """Why a scan did not see all that it was to see, worst first: the first that holds decides what to do next."""

    ENDED = "ended"
    RIGHTS = "rights"
    MISSING = "missing"
    STALE = "stale"
    UNREAD = "unread"
    NOTHING = "nothing"
    """No file at all was looked at."""
    UNSETTLED = "unsettled"
    OWN = "own"
    DAMAGED = "damaged"
    ARCHIVES = "archives"
    MEMORY = "memory"
    """Only what Windows keeps of its memory on a disk."""
    LARGE = "large"
    CLOUD = "cloud"

    @property
    def is_narrow(self) -> bool:
        """Whether it is about single things that are counted, and the rest of the scan stands."""
        return self in _NARROW


_NARROW = frozenset({Gap.OWN, Gap.DAMAGED, Gap.ARCHIVES, Gap.MEMORY, Gap.LARGE, Gap.CLOUD})


GAP_OF: Mapping[Reason, Gap | None] = {
    **dict.fromkeys((Reason.SPECIAL, Reason.VIRTUAL, Reason.NETWORK, Reason.VANISHED)),
    Reason.NOT_REACHED: Gap.ENDED,
    Reason.MISSING: Gap.MISSING,
    Reason.STALE: Gap.STALE,
    Reason.UNREADABLE: Gap.UNREAD,
    Reason.CHANGED: Gap.UNREAD,
    Reason.TIMED_OUT: Gap.UNREAD,
    Reason.CRASHED: Gap.UNREAD,
    Reason.OVERFULL: Gap.UNREAD,
    Reason.UNSETTLED: Gap.UNSETTLED,
    Reason.OWN: Gap.OWN,
    Reason.DAMAGED: Gap.DAMAGED,
    Reason.ENCRYPTED: Gap.ARCHIVES,
    Reason.NOT_OPENED: Gap.ARCHIVES,
    Reason.LIMIT: Gap.ARCHIVES,
    Reason.CLOUD: Gap.CLOUD,
    Reason.MEMORY: Gap.MEMORY,
    Reason.TOO_LARGE: Gap.LARGE,
    Reason.TOO_DEEP: Gap.LARGE,
}
"""The gap that a thing leaves which was not looked at, for every reason there is.

``None`` where there is nothing to look at here: no content of its own, of another machine, or no more.
"""


def gaps_of(scan: "ScanResult") -> Mapping[str, int]:
    """Return the gaps of a scan by name (``Gap``), worst first, and how many things each is about."""
    counts = dict.fromkeys(Gap, 0)
    for reason, count in (*scan.failed.items(), *scan.skipped.items()):
        if (gap := GAP_OF[reason]) is not None:
            counts[gap] += count
    counts[Gap.NOTHING] = int(scan.files == 0)
    counts[Gap.RIGHTS] = int(not scan.is_elevated and (scan.needs_rights or Reason.UNREADABLE in scan.failed))
    return {gap: count for gap, count in counts.items() if count}


def conclusion_of(scan: "ScanResult") -> Conclusion:
    """Return what a scan comes to."""
    if scan.findings:
        return Conclusion.FOUND
    return Conclusion.NOT_CONCLUSIVE if gaps_of(scan) else Conclusion.NOTHING_FOUND


# What a scan looks for on one system, and how far it looks: a verdict is worth as much as this, so it names it.
#
# Files carry malware of other systems: a stick, a mail store, a file server. So of a pack for another system all that
# shows in a file wherever it lies is looked for too, and only reported: its recipe is for a system that is not this
# one. Its places, settings, processes and memory are not there.

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
