"""The plan of a trial: read, its power told, and made the registration that is signed."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center.assess.records import LOT, read_file
from quetsach.cli.output import say
from quetsach.core.errors import InputError
from quetsach.core.number import number_text

if TYPE_CHECKING:
    from quetsach.assess.trial.lot import Lot
    from quetsach.assess.trial.registration import Expected, TrialPower, TrialRegistration
    from quetsach.campaign.section import Section

METHOD = "trial"
_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "weak": "KẾ HOẠCH QUÁ YẾU: cần ít nhất 80%. Hãy thêm khách hàng hoặc thêm ngày.",
        "power": "Lực kiểm định: nếu biện pháp thật sự tăng thêm {target} điểm phần trăm, {power} khả năng thấy được "
        "tác động.",
        "size": "Muốn thấy mức đó cần mỗi nhóm {low} ({unit}) với khả năng 80%, {high} với khả năng 90%, chưa kể số bị "
        "mất theo dõi; ở đây có {treated} được áp dụng và {controls} đối chứng.",
        "detectable": "Mức tăng nhỏ nhất phát hiện được: {low} điểm với khả năng 80%, {high} điểm với khả năng 90%.",
        "customers": "khách hàng",
        "days": "ngày",
    },
    "en": {
        "weak": "THE PLAN IS TOO WEAK: it should be 80 %. Take more customers, or more days.",
        "power": "Power: if the measure really adds {target} points, that is found with a chance of {power}.",
        "size": "It takes {low} {unit} on each side to find that with a chance of 80 %, {high} with 90 %, without any "
        "loss; here are {treated} with the measure and {controls} without.",
        "detectable": "Smallest addition that is found: {low} points with a chance of 80 %, {high} points with 90 %.",
        "customers": "customers",
        "days": "days",
    },
}


def planned_trial(arguments: argparse.Namespace, plan: "Section", folder: Path, language: str) -> "TrialRegistration":
    """Return the trial of a plan, after telling what it could find.

    Raises:
        QuetsachError: the plan is none, no lot was drawn, or the trial is too weak and was not asked for all the same.
    """
    from quetsach.assess.trial.lot import read_lot  # noqa: PLC0415
    from quetsach.assess.trial.registration import Outcome, TrialRegistration, power_of_trial  # noqa: PLC0415

    path = folder / LOT
    if not path.exists():
        hint = f"quetsach center assess lot {folder.name}"
        raise InputError("no lot of this trial was drawn", where=folder.name, hint=hint)
    lot = read_lot(read_file(path), where=str(path))
    plan.text("method")
    expected, target = _expected(plan, lot), plan.number("target_points", least=0, most=100) / 100
    power = power_of_trial(lot, expected, target)
    registration = TrialRegistration(
        lot=lot,
        outcome=plan.one_of("outcome", Outcome),
        within_days=plan.integer("within_days", least=1, most=365),
        again_days=plan.integer("again_days", least=1, most=365) if plan.has("again_days") else 0,
        target=target,
        expected=expected,
        power=round(power.power, 6),
        source=plan.text("source"),
        registered_at=datetime.now(UTC),
    )
    plan.finish()
    is_refused = power.is_weak and not arguments.anyway
    if is_refused or not arguments.json:
        _tell(power, lot, target, language)
    if is_refused:
        what = f"this plan would find its target in {round(100 * power.power)} of 100: nothing was signed"
        hint = "more customers or days; --anyway signs it all the same"
        raise InputError(what, where=arguments.plan.name, hint=hint)
    return registration


def _expected(plan: "Section", lot: "Lot") -> "Expected":
    from quetsach.assess.trial.lot import Drawn  # noqa: PLC0415
    from quetsach.assess.trial.registration import Expected  # noqa: PLC0415

    control, lost = (plan.number(name, least=0, most=100) / 100 for name in ("control_percent", "lost_percent"))
    if lot.drawn is Drawn.CUSTOMERS:
        return Expected(control, lost)
    a_day, alike = plan.number("customers_a_day", least=1, most=1e6), plan.number("alike", least=0, most=1)
    return Expected(control, lost, a_day, alike)


def _tell(power: "TrialPower", lot: "Lot", target: float, language: str) -> None:
    words = _WORDS[language]
    if power.is_weak:
        say(words["weak"])
    percent = number_text(100 * power.power, language) + ("%" if language == "vi" else " %")
    say(words["power"].format(target=number_text(100 * target, language, decimals=1), power=percent))
    least, most = (number_text(power.per_arm[chance], language) for chance in (80, 90))
    treated, controls = (number_text(count, language) for count in (lot.treated, lot.units - lot.treated))
    unit = words[lot.drawn.value]
    say(words["size"].format(low=least, high=most, unit=unit, treated=treated, controls=controls))
    low, high = (
        "–" if (found := power.detectable[chance]) is None else number_text(100 * found, language, decimals=1)
        for chance in (80, 90)
    )
    say(words["detectable"].format(low=low, high=high))
