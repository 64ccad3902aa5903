"""The reader ``preload``: libraries that the dynamic linker loads into every program (``ld.so(8)``)."""

from collections.abc import Iterator

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.trouble import Trouble


def read_preload(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield the lines that name libraries. Fields: ``place``, ``libraries`` (as written), ``line``."""
    for _, file in reading.texts():
        if isinstance(file, Trouble):
            yield file
            continue
        for anchor in file.lines():
            libraries = parse_preload_line(anchor.line)
            if libraries:
                fields = {
                    "place": reading.place.name,
                    "libraries": printable(b" ".join(libraries)),
                    "line": printable(anchor.line),
                }
                named = reading.resolved((path for path in libraries if path.startswith(b"/")), file.anchor)
                yield Artefact(ArtefactKind.PRELOAD_ENTRY, anchor, fields, named)


def parse_preload_line(line: bytes) -> tuple[bytes, ...]:
    """Return the libraries of a line: separated by white space or colons, up to a ``#``."""
    return tuple(line.partition(b"#")[0].replace(b"\0", b" ").replace(b":", b" ").split())
