"""Carries whole numbers of units that are no more over to the units that followed them, without losing one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from quetsach.campaign.units.errors import UnitsError
from quetsach.campaign.units.unit import Succession, Unit
from quetsach.core.pack import LocalText

WHOLE = 1_000_000
_UNKNOWN = LocalText("không có đơn vị này", "there is no such unit")
_BELOW_ZERO = LocalText("có số nhỏ hơn 0", "a figure is below zero")
_NO_HEIR = LocalText("đã kết thúc và không có đơn vị kế thừa", "closed, and nobody has what it had")


def succession_faults(
    successions: Iterable[Succession], units: Mapping[str, Unit]
) -> list[tuple[Succession, LocalText]]:
    """Return what is wrong with successions: unknown units, days that do not fit, shares that are not one whole."""
    faults: list[tuple[Succession, LocalText]] = []
    last: dict[str, Succession] = {}
    sums: dict[str, int] = defaultdict(int)
    for row in successions:
        old, new = units.get(row.old), units.get(row.new)
        if old is None or new is None:
            missing = row.old if old is None else row.new
            faults.append((row, LocalText(f"không có đơn vị {missing}", f"there is no unit {missing}")))
        elif old.closed != row.on:
            told = LocalText(f"{row.old} không kết thúc ngày {row.on}", f"{row.old} does not close on {row.on}")
            faults.append((row, told))
        elif new.opened > row.on or (new.closed is not None and new.closed <= row.on):
            told = LocalText(f"{row.new} không tồn tại ngày {row.on}", f"{row.new} does not exist on {row.on}")
            faults.append((row, told))
        last[row.old] = row
        sums[row.old] += row.millionths
    for old_key, total in sums.items():
        if total != WHOLE:
            whole = f"{total / WHOLE:g}"
            told = LocalText(
                f"các phần của {old_key} cộng lại là {whole}, không phải 1",
                f"the shares of {old_key} add up to {whole}, not to 1",
            )
            faults.append((last[old_key], told))
    return faults


def heirs(units: Mapping[str, Unit], successions: Iterable[Succession]) -> dict[str, list[tuple[str, int]]]:
    """Return for every unit that closed who has what it had, in millionths.

    A unit that was abolished without a successor leaves what it had to the unit above it: the figures of a district to
    its province.
    """
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in successions:
        found[row.old].append((row.new, row.millionths))
    for unit in units.values():
        if unit.closed is not None and unit.key not in found and unit.parents:
            found[unit.key] = [(unit.parents[-1][1], WHOLE)]
    return dict(found)


def recast(
    figures: Mapping[str, int], units: Mapping[str, Unit], successions: Iterable[Succession], *, day: date
) -> dict[str, int]:
    """Return the figures on the tree of ``day``: same sum, whole numbers, every unit one that exists then.

    A figure of a unit that was split goes to its parts by share; the units left over by rounding go to the largest
    remainders, then to the part that is named first.

    Args:
        figures: whole numbers of units, of any time; never below zero.
        units: every unit by key.
        successions: who followed whom.
        day: the day whose units shall have the figures.

    Raises:
        UnitsError: an unknown unit, a figure below zero, a unit not opened yet on ``day``, a fault in the successions.
    """
    successions = list(successions)
    if faults := succession_faults(successions, units):  # they could lead round in a ring
        raise UnitsError(faults[0][1], where=faults[0][0].old)
    shares = heirs(units, successions)
    found: dict[str, int] = defaultdict(int)
    waiting = list(figures.items())
    while waiting:
        key, figure = waiting.pop()
        unit = units.get(key)
        if unit is None or figure < 0:
            raise UnitsError(_UNKNOWN if unit is None else _BELOW_ZERO, where=key[:60])
        if unit.closed is not None and unit.closed <= day:
            parts = shares.get(key)
            if parts is None:
                raise UnitsError(_NO_HEIR, where=key)
            waiting += zip((new for new, _ in parts), apportion(figure, [share for _, share in parts]), strict=True)
        elif unit.opened > day:
            told = LocalText(
                f"chưa tồn tại ngày {day}: số liệu chỉ quy đổi về sau, không quy đổi về trước",
                f"does not exist yet on {day}: figures are carried forward only",
            )
            raise UnitsError(told, where=key)
        else:
            found[key] += figure
    return dict(found)


def apportion(total: int, shares: list[int]) -> list[int]:
    """Divide a whole number by shares into whole numbers of the same sum: largest remainder, the earlier wins a tie."""
    whole = sum(shares)
    parts = [total * share // whole for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda n: -(total * shares[n] % whole))
    for n in by_remainder[: total - sum(parts)]:
        parts[n] += 1
    return parts
