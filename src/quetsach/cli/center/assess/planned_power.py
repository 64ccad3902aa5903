"""Prints what a plan could find, before anything is drawn or signed, and reads where its noise comes from."""

import argparse
from collections.abc import Mapping
from datetime import date

from quetsach import storage
from quetsach.assess.effect import Design, Panel, read_panel
from quetsach.assess.effect.panel_file import MAX_BYTES
from quetsach.assess.effect.power_simulation import DRAWS, Noise, noise_of, stated_noise
from quetsach.assess.effect.registration import Power
from quetsach.assess.not_estimable import NotEstimable
from quetsach.centre.planning import PlannedPower, planned_power
from quetsach.cli.output import Progress, say
from quetsach.core.number import number_text

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


def tell_power(found: PlannedPower, language: str) -> None:
    """Print for people what a plan could find."""
    words = _WORDS[language]
    if found.refusal:
        say(words["refused"].format(reason=found.refusal.text.in_language(language)))
        return
    if found.power is None:
        say(words["unknown"])
        return
    _tell_power(found.power, language)
    for notice in found.always:
        say(words["always"].format(reason=notice.text.in_language(language)))


def _tell_power(power: Power, language: str) -> None:
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


def asked_panel(arguments: argparse.Namespace) -> Panel | None:
    """Return the figures of the units so far that were named; ``None`` where none were.

    Raises:
        QuetsachError: they cannot be read, or are no panel.
    """
    if not arguments.panel:
        return None
    return read_panel(storage.read_input(arguments.panel, most_bytes=MAX_BYTES), where=arguments.panel.name)


def asked_noise(
    arguments: argparse.Namespace, so_far: Panel | None, units: tuple[str, ...]
) -> Noise | NotEstimable | None:
    """Return the noise of units from their figures so far, or as it was stated; ``None`` where there is neither.

    Raises:
        QuetsachError: a unit is lacking, or what was stated is out of range.
    """
    if so_far:
        return noise_of(so_far, units)
    if arguments.noise is None:
        return None
    return stated_noise(len(units), percent=arguments.noise, correlation=arguments.correlation)


def rehearse(
    begins: Mapping[str, date | None],
    weeks: tuple[date, ...],
    design: Design,
    *,
    target: float,
    noise: Noise | NotEstimable | None,
    strata: tuple[tuple[str, ...], ...] = (),
) -> PlannedPower:
    """Work out what a plan could find, while people see how far that is."""
    with Progress("Đang thử kế hoạch / rehearsing the plan", DRAWS) as progress:
        return planned_power(
            begins, weeks, design, target=target, noise=noise, strata=strata, progress=progress.advance
        )


def _share(share: float | None, language: str) -> str:
    return _WORDS[language]["none"] if share is None else _percent(share, language, 1)


def _percent(share: float, language: str, decimals: int = 0) -> str:
    return number_text(100 * share, language, decimals=decimals) + ("%" if language == "vi" else " %")
