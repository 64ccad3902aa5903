"""``quetsach center assess register`` and ``panel``: signs how a campaign will be judged, writes its panel."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from quetsach import storage
from quetsach.assess.effect import Design, Method, Panel, read_panel
from quetsach.assess.effect.cits import CONTROLS_TO_CLAIM
from quetsach.assess.effect.panel_file import MAX_BYTES
from quetsach.assess.effect.power_simulation import DRAWS, Noise, noise_of, stated_noise
from quetsach.assess.effect.registration import NoiseSource, Power, Registration, seal
from quetsach.assess.estimate import NotEstimable
from quetsach.assess.sealed import Registered, Seal, digest_of
from quetsach.assess.trial.registration import seal_trial
from quetsach.campaign.section import Section
from quetsach.centre.centre import Centre
from quetsach.centre.panel import (
    PlannedPower,
    begins_planned,
    campaign_panel,
    noise_in_lake,
    planned_power,
    planned_registration,
    weeks_of,
)
from quetsach.centre.registered import REGISTRATION, WRITTEN_ONCE, read_registered, refuse_trial, registration_key
from quetsach.cli.center.assess.trial import METHOD, planned_trial
from quetsach.cli.center.assess.windows import campaign_folder, keep_once, percent
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json, tell
from quetsach.cli.packs_keys import phrase_source
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import Number, SystemText, Text

_TWICE = Text("the analysis of this campaign is registered already")


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
        signed_text = Text(
            "Signed the registered analysis: {path}\nSHA-256 {digest}\nPublic key {key}\nPublish both before {start}.",
            path=path,
            digest=digest,
            key=public.hex(),
            start=registration.start,
        )
        tell(signed_text, chosen_language(arguments))


def _tell_few(registration: Registration, language: str) -> None:
    controls = len(registration.controls)
    if registration.design.method is Method.CITS and controls < CONTROLS_TO_CLAIM:
        few = Text(
            "Note: with {controls} controls the verdict can never be that the target is achieved; {needed} are needed.",
            controls=controls,
            needed=CONTROLS_TO_CLAIM,
        )
        tell(few, language)


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
    found = rehearse(
        *settings, target=draft.target, noise=noise, strata=draft.strata, language=chosen_language(arguments)
    )
    if not arguments.json or not (found.is_enough or arguments.anyway):
        tell_power(found, chosen_language(arguments))
    if not found.is_enough and not arguments.anyway:
        raise _too_weak(found, arguments.plan.name)
    return replace(draft, power=found.power)


def _too_weak(found: PlannedPower, where: str) -> InputError:
    if found.power is None:
        hint = Text("--panel FILE with figures of the units so far, or --noise PERCENT; --anyway signs it without")
        return InputError(Text("the power of this plan is not known: nothing was signed"), where=where, hint=hint)
    what = Text(
        "this plan would find its target in {percent} of 100: nothing was signed",
        percent=round(100 * found.power.power),
    )
    more = Text("more units, longer windows or other steps; --anyway signs it all the same")
    return InputError(what, where=where, hint=more)


def tell_power(found: PlannedPower, language: str) -> None:
    """Print for people what a plan could find."""
    if found.refusal:
        tell(Text("This plan gives no effect at all: {reason}", reason=found.refusal.text), language)
        return
    if found.power is None:
        tell(
            Text("THE POWER IS NOT KNOWN: there are no figures of these units so far, and no noise was stated."),
            language,
        )
        return
    _tell_power(found.power, language)
    for notice in found.always:
        tell(Text("This plan can never give a verdict: {reason}", reason=notice.text), language)


def _tell_power(power: Power, language: str) -> None:
    if power.is_weak:
        tell(
            Text(
                "THE PLAN IS TOO WEAK: it should be 80 %. Take more units, longer windows, or more time between steps."
            ),
            language,
        )
    tell(
        Text(
            "Power: if the true effect is just the target ({target}), this analysis finds it with a chance of {power}.",
            target=percent(power.target),
            power=percent(power.power),
        ),
        language,
    )
    low, high = (_share(power.detectable[chance]) for chance in (80, 90))
    tell(
        Text("Smallest reduction that is found: {low} with a chance of 80 %, {high} with 90 %.", low=low, high=high),
        language,
    )
    if power.achieved_from is not None:
        tell(
            Text(
                "For “achieved” with a chance of 80 % the true reduction has to be {share} or more; just "
                "the target nearly always gives “not decided”.",
                share=_share(power.achieved_from),
            ),
            language,
        )
    tell(_noise_text(power), language)


def _noise_text(power: Power) -> Text:
    noise, correlation = percent(power.noise, 1), Number(power.correlation, decimals=2)
    if power.source is NoiseSource.PANEL:
        return Text(
            "Noise measured so far: {noise} a period, correlation of a period with the next {correlation}.",
            noise=noise,
            correlation=correlation,
        )
    return Text(
        "Noise as stated: {noise} a period, correlation of a period with the next {correlation}.",
        noise=noise,
        correlation=correlation,
    )


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
    language: str,
    strata: tuple[tuple[str, ...], ...] = (),
) -> PlannedPower:
    """Work out what a plan could find, while people see how far that is."""
    with Progress(Text("rehearsing the plan", context="progress").in_language(language), DRAWS) as progress:
        return planned_power(
            begins, weeks, design, target=target, noise=noise, strata=strata, progress=progress.advance
        )


def _share(share: float | None) -> Text:
    return Text("none", context="reduction") if share is None else percent(share, 1)


_MEASURES = {
    "machines": Text("infections on line"),
    "addresses": Text("mean daily addresses (some cells have no estimate of infections)"),
}


def write_panel(arguments: argparse.Namespace) -> int:
    """Write the registered panel of a campaign."""
    path = campaign_folder(arguments) / REGISTRATION
    if not path.exists():
        where, hint = arguments.campaign, f"quetsach center assess register {arguments.campaign} --plan plan.toml"
        raise InputError(Text("no analysis of this campaign was registered"), where=where, hint=hint)
    registration = read_registered(path)
    centre = Centre(arguments.data or default_data())
    with (
        Progress(Text("counting weeks", context="progress").in_language(chosen_language(arguments)), 0) as progress,
        centre.view() as view,
    ):
        panel = campaign_panel(registration, centre, view, progress=progress.advance)
    if arguments.out is None:
        sys.stdout.write(panel.content.decode())
    else:
        try:
            storage.write(arguments.out, panel.content, mode=storage.SHARED)
        except OSError as error:
            raise InputError(
                Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(arguments.out)
            ) from error
        told = Text(
            "{cells} cells of {units} units and {weeks} weeks; measure: {measure}.",
            cells=panel.units * panel.weeks,
            units=panel.units,
            weeks=panel.weeks,
            measure=_MEASURES[panel.measure.value],
        )
        tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND
