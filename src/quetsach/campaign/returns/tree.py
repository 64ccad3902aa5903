"""Expected returns as places in the tree: who waits for whom, and the guard against counting a machine twice.

A path is the tree's own spelling of a unit's place on the day: ``/tw/31-2020/303-2020/``, every ancestor in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from quetsach.campaign.returns.state import Scope


@dataclass(frozen=True, slots=True)
class Conflict:
    """A return of a whole subtree, and one of a unit inside it: together they count machines twice."""

    above: str
    below: str


def ancestors(path: str) -> Iterator[str]:
    """Yield the paths of the units above, the nearest first."""
    parts = path.strip("/").split("/")
    for depth in range(len(parts) - 1, 0, -1):
        yield f"/{'/'.join(parts[:depth])}/"


def nearest_above(paths: Iterable[str]) -> Mapping[str, str]:
    """Return for each path the nearest one above it among ``paths``; one that has none is left out."""
    known = set(paths)
    found = {path: next((above for above in ancestors(path) if above in known), "") for path in known}
    return {path: above for path, above in found.items() if above}


def children_of(paths: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return for each path those that wait directly below it, in order."""
    children: dict[str, list[str]] = {}
    for path, above in sorted(nearest_above(paths).items()):
        children.setdefault(above, []).append(path)
    return {above: tuple(below) for above, below in children.items()}


def covered(paths: Iterable[str], subtrees: Iterable[str]) -> Mapping[str, str]:
    """Return for each path that lies inside a subtree return the path of the nearest such return."""
    whole = set(subtrees)
    found = {path: next((above for above in ancestors(path) if above in whole), "") for path in paths} if whole else {}
    return {path: above for path, above in found.items() if above}


def conflicts(filed: Mapping[str, Scope]) -> tuple[Conflict, ...]:
    """Return every pair of received returns of which one counts the other's machines, in order.

    Args:
        filed: the scope of each received return by its unit's path.
    """
    subtrees = [path for path, scope in filed.items() if scope is Scope.SUBTREE]
    return tuple(Conflict(above, below) for below, above in sorted(covered(filed, subtrees).items()))


def conflicts_of(path: str, scope: Scope, filed: Mapping[str, Scope]) -> tuple[Conflict, ...]:
    """Return the conflicts that one more return would make with those already received."""
    return tuple(c for c in conflicts({**filed, path: scope}) if path in {c.above, c.below})
