"""Records as JSON and back, strictly: what is read is of the declared types, or is refused with its place."""

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

from quetsach.endpoint.errors import ReportError

_TEXT_LIMIT = 1 << 20


def to_json(value: Any) -> Any:
    """Return a record as plain JSON values. Times become ISO 8601 text, enumerations their values."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def read_json[T](kind: type[T], raw: bytes, *, where: str) -> T:
    """Return the record that JSON text holds.

    Raises:
        ReportError: the text is no JSON, or a field is missing, unknown or of another type.
    """
    return read_record(kind, parsed(raw, where=where), where=where)


def parsed(raw: bytes, *, where: str) -> Any:
    """Return what JSON text holds.

    Raises:
        ReportError: the text is no JSON.
    """
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ReportError("this is not a report", where=where, hint=str(error)) from error


def read_record[T](kind: type[T], value: Any, *, where: str) -> T:
    """Return the record that plain JSON values hold; a field that has a default may be missing.

    Raises:
        ReportError: a field is missing, unknown or of another type.
    """
    record: T = _read(kind, value, where)
    return record


def _read(kind: Any, value: Any, where: str) -> Any:
    """Return the value as the declared kind."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _read_record(kind, value, where)
    if origin is types.UnionType:  # only X | None is used
        return None if value is None else _read(arguments[0], value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(arguments[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: _read(arguments[1], item, f"{where}.{key!a}") for key, item in value.items()}
    return _read_plain(kind, value, where)


def _read_record(kind: type, value: Any, where: str) -> Any:
    hints = _hints(kind)
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    if not isinstance(value, dict) or not needed <= value.keys() <= hints.keys():
        raise ReportError(f"this is not a report: a {kind.__name__} has other fields", where=where)
    return kind(**{name: _read(hints[name], item, f"{where}.{name}") for name, item in value.items()})


def _read_plain(kind: Any, value: Any, where: str) -> Any:
    try:
        if kind is datetime:
            time = datetime.fromisoformat(value)
            if time.tzinfo is not None:
                return time
        elif issubclass(kind, Enum):
            return kind(value)
        elif kind is float and type(value) is int:
            return float(value)
        elif type(value) is kind and not (kind is str and len(value) > _TEXT_LIMIT):
            return value
    except (TypeError, ValueError, OverflowError):
        pass
    raise ReportError(f"this is not a report: not a {getattr(kind, '__name__', kind)}", where=where)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
