"""Texts in two languages inside a record, whatever its shape: found by their places, and replaced there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from quetsach.core.text import LocalText

_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")


def texts_in(record: object) -> dict[str, LocalText]:
    """Return the texts of a record by place, such as ``sheet.never.0``; what has an ``id`` is named by it."""
    return dict(_walk(record, ""))


def reworded[T](record: T, texts: Mapping[str, LocalText]) -> T:
    """Return a record with some of its texts replaced; places that it does not have are passed over."""
    return _replaced(record, texts, "") if texts else record


def places_left_open(text: str) -> frozenset[str]:
    """Return what a text leaves open in braces; a brace that stands alone counts as an empty place."""
    return frozenset(found[1] or "" for found in _BRACES.finditer(text))


def _parts(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple):
        yield from ((getattr(item, "id", "") or str(number), item) for number, item in enumerate(value))
    elif is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))


def _walk(value: object, place: str) -> Iterator[tuple[str, LocalText]]:
    if isinstance(value, LocalText):
        yield place, value
        return
    for name, part in _parts(value):
        yield from _walk(part, f"{place}.{name}" if place else name)


def _replaced(value: Any, texts: Mapping[str, LocalText], place: str) -> Any:
    if isinstance(value, LocalText):
        return texts.get(place, value)
    new = {name: _replaced(part, texts, f"{place}.{name}" if place else name) for name, part in _parts(value)}
    if isinstance(value, tuple):
        return tuple(new.values())
    if isinstance(value, Mapping):
        return new
    return replace(value, **new) if is_dataclass(value) and not isinstance(value, type) else value
