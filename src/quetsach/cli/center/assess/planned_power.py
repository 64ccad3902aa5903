"""What a plan could find: its power, worked out and told before anything is drawn or signed."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach import storage
from quetsach.cli.output import Progress, say
from quetsach.core.errors import QuetsachError
from quetsach.core.number import number_text

if TYPE_CHECKING:
    from quetsach.assess.effect.analysis import Design
    from quetsach.assess.effect.power import Power
    from quetsach.assess.effect.power_simulation import Noise
    from quetsach.assess.effect.registration import Registration
    from quetsach.assess.notice import Notice
    from quetsach.assess.refusal import Refusal

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "power": "Lực kiểm định: nếu tác động thật đúng bằng chỉ tiêu ({target}) thì có {power} khả năng phân tích này "
        "thấy được tác động.",
        "detectable": "Mức giảm nhỏ nhất phát hiện được: {low} với khả năng 80%, {high} với khả năng 90%.",
        "achieved": "Muốn có kết luận “đạt” với khả năng 80% thì mức giảm thật phải từ {share} trở lên; giảm vừa đúng "
        "chỉ tiêu thì hầu như luôn “chưa kết luận được”.",
        "panel": "Mức dao động đo từ số liệu đến nay: {noise} mỗi kỳ, tương quan giữa hai kỳ liền nhau {correlation}.",
        "stated": "Mức dao động theo khai báo: {noise} mỗi kỳ, tương quan giữa hai kỳ liền nhau {correlation}.",
        "weak": "KẾ HOẠCH QUÁ YẾU: cần ít nhất 80%. Hãy thêm đơn vị, kéo dài hai kỳ đếm hoặc giãn các đợt.",
        "always": "Với kế hoạch này không bao giờ có kết luận: {reason}",
        "refused": "Với kế hoạch này không tính được tác động: {reason}",
        "unknown": "KHÔNG BIẾT LỰC KIỂM ĐỊNH: chưa có số liệu của các đơn vị này và cũng không khai báo mức dao động.",
        "none": "không có mức nào",
    },
    "en": {
        "power": "Power: if the true effect is just the target ({target}), this analysis finds it with a chance of "
        "{power}.",
        "detectable": "Smallest reduction that is found: {low} with a chance of 80 %, {high} with 90 %.",
        "achieved": "For “achieved” with a chance of 80 % the true reduction has to be {share} or more; just the "
        "target nearly always gives “not decided”.",
        "panel": "Noise measured so far: {noise} a period, correlation of a period with the next {correlation}.",
        "stated": "Noise as stated: {noise} a period, correlation of a period with the next {correlation}.",
        "weak": "THE PLAN IS TOO WEAK: it should be 80 %. Take more units, longer windows, or more time between steps.",
        "always": "This plan can never give a verdict: {reason}",
        "refused": "This plan gives no effect at all: {reason}",
        "unknown": "THE POWER IS NOT KNOWN: there are no figures of these units so far, and no noise was stated.",
        "none": "none",
    },
}


@dataclass(frozen=True, slots=True)
class PlannedPower:
    """The power of a plan, None where its noise is unknown; what it refuses, or what keeps any verdict from it."""

    power: "Power | None"
    refusal: "Refusal | None" = None
    always: "tuple[Notice, ...]" = ()

    @property
    def is_enough(self) -> bool:
        """Whether the plan may be signed without a further word."""
        return self.power is not None and not self.power.is_weak

    def tell(self, language: str) -> None:
        """Print it for people."""
        words = _WORDS[language]
        if self.refusal:
            say(words["refused"].format(reason=self.refusal.text.in_language(language)))
            return
        if self.power is None:
            say(words["unknown"])
            return
        _tell_power(self.power, language)
        for notice in self.always:
            say(words["always"].format(reason=notice.text.in_language(language)))


def _tell_power(power: "Power", language: str) -> None:
    words = _WORDS[language]
    if power.is_weak:
        say(words["weak"])
    say(words["power"].format(target=_percent(power.target, language), power=_percent(power.power, language)))
    low, high = (_share(power.detectable[percent], language) for percent in (80, 90))
    say(words["detectable"].format(low=low, high=high))
    if power.achieved_from is not None:
        say(words["achieved"].format(share=_share(power.achieved_from, language)))
    correlation = number_text(power.correlation, language, decimals=2)
    say(words[power.source.value].format(noise=_percent(power.noise, language, 1), correlation=correlation))


def add_noise_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--panel``, ``--noise`` and ``--correlation``: where the noise of a plan comes from."""
    parser.add_argument(
        "--panel", type=Path, metavar="FILE", help="figures of the units so far, which their noise is measured from"
    )
    parser.add_argument("--noise", type=float, metavar="PERCENT", help="stated noise of a unit from period to period")
    parser.add_argument(
        "--correlation",
        type=float,
        default=0.5,
        metavar="R",
        help="of the stated noise in a period with that in the next (default: 0.5)",
    )


def asked_noise(arguments: argparse.Namespace, units: tuple[str, ...]) -> "Noise | Refusal | None":
    """Return the noise of units from the panel or the figures that were named; None where neither was.

    Raises:
        QuetsachError: the panel cannot be read or lacks a unit, or the figures are out of range.
    """
    from quetsach.assess.effect import read_panel  # noqa: PLC0415
    from quetsach.assess.effect.panel_file import MAX_BYTES  # noqa: PLC0415
    from quetsach.assess.effect.power_simulation import noise_of, stated_noise  # noqa: PLC0415

    if arguments.panel:
        panel = read_panel(storage.read_input(arguments.panel, most_bytes=MAX_BYTES), where=arguments.panel.name)
        return noise_of(panel, units)
    if arguments.noise is None:
        return None
    return stated_noise(len(units), percent=arguments.noise, correlation=arguments.correlation)


def treated_so_far(arguments: argparse.Namespace, controls: tuple[str, ...]) -> tuple[str, ...]:
    """Return the units that begin together: those of the panel so far that are no controls; one that nobody knows else.

    Raises:
        QuetsachError: the panel cannot be read.
    """
    from quetsach.assess.effect import read_panel  # noqa: PLC0415
    from quetsach.assess.effect.panel_file import MAX_BYTES  # noqa: PLC0415

    if not arguments.panel:
        return ("–",)
    panel = read_panel(storage.read_input(arguments.panel, most_bytes=MAX_BYTES), where=arguments.panel.name)
    return tuple(unit for unit in panel.units if unit not in controls) or ("–",)


def power_of_weeks(
    begins: Mapping[str, date | None],
    weeks: tuple[date, ...],
    design: "Design",
    *,
    target: float,
    noise: "Noise | Refusal | None",
) -> PlannedPower:
    """Return what a plan could find.

    Args:
        begins: the day on which each unit begins, None for a control.
        weeks: first days of the weeks of the panel.
        design: the analysis.
        target: share that is to be found.
        noise: of the units; a refusal or None where it is not known.
    """
    import numpy as np  # noqa: PLC0415

    from quetsach.assess.effect.periods import Step, periods_of  # noqa: PLC0415
    from quetsach.assess.effect.power_simulation import DRAWS, Plan, power_of  # noqa: PLC0415
    from quetsach.assess.refusal import Refusal  # noqa: PLC0415

    if noise is None or isinstance(noise, Refusal):
        return PlannedPower(None)
    starts = [sum(week < day for week in weeks) if day else len(weeks) for day in begins.values()]
    periods = periods_of(Step.DAY, ((week.toordinal(), str(week)) for week in weeks))
    plan = Plan(tuple(begins), np.array(starts, dtype=np.int64), periods, design, target, noise)
    with Progress("Đang thử kế hoạch / rehearsing the plan", DRAWS) as progress:
        found = power_of(plan, progress=progress.advance)
    return PlannedPower(None, found) if isinstance(found, Refusal) else PlannedPower(found[0], None, found[1])


def noise_in_lake(draft: "Registration", data: Path, units: tuple[str, ...]) -> "Noise | Refusal | None":
    """Return the noise that units showed in the lake so far; None where that cannot be counted."""
    from quetsach.assess.effect import read_panel  # noqa: PLC0415
    from quetsach.assess.effect.power_simulation import noise_of  # noqa: PLC0415
    from quetsach.centre.centre import Centre  # noqa: PLC0415
    from quetsach.centre.panel import panel_so_far  # noqa: PLC0415

    centre = Centre(data)
    if not centre.has_lake:
        return None
    try:
        with centre.view() as view:
            return noise_of(read_panel(panel_so_far(draft, centre, view), where="lake"), units)
    except QuetsachError:
        return None


def _share(share: float | None, language: str) -> str:
    return _WORDS[language]["none"] if share is None else _percent(share, language, 1)


def _percent(share: float, language: str, decimals: int = 0) -> str:
    return number_text(100 * share, language, decimals=decimals) + ("%" if language == "vi" else " %")
