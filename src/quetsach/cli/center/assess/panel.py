"""``quetsach center assess panel``: the registered panel of a campaign, week by week, from the lake."""

import argparse
import sys

from quetsach import storage
from quetsach.centre.centre import Centre
from quetsach.centre.panel import campaign_panel
from quetsach.centre.registered import REGISTRATION, read_registered
from quetsach.cli.center.assess.windows import campaign_folder
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError

_SAID = {
    "vi": "{cells} ô, {units} đơn vị, {weeks} tuần; số liệu: {measure}.",
    "en": "{cells} cells of {units} units and {weeks} weeks; measure: {measure}.",
}
_MEASURES = {
    "vi": {
        "machines": "ca nhiễm trực tuyến",
        "addresses": "địa chỉ trung bình mỗi ngày (có ô không ước lượng được số ca nhiễm)",
    },
    "en": {
        "machines": "infections on line",
        "addresses": "mean daily addresses (some cells have no estimate of infections)",
    },
}


def run(arguments: argparse.Namespace) -> int:
    """Write the registered panel of a campaign."""
    path = campaign_folder(arguments) / REGISTRATION
    if not path.exists():
        where, hint = arguments.campaign, f"quetsach center assess register {arguments.campaign} --plan plan.toml"
        raise InputError("no analysis of this campaign was registered", where=where, hint=hint)
    registration = read_registered(path)
    centre = Centre(arguments.data or default_data())
    with Progress("Đang đếm từng tuần / counting weeks", 0) as progress, centre.view() as view:
        panel = campaign_panel(registration, centre, view, progress=progress.advance)
    if arguments.out is None:
        sys.stdout.write(panel.content.decode())
    else:
        try:
            storage.write(arguments.out, panel.content, mode=storage.SHARED)
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", where=str(arguments.out)) from error
        language = chosen_language(arguments)
        measure = _MEASURES[language][panel.measure.value]
        cells = panel.units * panel.weeks
        say(_SAID[language].format(cells=cells, units=panel.units, weeks=panel.weeks, measure=measure))
    return ExitCode.NOTHING_FOUND
