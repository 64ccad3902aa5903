"""What the log calls things: each app says how its own things are called, when the office starts."""

from collections.abc import Callable, Collection, Mapping

type Namer = Callable[[Collection[str]], Mapping[str, str]]
"""Returns what things are called, by what follows the colon of their subjects; a thing that is gone is left out."""

_NAMERS: dict[str, Namer] = {}


def register_namer(kind: str, namer: Namer) -> None:
    """Say how things of one kind are called."""
    _NAMERS[kind] = namer


def names_of(kind: str, keys: Collection[str]) -> Mapping[str, str]:
    """Return what things of a kind are called; of a kind that nobody names, nothing."""
    return _NAMERS[kind](keys) if kind in _NAMERS else {}
