"""Readers of what a Linux starts by itself: units of systemd, scheduled commands, preloaded libraries."""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.named_files import named_files
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.text import TextFile
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import ScanIssue

# The reader ``systemd``: services, timers and their like, drop-ins, of the system and of users (``systemd.unit(5)``).
#
# A unit is looked at where its content lies: links (``WantedBy``, aliases, ``systemctl link``) are followed inside the
# root. The action that removes a unit takes its links with it.

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


def read_units(reading: Reading) -> Iterator[Artefact | ScanIssue]:
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


# Scheduled commands: ``crontab(5)``, ``cron(8)``, ``anacrontab(5)``, ``at(1)``, macOS's ``periodic(8)``.
#
# The readers ``cron-system`` (tables that name the account), ``cron-user`` (tables of an account, called like it),
# ``anacron``, and ``cron-script`` for scripts that run because of the folder they lie in, line by line.

_ASSIGNMENT = re.compile(rb"""\s*["']?[A-Za-z_][A-Za-z0-9_]*["']?\s*=""")


@dataclass(frozen=True, slots=True)
class CronEntry:
    """One scheduled command. ``user`` is empty where the table does not name one."""

    schedule: bytes
    user: bytes
    command: bytes


def read_system_tables(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield entries of tables that name the account.

    Fields of all four readers: ``place``, ``schedule``, ``user``, ``command``, ``path`` (the table), ``line``.
    """
    return _entries(reading, lambda _, line: parse_system_entry(line))


def read_user_tables(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield entries of the tables of accounts."""
    return _entries(reading, lambda path, line: parse_user_entry(line, posixpath.basename(path)))


def read_anacron(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield entries of anacron's table."""
    return _entries(reading, lambda _, line: parse_anacron_entry(line))


def read_scripts(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield the lines of scripts; their schedule is the place's, or ``@daily`` for the folder ``cron.daily``."""

    def parse(path: bytes, line: bytes) -> CronEntry | None:
        command = line.strip()
        folder = posixpath.basename(posixpath.dirname(path)).rpartition(b".")[2]
        schedule = reading.place.schedule.encode() or b"@" + folder
        return CronEntry(schedule, b"root", command) if command and not command.startswith(b"#") else None

    return _entries(reading, parse)


def parse_system_entry(line: bytes) -> CronEntry | None:
    """Read a line of /etc/crontab or /etc/cron.d, which names the user; ``None`` if it schedules nothing."""
    if (split := _split_schedule(line)) is None:
        return None
    schedule, rest = split
    words = rest.split(None, 1)
    return CronEntry(schedule, words[0], words[1].strip()) if len(words) == 2 else None


def parse_user_entry(line: bytes, user: bytes) -> CronEntry | None:
    """Read a line of a user's own table; ``None`` if it schedules nothing."""
    if (split := _split_schedule(line)) is None or not split[1]:
        return None
    return CronEntry(split[0], user, split[1])


def parse_anacron_entry(line: bytes) -> CronEntry | None:
    """Read a line of /etc/anacrontab: period, delay, name, command; ``None`` if it schedules nothing."""
    if not _schedules(line):
        return None
    words = line.split(None, 3)
    return CronEntry(words[0], b"root", words[3].strip()) if len(words) == 4 else None


def _split_schedule(line: bytes) -> tuple[bytes, bytes] | None:
    """Return the schedule and the rest: ``@reboot`` and its like, or five fields."""
    if not _schedules(line):
        return None
    length = 1 if line.lstrip().startswith(b"@") else 5
    words = line.split(None, length)
    return (b" ".join(words[:length]), words[length].strip()) if len(words) > length else None


def _schedules(line: bytes) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(b"#") and not _ASSIGNMENT.match(line)


def _entries(reading: Reading, parse: Callable[[bytes, bytes], CronEntry | None]) -> Iterator[Artefact | ScanIssue]:
    homes = {user.name: user.home for user in reading.accounts}
    for _, file in reading.texts():
        if isinstance(file, ScanIssue):
            yield file
            continue
        for anchor in () if file.is_program else file.lines():
            entry = parse(file.anchor.path, anchor.line)
            if entry is None:
                continue
            fields = {
                "place": reading.place.name,
                "schedule": printable(entry.schedule),
                "user": printable(entry.user),
                "command": printable(entry.command),
                "path": printable(file.anchor.path),
                "line": printable(anchor.line),
            }
            named = reading.named(entry.command, homes.get(entry.user, b"/root"), file.anchor)
            yield Artefact(ArtefactKind.CRON_ENTRY, anchor, fields, named)


# The reader ``preload``: libraries that the dynamic linker loads into every program (``ld.so(8)``).


def read_preload(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield the lines that name libraries. Fields: ``place``, ``libraries`` (as written), ``line``."""
    for _, file in reading.texts():
        if isinstance(file, ScanIssue):
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
