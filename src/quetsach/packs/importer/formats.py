"""Which format a file has, from its name and its first bytes, and its indicators."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from quetsach.core.indicator_list import ListKind
from quetsach.packs.errors import PackError
from quetsach.packs.importer.clamav_bodies import read_bodies
from quetsach.packs.importer.clamav_hashes import read_file_hashes, read_section_hashes
from quetsach.packs.importer.documents import read_json
from quetsach.packs.importer.found import Found, Reason, Refused
from quetsach.packs.importer.misp import events_of, read_events
from quetsach.packs.importer.plain import read_plain
from quetsach.packs.importer.stix import is_bundle, read_bundle
from quetsach.packs.importer.yara_text import read_rules

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
        raise PackError(f"larger than {LARGEST_BYTES:,} bytes", where=given.name, hint="divide it")
    if ending in _DATABASES or given.content.startswith(b"ClamAV-VDB:"):
        hint = "unpack it: sigtool --unpack FILE; then import what ends in .hdb .hsb .mdb .msb .ndb"
        raise PackError("this is a packed database of ClamAV", where=given.name, hint=hint)
    if ending in _OTHER_SIGNATURES:
        yield Refused(Reason.OTHER_FILE, given.name, f"signatures of the form {ending}")
        return
    if b"\0" in given.content[:_HEAD]:
        raise PackError("this is no text", where=given.name, hint="see `quetsach packs import --help` for what is read")
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
        raise PackError(f"rules of more than {_LARGEST_RULES:,} bytes", where=given.name, hint="divide the file")
    return given.content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
