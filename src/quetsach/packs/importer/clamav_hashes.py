"""ClamAV's signatures by hash: of whole files (``.hdb``, ``.hsb``) and of sections of programs (``.mdb``, ``.msb``).

Source: ClamAV documentation, "File hash signatures". The functionality levels at the end of a line concern ClamAV only.
"""

import re
from collections.abc import Iterator

from quetsach.core.indicator_list import ListKind
from quetsach.packs.importer.found import Found, Listed, Reason, Refused, shown

_DIGEST = re.compile(r"(?i)[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")
_SIZE = re.compile(r"\d{1,10}|\*")
_LEAST_PARTS, _MOST_PARTS = 3, 5


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
            parts = line.split(":", _MOST_PARTS)
            is_whole = _LEAST_PARTS <= len(parts) <= _MOST_PARTS
            yield f"{file}: line {number}", (parts[0], parts[1], parts[2]) if is_whole else ("", "", line)
