"""The reader ``systemd``: services, timers and their like, drop-ins, of the system and of users (``systemd.unit(5)``).

A unit is looked at where its content lies: links (``WantedBy``, aliases, ``systemctl link``) are followed inside the
root. The action that removes a unit takes its links with it.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.command import named_files
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.text import TextFile
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.trouble import Trouble

_TYPES = (b".service", b".timer", b".socket", b".path", b".mount", b".automount", b".swap", b".target", b".slice")
_STARTERS = frozenset({b".timer", b".socket", b".path"})
_EXEC_PREFIXES = b"-@:+!|"
_MOST_LINES = 10_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One ``key=value`` of a unit file, continued lines joined."""

    section: bytes
    key: bytes
    value: bytes


def read_units(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield units and drop-ins below the folders of the place.

    Fields: ``place``, ``name``, ``type``, ``path``, ``user`` (empty for the system's), ``description``, ``exec`` (all
    commands, one after another with ``;``), ``environment``, ``wanted_by``, ``starts`` (the unit that a timer, socket
    or path starts), ``drop_in`` (the unit that a drop-in changes; empty for units). A timer, socket or path also
    refers to the file of the unit it starts.
    """
    tree = reading.tree
    places = list(reading.paths())
    folders = [folder for _, folder in places]
    for user, folder in places:
        owner = user.name if folder.startswith(user.home + b"/") else b""
        for path in _unit_paths(reading, folder):
            file = reading.text(path)
            if isinstance(file, TextFile):
                yield _unit(reading, file, path, user=owner, home=user.home, folders=folders)
            elif file is not None and not _is_masked(tree, path):
                yield file


def parse_unit(content: bytes) -> Iterator[Setting]:
    """Yield the settings of a unit file (``systemd.syntax(7)``); lines of another form are passed over."""
    section, key, parts = b"", b"", list[bytes]()
    for number, raw in enumerate(content.split(b"\n")):
        if number > _MOST_LINES:
            break
        line = raw.strip()
        if line.startswith((b"#", b";")) or (not line and not parts):
            continue  # comments may stand between continued lines
        if not parts:
            if line.startswith(b"[") and line.endswith(b"]"):
                section = line[1:-1]
                continue
            key, equals, line = line.partition(b"=")
            if not equals:
                continue
        parts.append(line.removesuffix(b"\\").strip())
        if not line.endswith(b"\\"):
            yield Setting(section, key.strip(), b" ".join(parts).strip())
            parts = []
    if parts:
        yield Setting(section, key.strip(), b" ".join(parts).strip())


def _unit_paths(reading: Reading, folder: bytes) -> Iterator[bytes]:
    """Yield unit files, links to units in ``.wants`` and ``.requires``, and drop-ins."""
    files, folders = reading.names(folder)
    yield from (path for path in files if path.endswith(_TYPES))
    for below in folders:
        if below.endswith((b".wants", b".requires", b".upholds")):
            yield from (path for path in reading.names(below)[0] if path.endswith(_TYPES))
        elif below.endswith(b".d"):
            yield from (path for path in reading.names(below)[0] if path.endswith(b".conf"))


def _is_masked(tree: Tree, path: bytes) -> bool:
    """Return whether a unit is a link to /dev/null, systemd's way to turn it off."""
    try:
        return tree.resolve(path) == b"/dev/null"
    except OSError:
        return False


def _unit(reading: Reading, file: TextFile, path: bytes, *, user: bytes, home: bytes, folders: list[bytes]) -> Artefact:
    settings = list(parse_unit(file.content))
    name = posixpath.basename(path)
    folder = posixpath.basename(posixpath.dirname(path))
    drop_in = folder.removesuffix(b".d") if name.endswith(b".conf") else b""
    commands = [s.value.lstrip(_EXEC_PREFIXES) for s in settings if s.key.startswith(b"Exec") and s.section != b"Unit"]
    environment = _values(settings, b"Environment", b"EnvironmentFile")
    starts = _starts(settings, name)
    fields = {
        "place": reading.place.name,
        "name": printable(name),
        "type": printable(posixpath.splitext(drop_in or name)[1].removeprefix(b".")),
        "path": printable(file.anchor.path),
        "user": printable(user),
        "description": printable(b" ".join(_values(settings, b"Description"))),
        "exec": printable(b"; ".join(commands)),
        "environment": printable(b" ".join(environment)),
        "wanted_by": printable(b" ".join(_values(settings, b"WantedBy", b"RequiredBy", b"UpheldBy"))),
        "starts": printable(starts),
        "drop_in": printable(drop_in),
    }
    named = (path for text in (*commands, *environment) for path in named_files(text, home=home))
    units = (posixpath.join(place, starts) for place in folders) if starts else ()
    there = (path for path in units if reading.tree.exists(path))
    return Artefact(ArtefactKind.SYSTEMD_UNIT, file.anchor, fields, reading.resolved(chain(named, there), file.anchor))


def _values(settings: list[Setting], *keys: bytes) -> list[bytes]:
    return [setting.value for setting in settings if setting.key in keys]


def _starts(settings: list[Setting], name: bytes) -> bytes:
    """Return the unit that a timer, socket or path starts: the one it names, or the service of the same name."""
    stem, ending = posixpath.splitext(name)
    if ending not in _STARTERS:
        return b""
    named = _values(settings, b"Unit", b"Service")
    return posixpath.basename(named[-1]) if named and named[-1] else stem + b".service"
