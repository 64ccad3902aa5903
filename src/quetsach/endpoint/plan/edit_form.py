"""Edits of the registry in the form that the journal keeps, and back."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
)


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
