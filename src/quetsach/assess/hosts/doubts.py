"""Why a change between two windows may be the instrument's: what is told beside it, or keeps it from going out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.hosts.breaks import Break, DaySeen, find_breaks
from quetsach.assess.hosts.measure import Watch
from quetsach.assess.notice import Notice
from quetsach.assess.refusal import Refusal
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText
from quetsach.core.small_cell import SMALLEST_CELL

if TYPE_CHECKING:
    from quetsach.assess.hosts.comparison import Days, Gone, WindowMeasured

LARGEST_DISAGREEMENT: Final = 5.0
"""Points by which the measures may differ before the instrument is doubted rather than believed."""

LARGEST_SILENT: Final = 3.0
"""Percent of the first window's machines that may come or go by one doubt before figures wait for somebody to look."""

SIMILAR_DAYS_SEEN: Final = 3
"""Whole days by which two windows of a family may differ without a word."""

SAME_INTERVAL: Final = 1.25
"""Times by which the interval between check-ins may differ before the schedule is said to have changed."""


def disagreement(machines: Answer, events: Answer, addresses: Answer) -> list[Notice]:
    """Say that the measures of one change differ."""
    values = [answer.value for answer in (machines, events, addresses) if isinstance(answer, Estimate)]
    if len(values) < 2 or max(values) - min(values) <= LARGEST_DISAGREEMENT:
        return []
    shown = {
        language: [number_text(v, language, decimals=1) for v in (*values, max(values) - min(values))]
        for language in ("vi", "en")
    }
    vi, en = shown["vi"], shown["en"]
    text = LocalText(
        f"Các cách đo mức giảm cho kết quả khác nhau {vi[-1]} điểm phần trăm (máy trực tuyến {vi[0]}%, lượt ghi nhận "
        f"{vi[1]}%, địa chỉ mỗi ngày {vi[2] if len(vi) > 3 else '–'}%): nguồn hoặc cách đo đã thay đổi, "
        "chưa nên công bố.",
        f"The measures of the reduction differ by {en[-1]} points (machines on line {en[0]} %, events {en[1]} %, daily "
        f"addresses {en[2] if len(en) > 3 else '–'} %): the instrument changed, and the figures wait.",
    )
    return [Notice("measures-disagree", text, round(max(values) - min(values), 1))]


def dropped(before: "WindowMeasured", after: "WindowMeasured") -> list[Notice]:
    """Say which reports were there in one window and not in enough of the other."""
    notices = []
    for here, there in ((before, after), (after, before)):
        sensors = {(w.feed, w.report) for w in here.observed if here.covers(w)}
        alive = {(w.feed, w.report) for w in there.observed if there.covers(w)}
        for feed, report in sorted(sensors - alive):
            period = there.period
            text = LocalText(
                f"Nguồn {feed}/{report} không có đủ dữ liệu trong kỳ {period.first:%d/%m/%Y} – {period.last:%d/%m/%Y}; "
                "mức thay đổi có thể do nguồn dữ liệu chứ không phải do lây nhiễm.",
                f"{feed}/{report} does not have enough data from {period.first} to {period.last}; a change can come "
                "from the feed and not from infections.",
            )
            notices.append(Notice("feed-dropped-out", text))
    return notices


def modes(before: "WindowMeasured", after: "WindowMeasured") -> list[Notice]:
    """Say which reports began or ceased to keep one row a day or to send differences."""
    modes = [{(w.feed, w.report): seen.mode for w, seen in window.observed.items()} for window in (before, after)]
    changed = sorted(s for s in modes[0].keys() & modes[1].keys() if modes[0][s] != modes[1][s])
    return [
        Notice(
            "feed-mode",
            LocalText(
                f"Nguồn {feed}/{report} đã đổi cách gửi dữ liệu giữa hai kỳ (khử trùng lặp theo ngày hoặc chỉ gửi phần "
                "khác đi).",
                f"{feed}/{report} changed between the windows how it sends data (one row a day, or differences only).",
            ),
        )
        for feed, report in changed
    ]


def schedules(before: "WindowMeasured", after: "WindowMeasured", panel: tuple[Watch, ...]) -> list[Notice]:
    """Say which families check in more or less often than before."""
    notices = []
    for watch in panel:
        first, second = before.measured[watch].schedule, after.measured[watch].schedule
        if first is None or second is None:
            continue
        times = second.interval_hours / first.interval_hours
        if not 1 / SAME_INTERVAL <= times <= SAME_INTERVAL:
            vi, en = (number_text(times, language, decimals=2) for language in ("vi", "en"))
            text = LocalText(
                f"Khoảng cách giữa hai lần liên lạc của {watch.family} ({watch.feed}/{watch.report}) bằng {vi} lần "
                "trước.",
                f"The interval between check-ins of {watch.family} ({watch.feed}/{watch.report}) is {en} times what it "
                "was.",
            )
            notices.append(Notice("schedule-changed", text))
    return notices


def may_be_named(daily_addresses: float) -> bool:
    """Whether a family has enough addresses a day to be named in public."""
    return daily_addresses >= SMALLEST_CELL


def gone(before: "WindowMeasured", found: Sequence["Gone"]) -> list[Notice]:
    """Say which families are no longer seen by sensors that are alive."""
    percent = _share(before, [g.watch for g in found])
    if not percent:
        return []
    vi, en = _names(before, [g.watch for g in found])
    share = _whole(percent)
    text = LocalText(
        f"{vi} không còn được ghi nhận, dù nguồn vẫn gửi dữ liệu đều: máy đã sạch, hoặc nguồn không còn thấy các máy "
        f"này. Nhóm này chiếm {share.vi} số máy trong kỳ đầu và không tính vào mức giảm chung.",
        f"{en}: gone, although the sensor is alive: cleaned, or no longer seen. They had {share.en} of the machines of "
        "the first window and are not part of the total reduction.",
    )
    return [Notice("families-gone" if percent > LARGEST_SILENT else "few-machines-gone", text, round(percent))]


def left_out(before: "WindowMeasured", found: Sequence[Watch]) -> list[Notice]:
    """Say which families were counted in the first window and cannot be compared."""
    percent = _share(before, found)
    if not percent:
        return []
    vi, en = _names(before, found)
    share = _whole(percent)
    text = LocalText(
        f"{vi} đếm được trong kỳ đầu nhưng không so sánh được với kỳ sau: nguồn không đủ dữ liệu về nhóm này, hoặc kỳ "
        f"sau không đếm được máy. Nhóm này chiếm {share.vi} số máy trong kỳ đầu và không tính vào mức giảm chung.",
        f"{en}: counted in the first window, and not comparable with the second, in which data are missing or machines "
        f"cannot be counted. They had {share.en} of the machines of the first window and are not part of the total.",
    )
    return [Notice("families-left-out", text, round(percent))]


def new(after: "WindowMeasured", found: Sequence[Watch]) -> list[Notice]:
    """Say which families are seen that were not in the first window, by sensors that were alive in it."""
    percent = _share(after, found)
    if not percent:
        return []
    vi, en = _names(after, found)
    share = _whole(percent)
    text = LocalText(
        f"{vi} chưa được ghi nhận trong kỳ đầu: lây nhiễm mới, nguồn mới thấy được, hoặc họ mã độc đổi tên. Nhóm này "
        f"chiếm {share.vi} số máy của kỳ sau và không tính vào mức giảm chung.",
        f"{en}: not seen in the first window: new infections, newly seen by the sensor, or a family renamed. They have "
        f"{share.en} of the machines of the second window and are not part of the total reduction.",
    )
    return [Notice("families-new", text, round(percent))]


def refused_once(before: "WindowMeasured", after: "WindowMeasured") -> list[Notice]:
    """Say which watches were alive in both windows and have machines in one alone: they changed how they look."""
    notices = []
    for watch in sorted(w for w in before.observed if before.covers(w) and after.covers(w)):
        answers = [window.measured[watch].machines for window in (before, after)]
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        counted = before if isinstance(answers[0], Estimate) else after
        if len(refused) != 1 or not may_be_named(counted.daily_addresses(watch)):
            continue
        percent = _share(counted, [watch])
        name, why, share = f"{watch.family} ({watch.feed}/{watch.report})", refused[0].text, _whole(percent)
        text = LocalText(
            f"{name} chỉ đếm được máy trong một kỳ ({share.vi} số máy của kỳ đó) nên không nằm trong phép so sánh. Ở "
            f"kỳ kia: {why.vi}",
            f"The machines of {name} can be counted in one window only ({share.en} of its machines) and are left out "
            f"of the comparison. In the other: {why.en}",
        )
        code = "refused-in-one-window" if percent > LARGEST_SILENT else "few-machines-refused"
        notices.append(Notice(code, text, round(percent)))
    return notices


def sensors(before: "WindowMeasured", reductions: Mapping[Watch, Answer]) -> list[Notice]:
    """Say for which families two sensors see changes that their bands do not bring together."""
    by_kind: defaultdict[tuple[str, int], dict[Watch, Estimate]] = defaultdict(dict)
    for watch, answer in reductions.items():
        if isinstance(answer, Estimate) and may_be_named(before.daily_addresses(watch)):
            by_kind[watch.family, watch.ip_version][watch] = answer
    notices = []
    for (family, _), found in sorted(by_kind.items()):
        least, most = (pick(found, key=lambda w: found[w].value) for pick in (min, max))
        apart = found[most].value - found[least].value
        if apart <= LARGEST_DISAGREEMENT or found[most].low <= found[least].high:
            continue
        shown = [(f"{w.feed}/{w.report}", _percent(found[w].value)) for w in (least, most)]
        (one, less), (other, more) = shown
        text = LocalText(
            f"Hai nguồn cùng theo dõi {family} cho mức giảm khác nhau: {one} {less.vi}, {other} {more.vi}. Phạm vi "
            "quan sát của một trong hai nguồn đã thay đổi.",
            f"Two sensors of {family} see different reductions: {one} {less.en}, {other} {more.en}. The reach of "
            "one of them changed.",
        )
        notices.append(Notice("sensors-disagree", text, round(apart, 1)))
    return notices


def breaks(before: "WindowMeasured", after: "WindowMeasured", between: "Days", panel: Sequence[Watch]) -> list[Notice]:
    """Say which families changed at one stroke between two days; one notice where all of a sensor did."""
    by_day: defaultdict[tuple[str, str, date], list[tuple[Watch, Break]]] = defaultdict(list)
    for watch in panel:
        days: dict[date, DaySeen] = {}
        for part in (before.days, between, after.days):
            days |= part.get(watch, {})
        for found in find_breaks(days):
            if before.period.first < found.day <= after.period.last:
                by_day[watch.feed, watch.report, found.day].append((watch, found))
    notices = []
    for (feed, report, day), hit in sorted(by_day.items(), key=lambda item: (item[0][2], item[0])):
        everything = [w for w in panel if (w.feed, w.report) == (feed, report)]
        share = sum(_share(before, [w]) * abs(1 - found.times) for w, found in hit)
        is_large = share > LARGEST_SILENT and any(found.is_sure for _, found in hit)
        code = "sudden-change" if is_large else "small-sudden-change"
        if 1 < len(everything) == len(hit):
            notices.append(Notice(code, _all_broke(f"{feed}/{report}", day, [b for _, b in hit]), round(share, 1)))
            continue
        notices += [
            Notice(code, _broke(w, found), round(share, 1))
            for w, found in hit
            if may_be_named(before.daily_addresses(w))
        ]
    return notices


def days(before: "WindowMeasured", after: "WindowMeasured", panel: Sequence[Watch]) -> list[Notice]:
    """Say which families have whole days in one window that they have not in the other."""
    notices = []
    for watch in panel:
        known = [len(window.days.get(watch, {})) for window in (before, after)]
        if abs(known[0] - known[1]) <= SIMILAR_DAYS_SEEN or not all(known):
            continue
        sensor = f"{watch.feed}/{watch.report}"
        text = LocalText(
            f"{watch.family} ({sensor}) có đủ dữ liệu trong {known[0]} ngày của kỳ đầu và {known[1]} ngày của kỳ sau. "
            "Trong những ngày còn lại, nguồn ngừng hoạt động hoặc không thấy họ mã độc này.",
            f"{watch.family} ({sensor}) has whole days of data on {known[0]} days of the first window and {known[1]} "
            "of the second. On the others the sensor was down or did not see the family.",
        )
        notices.append(Notice("days-differ", text))
    return notices


def _all_broke(sensor: str, day: date, found: Sequence[Break]) -> LocalText:
    times = sorted(b.times for b in found)[len(found) // 2]
    level = _percent(100 * times)
    return LocalText(
        f"Từ {day:%d/%m/%Y}, số địa chỉ của mọi họ mã độc do {sensor} ghi nhận thay đổi đột ngột, bằng khoảng "
        f"{level.vi} mức trước đó. Việc làm sạch máy không diễn ra cùng một ngày ở mọi nơi: có thể nguồn đã đổi, hoặc "
        "đó là ngày nghỉ.",
        f"From {day}, the addresses of all families that {sensor} sees changed at one stroke, to about {level.en} of "
        "the level before. Machines are not cleaned on one day everywhere: the sensor changed, or it is a holiday.",
    )


def _broke(watch: Watch, found: Break) -> LocalText:
    level, sensor = _percent(100 * found.times), f"{watch.feed}/{watch.report}"
    vi = (
        f"Từ {found.day:%d/%m/%Y}, số địa chỉ của {watch.family} ({sensor}) thay đổi đột ngột, bằng khoảng "
        f"{level.vi} mức trước đó. Việc làm sạch máy không diễn ra cùng một ngày ở mọi nơi: có thể phạm vi quan sát "
        "của nguồn đã đổi."
    )
    en = (
        f"From {found.day}, the addresses of {watch.family} ({sensor}) changed at one stroke, to about {level.en} of "
        "the level before. Machines are not cleaned on one day everywhere: the sensor's reach may have changed."
    )
    if found.known_seen is not None:
        known = _percent(min(100.0, 100 * found.known_seen))
        vi += f" Trong số địa chỉ đã biết lẽ ra còn thấy, nguồn thấy lại khoảng {known.vi}."
        en += f" Of the known addresses that were to be seen again, about {known.en} were."
    if not found.is_sure:
        vi, en = (
            f"{vi} Với số địa chỉ ít như vậy, ngẫu nhiên cũng có thể là nguyên nhân.",
            f"{en} Chance can do it too.",
        )
    return LocalText(vi, en)


def _share(window: "WindowMeasured", watches: Sequence[Watch]) -> float:
    """Return the share of a window's machines that watches have, in percent; each family by its best sensor."""
    best: dict[tuple[str, int], float] = {}
    for watch in window.observed:
        kind = watch.family, watch.ip_version
        best[kind] = max(best.get(kind, 0.0), window.machines(watch))
    whole = sum(best.values())
    return 100 * sum(window.machines(w) for w in watches) / whole if whole else 0.0


def _names(window: "WindowMeasured", watches: Sequence[Watch]) -> tuple[str, str]:
    """Return the families in both languages; those that are too small to be named are told by their number."""
    named = sorted({w.family for w in watches if may_be_named(window.daily_addresses(w))})
    small = len({w.family for w in watches} - set(named))
    more = [small_families(small)] if small else []
    return ", ".join([*named, *(m.vi for m in more)]), ", ".join([*named, *(m.en for m in more)])


def small_families(count: int) -> LocalText:
    """Write how many families are too small to be named."""
    return LocalText(f"{count} họ mã độc có ít máy", f"{count} small {'family' if count == 1 else 'families'}")


def _whole(percent: float) -> LocalText:
    """Write a share without decimals, which would tell how many machines a small family has."""
    if percent < 1:
        return LocalText("dưới 1%", "under 1 %")
    return LocalText(f"{percent:.0f}%", f"{percent:.0f} %")


def _percent(value: float) -> LocalText:
    vi, en = (number_text(value, language, decimals=1) for language in ("vi", "en"))
    return LocalText(f"{vi}%", f"{en} %")
