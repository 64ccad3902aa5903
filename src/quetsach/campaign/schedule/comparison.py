"""Two campaigns side by side, and in plain words what of them does not compare."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from quetsach.campaign.schedule.outcome import AddressFacts, Outcome, ReturnFacts
from quetsach.campaign.schedule.plan import Stage
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText

NONE = LocalText("–", "–")
_STAGES = {
    Stage.BEFORE: LocalText("Trước chiến dịch (ngày)", "Before (days)"),
    Stage.DURING: LocalText("Trong chiến dịch (ngày)", "During (days)"),
    Stage.AFTER: LocalText("Sau chiến dịch (ngày)", "After (days)"),
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
            yield LocalText(
                f"“{side.name.vi}” chưa kết thúc; số liệu tính đến ngày {side.as_of:%d/%m/%Y} và còn thay đổi.",
                f"“{side.name.en}” is not closed; its figures are as of {side.as_of} and will change.",
            )
        if side.addresses and side.addresses.not_real:
            note = side.addresses.not_real
            yield LocalText(f"“{side.name.vi}”: {note.vi}", f"“{side.name.en}”: {note.en}")
        if side.addresses and not side.addresses.seal:
            yield LocalText(
                f"Mốc so sánh của “{side.name.vi}” chưa được chốt.", f"The baseline of “{side.name.en}” is not frozen."
            )


def _addresses_differ(left: AddressFacts | None, right: AddressFacts | None) -> Iterator[LocalText]:
    if left is None or right is None:
        if left or right:
            yield LocalText(
                "Chỉ một chiến dịch có số liệu về địa chỉ IP.", "Only one of the campaigns has figures of addresses."
            )
        return
    days = left.baseline.days, right.baseline.days
    if days[0] != days[1]:
        yield LocalText(
            f"Kỳ đếm dài khác nhau ({days[0]} và {days[1]} ngày): số địa chỉ của kỳ dài hơn lớn hơn chỉ vì địa chỉ "
            "thay đổi, nên không so sánh được.",
            f"The windows have different lengths ({days[0]} and {days[1]} days): a longer one has more addresses only "
            "because addresses change, so they do not compare.",
        )
    if left.definition != right.definition:
        yield LocalText(
            f"Cách đếm khác nhau ({left.definition} và {right.definition}); hai số không so sánh được.",
            f"The definitions differ ({left.definition} and {right.definition}); the figures do not compare.",
        )
    if left.feeds != right.feeds:
        before, after = (", ".join(side.feeds) or "–" for side in (left, right))
        yield LocalText(
            f"Nguồn dữ liệu khác nhau ({before} và {after}); số địa chỉ không so sánh được.",
            f"The feeds differ ({before} and {after}); counts of addresses do not compare.",
        )
    if left.scale != right.scale:
        yield LocalText(
            f"Tỷ lệ mô phỏng khác nhau (1:{left.scale} và 1:{right.scale}).",
            f"The scales of simulation differ (1:{left.scale} and 1:{right.scale}).",
        )
    for side in (left, right):
        if side.baseline.days_with_data < side.baseline.days:
            seen, whole = side.baseline.days_with_data, side.baseline.days
            yield LocalText(
                f"Một mốc so sánh chỉ có dữ liệu {seen}/{whole} ngày.",
                f"One baseline has data on only {seen} of {whole} days.",
            )


def _returns_differ(left: ReturnFacts | None, right: ReturnFacts | None) -> Iterator[LocalText]:
    if left is None or right is None:
        if left or right:
            yield LocalText(
                "Chỉ một chiến dịch đã công bố số liệu báo cáo.",
                "Only one of the campaigns published totals of returns.",
            )
        return
    percents = left.complete_percent, right.complete_percent
    if abs(percents[0] - percents[1]) > COMPLETENESS_APART:
        vi, en = ([number_text(p, language, decimals=1) for p in percents] for language in ("vi", "en"))
        yield LocalText(
            f"Mức đầy đủ của báo cáo khác nhau ({vi[0]}% và {vi[1]}%): tổng số không so sánh được.",
            f"Returns are not equally complete ({en[0]} % and {en[1]} %): their totals do not compare.",
        )
    if left.expected != right.expected:
        due = [number_text(side.expected, "vi") for side in (left, right)]
        yield LocalText(
            f"Số báo cáo phải nộp khác nhau ({due[0]} và {due[1]}), "
            "do cây đơn vị hoặc kỳ báo cáo đã đổi: hãy so sánh tỷ lệ, không so sánh tổng số.",
            f"Different numbers of returns were due ({left.expected:,} and {right.expected:,}), because the tree of "
            "units or the periods changed: compare rates and not totals.",
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
        LocalText("Độ dài kỳ đếm (ngày)", "Length of a window (days)"),
        (_count(side.baseline.days) if side else NONE for side in sides),
    )
    yield _row(
        LocalText("Địa chỉ ở kỳ làm mốc", "Addresses in the baseline window"),
        (_count(side.baseline.addresses) if side else NONE for side in sides),
        compares=levels_compare,
    )
    lasts = [side.last if side else None for side in sides]
    yield _row(
        LocalText("Địa chỉ ở kỳ mới nhất", "Addresses in the newest window"),
        (_count(last.addresses) if last else NONE for last in lasts),
        compares=levels_compare,
    )
    yield _row(
        LocalText("Thay đổi so với mốc của chính chiến dịch (%)", "Change against the campaign's own baseline (%)"),
        (_signed(last.change_percent) if last else NONE for last in lasts),
        compares=levels_compare,
    )


def _letter_rows(left: Outcome, right: Outcome) -> Iterator[Row]:
    sides = (left, right)
    if not any(side.letters for side in sides):
        return
    yield _row(LocalText("Công văn đã ban hành", "Letters issued"), (_count(len(side.letters)) for side in sides))
    shares = []
    for side in sides:
        addressed = sum(letter.addressed for letter in side.letters)
        read = sum(letter.acknowledged for letter in side.letters)
        shares.append(_percent(100 * read / addressed) if addressed else NONE)
    yield _row(LocalText("Nơi nhận đã xác nhận (%)", "Recipients that acknowledged (%)"), shares)


def _return_rows(left: ReturnFacts | None, right: ReturnFacts | None, *, compares: bool) -> Iterator[Row]:
    sides = (left, right)
    if not any(sides):
        return
    yield _row(
        LocalText("Báo cáo đã phê duyệt (%)", "Returns approved (%)"),
        (_percent(side.complete_percent) if side else NONE for side in sides),
    )
    names = {total.id: total.name for side in sides if side for total in side.totals}
    for key, name in names.items():
        values = [next((t.value for t in side.totals if t.id == key), None) if side else None for side in sides]
        yield _row(name, (NONE if value is None else _count(value) for value in values), compares=compares)


def _tool_rows(left: Outcome, right: Outcome) -> Iterator[Row]:
    if left.tool or right.tool:
        yield _row(
            LocalText("Máy tự nguyện gửi báo cáo của công cụ", "Machines whose owners sent the tool's report"),
            (_count(side.tool.installs) if side.tool else NONE for side in (left, right)),
        )


def _row(name: LocalText, sides: Iterable[LocalText], *, compares: bool = True) -> Row:
    left, right = sides
    return Row(name, left, right, compares or NONE in (left, right))  # with nothing there is nothing to be misled by


def _count(value: float) -> LocalText:
    return LocalText(number_text(value, "vi"), number_text(value, "en"))


def _percent(value: float) -> LocalText:
    return LocalText(*(number_text(value, language, decimals=1) for language in ("vi", "en")))


def _signed(value: float | None) -> LocalText:
    if value is None:
        return NONE
    return LocalText(*(number_text(value, language, decimals=1, signed=True) for language in ("vi", "en")))
