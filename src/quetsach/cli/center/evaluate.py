"""``quetsach center evaluate``: the report of a campaign, as pages, PDF and data."""

import argparse
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from quetsach import storage
from quetsach.assess.effect import Counted, Design, Method, Scale
from quetsach.assess.rows import MAX_BYTES
from quetsach.assess.subscribers import Subscribers, read_subscribers
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation.sources import HandedOver
from quetsach.centre.registered import read_registered, registered
from quetsach.cli.center.assess.effect import named_file, spill_over_of
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.text import Text
from quetsach.web.configuration import configure_web

_SETTINGS = ("method", "scale", "counted", "covariate", "ramp")


def run(arguments: argparse.Namespace) -> int:
    """Write the evaluation of a campaign."""
    centre = Centre(arguments.data or default_data())
    if not centre.is_laid_out:
        where, hint = str(centre.data), Text("quetsach center up --prepare-only")
        raise InputError(Text("no centre was prepared here"), where=where, hint=hint)
    configure_web(centre.data)
    services = import_module("quetsach.web.evaluation.services")
    campaign = centre.campaign(arguments.campaign)
    if arguments.registration or registered(centre.campaign_folder(campaign.id)):
        _refuse_settings(arguments)
    out: Path = arguments.out or Path(f"evaluation-{campaign.id}")
    with Progress(
        Text("evaluating", context="progress").in_language(chosen_language(arguments)), services.STEPS
    ) as progress:
        made = services.evaluation_make(
            centre=centre,
            campaign=campaign,
            handed=handed_over(arguments),
            out=out,
            now=datetime.now(UTC),
            progress=progress.advance,
        )
    if arguments.json:
        files = [str(file.relative_to(out)) for file in made.files]
        print_json({"campaign": campaign.id, "lake": made.lake, "as_of": made.as_of, "out": str(out), "files": files})
    else:
        language = chosen_language(arguments)
        print(Text("The report is in: {path}", path=out / f"evaluation.{language}.html").in_language(language))
    return ExitCode.NOTHING_FOUND


def _refuse_settings(arguments: argparse.Namespace) -> None:
    """Refuse settings of the analysis where it was registered: those that were signed count.

    Raises:
        InputError: with the options that are too many.
    """
    named = [f"--{name}" for name in _SETTINGS if getattr(arguments, name) not in (None, [], ())]
    if named:
        raise InputError(
            Text("the analysis of this campaign was registered, and its signed settings count"),
            where=", ".join(named),
            hint=Text("leave these options out"),
        )


def handed_over(arguments: argparse.Namespace) -> HandedOver:
    """Return what the command line brings to the evaluation.

    Raises:
        QuetsachError: a file cannot be read, or is none of its kind.
    """
    design = Design(
        Method(arguments.method or Method.WEDGE),
        Scale(arguments.scale) if arguments.scale else None,
        arguments.ramp,
        counted=Counted(arguments.counted or Counted.UNITS),
        covariates=tuple(arguments.covariate),
    )
    return HandedOver(
        design=design,
        panel=named_file(arguments.panel),
        negative=named_file(arguments.negative_control),
        registration=read_registered(arguments.registration) if arguments.registration else None,
        spill_over=spill_over_of(arguments),
        subscribers=_numbers(arguments.subscribers, ("isp", "subscribers")),
        province_subscribers=_numbers(arguments.province_subscribers, ("province", "subscribers")),
    )


def _numbers(path: Path | None, columns: tuple[str, str]) -> Subscribers | None:
    if path is None:
        return None
    return read_subscribers(storage.read_input(path, most_bytes=MAX_BYTES), where=str(path), columns=columns)
