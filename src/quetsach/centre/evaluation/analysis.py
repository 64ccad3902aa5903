"""Analyses the effect of a campaign for its evaluation: by the panel that was handed over, or the registered one."""

from dataclasses import replace

from quetsach.assess.effect import Answer, Design, Finding, Method, Panel, analyse, read_panel
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.method_texts import BLOCKS_NOT_RECORDED
from quetsach.assess.effect.registration import Registration
from quetsach.assess.effect.roll_out import RollOut
from quetsach.assess.effect.sensitivity import require_same_design, with_negative_control
from quetsach.campaign import Campaign, Measure
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation.inputs import Effect
from quetsach.centre.evaluation.sources import File, HandedOver
from quetsach.centre.panel import campaign_panel, panel_origin
from quetsach.centre.registered import kept_flow, order_of, registered
from quetsach.core.errors import InputError
from quetsach.core.text import Text
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
        raise InputError(
            Text("this registration is of the campaign {campaign}", campaign=registration.campaign), where=campaign.id
        )
    if handed.panel:
        name, content = handed.panel
        origin = panel_origin(registration, centre, view) if registration else None
    elif registration:
        _refuse_covariates(registration)
        made = campaign_panel(registration, centre, view)
        name, content, origin = "panel.csv", made.content, made.origin
    else:
        return None
    if registration:
        design, target = registration.design, registration.target
    else:
        measured = (-t.change_percent / 100 for t in campaign.targets if t.measure is not Measure.NONE)
        design, target = handed.design, next(measured, _USUAL_TARGET)
    if handed.spill_over is not None:
        design = replace(design, spill_over=handed.spill_over)
    panel, answer = analyse_panel(
        (name, content), design, negative=handed.negative, registration=registration, order=order_of(folder)
    )
    flow = kept_flow(folder, registration, panel) if registration else None
    return Effect.of(Grounds(answer, panel, design, target, registration, origin), flow)


def _refuse_covariates(registration: Registration) -> None:
    """Refuse to count a panel for an analysis with covariates: a lake has no column of them."""
    if registration.design.covariates:
        named = ", ".join(registration.design.covariates)
        raise InputError(
            Text(
                "the analysis that was registered needs columns that the centre cannot count: {columns}", columns=named
            ),
            where=registration.campaign,
            hint=Text("hand the panel over with these columns: --panel FILE"),
        )


def analyse_panel(
    file: File, design: Design, *, negative: File | None, registration: Registration | None, order: RollOut | None
) -> tuple[Panel, Answer]:
    """Read a panel with all that its analysis needs, and return it with what was found.

    Args:
        file: the panel.
        design: how it is analysed; its covariates are columns of the panel.
        negative: the same units and starts with an outcome that was not aimed at.
        registration: what the order was drawn within stands in it.
        order: what lies with the campaign; says whether blocks were drawn that nobody recorded.

    Raises:
        QuetsachError: a file is no panel, lacks a column, or its units are not those that were drawn.
    """
    panel = _read(file, design, registration)
    answer = analyse(panel, design)
    if negative:
        other = _read(negative, design, registration)
        require_same_design(panel, other)
        answer = with_negative_control(answer, analyse(other, design))
    is_unknown = order is not None and order.is_by_size and not order.strata
    if registration and is_unknown and isinstance(answer, Finding) and design.method is Method.WEDGE:
        answer = answer.telling(BLOCKS_NOT_RECORDED)
    return panel, answer


def _read(file: File, design: Design, registration: Registration | None) -> Panel:
    name, content = file
    panel = read_panel(content, where=name, covariates=design.covariates)
    return panel.drawn_within(registration.strata) if registration and registration.strata else panel
