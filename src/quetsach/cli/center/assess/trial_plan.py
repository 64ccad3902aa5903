"""The plan of a trial: read, its power told, and made the registration that is signed."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from quetsach import storage
from quetsach.assess.trial.lot import Drawn, Lot, read_lot
from quetsach.assess.trial.registration import Expected, Outcome, TrialPower, TrialRegistration, power_of_trial
from quetsach.campaign.section import Section
from quetsach.centre.registered import LOT, refuse_campaign
from quetsach.cli.output import say
from quetsach.core.errors import InputError
from quetsach.core.number import number_text

METHOD = "trial"
_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "weak": "KẾ HOẠCH QUÁ YẾU: cần ít nhất 80%. Hãy thêm khách hàng hoặc thêm ngày.",
        "power": "Lực kiểm định: nếu biện pháp thật sự tăng thêm {target} điểm phần trăm thì có {power} khả năng thấy "
        "được tác động.",
        "size": "Để thấy được mức đó, mỗi nhóm cần {low} {unit} (khả năng 80%) hoặc {high} {unit} (khả năng 90%), chưa "
        "kể số không theo dõi được; ở đây có {treated} được áp dụng biện pháp và {controls} đối chứng.",
        "detectable": "Mức tăng nhỏ nhất phát hiện được: {low} điểm với khả năng 80%, {high} điểm với khả năng 90%.",
        "achieved": "Muốn có kết luận “đạt” với khả năng 80%, dù những người không theo dõi được ra sao, thì mức tăng "
        "thật phải từ khoảng {share} điểm trở lên; tăng vừa đúng chỉ tiêu thì hầu như luôn “chưa kết luận được”.",
        "never": "Với số khách hàng và mức mất theo dõi này, hầu như không thể có kết luận “đạt”.",
        "customers": "khách hàng",
        "days": "ngày",
    },
    "en": {
        "weak": "THE PLAN IS TOO WEAK: it should be 80 %. Take more customers, or more days.",
        "power": "Power: if the measure really adds {target} points, that is found with a chance of {power}.",
        "size": "It takes {low} {unit} on each side to find that with a chance of 80 %, {high} with 90 %, without any "
        "loss; here are {treated} with the measure and {controls} without.",
        "detectable": "Smallest addition that is found: {low} points with a chance of 80 %, {high} points with 90 %.",
        "achieved": "For “achieved” with a chance of 80 %, whatever becomes of those lost sight of, the true addition "
        "has to be some {share} points or more; just the target nearly always gives “not decided”.",
        "never": "With so many customers and so many lost, “achieved” can hardly ever be said.",
        "customers": "customers",
        "days": "days",
    },
}


def planned_trial(arguments: argparse.Namespace, plan: Section, folder: Path, language: str) -> TrialRegistration:
    """Return the trial of a plan, after telling what it could find.

    Raises:
        QuetsachError: the plan is none, no lot was drawn, the name is that of a campaign, or the trial is too weak and
            was not asked for all the same.
    """
    refuse_campaign(folder)
    path = folder / LOT
    if not path.exists():
        hint = f"quetsach center assess lot {folder.name}"
        raise InputError("no lot of this trial was drawn", where=folder.name, hint=hint)
    lot = read_lot(storage.read_input(path), where=str(path))
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


def _expected(plan: Section, lot: Lot) -> Expected:
    control, lost = (plan.number(name, least=0, most=100) / 100 for name in ("control_percent", "lost_percent"))
    if lot.drawn is Drawn.CUSTOMERS:
        return Expected(control, lost)
    a_day, alike = plan.number("customers_a_day", least=1, most=1e6), plan.number("alike", least=0, most=1)
    return Expected(control, lost, a_day, alike)


def _tell(power: TrialPower, lot: Lot, target: float, language: str) -> None:
    words = _WORDS[language]
    if power.is_weak:
        say(words["weak"])
    percent = number_text(100 * power.power, language) + ("%" if language == "vi" else " %")
    say(words["power"].format(target=_points(target, language), power=percent))
    fewer, more = (number_text(power.per_arm[chance], language) for chance in (80, 90))
    treated, controls = (number_text(count, language) for count in (lot.treated, lot.units - lot.treated))
    unit = words[lot.drawn.value]
    say(words["size"].format(low=fewer, high=more, unit=unit, treated=treated, controls=controls))
    low, high = (_points(power.detectable[chance], language) for chance in (80, 90))
    say(words["detectable"].format(low=low, high=high))
    least = power.achieved_from
    say(words["never"] if least is None else words["achieved"].format(share=_points(least, language)))


def _points(share: float | None, language: str) -> str:
    points = None if share is None else round(100 * share, 1)
    return "–" if points is None else number_text(points, language, decimals=int(points != int(points)))
