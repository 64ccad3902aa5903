"""What is said of a stepped wedge."""

from collections.abc import Iterator, Mapping
from typing import Final

from quetsach.assess.effect.exposure import Exposure
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.periods import Periods
from quetsach.assess.notice import Notice
from quetsach.core.pack import LocalText

AVERAGED: Final = LocalText("Trung bình theo thời gian kể từ khi bắt đầu", "Averaged over the time since the start")
LATEST: Final = "latest"
"""Identifier of the effect in the later half of the longest times."""
LATE: Final = LocalText(
    "Riêng nửa sau của khoảng thời gian ấy (tác động có thể đang giảm dần)",
    "In the later half of these times alone (the effect may be wearing off)",
)
WEARS_OFF: Final = Notice(
    "effect-wears-off",
    LocalText(
        "Tác động giảm dần theo thời gian kể từ khi bắt đầu, nên không phải là tác động lâu dài: con số trên chỉ đúng "
        "cho khoảng thời gian đã nêu, về sau còn lại bao nhiêu thì số liệu này không cho biết.",
        "The effect wears off as time passes since the start, so it is no lasting one: the figure holds for the times "
        "named, and what is left of it later these data do not tell.",
    ),
)


def time_name(periods: Periods, first: int, last: int) -> LocalText:
    """Name the times since the start from ``first`` to ``last`` (0 is that of the start)."""
    vi, en = ("Tuần", "Week") if periods.first_weekday is not None else ("Kỳ", "Period")
    if first == last:
        return LocalText(f"{vi} thứ {first + 1} kể từ khi bắt đầu", f"{en} {first + 1} since the start")
    return LocalText(
        f"{vi} thứ {first + 1} đến thứ {last + 1} kể từ khi bắt đầu", f"{en}s {first + 1} to {last + 1} since the start"
    )


def longest_times(periods: Periods, measured: Mapping[str, float]) -> LocalText:
    """Say which times since the start an effect is of (``since_first`` and ``since_last``, 1 is that of the start)."""
    vi, en = ("tuần", "week") if periods.first_weekday is not None else ("kỳ", "period")
    first, last = (int(measured[name]) for name in ("since_first", "since_last"))
    span = LocalText(
        f"ở {vi} thứ {last}" if first == last else f"từ {vi} thứ {first} đến {vi} thứ {last}",
        f"in the {_nth(last)} {en}" if first == last else f"from the {_nth(first)} to the {_nth(last)} {en}",
    )
    return LocalText(
        f"{span.vi} kể từ khi bắt đầu, là lúc muộn nhất mà vẫn còn đơn vị chưa bắt đầu để so sánh",
        f"{span.en} since the start, the longest at which others still waited",
    )


def _nth(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def notices(panel: Panel, exposure: Exposure, last: int, *, is_fading: bool) -> Iterator[Notice]:
    """Yield what to know beside the effect: that it wears off, and from when on nothing can be told."""
    if is_fading:
        yield WEARS_OFF
    if exposure.observed > last:
        vi, en = ("tuần", "week") if panel.periods.first_weekday is not None else ("kỳ", "period")
        text = LocalText(
            f"Từ {vi} thứ {last + 2} kể từ khi bắt đầu trở đi, không còn đơn vị nào chưa bắt đầu để so sánh cùng lúc. "
            "Số liệu của những kỳ ấy không được dùng, và tác động khi đó không ước lượng được.",
            f"From {en} {last + 2} since the start on, nobody is left who has not begun, to compare with at the same "
            "time. The figures of those periods are not used, and the effect then cannot be told.",
        )
        yield Notice("later-times-not-told", text)


def lead_text(width: int) -> LocalText:
    """Say what is looked for in the last periods before each start."""
    return LocalText(
        f"Trong {width} kỳ ngay trước khi bắt đầu, các đơn vị có khác những đơn vị còn lại không (trị số p; nhỏ hơn "
        "0,05 là có: thứ tự triển khai khi đó không ngẫu nhiên, hoặc tác động đến sớm)",
        f"Do units differ from the others in the {width} periods just before their start (p value; under 0.05 they do: "
        "the order was not random then, or the effect came early)",
    )


def permutation_text(draws: int) -> LocalText:
    """Say what drawing again tells."""
    return LocalText(
        f"Rút thăm lại thứ tự triển khai ({draws} lần): nếu chiến dịch không có tác động gì thì bao nhiêu phần số lần "
        "rút cho tác động lớn bằng hoặc hơn",
        f"The roll-out order drawn again ({draws} draws): share with an effect as large or larger, if the campaign did "
        "nothing",
    )
