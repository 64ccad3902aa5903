"""Takes indicators over: what is safe, what was there already, what is left out and why."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from quetsach.core.indicator_list import MOST_ENTRIES, ListKind, list_line
from quetsach.core.rule_text import RuleSet
from quetsach.packs.folder import LIST_LIMIT_BYTES
from quetsach.packs.importer.formats import GivenFile, read_indicators
from quetsach.packs.importer.found import FoundRule, Listed, Reason, Refused
from quetsach.packs.importer.safety import Commonplace, refusal_of
from quetsach.packs.importer.vet import vet
from quetsach.packs.rule_breadth import Honest

MOST_NAMED = 10_000
"""So much of what is left out is named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What goes into the pack, and what does not."""

    lists: dict[ListKind, dict[str, str]]
    """Kind -> entry -> what its source calls it."""
    rules: RuleSet
    duplicates: int
    refused: dict[Reason, int]
    named: tuple[Refused, ...]
    """The first of what was refused, by name."""
    engines: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.rules.rules or any(self.lists.values()))


@dataclass(slots=True)
class _Taking:
    commonplace: Commonplace
    lists: dict[ListKind, dict[str, str]] = field(default_factory=dict)
    sizes: Counter[ListKind] = field(default_factory=Counter)
    duplicates: int = 0
    counts: Counter[Reason] = field(default_factory=Counter)
    named: list[Refused] = field(default_factory=list)

    def list(self, listed: Listed) -> None:
        entries = self.lists.setdefault(listed.kind, {})
        if listed.entry in entries:
            self.duplicates += 1
            return
        refused = refusal_of(listed, self.commonplace)
        size = len(list_line(listed.kind, listed.entry, listed.label).encode()) + 1
        if refused is None and (len(entries) >= MOST_ENTRIES or self.sizes[listed.kind] + size > LIST_LIMIT_BYTES):
            refused = Refused(Reason.LIMIT, listed.where, f"a list holds {MOST_ENTRIES:,} entries, or 16 MiB")
        if refused is not None:
            self.refuse(refused)
            return
        entries[listed.entry] = listed.label
        self.sizes[listed.kind] += size

    def refuse(self, refused: Refused) -> None:
        self.counts[refused.reason] += 1
        if len(self.named) < MOST_NAMED:
            self.named.append(refused)


def take(
    files: Iterable[GivenFile],
    commonplace: Commonplace,
    *,
    now: datetime,
    only: ListKind | None = None,
    honest: Honest = (),
) -> Taken:
    """Return what of some files goes into a pack.

    Args:
        files: what was given.
        commonplace: what every machine has.
        now: the time at which indicators must be valid, with time zone.
        only: what each line of plain lists is.
        honest: name and content of files that no rule may match.

    Raises:
        PackError: a file is of no known format, or too large.
    """
    taking = _Taking(commonplace)
    vetted = vet(_rules(files, taking, now, only), honest)
    for refused in vetted.refused:
        taking.refuse(refused)
    names = taking.lists.get(ListKind.NAMES, {})
    if names and not (vetted.rules.rules or any(found for kind, found in taking.lists.items() if found is not names)):
        for name in names:
            taking.refuse(Refused(Reason.NAME_ALONE, "", name))
        names.clear()
    return Taken(
        {kind: taking.lists[kind] for kind in ListKind if taking.lists.get(kind)},
        vetted.rules,
        taking.duplicates + vetted.duplicates,
        {reason: taking.counts[reason] for reason in Reason if taking.counts[reason]},
        tuple(taking.named),
        vetted.engines,
    )


def _rules(files: Iterable[GivenFile], taking: _Taking, now: datetime, only: ListKind | None) -> Iterator[FoundRule]:
    """Yield the rules of the files; the rest is taken on the way."""
    for given in files:
        for found in read_indicators(given, now, only):
            match found:
                case FoundRule():
                    yield found
                case Listed():
                    taking.list(found)
                case Refused():
                    taking.refuse(found)
