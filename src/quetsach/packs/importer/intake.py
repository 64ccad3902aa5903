"""Takes indicators over: the format of a file, what is safe, what was there already, what is left out and why."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from quetsach.core.indicator_list import MOST_ENTRIES, ListKind, list_line
from quetsach.core.rule_text import RuleSet
from quetsach.core.text import Number, Text
from quetsach.packs import PackError
from quetsach.packs.container import LIST_LIMIT_BYTES
from quetsach.packs.importer.clamav import read_bodies, read_file_hashes, read_section_hashes
from quetsach.packs.importer.indicator import Found, FoundRule, Listed, Reason, Refused, read_json
from quetsach.packs.importer.misp import events_of, read_events
from quetsach.packs.importer.plain import read_plain
from quetsach.packs.importer.stix import is_bundle, read_bundle
from quetsach.packs.importer.vetting import Commonplace, refusal_of, vet
from quetsach.packs.importer.yara_text import read_rules
from quetsach.packs.rules import Honest

# Which format a file has, from its name and its first bytes, and its indicators.

LARGEST_BYTES = 64 << 20
"""A file may not be larger."""

_LARGEST_RULES = 16 << 20
_TEXTS: Mapping[str, Callable[[str, str], Iterator[Found]]] = {
    ".yar": read_rules,
    ".yara": read_rules,
    ".hdb": read_file_hashes,
    ".hsb": read_file_hashes,
    ".hdu": read_file_hashes,
    ".hsu": read_file_hashes,
    ".mdb": read_section_hashes,
    ".msb": read_section_hashes,
    ".mdu": read_section_hashes,
    ".msu": read_section_hashes,
    ".ndb": read_bodies,
    ".ndu": read_bodies,
}
_LISTS = frozenset({".txt", ".lst", ".list", ".csv", ".ioc", ".md5", ".sha1", ".sha256", ".hosts", ""})
_DATABASES = frozenset({".cvd", ".cld", ".cud"})
_OTHER_SIGNATURES = frozenset(
    {".cbc", ".cdb", ".cfg", ".crb", ".db", ".fp", ".ftm", ".gdb", ".idb", ".ign", ".ign2", ".imp", ".info", ".ldb"}
    | {".ldu", ".pdb", ".pwdb", ".sfp", ".wdb"}
)
_YARA = re.compile(
    r'\A(?:\s|//[^\n]*\n|(?>/\*(?s:.*?)\*/))*+(?:(?:import|include)\s+"|(?:(?:private|global)\s+){0,3}rule\s+\w+)'
)
_HEAD = 64 * 1024

KNOWN_ENDINGS = frozenset(_TEXTS) | (_LISTS - {""}) | {".json", ".stix"}
"""Files of a folder with one of these are read."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file to be taken over: its name (without folders, for messages) and its bytes."""

    name: str
    content: bytes


def read_indicators(given: GivenFile, now: datetime, only: ListKind | None = None) -> Iterator[Found]:
    """Yield what a file holds.

    Args:
        given: the file.
        now: what is valid is decided by, with time zone.
        only: what each line of a plain list is; if not given each line is told by its form.

    Raises:
        PackError: it is no text, a packed database, or too large.
    """
    ending = PurePath(given.name).suffix.lower()
    if len(given.content) > LARGEST_BYTES:
        raise PackError(
            Text("larger than {size} bytes", size=Number(LARGEST_BYTES)), where=given.name, hint=Text("divide it")
        )
    if ending in _DATABASES or given.content.startswith(b"ClamAV-VDB:"):
        hint = Text("unpack it: sigtool --unpack FILE; then import what ends in .hdb .hsb .mdb .msb .ndb")
        raise PackError(Text("this is a packed database of ClamAV"), where=given.name, hint=hint)
    if ending in _OTHER_SIGNATURES:
        yield Refused(Reason.OTHER_FILE, given.name, f"signatures of the form {ending}")
        return
    if b"\0" in given.content[:_HEAD]:
        raise PackError(
            Text("this is no text"), where=given.name, hint=Text("see `quetsach packs import --help` for what is read")
        )
    if ending in _TEXTS:
        yield from _TEXTS[ending](_text(given), given.name)
    elif ending in {".json", ".stix"} or given.content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        yield from _of_document(given, now)
    elif only is None and _YARA.match(_text(given)[:_HEAD]):
        yield from read_rules(_text(given), given.name)
    else:
        yield from read_plain(_text(given), given.name, only)


def _of_document(given: GivenFile, now: datetime) -> Iterator[Found]:
    value = read_json(given.content, given.name)
    if is_bundle(value):
        yield from read_bundle(value, given.name, now)
    elif events := events_of(value):
        yield from read_events(events, given.name)
    else:
        # A feed of MISP has its manifest beside its events: one such file keeps nothing else from being taken over.
        yield Refused(Reason.OTHER_FILE, given.name, "JSON that is neither a STIX bundle nor events of MISP")


def _text(given: GivenFile) -> str:
    if PurePath(given.name).suffix.lower() in {".yar", ".yara"} and len(given.content) > _LARGEST_RULES:
        raise PackError(
            Text("rules of more than {size} bytes", size=Number(_LARGEST_RULES)),
            where=given.name,
            hint=Text("divide the file"),
        )
    return given.content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


# Takes indicators over: what is safe, what was there already, what is left out and why.

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
