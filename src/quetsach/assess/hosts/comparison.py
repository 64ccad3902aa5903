"""Two windows on a constant panel: by how much machines became fewer, and whether the instruments stayed the same."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.hosts.event_rate import Rate, event_rate
from quetsach.assess.hosts.measure import Measured, Observed, Watch
from quetsach.assess.notice import Notice
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText
from quetsach.core.period import Period

LARGEST_DISAGREEMENT = 5.0
"""Points by which the measures may differ before the instrument is doubted rather than believed."""

SAME_COVERAGE = 0.75
"""Share of the window's hours that a sensor must have been alive to be on the panel."""

SAME_INTERVAL = 1.25
"""Times by which the interval between check-ins may differ before the schedule is said to have changed."""


@dataclass(frozen=True, slots=True)
class WindowMeasured:
    """Everything that was measured in one window, by watch."""

    period: Period
    observed: Mapping[Watch, Observed]
    measured: Mapping[Watch, Measured]

    def covers(self, watch: Watch) -> bool:
        """Whether the watch was alive in enough of the window."""
        seen = self.observed.get(watch)
        return seen is not None and seen.uptime_hours >= SAME_COVERAGE * 24 * self.period.days


@dataclass(frozen=True, slots=True)
class Comparison:
    """Reductions in per cent from one window to another: positive means fewer.

    ``panel`` are the watches that both windows have in the same way. ``blocks``: the instrument changed, or fell out,
    so nothing is to be published from it before somebody looked.
    """

    before: Period
    after: Period
    panel: tuple[Watch, ...]
    machines: Answer
    by_events: Answer
    by_addresses: Answer
    notices: tuple[Notice, ...]

    @property
    def blocks(self) -> bool:
        """Whether a notice stands in the way of publication."""
        return any(notice.code in BLOCKING for notice in self.notices)

    def as_json(self) -> dict[str, object]:
        """Return the comparison for machines: reductions in per cent, refusals with their texts."""
        return {
            "before": {"first": str(self.before.first), "last": str(self.before.last)},
            "after": {"first": str(self.after.first), "last": str(self.after.last)},
            "panel": [asdict(watch) for watch in self.panel],
            "reduction_percent": {
                "machines_online": self.machines.as_json(),
                "machines_by_events": self.by_events.as_json(),
                "mean_daily_addresses": self.by_addresses.as_json(),
            },
            "blocks_publication": self.blocks,
            "warnings": [notice.as_json() for notice in self.notices],
        }


BLOCKING = frozenset({"measures-disagree", "feed-dropped-out", "feed-mode", "refused-in-one-window"})
"""Notices that stand in the way of publication."""


def compare(before: WindowMeasured, after: WindowMeasured) -> Comparison:
    """Set two windows side by side on their constant panel.

    The rate of each family's check-ins is that of the first window: a schedule that changes makes the events disagree.
    """
    panel = tuple(
        sorted(w for w in before.observed if before.covers(w) and after.covers(w) and _is_fit(w, before, after))
    )
    notices = [*_dropped(before, after), *_modes(before, after), *_refused_once(before, after)]
    if before.period.days != after.period.days:
        refused = Refusal(RefusalReason.UNEQUAL_WINDOWS, {"before": before.period.days, "after": after.period.days})
        return Comparison(before.period, after.period, panel, refused, refused, refused, tuple(notices))
    if not panel:
        refused = _nothing_fit(before, after)
        return Comparison(before.period, after.period, panel, refused, refused, refused, tuple(notices))
    machines = _reduction(
        [_value(before.measured[w].machines) for w in panel], [_value(after.measured[w].machines) for w in panel]
    )
    events = _reduction(
        [_value(before.measured[w].by_events) for w in panel],
        [_value(_events_now(after, w, before.measured[w].rate)) for w in panel],
    )
    addresses = _reduction(*([w.observed[watch].windows.get(24, 0.0) for watch in panel] for w in (before, after)))
    notices += [*_disagreement(machines, events, addresses), *_schedules(before, after, panel)]
    return Comparison(before.period, after.period, panel, machines, events, addresses, tuple(notices))


def _is_fit(watch: Watch, *windows: WindowMeasured) -> bool:
    return all(isinstance(w.measured[watch].machines, Estimate) for w in windows)


def _nothing_fit(before: WindowMeasured, after: WindowMeasured) -> Refusal:
    """Say why no watch is on the panel: what most of those that both windows have were refused for."""
    refused = Counter(
        answer.reason
        for watch in before.observed
        if before.covers(watch) and after.covers(watch)
        for answer in (before.measured[watch].machines, after.measured[watch].machines)
        if isinstance(answer, Refusal)
    )
    return Refusal(refused.most_common(1)[0][0] if refused else RefusalReason.UNEQUAL_PANELS)


def _value(answer: Answer) -> float:
    return answer.value if isinstance(answer, Estimate) else 0.0


def _events_now(after: WindowMeasured, watch: Watch, rate: Rate | None) -> Answer:
    seen, schedule = after.observed[watch], after.measured[watch].schedule
    bursts = schedule.repeated(seen.ladder) if schedule else 0.0
    return event_rate(seen.events - bursts, rate, seen.uptime_hours)


def _reduction(before: list[float], after: list[float]) -> Answer:
    whole = sum(before)
    if whole <= 0:
        return Refusal(RefusalReason.NO_DATA)
    value = 100 * (1 - sum(after) / whole)
    return Estimate(value, value, value, {"before": whole, "after": sum(after)})


def _disagreement(machines: Answer, events: Answer, addresses: Answer) -> list[Notice]:
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


def _dropped(before: WindowMeasured, after: WindowMeasured) -> list[Notice]:
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


def _modes(before: WindowMeasured, after: WindowMeasured) -> list[Notice]:
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


def _refused_once(before: WindowMeasured, after: WindowMeasured) -> list[Notice]:
    """Say which watches were alive in both windows and have machines in one alone: they changed how they look."""
    notices = []
    for watch in sorted(w for w in before.observed if before.covers(w) and after.covers(w)):
        answers = [window.measured[watch].machines for window in (before, after)]
        refused = [answer for answer in answers if isinstance(answer, Refusal)]
        if len(refused) == 1:
            name, why = f"{watch.family} ({watch.feed}/{watch.report})", refused[0].text
            text = LocalText(
                f"{name} chỉ đếm được máy trong một kỳ nên không nằm trong phép so sánh. Ở kỳ kia: {why.vi}",
                f"The machines of {name} can be counted in one window only and are left out of the comparison. In the "
                f"other: {why.en}",
            )
            notices.append(Notice("refused-in-one-window", text))
    return notices


def _schedules(before: WindowMeasured, after: WindowMeasured, panel: tuple[Watch, ...]) -> list[Notice]:
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
