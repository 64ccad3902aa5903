"""Scheduled commands: ``crontab(5)``, ``cron(8)``, ``anacrontab(5)``, ``at(1)``, macOS's ``periodic(8)``.

The readers ``cron-system`` (tables that name the account), ``cron-user`` (tables of an account, called like it),
``anacron``, and ``cron-script`` for scripts that run because of the folder they lie in, line by line.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.trouble import Trouble

_ASSIGNMENT = re.compile(rb"""\s*["']?[A-Za-z_][A-Za-z0-9_]*["']?\s*=""")


@dataclass(frozen=True, slots=True)
class CronEntry:
    """One scheduled command. ``user`` is empty where the table does not name one."""

    schedule: bytes
    user: bytes
    command: bytes


def read_system_tables(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield entries of tables that name the account.

    Fields of all four readers: ``place``, ``schedule``, ``user``, ``command``, ``path`` (the table), ``line``.
    """
    return _entries(reading, lambda _, line: parse_system_entry(line))


def read_user_tables(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield entries of the tables of accounts."""
    return _entries(reading, lambda path, line: parse_user_entry(line, posixpath.basename(path)))


def read_anacron(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield entries of anacron's table."""
    return _entries(reading, lambda _, line: parse_anacron_entry(line))


def read_scripts(reading: Reading) -> Iterator[Artefact | Trouble]:
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


def _entries(reading: Reading, parse: Callable[[bytes, bytes], CronEntry | None]) -> Iterator[Artefact | Trouble]:
    homes = {user.name: user.home for user in reading.accounts}
    for _, file in reading.texts():
        if isinstance(file, Trouble):
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
