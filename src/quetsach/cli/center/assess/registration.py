"""``quetsach center assess register``: signs, before the start, how a campaign will be judged."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from quetsach import storage
from quetsach.assess.effect import Method
from quetsach.assess.effect.cits import CONTROLS_TO_CLAIM
from quetsach.assess.effect.registration import Registration, seal
from quetsach.assess.sealed import Registered, Seal, digest_of
from quetsach.assess.trial.registration import seal_trial
from quetsach.campaign.section import Section
from quetsach.centre.centre import Centre
from quetsach.centre.planning import PlannedPower, begins_planned, noise_in_lake, planned_registration, weeks_of
from quetsach.centre.registered import REGISTRATION, WRITTEN_ONCE, refuse_trial, registration_key
from quetsach.cli.center.assess.planned_power import asked_noise, asked_panel, rehearse, tell_power
from quetsach.cli.center.assess.trial_plan import METHOD, planned_trial
from quetsach.cli.center.assess.windows import campaign_folder, keep_once
from quetsach.cli.locations import default_data
from quetsach.cli.output import print_json, say
from quetsach.cli.packs_keys import phrase_source
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError

_TWICE = "the analysis of this campaign is registered already"
_SAID = {
    "vi": "Đã ký bản đăng ký phân tích: {path}\n"
    "SHA-256 {digest}\n"
    "Khóa công khai {key}\n"
    "Hãy công bố cả hai trước ngày {start:%d/%m/%Y}.",
    "en": "Signed the registered analysis: {path}\nSHA-256 {digest}\nPublic key {key}\nPublish both before {start}.",
}
_FEW = {
    "vi": "Lưu ý: chỉ có {controls} đơn vị đối chứng; cần ít nhất {needed} mới có thể kết luận là đạt chỉ tiêu.",
    "en": "Note: with {controls} controls the verdict can never be that the target is achieved; {needed} are needed.",
}


def run(arguments: argparse.Namespace) -> int:
    """Sign and register the plan of an evaluation."""
    folder = campaign_folder(arguments)
    path = folder / REGISTRATION
    if path.exists():
        raise InputError(_TWICE, where=str(path), hint=WRITTEN_ONCE)
    plan = Section.parse(storage.read_input(arguments.plan), file=arguments.plan.name)
    if plan.values.get("method") == METHOD:
        _sign(arguments, planned_trial(arguments, plan, folder, chosen_language(arguments)), path, seal_trial)
        return ExitCode.NOTHING_FOUND
    refuse_trial(folder)
    centre = Centre(arguments.data or default_data())
    draft = planned_registration(centre, plan, campaign=folder.name, where=arguments.plan.name, now=datetime.now(UTC))
    registration = _with_power(arguments, centre, draft)
    _sign(arguments, registration, path, seal)
    if not arguments.json:
        _tell_few(registration, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _sign[R: "Registered"](arguments: argparse.Namespace, registration: R, path: Path, seal: Seal[R]) -> None:
    """Sign a registration, keep it, and print what is to be published."""
    key = registration_key(path.parents[1] / "keys", phrase_source(arguments))
    public = key.public_key().public_bytes_raw()
    digest = digest_of(registration.content())
    signed = seal(registration, public_key=public, sign=key.sign)
    keep_once(arguments, "analysis-register", path, signed, digest=digest, refusal=_TWICE)
    if arguments.json:
        made = {"sha256": digest, "public_key": public.hex(), "file": str(path)}
        print_json({**registration.content(), **made})
    else:
        said = _SAID[chosen_language(arguments)]
        say(said.format(path=path, digest=digest, key=public.hex(), start=registration.start))


def _tell_few(registration: Registration, language: str) -> None:
    controls = len(registration.controls)
    if registration.design.method is Method.CITS and controls < CONTROLS_TO_CLAIM:
        say(_FEW[language].format(controls=controls, needed=CONTROLS_TO_CLAIM))


def _with_power(arguments: argparse.Namespace, centre: Centre, draft: Registration) -> Registration:
    """Tell what a plan could find, and return it with that.

    Raises:
        InputError: it is too weak, or nobody knows, and it was not asked for all the same.
    """
    so_far = asked_panel(arguments)
    begins = begins_planned(centre, draft, so_far)
    units = tuple(begins)
    noise = asked_noise(arguments, so_far, units) or noise_in_lake(centre, draft, units)
    settings = (begins, weeks_of(draft), draft.design)
    found = rehearse(*settings, target=draft.target, noise=noise, strata=draft.strata)
    if not arguments.json or not (found.is_enough or arguments.anyway):
        tell_power(found, chosen_language(arguments))
    if not found.is_enough and not arguments.anyway:
        raise _too_weak(found, arguments.plan.name)
    return replace(draft, power=found.power)


def _too_weak(found: PlannedPower, where: str) -> InputError:
    if found.power is None:
        hint = "--panel FILE with figures of the units so far, or --noise PERCENT; --anyway signs it without"
        return InputError("the power of this plan is not known: nothing was signed", where=where, hint=hint)
    what = f"this plan would find its target in {round(100 * found.power.power)} of 100: nothing was signed"
    hint = "more units, longer windows or other steps; --anyway signs it all the same"
    return InputError(what, where=where, hint=hint)
