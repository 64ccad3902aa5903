"""``quetsach center evaluate``: the report of a campaign, as pages, PDF and data."""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center.assess.effect import (
    COUNTED,
    METHODS,
    SCALES,
    add_spill_over,
    against_negative,
    spill_over_of,
)
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json
from quetsach.cli.parser import Parser
from quetsach.core.errors import InputError
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quetsach.campaign import Campaign
    from quetsach.core.family import FamilyNames
    from quetsach.lake.view import LakeView
    from quetsach.web.evaluation.inputs import Effect
    from quetsach.web.evaluation.sources import Sources


def register(parser: Parser) -> None:
    """Add ``evaluate``."""
    parser.show_examples(
        "quetsach center evaluate viet-nam-2020\n"
        "quetsach center evaluate viet-nam-2020 --out report --panel provinces.csv --method wedge"
    )
    parser.add_argument("campaign", metavar="CAMPAIGN", help="a campaign of the office or of this build")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the report (default: evaluation-CAMPAIGN)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    parser.add_argument(
        "--panel", type=Path, metavar="FILE", help="CSV unit,period,outcome,treated (default: the registered panel)"
    )
    parser.add_argument("--method", choices=METHODS, default="wedge", help="of the analysis (default: wedge)")
    parser.add_argument(
        "--scale", choices=SCALES, help="of the analysis (default: log, or count where a figure is zero)"
    )
    parser.add_argument("--counted", choices=COUNTED, help="treated units count alike, or by size (default: units)")
    add_spill_over(parser)
    parser.add_argument(
        "--negative-control", type=Path, metavar="FILE", help="the same units with an outcome that was not aimed at"
    )
    parser.add_argument("--ramp", type=int, metavar="N", help="cits: periods until the effect is whole")
    parser.add_argument(
        "--subscribers", type=Path, metavar="FILE", help="CSV isp,subscribers: grades the providers (the regulator's)"
    )
    parser.add_argument(
        "--province-subscribers", type=Path, metavar="FILE", help="CSV province,subscribers by code: a map of rates"
    )
    parser.add_argument("--registration", type=Path, metavar="FILE", help="the analysis as it was registered")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415
    from quetsach.cli.center.publication import configure_web  # noqa: PLC0415

    require_center()
    data: Path = arguments.data or default_data()
    if not (data / "secret.key").exists():
        raise InputError("no centre was prepared here", where=str(data), hint="quetsach center up --prepare-only")
    configure_web(data)
    from quetsach.centre.tables import load_campaign, load_families, open_lake  # noqa: PLC0415
    from quetsach.web.evaluation import gathering, writing  # noqa: PLC0415
    from quetsach.web.evaluation.chapters import compose  # noqa: PLC0415

    campaign = load_campaign(arguments.campaign, data)
    out: Path = arguments.out or Path(f"evaluation-{campaign.id}")
    families = load_families(data)
    with open_lake(data, families).view() as view:
        sources = _sources(arguments, campaign, data, view, families)
        with Progress("Đang lập báo cáo / evaluating", gathering.STEPS + writing.STEPS) as progress:
            inputs = gathering.gather(campaign, sources, now=datetime.now(UTC), progress=progress.advance)
            files = writing.evaluation_write(compose(inputs), out, progress=progress.advance)
    if arguments.json:
        made = [str(file.relative_to(out)) for file in files]
        print_json({"campaign": campaign.id, "lake": view.state, "as_of": inputs.as_of, "out": str(out), "files": made})
    else:
        language = chosen_language(arguments)
        said = "Đã lập báo cáo" if language == "vi" else "The report is in"
        print(f"{said}: {out / f'evaluation.{language}.html'}")
    return ExitCode.NOTHING_FOUND


def _sources(
    arguments: argparse.Namespace, campaign: "Campaign", data: Path, view: "LakeView", families: "FamilyNames"
) -> "Sources":
    from quetsach.centre.priority import load_criteria  # noqa: PLC0415
    from quetsach.centre.tables import (  # noqa: PLC0415
        load_calendar,
        load_network_tables,
        load_places,
        load_published,
        load_scenario,
        load_tiles,
    )
    from quetsach.cli.center.publication import DemonstrationMarker  # noqa: PLC0415
    from quetsach.web.evaluation.sources import Sources  # noqa: PLC0415

    marker = DemonstrationMarker.read(data)
    criteria = load_criteria()
    return Sources(
        data=data,
        lake=view,
        families=families,
        network=load_network_tables(data),
        places=load_places(data),
        tiles=load_tiles(data),
        published=load_published(campaign.id, data),
        calendar=load_calendar(data),
        criteria=criteria,
        subscribers=_numbers(arguments.subscribers, ("isp", "subscribers")),
        province_subscribers=_numbers(arguments.province_subscribers, ("province", "subscribers")),
        not_real=_not_real(load_scenario(marker.scenario, data).note, marker.scale) if marker else None,
        effect=_effect(arguments, campaign, data, view),
    )


def _numbers(path: Path | None, columns: tuple[str, str]) -> "Mapping[str, float] | None":
    from quetsach.assess.grades import read_subscribers  # noqa: PLC0415
    from quetsach.assess.rows import MAX_BYTES  # noqa: PLC0415
    from quetsach.cli.center.assess.records import read_file  # noqa: PLC0415

    if path is None:
        return None
    return read_subscribers(read_file(path, limit=MAX_BYTES), where=str(path), columns=columns)


def _not_real(note: LocalText, scale: int) -> LocalText:
    """Say what the data are, and what one address of them stands for."""
    return LocalText(
        f"{note.vi} Một địa chỉ ở đây ứng với {number_text(scale, 'vi')} địa chỉ.",
        f"{note.en} One address here stands for {number_text(scale, 'en')}.",
    )


def _effect(arguments: argparse.Namespace, campaign: "Campaign", data: Path, view: "LakeView") -> "Effect | None":
    """Analyse the panel that was handed over, or the registered one from the lake; None where there is neither.

    Raises:
        InputError: the registration is of another campaign.
    """
    from quetsach.assess.effect import Counted, Design, Method, Scale, analyse, read_panel  # noqa: PLC0415
    from quetsach.assess.effect.grounds import Grounds  # noqa: PLC0415
    from quetsach.assess.effect.panel_file import MAX_BYTES  # noqa: PLC0415
    from quetsach.campaign import Measure  # noqa: PLC0415
    from quetsach.cli.center.assess.fidelity import kept_flow  # noqa: PLC0415
    from quetsach.cli.center.assess.panel import (  # noqa: PLC0415
        campaign_panel,
        panel_origin,
        read_registered,
        registered,
    )
    from quetsach.cli.center.assess.records import read_file  # noqa: PLC0415
    from quetsach.web.evaluation.inputs import Effect  # noqa: PLC0415

    folder = data / "campaigns" / campaign.id
    registration = read_registered(arguments.registration) if arguments.registration else registered(folder)
    if registration and registration.campaign != campaign.id:
        raise InputError(f"this registration is of the campaign {registration.campaign}", where=campaign.id)
    if arguments.panel:
        content = read_file(arguments.panel, limit=MAX_BYTES)
        origin = panel_origin(registration, data, view) if registration else None
    elif registration:
        made = campaign_panel(registration, data, view)
        content, origin = made.content, made.origin
    else:
        return None
    panel = read_panel(content, where=arguments.panel.name if arguments.panel else "panel.csv")
    if registration:
        design, target = registration.design, registration.target
    else:
        target = next((-t.change_percent / 100 for t in campaign.targets if t.measure is not Measure.NONE), 0.5)
        scale = Scale(arguments.scale) if arguments.scale else None
        design = Design(
            Method(arguments.method), scale, arguments.ramp, counted=Counted(arguments.counted or Counted.UNITS)
        )
    if (spill_over := spill_over_of(arguments)) is not None:
        design = replace(design, spill_over=spill_over)
    answer = against_negative(analyse(panel, design), panel, design, arguments.negative_control)
    flow = kept_flow(folder, registration, panel) if registration else None
    return Effect.of(Grounds(answer, panel, design, target, registration, origin), flow)
