r"""The reader ``autorun``: what a drive runs when it is plugged in (Microsoft Learn, "Autorun.inf Entries").

Worms pad it with junk, write its words in any case and twice; only lines that Windows would follow are given.
"""

import posixpath
import re
from collections.abc import Iterator

from quetsach.endpoint.artefact import Artefact, path_on_drive, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.trouble import Trouble

_ENTRY = re.compile(
    rb"\s*(open|shellexecute|shell(?:\\[^\\=]{1,64}\\command)?|icon|action|label)\s*=\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_RUNS = re.compile(rb"open|shellexecute|shell\\.*", re.IGNORECASE | re.DOTALL)
_LONGEST_LINE = 4_096


def read_autorun(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield the lines that say something. Fields: ``place``, ``path``, ``line``, ``command``, ``user``."""
    for user, file in reading.texts():
        if isinstance(file, Trouble):
            yield file
            continue
        for anchor in file.lines():
            entry = parse_entry(anchor.line)
            if entry is None:
                continue
            name, value = entry
            command = value if _RUNS.fullmatch(name) else b""
            fields = {
                "place": reading.place.name,
                "path": printable(path_on_drive(file.anchor.path)),
                "line": printable(name + b"=" + value),
                "command": printable(command),
                "user": printable(user.name),
            }
            named = reading.named(command, posixpath.dirname(file.anchor.path), file.anchor)
            yield Artefact(reading.place.kind, anchor, fields, named)


def parse_entry(line: bytes) -> tuple[bytes, bytes] | None:
    """Return name and value of a line that Windows follows; ``None`` for other lines, junk among them."""
    plain = line[:_LONGEST_LINE].replace(b"\0", b"").strip(b"\xff\xfe\xef\xbb\xbf\r\n\t ")  # UTF-16 read as bytes
    found = _ENTRY.fullmatch(plain)
    return (found.group(1), found.group(2).strip()) if found else None
