"""The dated tree: where each unit stands on each day, worked out from who reports to whom."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from quetsach.campaign.units.errors import UnitsError
from quetsach.campaign.units.unit import Edge, Unit, earlier, has_part
from quetsach.core.pack import LocalText

ROOT = "tw"
"""Key of the centre, the one unit that reports to nobody."""

_CLOSES_EARLY = (
    LocalText("kết thúc trước khi bắt đầu", "closes before it opens"),
    LocalText("ghi ngày muộn hơn hoặc để trống", "put a later day, or leave the cell empty"),
)
_CENTRE_REPORTS = (
    LocalText("cơ quan điều phối không trực thuộc đơn vị nào", "the centre reports to nobody"),
    LocalText("để trống ô này", "leave the cell empty"),
)
_NO_PARENT = (
    LocalText("chưa có đơn vị cấp trên", "reports to nobody"),
    LocalText("ghi mã của đơn vị cấp trên", "put the key of the unit above it"),
)
_TWO_PARENTS = (
    LocalText("có ngày có hai đơn vị cấp trên, hoặc không có đơn vị nào", "two parents on one day, or none"),
    LocalText("mỗi lần chuyển ghi một ngày muộn hơn lần trước", "put each move on a later day"),
)
_MOVES_LATE = (
    LocalText("chuyển sau khi đã kết thúc", "moves after it has closed"),
    LocalText("bỏ lần chuyển cuối", "take the last move away"),
)
_RING = (
    LocalText("trực thuộc chính mình qua các cấp trên", "stands below itself"),
    LocalText(
        "xem lần lượt các đơn vị cấp trên: một trong số đó phải trực thuộc đơn vị khác",
        "follow its parents up: one of them must report to another unit",
    ),
)
_EXISTING = LocalText("ghi mã của một đơn vị đã có", "put the key of a unit that exists")
_OTHER_DAYS = LocalText(
    "sửa ngày, hoặc thêm lần chuyển sang đơn vị cấp trên khác", "change the days, or add a move to another parent"
)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a unit stands in a span of days: ``/tw/31-2025/11500-2025/`` is level 2. A subtree is a prefix of paths."""

    unit: str
    parent: str | None
    path: str
    level: int
    first: date
    until: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the unit stands there on a day."""
        return self.first <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class TreeFault:
    """What keeps a unit from having its place: ``column`` is the cell of the units' table to mend."""

    unit: str
    column: str
    what: LocalText
    hint: LocalText


def tree_faults(units: Iterable[Unit]) -> list[TreeFault]:
    """Return everything that is wrong with a tree, by unit; empty if each unit has one place on each of its days."""
    return _examined(units)[0]


def positions(units: Iterable[Unit]) -> list[Position]:
    """Return the place of every unit in every span of days in which neither it nor anything above it moved.

    Raises:
        UnitsError: the tree has a fault: the first one is told.
    """
    faults, found = _examined(units)
    if faults:
        raise UnitsError(faults[0].what, where=faults[0].unit, advice=faults[0].hint)
    return sorted(found, key=lambda place: (place.path, place.first))


def _examined(units: Iterable[Unit]) -> tuple[list[TreeFault], list[Position]]:
    by_key = {unit.key: unit for unit in units}
    faults = [fault for unit in by_key.values() for fault in _own_faults(unit, by_key)]
    if faults:  # what stands below a fault would be told again for every unit
        return faults, []
    found = _laid_out(by_key)
    return _lost(by_key, found), found


def _own_faults(unit: Unit, by_key: Mapping[str, Unit]) -> Iterable[TreeFault]:
    """Yield what is wrong with a unit's own days and with its parents."""
    starts = [first for first, _ in unit.parents]
    if unit.closed is not None and unit.closed <= unit.opened:
        yield TreeFault(unit.key, "closed", *_CLOSES_EARLY)
    elif unit.key == ROOT:
        if unit.parents:
            yield TreeFault(unit.key, "parent", *_CENTRE_REPORTS)
    elif not unit.parents:
        yield TreeFault(unit.key, "parent", *_NO_PARENT)
    elif starts[0] != unit.opened or any(a >= b for a, b in pairwise(starts)):
        yield TreeFault(unit.key, "parent", *_TWO_PARENTS)
    elif unit.closed is not None and starts[-1] >= unit.closed:
        yield TreeFault(unit.key, "parent", *_MOVES_LATE)
    else:
        yield from _parent_faults(unit, by_key)


def _parent_faults(unit: Unit, by_key: Mapping[str, Unit]) -> Iterable[TreeFault]:
    for edge in unit.edges():
        parent = by_key.get(edge.parent)
        if parent is None:
            what = LocalText(f"không có đơn vị {edge.parent}", f"there is no unit {edge.parent}")
            yield TreeFault(unit.key, "parent", what, _EXISTING)
        elif not has_part(edge.first, edge.until, of_first=parent.opened, of_until=parent.closed):
            since, until = parent.opened, parent.closed
            what = LocalText(
                f"trực thuộc {parent.key} vào ngày đơn vị đó không tồn tại ({since} đến {until or 'nay'})",
                f"reports to {parent.key} on days on which that does not exist ({since} to {until or 'now'})",
            )
            yield TreeFault(unit.key, "parent", what, _OTHER_DAYS)


def _laid_out(by_key: Mapping[str, Unit]) -> list[Position]:
    """Walk down from the top; a span of days gets narrower on its way, so that a ring of units is never entered."""
    below: dict[str, list[Edge]] = defaultdict(list)
    for unit in by_key.values():
        for edge in unit.edges():
            below[edge.parent].append(edge)
    root = by_key.get(ROOT)
    waiting = [] if root is None else [Position(ROOT, None, f"/{ROOT}/", 0, root.opened, root.closed)]
    found: list[Position] = []
    while waiting:
        above = waiting.pop()
        found.append(above)
        for edge in below[above.unit]:
            first, until = max(above.first, edge.first), earlier(above.until, edge.until)
            if until is None or first < until:
                path = f"{above.path}{edge.unit}/"
                waiting.append(Position(edge.unit, above.unit, path, above.level + 1, first, until))
    return found


def _lost(by_key: Mapping[str, Unit], found: Iterable[Position]) -> list[TreeFault]:
    """Return the units that the top is not reached from on some day: they report to each other in a ring."""
    days: dict[str, int] = defaultdict(int)
    for place in found:
        days[place.unit] += ((place.until or date.max) - place.first).days
    return [
        TreeFault(key, "parent", *_RING)
        for key, unit in by_key.items()
        if days[key] != ((unit.closed or date.max) - unit.opened).days
    ]
