"""Where an analysis is not the one that was registered."""

from collections.abc import Iterable, Mapping

from quetsach.assess.effect.analysis import Design
from quetsach.assess.effect.finding import Method
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.registration import Registration
from quetsach.assess.estimate import Notice
from quetsach.core.pack import LocalText
from quetsach.core.period import Period

_NAMED = 5
"""Units that a notice names at most."""
OF_ANOTHER_SIGNER = Notice(
    "registration-of-another",
    LocalText(
        "Đây không phải là bản đăng ký mà trung tâm đã ký và lưu cùng chiến dịch: ai cũng có thể ký bằng khóa riêng "
        "của mình và ghi một ngày sớm hơn.",
        "This is not the registration that the centre signed and keeps with the campaign: anybody can sign with a key "
        "of their own, and write an earlier day.",
    ),
)


def departures(registration: Registration, *, panel: Panel, design: Design, target: float) -> tuple[Notice, ...]:
    """Return one notice for each difference of method, settings, target, controls or order of roll-out.

    What a panel does not show is compared by ``basis_departures``, by whoever makes the panel.
    """
    made = [
        _departure(name, vi, en, str(registered), str(used))
        for name, vi, en, registered, used in _settings(registration, design, target)
        if registered != used
    ]
    controls = tuple(unit for unit, is_treated in zip(panel.units, panel.treated, strict=True) if not is_treated)
    if design.method is not Method.WEDGE and sorted(controls) != sorted(registration.controls):
        made.append(_sets("controls", "đơn vị đối chứng", "controls", registration.controls, controls))
    if registration.order and (strays := _out_of_turn(registration.order, panel)):
        named = ", ".join(strays[:_NAMED])
        vi = f"Khác với bản đăng ký: {len(strays)} đơn vị không bắt đầu đúng đợt đã rút ({named}…)."
        en = f"Not as registered: {len(strays)} units did not begin in the step that was drawn ({named}…)."
        made.append(Notice("departs-in-order", LocalText(vi, en)))
    return tuple(made)


def _out_of_turn(order: tuple[tuple[str, ...], ...], panel: Panel) -> list[str]:
    """Return the units that did not begin in their step, or are on one side only."""
    registered = {unit: number for number, step in enumerate(order) for unit in step}
    steps = {start: number for number, start in enumerate(panel.cohorts)}
    began = {unit: steps[int(start)] for unit, start in zip(panel.units, panel.starts, strict=True) if start in steps}
    return sorted(unit for unit in registered.keys() | began.keys() if registered.get(unit) != began.get(unit))


def basis_departures(
    registration: Registration,
    *,
    before: Period,
    after: Period,
    feeds: Iterable[str],
    families: Mapping[str, float],
    network: str,
) -> tuple[Notice, ...]:
    """Return one notice for each difference of windows, feeds, weighted botnets or address tables."""
    made = [
        _departure(name, vi, en, str(registered), str(used))
        for name, vi, en, registered, used in (
            ("before", "kỳ trước", "the window before", registration.before, before),
            ("after", "kỳ sau", "the window after", registration.after, after),
            ("network", "bảng địa chỉ mạng", "the address tables", registration.network, network),
        )
        if registered != used
    ]
    for name, vi, en, registered, used in (
        ("feeds", "nguồn dữ liệu", "feeds", registration.feeds, tuple(feeds)),
        (
            "families",
            "mạng botnet và trọng số",
            "botnets and weights",
            _weighted(dict(registration.families)),
            _weighted(families),
        ),
    ):
        if sorted(registered) != sorted(used):
            made.append(_sets(name, vi, en, registered, used))
    return tuple(made)


def _weighted(families: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(f"{family} {weight:g}" for family, weight in families.items())


def _settings(
    registration: Registration, design: Design, target: float
) -> tuple[tuple[str, str, str, object, object], ...]:
    registered = registration.design
    percent = (f"{100 * registration.target:g} %", f"{100 * target:g} %")
    return (
        ("method", "phương pháp", "the method", registered.method, design.method),
        ("scale", "thang đo", "the scale", registered.scale or "–", design.scale or "–"),
        ("ramp", "số kỳ để tác động đạt đủ", "the ramp", registered.ramp or "–", design.ramp or "–"),
        (
            "exposure",
            "số mốc thời gian từ khi bắt đầu",
            "the times since the start",
            registered.dummies,
            design.dummies,
        ),
        (
            "covariates",
            "biến kiểm soát",
            "the covariates",
            ", ".join(registered.covariates) or "–",
            ", ".join(design.covariates) or "–",
        ),
        (
            "spill-over",
            "tỷ lệ tác động có thể lan sang đối chứng",
            "the share that may reach the controls",
            _share(registered.spill_over),
            _share(min(registered.spill_over, design.spill_over)),  # more than registered only widens the interval
        ),
        ("counted", "cách tính trọng số đơn vị", "how much units count", registered.counted, design.counted),
        ("seed", "giá trị khởi tạo ngẫu nhiên (seed)", "the seed", registered.seed, design.seed),
        ("target", "chỉ tiêu", "the target", *percent),
    )


def _share(share: float) -> str:
    return f"{100 * share:g} %"


def _sets(name: str, vi: str, en: str, registered: tuple[str, ...], used: tuple[str, ...]) -> Notice:
    gone, new = sorted(set(registered) - set(used)), sorted(set(used) - set(registered))
    return _departure(
        name, vi, en, "−" + ", −".join(gone[:_NAMED]) if gone else "–", "+" + ", +".join(new[:_NAMED]) or "–"
    )


def _departure(name: str, vi: str, en: str, registered: str, used: str) -> Notice:
    return Notice(
        f"departs-in-{name}",
        LocalText(
            f"Khác với bản đăng ký: {vi} (đã đăng ký: {registered}; đang dùng: {used}).",
            f"Not as registered: {en} (registered: {registered}; used: {used}).",
        ),
    )
