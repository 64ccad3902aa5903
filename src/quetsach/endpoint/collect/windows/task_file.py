"""The file of a scheduled task ([MS-TSCH] 2.5.1 "Task Definition", XML) and its actions in the registry.

The file is hostile XML: a document type or an entity is refused, so nothing in it can grow; elements, depth and text
are bounded. ``Actions`` of the task cache: cyber.wtf, "Windows Registry Analysis: Tasks" (2022), forms 1 to 3.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from quetsach.endpoint.collect.windows.binary import Record, wide_text

LIMIT_BYTES = 1 << 20
"""Real tasks have a few kilobytes."""

_MOST_ELEMENTS = 5_000
_DEEPEST = 32
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
        if self._elements > _MOST_ELEMENTS or len(self._path) > _DEEPEST:
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
        parser.Parse(_text(data[: LIMIT_BYTES + 1]).encode("utf-8", "replace"), True)
    except (expat.ExpatError, _RefusedError):
        return None
    if not reader.is_task or len(data) > LIMIT_BYTES:
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
    return tuple(_cached_actions(Record(data[:LIMIT_BYTES])))


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
