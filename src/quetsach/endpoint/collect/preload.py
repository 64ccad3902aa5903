"""Libraries that the dynamic linker loads into every program: /etc/ld.so.preload (``ld.so(8)``)."""

from collections.abc import Iterator

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.command import resolve_files
from quetsach.endpoint.collect.text import read_texts
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.trouble import Trouble


def collect(host: Host) -> Iterator[Artefact | Trouble]:
    """Yield the lines that name libraries. Fields: ``libraries`` (as written), ``line``."""
    for file in read_texts(host.tree, b"/etc/ld.so.preload"):
        if isinstance(file, Trouble):
            yield file
            continue
        for anchor in file.lines():
            libraries = parse_preload_line(anchor.line)
            if libraries:
                fields = {"libraries": printable(b" ".join(libraries)), "line": printable(anchor.line)}
                named = resolve_files(host.tree, (path for path in libraries if path.startswith(b"/")))
                yield Artefact(ArtefactKind.PRELOAD_ENTRY, anchor, fields, named)


def parse_preload_line(line: bytes) -> tuple[bytes, ...]:
    """Return the libraries of a line: separated by white space or colons, up to a ``#``."""
    return tuple(line.partition(b"#")[0].replace(b"\0", b" ").replace(b":", b" ").split())
