"""Steps: what a clean-up does to one thing, in a form that the journal keeps and can be read back from."""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from quetsach.core.text import LocalText
from quetsach.endpoint.artefact import FileAnchor, LineAnchor, ProcessAnchor
from quetsach.endpoint.host.port import Subscription
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
)

# Edits of the registry in the form that the journal keeps, and back.


def edits_as_json(edits: Iterable[RegistryEdit]) -> list[Any]:
    """Return edits as JSON, data in base64."""
    return [_edit(edit) for edit in edits]


def edits_from_json(value: Iterable[Any]) -> tuple[RegistryEdit, ...]:
    """Read ``edits_as_json`` back; the caller has checked that the text is our own, and catches what is not."""
    return tuple(_read(item) for item in value)


def _edit(edit: RegistryEdit) -> Any:
    match edit:
        case SetValue(key, value):
            return ["set-value", key, _value(value)]
        case DeleteValue(key, name):
            return ["delete-value", key, name]
        case DeleteKey(key):
            return ["delete-key", key]
        case PutKey(key, content):
            return ["put-key", key, _content(content)]


def _read(item: Any) -> RegistryEdit:
    match item:
        case ["set-value", str(key), value]:
            return SetValue(key, _read_value(value))
        case ["delete-value", str(key), str(name)]:
            return DeleteValue(key, name)
        case ["delete-key", str(key)]:
            return DeleteKey(key)
        case ["put-key", str(key), content]:
            return PutKey(key, _read_content(content))
    raise ValueError(item)


def _value(value: RegistryValue) -> list[Any]:
    return [value.name, value.type, base64.b64encode(value.data).decode()]


def _read_value(item: Any) -> RegistryValue:
    name, type_, data = item
    return RegistryValue(str(name), int(type_), base64.b64decode(data))


def _content(content: KeyContent) -> dict[str, Any]:
    kept = {
        "security": base64.b64encode(content.security).decode(),
        "class": content.kind,
        "volatile": content.is_volatile,
        "written": content.written,
    }
    return {
        "values": [_value(value) for value in content.values],
        "subkeys": {name: _content(below) for name, below in content.subkeys.items()},
        **{name: value for name, value in kept.items() if value},
    }


def _read_content(item: Mapping[str, Any]) -> KeyContent:
    return KeyContent(
        tuple(_read_value(value) for value in item["values"]),
        {str(name): _read_content(below) for name, below in item["subkeys"].items()},
        base64.b64decode(item.get("security", "")),
        str(item.get("class", "")),
        bool(item.get("volatile", False)),
        int(item.get("written", 0)),
    )


@dataclass(frozen=True, slots=True)
class QuarantineFile:
    """Seal a file and remove it. Its path has no links; undo puts the very file back."""

    file: FileAnchor


@dataclass(frozen=True, slots=True)
class RemoveLines:
    """Remove lines from a text file; a file in which nothing is left goes as a whole. Undo puts the lines back."""

    file: FileAnchor
    lines: tuple[LineAnchor, ...]


@dataclass(frozen=True, slots=True)
class TruncateFile:
    """Cut a file off at ``size_bytes``. Undo puts the very file back."""

    file: FileAnchor
    size_bytes: int


@dataclass(frozen=True, slots=True)
class EditRegistry:
    """Edit the keys of one hive. Undo puts the hive back as it was, or the edited values when it was changed since.

    ``file`` is the hive file, whose edits are done all or none; ``None`` for a key of a running registry.
    """

    file: FileAnchor | None
    edits: tuple[RegistryEdit, ...]


@dataclass(frozen=True, slots=True)
class RemoveTask:
    r"""Remove a scheduled task of a running Windows. Undo puts back its file and what the registry kept of it.

    ``file`` is ``None`` for a task that only the registry has; ``name`` is as the scheduler calls it: ``\Folder\x``.
    """

    file: FileAnchor | None
    name: str
    edits: tuple[RegistryEdit, ...]


@dataclass(frozen=True, slots=True)
class RemoveSubscription:
    """Remove an event subscription of a running Windows. Undo puts back what it consisted of."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class UnhideFolder:
    """Take the marks "hidden" and "system" from a folder. Undo gives it the very marks again that it had."""

    path: bytes
    device: int
    inode: int


@dataclass(frozen=True, slots=True)
class RemoveLink:
    """Remove a symbolic link, such as the one that starts a unit at boot. Undo makes it again."""

    path: bytes
    device: int
    inode: int
    target: bytes


@dataclass(frozen=True, slots=True)
class StopUnit:
    """Stop a unit of the running service manager. Undo does not start it."""

    unit: bytes


@dataclass(frozen=True, slots=True)
class KillProcess:
    """End a process; its image is sealed first when its file was deleted. Undo does not start it."""

    process: ProcessAnchor


type Target = (
    QuarantineFile
    | RemoveLines
    | TruncateFile
    | RemoveTask
    | RemoveSubscription
    | EditRegistry
    | UnhideFolder
    | RemoveLink
    | StopUnit
    | KillProcess
)

TARGETS: Mapping[str, type[Target]] = {
    "quarantine-file": QuarantineFile,
    "remove-lines": RemoveLines,
    "truncate-file": TruncateFile,
    "remove-task": RemoveTask,
    "remove-subscription": RemoveSubscription,
    "edit-registry": EditRegistry,
    "unhide-folder": UnhideFolder,
    "remove-link": RemoveLink,
    "stop-unit": StopUnit,
    "kill-process": KillProcess,
}
"""The name of each kind of step, in the order in which a clean-up takes them."""

FIRST_ON_WINDOWS: tuple[type[Target], ...] = (RemoveTask, RemoveSubscription, EditRegistry, StopUnit, KillProcess)
"""A running Windows keeps the file of a program that runs: what starts it goes first, then it is ended."""


def file_of(target: Target) -> FileAnchor | None:
    """Return the file that a step changes; ``None`` when it acts on something else."""
    kinds = QuarantineFile | RemoveLines | TruncateFile | RemoveTask | EditRegistry
    return target.file if isinstance(target, kinds) else None


def _name_of(target: Target) -> str:
    """Return what a step acts on that is no file and no process."""
    match target:
        case RemoveTask(name=name):
            return name
        case RemoveSubscription(subscription):
            return f"{subscription.kind}.{subscription.consumer or subscription.filter}"
        case EditRegistry(edits=edits):
            return edits[0].key
    return ""


_NAMES = {target: name for name, target in TARGETS.items()}


class Outcome(StrEnum):
    """How a step, or the undoing of one, ended."""

    DONE = "done"
    GONE = "gone"
    """There was nothing left to do: it had vanished by itself."""
    CHANGED = "changed"
    """It is not what the scan saw any more, so it was left alone: scan again."""
    FAILED = "failed"
    RESTORED = "restored"
    REINSERTED = "reinserted"
    """The file was changed since; the lines were put back into it where they had been."""
    BESIDE = "beside"
    """Something newer has the name, so the file was put beside it under another one."""
    KEPT = "kept"
    """There was nothing to put back: an ended process is not started again."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan. ``number`` counts from 1 in the order of acting.

    ``package`` names the package that a file belongs to although it is not the package's any more; empty if none.
    """

    number: int
    target: Target
    family: str
    findings: tuple[str, ...]
    why: LocalText
    evidence: str
    package: str = ""

    @property
    def kind(self) -> str:
        """The key in ``TARGETS``."""
        return _NAMES[type(self.target)]

    @property
    def subject(self) -> bytes:
        """What the step acts on: a path, the name of a unit, or the path of a process's image."""
        if (file := file_of(self.target)) is not None:
            return file.path
        match self.target:
            case RemoveLink() | UnhideFolder():
                return self.target.path
            case StopUnit(unit):
                return unit
            case KillProcess(process):
                return process.executable
        return _name_of(self.target).encode("utf-8", "surrogatepass")

    @property
    def is_final(self) -> bool:
        """Whether undo takes nothing back of it: what was ended is not started again."""
        return isinstance(self.target, KillProcess | StopUnit)

    def as_json(self) -> dict[str, Any]:
        """Return the form that the journal keeps."""
        return {
            "number": self.number,
            "kind": self.kind,
            "target": _freeze_target(self.target),
            "family": self.family,
            "findings": list(self.findings),
            "why": [self.why.vi, self.why.en],
            "evidence": self.evidence,
            "package": self.package,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Step":
        """Read ``as_json`` back; the caller has checked that the text is our own, and catches what is not."""
        return cls(
            number=int(value["number"]),
            target=_read_target(str(value["kind"]), value["target"]),
            family=str(value["family"]),
            findings=tuple(map(str, value["findings"])),
            why=LocalText(*map(str, value["why"])),
            evidence=str(value["evidence"]),
            package=str(value["package"]),
        )


def freeze(value: Any) -> Any:
    """Return a record as JSON: bytes are percent-encoded, tuples are lists."""
    if isinstance(value, bytes):
        return quote_from_bytes(value, safe="/")
    if isinstance(value, tuple | list):
        return [freeze(item) for item in value]
    if is_dataclass(value):
        return {field.name: freeze(getattr(value, field.name)) for field in fields(value)}
    return value


def _freeze_target(target: Target) -> Any:
    if isinstance(target, RemoveLines):  # the file once, not with every line: there can be thousands
        return {"file": freeze(target.file), "lines": [[line.number, freeze(line.line)] for line in target.lines]}
    if isinstance(target, RemoveTask):
        return {"file": freeze(target.file), "name": target.name, "edits": edits_as_json(target.edits)}
    if isinstance(target, EditRegistry):
        return {"file": freeze(target.file), "edits": edits_as_json(target.edits)}
    return freeze(target)


def _read_target(kind: str, value: Mapping[str, Any]) -> Target:
    return _READERS[kind](value)


def _read_lines(value: Mapping[str, Any]) -> RemoveLines:
    file = _read_file(value["file"])
    lines = (LineAnchor(file, int(number), unquote_to_bytes(line)) for number, line in value["lines"])
    return RemoveLines(file, tuple(lines))


def _read_registry(value: Mapping[str, Any]) -> EditRegistry:
    hive = value["file"]
    return EditRegistry(None if hive is None else _read_file(hive), edits_from_json(value["edits"]))


def _read_task(value: Mapping[str, Any]) -> RemoveTask:
    file = value["file"]
    edits = edits_from_json(value["edits"])
    return RemoveTask(None if file is None else _read_file(file), str(value["name"]), edits)


def _read_folder(value: Mapping[str, Any]) -> UnhideFolder:
    return UnhideFolder(unquote_to_bytes(value["path"]), int(value["device"]), int(value["inode"]))


def _read_link(value: Mapping[str, Any]) -> RemoveLink:
    path, target = unquote_to_bytes(value["path"]), unquote_to_bytes(value["target"])
    return RemoveLink(path, int(value["device"]), int(value["inode"]), target)


def _read_process(value: Mapping[str, Any]) -> KillProcess:
    process = value["process"]
    return KillProcess(ProcessAnchor(**{**process, "executable": unquote_to_bytes(process["executable"])}))


def _read_file(value: Mapping[str, Any]) -> FileAnchor:
    return FileAnchor(**{**value, "path": unquote_to_bytes(value["path"])})


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Target]] = {
    "quarantine-file": lambda value: QuarantineFile(_read_file(value["file"])),
    "remove-lines": _read_lines,
    "truncate-file": lambda value: TruncateFile(_read_file(value["file"]), int(value["size_bytes"])),
    "remove-task": _read_task,
    "remove-subscription": lambda value: RemoveSubscription(Subscription(**value["subscription"])),
    "edit-registry": _read_registry,
    "unhide-folder": _read_folder,
    "remove-link": _read_link,
    "stop-unit": lambda value: StopUnit(unquote_to_bytes(value["unit"])),
    "kill-process": _read_process,
}
