"""ClamAV's signatures: by content (``.ndb``) as far as YARA says the same, by hash of files and sections."""

import re
from collections.abc import Iterator, Mapping

from quetsach.core.indicator_list import ListKind
from quetsach.core.rule_text import rules_of
from quetsach.packs.importer.indicator import Found, FoundRule, Listed, Reason, Refused, shown

# ClamAV's signatures by content (``.ndb``), as far as a YARA rule says the same.
#
# Source: ClamAV documentation, "Extended signature format" and "Body-based signature content format". What depends on
# how ClamAV unpacks or rewrites a file (HTML, mail, scripts, parts of documents), on entry points and sections, or on
# boundaries of words has no equal in a rule over the bytes of a file, and is named.

_LEAST_PARTS, _MOST_PARTS = 4, 6
_LONGEST = 20_000
_LARGEST_JUMP = 1_000_000
_TARGETS: Mapping[str, str] = {
    "0": "",
    "1": "uint16(0) == 0x5a4d",
    "6": "uint32(0) == 0x464c457f",
    "10": "uint32(0) == 0x46445025",
    "12": "uint32be(0) == 0xcafebabe",
}
"""Target type -> what the start of such a file is; ``HEX`` below is looked for in the file as it lies there."""
_FILE_TYPES: Mapping[str, str] = {"1": "pe", "6": "elf", "10": "document"}
_NOT_MAPPED: Mapping[str, str] = {
    "2": "parts of Office documents",
    "3": "HTML as ClamAV rewrites it",
    "4": "mail",
    "5": "pictures",
    "7": "text as ClamAV rewrites it",
    "9": "programs of macOS",
    "11": "Flash",
}
_TOKEN = re.compile(
    r"(?i)(?P<byte>[0-9a-f?]{2})|(?P<any>\*)|\{(?P<exact>\d{1,9})\}|\{(?P<low>\d{0,9})-(?P<high>\d{0,9})\}"
    r"|\[(?P<least>\d{1,9})-(?P<most>\d{1,9})\]|(?P<choice>\((?:[0-9a-f?]{2})+(?:\|(?:[0-9a-f?]{2})+)*\))"
)
_OFFSET = re.compile(r"(?P<eof>EOF-)?(?P<at>\d{1,10})(?:,(?P<shift>\d{1,10}))?")
_NAME = re.compile(r"[^A-Za-z0-9]+")


class _UnmappableError(Exception):
    """A signature says what a rule cannot; the text is what."""


def read_bodies(text: str, file: str) -> Iterator[Found]:
    """Yield a rule for each ``NAME:TARGET:OFFSET:HEX`` line."""
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{file}: line {number}"
        if not (line := line.strip()) or line.startswith("#"):
            continue
        parts = line[: _LONGEST + 1].split(":")
        if len(line) > _LONGEST:
            yield Refused(Reason.LIMIT, where, "a signature of more than 20,000 characters")
        elif not _LEAST_PARTS <= len(parts) <= _MOST_PARTS or not parts[0].isprintable():
            yield Refused(Reason.MALFORMED, where, shown(line))
        else:
            try:
                source = _rule(*parts[:4], number=number)
            except _UnmappableError as error:
                yield Refused(Reason.NOT_MAPPABLE, where, f"{shown(parts[0])}: {error}")
            else:
                (rule,) = rules_of(source).rules
                yield FoundRule(rule, frozenset(), where, file)


def _rule(name: str, target: str, offset: str, content: str, *, number: int) -> str:
    if target not in _TARGETS:
        raise _UnmappableError(_NOT_MAPPED.get(target, f"target type {shown(target)}"))
    tests = [test for test in (_TARGETS[target], _place(offset)) if test]
    meta = [f'signature = "{_quoted(name)}"']
    if target in _FILE_TYPES:
        meta.append(f'file_types = "{_FILE_TYPES[target]}"')
    identifier = f"{_NAME.sub('_', name)[:80].strip('_') or 'signature'}_{number}"
    return (
        f"rule clamav_{identifier} {{\n  meta:\n    "
        + "\n    ".join(meta)
        + f"\n  strings:\n    $content = {{ {hex_string(content)} }}\n  condition:\n    {' and '.join(tests)}\n}}"
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _place(offset: str) -> str:
    """Return where in the file the content must be."""
    if offset == "*":
        return "$content"
    found = _OFFSET.fullmatch(offset)
    if found is None:
        raise _UnmappableError(f"the offset {shown(offset)}")
    start = f"filesize - {int(found['at'])}" if found["eof"] else str(int(found["at"]))
    if not found["shift"] or not int(found["shift"]):
        return f"$content at {start}"
    shift = int(found["shift"])
    end = f"filesize - {int(found['at'])} + {shift}" if found["eof"] else str(int(found["at"]) + shift)
    return f"$content in ({start}..{end})"


def hex_string(content: str) -> str:
    """Return the content of a YARA hex string for a signature.

    Raises:
        _UnmappableError: it has what YARA does not know.
    """
    parts: list[str] = []
    jump: tuple[int, int | None] | None = None
    at = 0
    while at < len(content):
        found = _TOKEN.match(content, at)
        if found is None:
            raise _UnmappableError(f"{shown(content[at : at + 12])} in the content")
        at = found.end()
        if found["byte"] or found["choice"]:
            if jump is not None:
                if not parts:
                    raise _UnmappableError("the content starts with a gap")
                parts += [_jump(*jump)] if jump != (0, 0) else []
                jump = None
            parts.append((found["byte"] or found["choice"].replace("|", " | ")).lower())
        else:
            low, high = _bounds(found)
            before, limit = jump or (0, 0)
            jump = before + low, None if limit is None or high is None else limit + high
    if jump not in {None, (0, 0), (0, None)}:  # a gap of any length at the end says nothing
        raise _UnmappableError("the content ends with a gap")
    return " ".join(parts)


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    if found["any"]:
        return 0, None
    if found["exact"] is not None:
        return _checked(int(found["exact"]), int(found["exact"]))
    if found["least"] is not None:
        return _checked(int(found["least"]), int(found["most"]))
    return _checked(int(found["low"] or 0), int(found["high"]) if found["high"] else None)


def _checked(low: int, high: int | None) -> tuple[int, int | None]:
    if max(low, high or 0) > _LARGEST_JUMP or (high is not None and high < low):
        raise _UnmappableError(f"a gap of {low} to {high} bytes")
    return low, high


def _jump(low: int, high: int | None) -> str:
    return f"[{low}-]" if high is None else f"[{low}]" if low == high else f"[{low}-{high}]"


# ClamAV's signatures by hash: of whole files (``.hdb``, ``.hsb``) and of sections of programs (``.mdb``, ``.msb``).
#
# Source: ClamAV documentation, "File hash signatures". The functionality levels at the end of a line concern ClamAV
# only.

_DIGEST = re.compile(r"(?i)[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")
_SIZE = re.compile(r"\d{1,10}|\*")
_LEAST_HASH_PARTS, _MOST_HASH_PARTS = 3, 5


def read_file_hashes(text: str, file: str) -> Iterator[Found]:
    """Yield the entries of ``HASH:SIZE:NAME`` lines; the size may be ``*``."""
    for where, (digest, size, name) in _lines(text, file):
        if digest and _DIGEST.fullmatch(digest) and _SIZE.fullmatch(size):
            yield Listed(ListKind.HASHES, f"{_number(size)}:{digest.lower()}", name, where)
        else:
            yield Refused(Reason.MALFORMED, where, shown(f"{digest}:{size}:{name}".lstrip(":")))


def read_section_hashes(text: str, file: str) -> Iterator[Found]:
    """Yield the entries of ``SIZE:HASH:NAME`` lines: of sections of programs of Windows, as their headers say."""
    for where, (size, digest, name) in _lines(text, file):
        if not (digest and _DIGEST.fullmatch(digest) and _SIZE.fullmatch(size)):
            yield Refused(Reason.MALFORMED, where, shown(f"{size}:{digest}:{name}".lstrip(":")))
        elif size == "*":
            yield Refused(Reason.NOT_MAPPABLE, where, f"a section of any size: {shown(name)}")
        else:
            yield Listed(ListKind.HASHES, f"section:{_number(size)}:{digest.lower()}", name, where)


def _number(size: str) -> str:
    return size if size == "*" else str(int(size))


def _lines(text: str, file: str) -> Iterator[tuple[str, tuple[str, str, str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if (line := line.strip()) and not line.startswith("#"):
            parts = line.split(":", _MOST_HASH_PARTS)
            is_whole = _LEAST_HASH_PARTS <= len(parts) <= _MOST_HASH_PARTS
            yield f"{file}: line {number}", (parts[0], parts[1], parts[2]) if is_whole else ("", "", line)
