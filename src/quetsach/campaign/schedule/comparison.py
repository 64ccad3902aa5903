"""Two campaigns side by side, and in plain words what of them does not compare."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from quetsach.campaign.schedule.outcome import AddressFacts, Outcome, ReturnFacts
from quetsach.campaign.schedule.plan import Stage
from quetsach.core.text import Joined, LocalText, Number, Text

NONE = Text("–")
_STAGES = {
    Stage.BEFORE: Text("Before (days)"),
    Stage.DURING: Text("During (days)"),
    Stage.AFTER: Text("After (days)"),
}
COMPLETENESS_APART = 5.0
"""Returns of two campaigns whose completeness differs by more percentage points do not compare."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of both; ``compares`` is false where one must not be set against the other."""

    name: LocalText
    left: LocalText
    right: LocalText
    compares: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both campaigns, row by row, with what must be known before anyone concludes."""

    left: Outcome
    right: Outcome
    rows: tuple[Row, ...]
    cautions: tuple[LocalText, ...]


def compare(left: Outcome, right: Outcome) -> Comparison:
    """Set two campaigns side by side."""
    levels = tuple(_addresses_differ(left.addresses, right.addresses))
    returns = tuple(_returns_differ(left.returns, right.returns))
    rows = (
        *_phase_rows(left, right),
        *_address_rows(left.addresses, right.addresses, levels_compare=not levels),
        *_letter_rows(left, right),
        *_return_rows(left.returns, right.returns, compares=not returns),
        *_tool_rows(left, right),
    )
    return Comparison(left, right, rows, (*_unfinished(left, right), *levels, *returns))


def _unfinished(left: Outcome, right: Outcome) -> Iterator[LocalText]:
    for side in (left, right):
        if not side.is_final:
            yield Text(
                "“{name}” is not closed; its figures are as of {day} and will change.", name=side.name, day=side.as_of
            )
        if side.addresses and side.addresses.not_real:
            note = side.addresses.not_real
            yield Text("“{name}”: {note}", name=side.name, note=note)
        if side.addresses and not side.addresses.seal:
            yield Text("The baseline of “{name}” is not frozen.", name=side.name)


def _addresses_differ(left: AddressFacts | None, right: AddressFacts | None) -> Iterator[LocalText]:
    if left is None or right is None:
        if left or right:
            yield Text("Only one of the campaigns has figures of addresses.")
        return
    days = left.baseline.days, right.baseline.days
    if days[0] != days[1]:
        yield Text(
            "The windows have different lengths ({first} and {second} days): a longer one has more addresses "
            "only because addresses change, so they do not compare.",
            first=days[0],
            second=days[1],
        )
    if left.definition != right.definition:
        yield Text(
            "The definitions differ ({first} and {second}); the figures do not compare.",
            first=left.definition,
            second=right.definition,
        )
    if left.feeds != right.feeds:
        before, after = (", ".join(side.feeds) or "–" for side in (left, right))
        yield Text(
            "The feeds differ ({before} and {after}); counts of addresses do not compare.", before=before, after=after
        )
    if left.scale != right.scale:
        yield Text("The scales of simulation differ (1:{first} and 1:{second}).", first=left.scale, second=right.scale)
    for side in (left, right):
        if side.baseline.days_with_data < side.baseline.days:
            seen, whole = side.baseline.days_with_data, side.baseline.days
            yield Text("One baseline has data on only {seen} of {whole} days.", seen=seen, whole=whole)


def _returns_differ(left: ReturnFacts | None, right: ReturnFacts | None) -> Iterator[LocalText]:
    if left is None or right is None:
        if left or right:
            yield Text("Only one of the campaigns published totals of returns.")
        return
    percents = left.complete_percent, right.complete_percent
    if abs(percents[0] - percents[1]) > COMPLETENESS_APART:
        yield Text(
            "Returns are not equally complete ({first} % and {second} %): their totals do not compare.",
            first=_percent(percents[0]),
            second=_percent(percents[1]),
        )
    if left.expected != right.expected:
        yield Text(
            "Different numbers of returns were due ({first} and {second}), because the tree of units or the "
            "periods changed: compare rates and not totals.",
            first=_count(left.expected),
            second=_count(right.expected),
        )


def _phase_rows(left: Outcome, right: Outcome) -> Iterator[Row]:
    for stage, name in _STAGES.items():
        sides = [[p.days for p in side.phases if p.stage is stage] for side in (left, right)]
        if any(sides):
            yield _row(name, (_count(sum(days)) if days else NONE for days in sides))


def _address_rows(left: AddressFacts | None, right: AddressFacts | None, *, levels_compare: bool) -> Iterator[Row]:
    if left is None and right is None:
        return
    sides = (left, right)
    yield _row(
        Text("Length of a window (days)"),
        (_count(side.baseline.days) if side else NONE for side in sides),
    )
    yield _row(
        Text("Addresses in the baseline window"),
        (_count(side.baseline.addresses) if side else NONE for side in sides),
        compares=levels_compare,
    )
    lasts = [side.last if side else None for side in sides]
    yield _row(
        Text("Addresses in the newest window"),
        (_count(last.addresses) if last else NONE for last in lasts),
        compares=levels_compare,
    )
    yield _row(
        Text("Change against the campaign's own baseline (%)"),
        (_signed(last.change_percent) if last else NONE for last in lasts),
        compares=levels_compare,
    )


def _letter_rows(left: Outcome, right: Outcome) -> Iterator[Row]:
    sides = (left, right)
    if not any(side.letters for side in sides):
        return
    yield _row(Text("Letters issued"), (_count(len(side.letters)) for side in sides))
    shares = []
    for side in sides:
        addressed = sum(letter.addressed for letter in side.letters)
        read = sum(letter.acknowledged for letter in side.letters)
        shares.append(_percent(100 * read / addressed) if addressed else NONE)
    yield _row(Text("Recipients that acknowledged (%)"), shares)


def _return_rows(left: ReturnFacts | None, right: ReturnFacts | None, *, compares: bool) -> Iterator[Row]:
    sides = (left, right)
    if not any(sides):
        return
    yield _row(
        Text("Returns approved (%)"),
        (_percent(side.complete_percent) if side else NONE for side in sides),
    )
    names = {total.id: total.name for side in sides if side for total in side.totals}
    for key, name in names.items():
        values = [next((t.value for t in side.totals if t.id == key), None) if side else None for side in sides]
        yield _row(name, (NONE if value is None else _count(value) for value in values), compares=compares)


def _tool_rows(left: Outcome, right: Outcome) -> Iterator[Row]:
    if left.tool or right.tool:
        yield _row(
            Text("Machines whose owners sent the tool's report"),
            (_count(side.tool.installs) if side.tool else NONE for side in (left, right)),
        )


def _row(name: LocalText, sides: Iterable[LocalText], *, compares: bool = True) -> Row:
    left, right = sides
    return Row(name, left, right, compares or NONE in (left, right))  # with nothing there is nothing to be misled by


def _count(value: float) -> LocalText:
    return Joined((Number(value),))


def _percent(value: float) -> LocalText:
    return Joined((Number(value, decimals=1),))


def _signed(value: float | None) -> LocalText:
    return NONE if value is None else Joined((Number(value, decimals=1, signed=True),))
