"""The reader ``bits``: the queue of background downloads, of which addresses and paths are picked out, nothing more.

Its formats (a list of records, since Windows 10 a database of the Extensible Storage Engine) are not documented.
"""

import posixpath
import re
from collections.abc import Iterator

from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.trouble import Trouble

_MOST_TEXTS = 500
_TEXT = re.compile(rb"(?:h\0t\0t\0p\0(?:s\0)?:\0/\0/\0|[A-Z]\0:\0\\\0)(?:[ -~]\0){3,500}")


def read_bits(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield the files of the queue. Fields: ``place``, ``path``, ``name``, ``command`` (addresses, paths), ``user``."""
    for _, path, file in reading.files():
        if isinstance(file, Trouble):
            yield file
            continue
        texts = texts_of(file.content)
        fields = {
            "place": reading.place.name,
            "path": printable(file.anchor.path),
            "name": printable(posixpath.basename(path)),
            "command": printable("; ".join(texts).encode()),
            "user": "",
        }
        paths = (text for text in texts if text[1:2] == ":")
        named = dict.fromkeys(found for path in paths for found in reading.meant(path, b"/", file.anchor.path))
        yield Artefact(reading.place.kind, file.anchor, fields, (file.anchor.path, *named))


def texts_of(content: bytes) -> tuple[str, ...]:
    """Return the addresses and paths in the queue, each once."""
    found = (match.group().decode("utf-16-le") for match in _TEXT.finditer(content))
    return tuple(dict.fromkeys(text for _, text in zip(range(_MOST_TEXTS), found, strict=False)))
