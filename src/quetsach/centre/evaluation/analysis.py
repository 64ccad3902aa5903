"""Analyses the effect of a campaign for its evaluation: by the panel that was handed over, or the registered one."""

from dataclasses import replace

from quetsach.assess.effect import Answer, Design, Panel, analyse, read_panel
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.sensitivity import require_same_design, with_negative_control
from quetsach.campaign import Campaign, Measure
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation.inputs import Effect
from quetsach.centre.evaluation.sources import File, HandedOver
from quetsach.centre.panel import campaign_panel, panel_origin
from quetsach.centre.registered import kept_flow, registered
from quetsach.core.errors import InputError
from quetsach.lake.view import LakeView

_USUAL_TARGET = 0.5


def analyse_effect(centre: Centre, campaign: Campaign, view: LakeView, handed: HandedOver) -> Effect | None:
    """Analyse the panel that was handed over, or the registered one from the lake; ``None`` where there is neither.

    Args:
        centre: which the campaign is of.
        campaign: its plan.
        view: the sightings that a registered panel is counted from.
        handed: what was handed over.

    Raises:
        InputError: the registration is of another campaign.
        QuetsachError: a panel is none, or the registered one cannot be counted.
    """
    folder = centre.campaign_folder(campaign.id)
    registration = handed.registration or registered(folder)
    if registration and registration.campaign != campaign.id:
        raise InputError(f"this registration is of the campaign {registration.campaign}", where=campaign.id)
    if handed.panel:
        name, content = handed.panel
        origin = panel_origin(registration, centre, view) if registration else None
    elif registration:
        made = campaign_panel(registration, centre, view)
        name, content, origin = "panel.csv", made.content, made.origin
    else:
        return None
    panel = read_panel(content, where=name)
    if registration:
        design, target = registration.design, registration.target
    else:
        measured = (-t.change_percent / 100 for t in campaign.targets if t.measure is not Measure.NONE)
        design, target = handed.design, next(measured, _USUAL_TARGET)
    if handed.spill_over is not None:
        design = replace(design, spill_over=handed.spill_over)
    answer = against_negative(analyse(panel, design), panel, design, handed.negative)
    flow = kept_flow(folder, registration, panel) if registration else None
    return Effect.of(Grounds(answer, panel, design, target, registration, origin), flow)


def against_negative(answer: Answer, panel: Panel, design: Design, negative: File | None) -> Answer:
    """Hold an answer against a negative control, where there is one.

    Raises:
        QuetsachError: it is no panel, or of other units or starts.
    """
    if negative is None:
        return answer
    name, content = negative
    other = read_panel(content, where=name, covariates=design.covariates)
    require_same_design(panel, other)
    return with_negative_control(answer, analyse(other, design))
