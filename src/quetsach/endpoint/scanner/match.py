"""Which artefacts show which traits. Pure: no file is opened here."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from quetsach.core.indicator_list import ALGORITHMS
from quetsach.core.pack import ANY_RULE, Action, ArtefactKind, Pack, Trait
from quetsach.endpoint.artefact import (
    Anchor,
    Artefact,
    FileAnchor,
    Finding,
    LineAnchor,
    MemberAnchor,
    ProcessAnchor,
    RegistryAnchor,
    place_of,
    place_text,
    printable,
)
from quetsach.endpoint.engine.port import Engine, Hit

_CROWDED = ("/Windows/System32", "/Windows/SysWOW64")
"""Folders of Windows with so many files that a quick scan does not look at all that lie beside a found one."""

_EVIDENCE_LIMIT = 300
_CREDIT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Observation:
    """An artefact, and the rules that matched its content."""

    artefact: Artefact
    hits: tuple[Hit, ...] = ()


@dataclass(slots=True)
class _Shown:
    """What of one pack was found so far, by trait."""

    files: defaultdict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    """The files in which a trait was found; of what is no file an empty path, so that it is there."""
    naming: defaultdict[str, dict[bytes, bytes]] = field(default_factory=lambda: defaultdict(dict))
    """The files that artefacts with a trait name, each with the place of one that does."""

    def add(self, trait: Trait, artefact: Artefact) -> None:
        anchor = artefact.anchor
        if isinstance(anchor, MemberAnchor):  # what lies packed in an archive is not at work here
            return
        self.files[trait.id].add(anchor.path if isinstance(anchor, FileAnchor) else b"")
        if artefact.refers_to:
            self.naming[trait.id].update(dict.fromkeys(artefact.refers_to, place_of(anchor)))

    def grounds(self, trait: Trait, artefact: Artefact) -> bool:
        """Return whether the other findings that a trait rests on are there."""
        if trait.refers_to and not self.named(trait, artefact):
            return False
        if trait.named_by and self.namer(trait, artefact) is None:
            return False
        return not trait.only_with or any(self.files.get(other) for other in trait.only_with)

    def named(self, trait: Trait, artefact: Artefact) -> list[bytes]:
        """Return the files that the artefact names and in which what the trait refers to was found."""
        found = [self.files.get(other, set()) for other in trait.refers_to]
        return [path for path in artefact.refers_to if any(path in files for files in found)]

    def namer(self, trait: Trait, artefact: Artefact) -> bytes | None:
        """Return the place of what names the file, as the trait demands."""
        if not trait.named_by or not isinstance(artefact.anchor, FileAnchor):
            return None
        places = (self.naming[other].get(artefact.anchor.path) for other in trait.named_by if other in self.naming)
        return next((place for place in places if place is not None), None)


@dataclass(frozen=True, slots=True)
class _Settled:
    """What observations, by number, show of one pack, and what only waits for other findings."""

    shows: dict[int, set[str]]
    shown: _Shown
    waiting: list[tuple[int, Trait]]


class TraitMatcher:
    """The traits of some packs, ready to be looked for."""

    def __init__(self, packs: Sequence[Pack], engine: Engine, *, platform: str = "linux") -> None:
        """Take the traits; ``platform`` is the system that is looked at."""
        self._packs = tuple(packs)
        self._platform = platform
        self._last: tuple[Sequence[Observation], dict[str, _Settled]] = ((), {})
        self._compiled = cache(engine.compile_pattern)  # most patterns are for kinds of which there is nothing

    def find(self, observations: Sequence[Observation]) -> tuple[Finding, ...]:
        """Return the findings, by pack and in the order of the observations.

        An artefact gives at most one finding a pack: the first trait in the recipe's order that it shows. Traits may
        rest on other traits (``refers_to``, ``named_by``, ``only_with``); what is shown only ever grows, so the
        passes end.
        """
        return tuple(finding for pack in self._packs for finding in self._find(pack, observations))

    def waiting(self, observations: Sequence[Observation], *, is_whole: bool) -> dict[int, bool]:
        """Return the observations that would show a trait, or a surer one, beside findings that are not there.

        Only findings that nobody could see count: start-up items are always all looked at.

        Args:
            observations: what was seen.
            is_whole: whether that is of the whole system; else the findings may also lie in files elsewhere.

        Returns:
            Number of the observation -> whether it shows another trait of the pack already.
        """
        waiting: dict[int, bool] = {}
        for pack in self._packs:
            settled = self._settled(pack, observations)
            order = {trait.id: place for place, trait in enumerate(pack.traits)}
            elsewhere = self._out_of_reach(pack) | (frozenset() if is_whole else _resting_on_files(pack))
            for number, trait in settled.waiting:
                shown = min((order[one] for one in settled.shows.get(number, ())), default=len(order))
                is_bare = replace(trait, only_with=())
                waits = not elsewhere.isdisjoint(trait.only_with) and order[trait.id] < shown
                if waits and settled.shown.grounds(is_bare, observations[number].artefact):
                    waiting[number] = waiting.get(number, True) and shown < len(order)
        return waiting

    def _out_of_reach(self, pack: Pack) -> frozenset[str]:
        """Return the traits that others rest on and that only the system has which a pack is for, if not this one."""
        if self._platform in pack.platforms:
            return frozenset()
        return frozenset(other for trait in pack.traits for other in trait.only_with) - {t.id for t in pack.traits}

    def wanted(self, findings: Sequence[Finding]) -> frozenset[bytes]:
        """Return files that may be told of because of what was found, whether a walk came to them or not.

        That is what a finding names, where a trait of files asks for what names them, and what a trait knows by name
        in the crowded folders of Windows, where a foothold that it rests on was found.
        """
        naming = {(pack.family, other) for pack in self._packs for trait in pack.traits for other in trait.named_by}
        named = (finding.artefact.refers_to for finding in findings if (finding.family, finding.trait) in naming)
        return frozenset(path for paths in named for path in paths) | frozenset(self._by_name(findings))

    def _by_name(self, findings: Sequence[Finding]) -> Iterator[bytes]:
        files = (ArtefactKind.FILE, ArtefactKind.PROCESS)
        footholds = {(one.family, one.trait) for one in findings if one.artefact.kind not in files}
        for pack in self._packs if self._platform == "windows" and footholds else ():
            for trait in _of_kind(pack, ArtefactKind.FILE):
                if any((pack.family, other) in footholds for other in trait.only_with):
                    places = (f"{folder}/{name}" for folder in _CROWDED for name in trait.names)
                    yield from (os.fsencode(path) for path in places if self._lies_right(trait, path))

    def _lies_right(self, trait: Trait, path: str) -> bool:
        return all(self._compiled(pattern).matches(path) for field, pattern in trait.match if field == "path")

    def _find(self, pack: Pack, observations: Sequence[Observation]) -> Iterator[Finding]:
        settled = self._settled(pack, observations)
        for number in sorted(settled.shows):
            trait = next(t for t in pack.traits if t.id in settled.shows[number])
            yield self._finding(pack, trait, observations[number], settled.shown)

    def _settled(self, pack: Pack, observations: Sequence[Observation]) -> "_Settled":
        """Return which observations show which traits of a pack; of the same observations it is worked out once."""
        if self._last[0] is not observations:
            self._last = (observations, {})
        known = self._last[1]
        if pack.family not in known:
            known[pack.family] = self._settle(pack, observations)
        return known[pack.family]

    def _settle(self, pack: Pack, observations: Sequence[Observation]) -> "_Settled":
        """Follow what is shown until nothing new appears."""
        waiting = [
            (number, trait)
            for number, observation in enumerate(observations)
            for trait in _of_kind(pack, observation.artefact.kind)
            if self._shows_alone(pack, trait, observation)
        ]
        shows: defaultdict[int, set[str]] = defaultdict(set)
        shown = _Shown()
        grown = True
        while grown:
            ready, waiting = _divided(waiting, observations, shown)
            grown = bool(ready)
            for number, trait in ready:
                shows[number].add(trait.id)
                shown.add(trait, observations[number].artefact)
        return _Settled(shows, shown, waiting)

    def _shows_alone(self, pack: Pack, trait: Trait, observation: Observation) -> bool:
        """Return whether the tests of content and fields hold, those that need no other finding."""
        if trait.rule and not any(_is_of(pack, trait, hit) for hit in observation.hits):
            return False
        if (trait.hashes or trait.hash_list) and not _hashes_that_match(trait, observation):
            return False
        fields = observation.artefact.fields
        if trait.names and not self._has_name(pack, trait, fields.get("name", "")):
            return False
        if not all(known.find(fields.get(name, "")) for name, known in trait.listed):
            return False
        return all(self._compiled(pattern).matches(fields.get(name, "")) for name, pattern in trait.match)

    def _has_name(self, pack: Pack, trait: Trait, name: str) -> bool:
        """Return whether a file has a name of the trait: in any case of its letters where Windows gave the name."""
        is_of_this_system = self._platform in pack.platforms
        if self._platform == "windows" or (not is_of_this_system and "windows" in pack.platforms):
            return name.lower() in (known.lower() for known in trait.names)
        return name in trait.names

    def _finding(self, pack: Pack, trait: Trait, seen: Observation, shown: _Shown) -> Finding:
        artefact = seen.artefact
        if trait.action is Action.TRUNCATE:
            cuts = [str(hit.cut) for hit in seen.hits if hit.cut >= 0 and _is_of(pack, trait, hit)]
            artefact = replace(artefact, fields={**artefact.fields, "cut": "".join(cuts[:1])})
        return Finding(
            id=_identity(pack, trait, artefact.anchor),
            family=pack.family,
            pack_version=pack.version,
            trait=trait.id,
            artefact=artefact,
            action=trait.action,
            why=trait.why,
            evidence="; ".join(_evidence(pack, trait, seen, shown))[:_EVIDENCE_LIMIT],
            belongs_to=() if self._platform in pack.platforms else tuple(sorted(pack.platforms)),
        )


def _divided(
    waiting: list[tuple[int, Trait]], observations: Sequence[Observation], shown: _Shown
) -> tuple[list[tuple[int, Trait]], list[tuple[int, Trait]]]:
    """Return those whose other findings are there, and those still waiting."""
    ready: list[tuple[int, Trait]] = []
    still: list[tuple[int, Trait]] = []
    for number, trait in waiting:
        (ready if shown.grounds(trait, observations[number].artefact) else still).append((number, trait))
    return ready, still


def _resting_on_files(pack: Pack) -> frozenset[str]:
    """Return the traits that are found in files or processes, or rest on such."""
    found = {trait.id for trait in pack.traits if trait.kind in {ArtefactKind.FILE, ArtefactKind.PROCESS}}
    while more := {
        trait.id
        for trait in pack.traits
        if trait.id not in found and found & {*trait.refers_to, *trait.only_with, *trait.named_by}
    }:
        found |= more
    return frozenset(found)


def _of_kind(pack: Pack, kind: ArtefactKind) -> tuple[Trait, ...]:
    return tuple(trait for trait in pack.traits if trait.kind is kind)


def _is_of(pack: Pack, trait: Trait, hit: Hit) -> bool:
    """Return whether a hit is of the trait's rule; what is only in memory counts for traits of memory."""
    is_rule = bool(hit.rule) if trait.rule == ANY_RULE else hit.rule == trait.rule
    return is_rule and hit.family == pack.family and (trait.memory or not hit.in_memory)


def _hashes_that_match(trait: Trait, seen: Observation) -> list[tuple[str, str]]:
    """Return the hashes of the content that the trait knows, each with what its list calls it."""
    known = {str(one): "" for one in trait.hashes} if trait.hashes else {}
    listed = trait.hash_list.entries if trait.hash_list else {}
    digests = [hit.digest for hit in seen.hits if hit.digest]
    return [(d, listed.get(d) or known.get(d, "")) for d in digests if d in known or d in listed]


def _evidence(pack: Pack, trait: Trait, seen: Observation, shown: _Shown) -> Iterator[str]:
    for hit in seen.hits:
        if trait.rule and _is_of(pack, trait, hit):
            yield f"{hit.rule}{_credit(pack, trait, hit)}" + ", in memory" * hit.in_memory
    for known, label in _hashes_that_match(trait, seen)[:1]:
        digest = known.rpartition(":")[2]
        section = "section " * known.startswith("section:")
        yield f"{section}{ALGORITHMS[len(digest)]} {digest}" + f" ({label})" * bool(label)
    for name, entries in trait.listed:
        entry, label = entries.find(seen.artefact.fields.get(name, "")) or ("", "")
        yield f"{name}: {entry}" + f" ({label})" * bool(label)
    if trait.names:
        yield f"name: {seen.artefact.fields.get('name', '')}"
    for name, _ in trait.match:
        yield f"{name}: {seen.artefact.fields.get(name, '')}"
    for path in shown.named(trait, seen.artefact)[:1]:
        yield f"→ {place_text(path)}"
    if (place := shown.namer(trait, seen.artefact)) is not None:
        yield f"← {place_text(place)}"


def _credit(pack: Pack, trait: Trait, hit: Hit) -> str:
    """Return whose rule it is: of a set of others with its licence and reference, which they ask to be shown."""
    if trait.rule != ANY_RULE:
        return f" ({printable(hit.author.encode())[:_CREDIT_LIMIT]})" if hit.author else ""
    author, credit = hit.author or pack.author, hit.credit or pack.licence
    return f" ({printable(author.encode())[:_CREDIT_LIMIT]}; {printable(credit.encode())[:_CREDIT_LIMIT]})"


def _identity(pack: Pack, trait: Trait, anchor: Anchor) -> str:
    match anchor:
        case FileAnchor():
            parts = [anchor.path]
        case LineAnchor():
            parts = [anchor.file.path, b"%d" % anchor.number, anchor.line]
        case ProcessAnchor():
            parts = [b"%d" % anchor.pid, b"%d" % anchor.start_ticks]
        case MemberAnchor():
            parts = [anchor.file.path, *anchor.names]
        case RegistryAnchor(entry=entry):
            parts = [place_of(anchor), (entry or "").encode("utf-8", "surrogatepass")]
        case _:
            parts = [place_of(anchor)]
    named = (pack.family.encode(), trait.id.encode(), trait.kind.encode(), *parts)
    return hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in named)).hexdigest()[:16]
