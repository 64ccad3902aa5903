"""Jobs of the old task scheduler: Windows/Tasks/*.job ([MS-TSCH] 2.4 ".JOB File Format"), what ``at`` makes."""

from dataclasses import dataclass

from quetsach.endpoint.collect.windows.binary import Record

LIMIT_BYTES = 1 << 20
"""Real jobs have a few hundred bytes."""

_FIXED_BYTES = 68
_FILE_VERSION = 1
_DISABLED, _HIDDEN = 0x00000004, 0x00000200
_TRIGGER_BYTES = 48
_MOST_TRIGGERS = 48
_TRIGGER_KINDS = {0: "once", 1: "daily", 2: "weekly", 3: "monthly", 4: "monthly", 5: "idle", 6: "boot", 7: "logon"}


@dataclass(frozen=True, slots=True)
class Job:
    """One job. ``triggers`` are words: once, daily, weekly, monthly, idle, boot, logon."""

    program: str
    arguments: str
    folder: str
    author: str
    comment: str
    is_hidden: bool
    is_enabled: bool
    triggers: tuple[str, ...]


def parse_job(data: bytes) -> Job | None:
    """Return a job; ``None`` when the bytes are no job or end before its program."""
    record = Record(data[:LIMIT_BYTES])
    at = record.number(20, 2)
    if len(record.data) < _FIXED_BYTES + 4 or record.number(2, 2) != _FILE_VERSION or at < _FIXED_BYTES:
        return None
    texts: list[str] = []
    for _ in range(5):
        count = record.number(at, 2)
        texts.append(record.wide(at + 2, count))
        at += 2 + 2 * count
    program, arguments, folder, author, comment = texts
    if not program:
        return None
    flags = record.number(48, 4)
    return Job(
        program,
        arguments,
        folder,
        author,
        comment,
        is_hidden=bool(flags & _HIDDEN),
        is_enabled=not flags & _DISABLED,
        triggers=_triggers(record),
    )


def _triggers(record: Record) -> tuple[str, ...]:
    start = record.number(22, 2)
    count = min(record.number(start, 2), _MOST_TRIGGERS) if start else 0
    offsets = (start + 2 + number * _TRIGGER_BYTES for number in range(count))
    kinds = (record.number(at + 32, 4) for at in offsets if at + _TRIGGER_BYTES <= len(record.data))
    return tuple(dict.fromkeys(_TRIGGER_KINDS.get(kind, str(kind)) for kind in kinds))
