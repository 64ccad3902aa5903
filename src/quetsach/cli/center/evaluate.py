"""``quetsach center evaluate``: the report of a campaign, as pages, PDF and data."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach import storage
from quetsach.cli.center.assess.effect import (
    COUNTED,
    METHODS,
    SCALES,
    add_spill_over,
    named_file,
    spill_over_of,
)
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, print_json
from quetsach.cli.parser import ExitCode, Parser, add_language, chosen_language
from quetsach.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quetsach.centre.evaluation.sources import HandedOver


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

    require_center()
    from quetsach.centre.centre import Centre  # noqa: PLC0415
    from quetsach.web.configuration import configure_web  # noqa: PLC0415

    centre = Centre(arguments.data or default_data())
    if not centre.is_laid_out:
        where, hint = str(centre.data), "quetsach center up --prepare-only"
        raise InputError("no centre was prepared here", where=where, hint=hint)
    configure_web(centre.data)
    from quetsach.web.evaluation import services  # noqa: PLC0415

    campaign = centre.campaign(arguments.campaign)
    out: Path = arguments.out or Path(f"evaluation-{campaign.id}")
    with Progress("Đang lập báo cáo / evaluating", services.STEPS) as progress:
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
        said = "Đã lập báo cáo" if language == "vi" else "The report is in"
        print(f"{said}: {out / f'evaluation.{language}.html'}")
    return ExitCode.NOTHING_FOUND


def handed_over(arguments: argparse.Namespace) -> "HandedOver":
    """Return what the command line brings to the evaluation.

    Raises:
        QuetsachError: a file cannot be read, or is none of its kind.
    """
    from quetsach.assess.effect import Counted, Design, Method, Scale  # noqa: PLC0415
    from quetsach.centre.evaluation.sources import HandedOver  # noqa: PLC0415
    from quetsach.centre.registered import read_registered  # noqa: PLC0415

    scale = Scale(arguments.scale) if arguments.scale else None
    counted = Counted(arguments.counted or Counted.UNITS)
    return HandedOver(
        design=Design(Method(arguments.method), scale, arguments.ramp, counted=counted),
        panel=named_file(arguments.panel),
        negative=named_file(arguments.negative_control),
        registration=read_registered(arguments.registration) if arguments.registration else None,
        spill_over=spill_over_of(arguments),
        subscribers=_numbers(arguments.subscribers, ("isp", "subscribers")),
        province_subscribers=_numbers(arguments.province_subscribers, ("province", "subscribers")),
    )


def _numbers(path: Path | None, columns: tuple[str, str]) -> "Mapping[str, float] | None":
    from quetsach.assess.grades import read_subscribers  # noqa: PLC0415
    from quetsach.assess.rows import MAX_BYTES  # noqa: PLC0415

    if path is None:
        return None
    return read_subscribers(storage.read_input(path, most_bytes=MAX_BYTES), where=str(path), columns=columns)
