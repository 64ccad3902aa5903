"""The readers ``tasks`` and ``jobs``: scheduled tasks as files, as the registry keeps them, and jobs of old systems.

A task whose security descriptor was taken out of the registry runs but is not shown (Microsoft, "Tarrask malware uses
scheduled tasks for defense evasion", 2022); one that is in the registry alone runs from what the registry keeps.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Anchor, Artefact, RegistryAnchor, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.collect.text import TextFile
from quetsach.endpoint.collect.windows.job import parse_job
from quetsach.endpoint.collect.windows.registry import left_out, server_of, values_of
from quetsach.endpoint.collect.windows.task_file import Task, TaskAction, parse_actions, parse_task
from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.registry import Registry, folded
from quetsach.endpoint.trouble import Reason, Trouble

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


def read_tasks(reading: Reading) -> Iterator[Artefact | Trouble]:
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
            if isinstance(file, Trouble):
                yield file
            elif file is not None:
                name = path[len(folder) :].decode("utf-8", "replace").replace("/", "\\")
                seen.add(folded(name))
                yield from _from_file(reading, file, name, cached.get(folded(name)))
    for upper, task in cached.items():
        if upper not in seen and registry is not None:
            yield _from_registry(reading, registry, task)


def read_jobs(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield jobs of the old scheduler. Fields as of tasks; ``name`` is that of the file."""
    for _, path, file in reading.files():
        if isinstance(file, Trouble):
            yield file
            continue
        job = parse_job(file.content)
        if job is None:
            yield Trouble(path, Reason.DAMAGED)
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


def _from_file(reading: Reading, file: TextFile, name: str, cached: _Cached | None) -> Iterator[Artefact | Trouble]:
    task = parse_task(file.content)
    if task is None:
        yield Trouble(file.anchor.path, Reason.DAMAGED)
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
