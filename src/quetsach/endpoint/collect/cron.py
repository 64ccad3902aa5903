"""Scheduled commands: ``crontab(5)``, ``cron(8)``, ``anacrontab(5)``, ``at(1)``.

Looks at /etc/crontab, /etc/cron.d, the users' tables (/var/spool/cron/crontabs of Debian, /var/spool/cron of Red Hat,
/var/spool/cron/tabs of SUSE, /etc/crontabs of Alpine) and /etc/anacrontab; and line by line at the scripts in
/etc/cron.{hourly,daily,weekly,monthly} and the jobs of at.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, printable
from quetsach.endpoint.collect.command import named_files, resolve_files
from quetsach.endpoint.collect.text import TextFile, names_in, read_texts
from quetsach.endpoint.collect.users import users_of
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.trouble import Trouble

_ASSIGNMENT = re.compile(rb"""\s*["']?[A-Za-z_][A-Za-z0-9_]*["']?\s*=""")
_USER_TABLES = (b"/var/spool/cron/crontabs", b"/var/spool/cron", b"/var/spool/cron/tabs", b"/etc/crontabs")
_SCRIPTS = (
    *((f"/etc/cron.{period}".encode(), f"@{period}".encode()) for period in ("hourly", "daily", "weekly", "monthly")),
    *((folder, b"at") for folder in (b"/var/spool/cron/atjobs", b"/var/spool/atjobs", b"/var/spool/at")),
)


@dataclass(frozen=True, slots=True)
class CronEntry:
    """One scheduled command. ``user`` is empty where the table does not name one."""

    schedule: bytes
    user: bytes
    command: bytes


def collect(host: Host) -> Iterator[Artefact | Trouble]:
    """Yield cron entries. Fields: ``schedule``, ``user``, ``command``, ``path`` (the table), ``line``."""
    tree = host.tree
    homes = {user.name: user.home for user in users_of(tree)}
    system = read_texts(tree, b"/etc/crontab", *names_in(tree, b"/etc/cron.d")[0])
    yield from _entries(tree, system, lambda _, line: parse_system_entry(line), homes)
    own = read_texts(tree, *(path for folder in _USER_TABLES for path in names_in(tree, folder)[0]))
    yield from _entries(tree, own, lambda path, line: parse_user_entry(line, posixpath.basename(path)), homes)
    anacron = read_texts(tree, b"/etc/anacrontab")
    yield from _entries(tree, anacron, lambda _, line: parse_anacron_entry(line), homes)
    for folder, schedule in _SCRIPTS:
        yield from _entries(tree, read_texts(tree, *names_in(tree, folder)[0]), _script_parser(schedule), homes)


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


def _script_parser(schedule: bytes) -> Callable[[bytes, bytes], CronEntry | None]:
    def parse(_: bytes, line: bytes) -> CronEntry | None:
        command = line.strip()
        return CronEntry(schedule, b"root", command) if command and not command.startswith(b"#") else None

    return parse


def _split_schedule(line: bytes) -> tuple[bytes, bytes] | None:
    """Return the schedule and the rest: ``@reboot`` and its like, or five fields."""
    if not _schedules(line):
        return None
    length = 1 if line.lstrip().startswith(b"@") else 5
    words = line.split(None, length)
    return (b" ".join(words[:length]), words[length].strip()) if len(words) > length else None


def _schedules(line: bytes) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(b"#") and not _ASSIGNMENT.match(line)


def _entries(
    tree: Tree,
    files: Iterator[TextFile | Trouble],
    parse: Callable[[bytes, bytes], CronEntry | None],
    homes: dict[bytes, bytes],
) -> Iterator[Artefact | Trouble]:
    for file in files:
        if isinstance(file, Trouble):
            yield file
            continue
        for anchor in file.lines():
            entry = parse(file.anchor.path, anchor.line)
            if entry is None:
                continue
            named = named_files(entry.command, home=homes.get(entry.user, b"/root"))
            fields = {
                "schedule": printable(entry.schedule),
                "user": printable(entry.user),
                "command": printable(entry.command),
                "path": printable(file.anchor.path),
                "line": printable(anchor.line),
            }
            yield Artefact(ArtefactKind.CRON_ENTRY, anchor, fields, resolve_files(tree, named))
