"""The reader ``shortcuts``: what lies in Startup folders and on the root of drives, shortcuts with what they start."""

import posixpath
from collections.abc import Iterator

from quetsach.endpoint.artefact import Artefact, drive_of, path_on_drive, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.windows.shortcut import parse_shortcut
from quetsach.endpoint.trouble import Trouble

_NO_PROGRAM = frozenset({b"desktop.ini"})


def read_shortcuts(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield files. Fields: ``place``, ``path``, ``name``, ``command`` (of a shortcut), ``user``."""
    for user, path, file in reading.files():
        if isinstance(file, Trouble):
            yield file
            continue
        if posixpath.basename(path).lower() in _NO_PROGRAM:
            continue
        found = parse_shortcut(file.content)
        command = found.command if found else ""
        fields = {
            "place": reading.place.name,
            "path": printable(path_on_drive(file.anchor.path)),
            "name": printable(posixpath.basename(path)),
            "command": printable(command.encode("utf-8", "surrogatepass")),
            "user": printable(user.name),
        }
        named = reading.meant(command, drive_of(file.anchor.path) or user.home, file.anchor.path)
        yield Artefact(reading.place.kind, file.anchor, fields, tuple(dict.fromkeys((file.anchor.path, *named))))
