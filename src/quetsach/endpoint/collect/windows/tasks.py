"""The readers ``tasks`` and ``jobs``: scheduled tasks as files, as the registry keeps them, and jobs of old systems."""

import posixpath
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint import RegistryError
from quetsach.endpoint.artefact import Anchor, Artefact, RegistryAnchor, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.text import TextFile
from quetsach.endpoint.collect.windows.binary import Record, wide_text
from quetsach.endpoint.collect.windows.registry import left_out, server_of, values_of
from quetsach.endpoint.host.registry import Registry, folded
from quetsach.endpoint.scan_issue import Reason, ScanIssue

# The file of a scheduled task ([MS-TSCH] 2.5.1 "Task Definition", XML) and its actions in the registry.
#
# The file is hostile XML: a document type or an entity is refused, so nothing in it can grow; elements, depth and text
# are bounded. ``Actions`` of the task cache: cyber.wtf, "Windows Registry Analysis: Tasks" (2022), forms 1 to 3.

TASK_LIMIT_BYTES = 1 << 20
"""Real tasks have a few kilobytes."""

_MOST_ELEMENTS = 5_000
_DEEPEST_ELEMENT = 32
_MOST_TEXT = 64 * 1024
_MOST_ACTIONS = 256
_EXECUTE, _HANDLER = 0x6666, 0x7777  # mail (0x8888) and messages (0x9999) start nothing


@dataclass(frozen=True, slots=True)
class TaskAction:
    """What a task does: a command, or the class of COM that handles it; ``folder`` is where the command runs."""

    command: str = ""
    handler: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as its file describes it. ``triggers`` are the names of the elements, such as LogonTrigger."""

    author: str
    user: str
    is_hidden: bool
    is_enabled: bool
    triggers: tuple[str, ...]
    actions: tuple[TaskAction, ...]


class _RefusedError(Exception):
    """The document holds what no task does."""


class _Reader:
    """Gathers the text of the elements that count, by the path of their names below ``Task``."""

    def __init__(self) -> None:
        self.texts: defaultdict[str, str] = defaultdict(str)
        self.actions: list[dict[str, str]] = []
        self.triggers: dict[str, None] = {}
        self.is_task = False
        self._path: list[str] = []
        self._elements = self._characters = 0

    def start(self, name: str, _: object) -> None:
        self._elements += 1
        name = name.rpartition(" ")[2]
        self._path.append(name)
        if self._elements > _MOST_ELEMENTS or len(self._path) > _DEEPEST_ELEMENT:
            raise _RefusedError
        if len(self._path) == 1:
            self.is_task = name == "Task"
        match self._path[1:]:
            case ["Actions", _] if len(self.actions) < _MOST_ACTIONS:
                self.actions.append({})
            case ["Triggers", trigger]:
                self.triggers[trigger] = None

    def text(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > _MOST_TEXT:
            raise _RefusedError
        match self._path[1:]:
            case ["Actions", _, name] if self.actions:
                self.actions[-1][name] = self.actions[-1].get(name, "") + text
            case ["RegistrationInfo" | "Settings", _]:
                self.texts["/".join(self._path[1:])] += text
            case ["Principals", _, name]:
                self.texts[f"Principal/{name}"] += text

    def end(self, _: str) -> None:
        self._path.pop()


def parse_task(data: bytes) -> Task | None:
    """Return the task that a file describes; ``None`` when it is none or holds what no task does."""
    reader = _Reader()
    parser = expat.ParserCreate("utf-8", " ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(_text(data[: TASK_LIMIT_BYTES + 1]).encode("utf-8", "replace"), True)
    except (expat.ExpatError, _RefusedError):
        return None
    if not reader.is_task or len(data) > TASK_LIMIT_BYTES:
        return None
    texts = reader.texts
    return Task(
        author=texts["RegistrationInfo/Author"].strip(),
        user=(texts["Principal/UserId"] or texts["Principal/GroupId"]).strip(),
        is_hidden=_is_true(texts["Settings/Hidden"]),
        is_enabled=not texts["Settings/Enabled"] or _is_true(texts["Settings/Enabled"]),
        triggers=tuple(reader.triggers),
        actions=tuple(_action(parts) for parts in reader.actions),
    )


def parse_actions(data: bytes) -> tuple[TaskAction, ...]:
    """Return the actions that the task cache keeps in binary form; what cannot be read ends them."""
    return tuple(_cached_actions(Record(data[:TASK_LIMIT_BYTES])))


def _cached_actions(record: Record) -> Iterator[TaskAction]:
    version, at = record.number(0, 2), 2
    if version > 1:
        _, at = _counted(record, at)
    for _ in range(_MOST_ACTIONS):
        kind = record.number(at, 2)
        _, at = _counted(record, at + 2)
        if kind == _EXECUTE:
            program, at = _counted(record, at)
            arguments, at = _counted(record, at)
            folder, at = _counted(record, at)
            at += 2 if version > 2 else 0
            yield TaskAction(_command(program, arguments), folder=folder)
        elif kind == _HANDLER:
            raw = record.part(at, 16)
            _, at = _counted(record, at + 16)
            yield TaskAction(handler=f"{{{uuid.UUID(bytes_le=raw)}}}".upper() if len(raw) == 16 else "")
        else:
            return


def _counted(record: Record, at: int) -> tuple[str, int]:
    size = record.number(at, 4)
    return wide_text(record.part(at + 4, size)), min(at + 4 + size, len(record.data))


def _action(parts: dict[str, str]) -> TaskAction:
    command = _command(parts.get("Command", ""), parts.get("Arguments", ""))
    return TaskAction(command, parts.get("ClassId", "").strip(), parts.get("WorkingDirectory", "").strip())


def _command(program: str, arguments: str) -> str:
    program, arguments = program.strip(), arguments.strip()
    quoted = f'"{program}"' if " " in program and not program.startswith('"') else program
    return f"{quoted} {arguments}".strip()


def _text(data: bytes) -> str:
    """Return the text of a task file: UTF-16 as Windows writes it, or UTF-8; the mark at its head decides."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _is_true(text: str) -> bool:
    return text.strip() in ("true", "1")


def _refuse(*_: object) -> None:
    raise _RefusedError


# Jobs of the old task scheduler: Windows/Tasks/*.job ([MS-TSCH] 2.4 ".JOB File Format"), what ``at`` makes.

JOB_LIMIT_BYTES = 1 << 20
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
    record = Record(data[:JOB_LIMIT_BYTES])
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


# A task whose security descriptor was taken out of the registry runs but is not shown (Microsoft, "Tarrask malware uses
# scheduled tasks for defense evasion", 2022); one that is in the registry alone runs from what the registry keeps.

_DEEPEST = 16
_MOST = 20_000
_DESCRIPTOR = "SD"


@dataclass(frozen=True, slots=True)
class _Cached:
    """What the registry keeps of a task: ``key`` of its name, ``record`` of what it does; empty where one is not."""

    name: str
    key: str
    record: str
    is_hidden: bool


def read_tasks(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    r"""Yield the tasks that have a file, and those that only the registry has.

    Fields: ``name`` (``\Microsoft\Windows\x``), ``path``, ``command`` (all, with ``;``), ``handler`` (classes of COM),
    ``server`` (their files), ``author``, ``user``, ``hidden`` (``no``; ``yes`` by its own setting; ``descriptor``
    when the registry lacks its descriptor; ``registry`` when it has no file), ``enabled``, ``trigger``.
    """
    registry = reading.host.registry
    cached = _cached_tasks(reading, registry) if registry is not None else {}
    seen: set[str] = set()
    for top in reading.place.paths:
        folder = top.encode()
        for path in _files_below(reading, folder):
            file = reading.text(path)
            if isinstance(file, ScanIssue):
                yield file
            elif file is not None:
                name = path[len(folder) :].decode("utf-8", "replace").replace("/", "\\")
                seen.add(folded(name))
                yield from _from_file(reading, file, name, cached.get(folded(name)))
    for upper, task in cached.items():
        if upper not in seen and registry is not None:
            yield _from_registry(reading, registry, task)


def read_jobs(reading: Reading) -> Iterator[Artefact | ScanIssue]:
    """Yield jobs of the old scheduler. Fields as of tasks; ``name`` is that of the file."""
    for _, path, file in reading.files():
        if isinstance(file, ScanIssue):
            yield file
            continue
        job = parse_job(file.content)
        if job is None:
            yield ScanIssue(path, Reason.DAMAGED)
            continue
        program = f'"{job.program}"' if " " in job.program else job.program
        task = Task(
            author=job.author,
            user="",
            is_hidden=job.is_hidden,
            is_enabled=job.is_enabled,
            triggers=job.triggers,
            actions=(TaskAction(f"{program} {job.arguments}".strip(), folder=job.folder),),
        )
        name = posixpath.basename(path).decode("utf-8", "replace")
        yield _artefact(reading, file.anchor, task, name=name, file=file.anchor.path)


def _files_below(reading: Reading, folder: bytes) -> Iterator[bytes]:
    count, waiting = 0, [(folder, 0)]
    while waiting:
        place, depth = waiting.pop()
        files, folders = reading.names(place)
        count += len(files) + len(folders)
        if depth >= _DEEPEST or count > _MOST:
            reading.stop_at(place)
            continue
        yield from files
        waiting += [(below, depth + 1) for below in reversed(folders)]


def _from_file(reading: Reading, file: TextFile, name: str, cached: _Cached | None) -> Iterator[Artefact | ScanIssue]:
    task = parse_task(file.content)
    if task is None:
        yield ScanIssue(file.anchor.path, Reason.DAMAGED)
        return
    hidden = "descriptor" if cached and cached.is_hidden else "yes" if task.is_hidden else "no"
    yield _artefact(reading, file.anchor, task, name=name, file=file.anchor.path, hidden=hidden)


def _from_registry(reading: Reading, registry: Registry, cached: _Cached) -> Artefact:
    values = {folded(value.name): value for value in values_of(reading, registry, cached.record)}
    actions = parse_actions(values["ACTIONS"].data) if "ACTIONS" in values else ()
    author = values["AUTHOR"].text if "AUTHOR" in values else ""
    task = Task(author=author, user="", is_hidden=False, is_enabled=True, triggers=(), actions=actions)
    key = cached.key or cached.record
    hidden = "descriptor" if cached.is_hidden else "registry"
    hive = registry.hive_path(key) or b""
    return _artefact(reading, RegistryAnchor(key, None), task, name=cached.name, file=hive, hidden=hidden)


def _artefact(reading: Reading, anchor: Anchor, task: Task, *, name: str, file: bytes, hidden: str = "") -> Artefact:
    commands = [action.command for action in task.actions if action.command]
    handlers = [action.handler for action in task.actions if action.handler]
    registry = reading.host.registry
    servers = [server_of(registry, "", handler) for handler in handlers] if registry is not None else []
    fields = {
        "name": _shown(name),
        "path": "" if isinstance(anchor, RegistryAnchor) else printable(file),
        "command": _shown("; ".join(commands)),
        "handler": _shown(" ".join(handlers)),
        "server": _shown("; ".join(filter(None, servers))),
        "author": _shown(task.author),
        "user": _shown(task.user),
        "hidden": hidden or ("yes" if task.is_hidden else "no"),
        "enabled": "yes" if task.is_enabled else "no",
        "trigger": _shown(" ".join(task.triggers)),
    }
    folders = [f"{action.folder}\\{action.command}" for action in task.actions if action.folder and action.command]
    texts = (*commands, *folders, *servers)
    named = dict.fromkeys(path for text in texts for path in reading.meant(text, b"/", file))
    return Artefact(ArtefactKind.SCHEDULED_TASK, anchor, fields, tuple(named))


def _cached_tasks(reading: Reading, registry: Registry) -> dict[str, _Cached]:
    """Return the tasks of the registry by their names in capitals: those of the tree, and those it does not have."""
    found: dict[str, _Cached] = {}
    for top in reading.place.keys:
        try:
            records = _records(reading, registry, f"{top}\\Tasks")
            for key in _keys_below(reading, registry, f"{top}\\Tree"):
                values = {folded(value.name): value for value in values_of(reading, registry, key)}
                if "ID" in values:
                    name = key[len(top) + len("\\Tree") :]
                    record = f"{top}\\Tasks\\{values['ID'].text}"
                    records.pop(folded(record), None)
                    found[folded(name)] = _Cached(name, key, record, is_hidden=_DESCRIPTOR not in values)
            for record, name in records.values():
                found.setdefault(folded(name), _Cached(name, "", record, is_hidden=True))
        except RegistryError:
            continue  # the registry names it among its troubles
    return found


def _records(reading: Reading, registry: Registry, top: str) -> dict[str, tuple[str, str]]:
    """Return the record of every task, with its name, by the key in capitals."""
    found: dict[str, tuple[str, str]] = {}
    for number in registry.subkeys(top)[:_MOST]:
        record = f"{top}\\{number}"
        paths = (value.text for value in values_of(reading, registry, record) if folded(value.name) == "PATH")
        found[folded(record)] = (record, next(paths, f"\\{number}"))
    return found


def _keys_below(reading: Reading, registry: Registry, top: str) -> Iterator[str]:
    count, waiting = 0, [(top, 0)]
    while waiting:
        key, depth = waiting.pop()
        names = registry.subkeys(key)
        count += len(names)
        if depth >= _DEEPEST or count > _MOST:
            left_out(reading, registry, key)
            continue
        yield key
        waiting += [(f"{key}\\{name}", depth + 1) for name in reversed(names)]


def _shown(text: str) -> str:
    return printable(text[:_MOST].encode("utf-8", "surrogatepass"))
