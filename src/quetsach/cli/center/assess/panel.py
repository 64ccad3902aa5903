"""``quetsach center assess panel``: the registered panel of a campaign, week by week, from the lake."""

import argparse
import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach import storage
from quetsach.cli.center.assess.records import REGISTRATION, ROLL_OUT, campaign_folder, read_file
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.locations import default_data
from quetsach.cli.output import Progress, say
from quetsach.cli.parser import Parser
from quetsach.core.csv_text import csv_text
from quetsach.core.errors import InputError, QuetsachError

if TYPE_CHECKING:
    from quetsach.assess.effect.grounds import PanelOrigin
    from quetsach.assess.effect.registration import Registration
    from quetsach.assess.notice import Notice
    from quetsach.assess.trial.registration import TrialRegistration
    from quetsach.core.period import Period
    from quetsach.core.place import Places
    from quetsach.lake.view import LakeView
    from quetsach.lake.weekly import Sensors, WeekMeasure

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


@dataclass(frozen=True, slots=True)
class CampaignPanel:
    """A panel as CSV (``unit,period,outcome,treated``), what its outcomes are, and how it came to be."""

    content: bytes
    measure: "WeekMeasure"
    units: int
    weeks: int
    origin: "PanelOrigin"


def register(parser: Parser) -> None:
    """Add ``panel``."""
    parser.show_examples(
        "quetsach center assess panel viet-nam-2027 --out panel.csv\n"
        "quetsach center assess effect --panel panel.csv --registration registration.json"
    )
    parser.add_argument("campaign", metavar="CAMPAIGN", help="a campaign whose analysis was registered")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: to the terminal)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quetsach.cli.center import require_center  # noqa: PLC0415

    require_center()
    path = campaign_folder(arguments) / REGISTRATION
    if not path.exists():
        where, hint = arguments.campaign, f"quetsach center assess register {arguments.campaign} --plan plan.toml"
        raise InputError("no analysis of this campaign was registered", where=where, hint=hint)
    registration = read_registered(path)
    from quetsach.centre.tables import open_lake  # noqa: PLC0415

    data: Path = arguments.data or default_data()
    with Progress("Đang đếm từng tuần / counting weeks", 0) as progress, open_lake(data).view() as view:
        panel = campaign_panel(registration, data, view, progress=progress.advance)
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


def registered(folder: Path) -> "Registration | None":
    """Return the registered analysis that lies with a campaign, its signature checked; None where there is none.

    The registration of a trial that was given the campaign's name is none of it.
    """
    from quetsach.assess.trial.registration import is_trial  # noqa: PLC0415

    path = folder / REGISTRATION
    return read_registered(path) if path.exists() and not is_trial(read_file(path)) else None


def read_registered(path: Path) -> "Registration":
    """Read a registration and check its signature; who signed it is looked at where its panel is counted.

    Raises:
        QuetsachError: it is damaged, was changed after it was signed, or is that of a trial.
    """
    from quetsach.assess.trial.registration import TrialRegistration  # noqa: PLC0415

    found = _read_signed(path)[0]
    if isinstance(found, TrialRegistration):
        hint = "quetsach center assess effect --panel OUTCOMES --registration FILE"
        raise InputError("this is the registration of a trial: it has no panel", where=str(path), hint=hint)
    return found


def _read_signed(path: Path) -> "tuple[Registration | TrialRegistration, bytes]":
    """Return a registration of either kind, its signature checked, and the public key that it is signed by.

    Raises:
        QuetsachError: it is damaged, or was changed after it was signed.
    """
    from quetsach.assess.effect.registration import read_registration  # noqa: PLC0415
    from quetsach.assess.trial.registration import is_trial, read_trial  # noqa: PLC0415
    from quetsach.cli.center.assess.registration_key import is_signed_by  # noqa: PLC0415

    content = read_file(path)
    if is_trial(content):
        return read_trial(content, where=str(path), verify=is_signed_by)
    return read_registration(content, where=str(path), verify=is_signed_by)


def campaign_panel(
    registration: "Registration",
    data: Path,
    view: "LakeView",
    *,
    progress: Callable[[int], None] = lambda _weeks: None,
) -> CampaignPanel:
    """Count the registered units and families in every whole week from the first window to the last.

    A cell without a sighting is zero in a week in which every sensor was alive for three quarters of the hours, and
    missing in others. Botnets count by their registered weights; only registered feeds count.

    Raises:
        QuetsachError: a unit is no province, or the lake cannot be read.
    """
    from quetsach.assess.effect.grounds import PanelOrigin  # noqa: PLC0415
    from quetsach.assess.effect.registration import LAKE_WEEKS  # noqa: PLC0415
    from quetsach.lake.weekly import weeks  # noqa: PLC0415

    starts = weeks(registration.before.first, registration.after.last, anchor=registration.start)
    windows = (registration.before, registration.after)
    content, measure, sensors = _counted(registration, data, view, starts, windows=windows, progress=progress)
    departed = (
        *not_ours(registration.campaign, registration.digest, data),
        *_departed(registration, view),
        *sensors.notices,
    )
    digest = hashlib.sha256(content).hexdigest()
    origin = PanelOrigin(registration.digest, measure.value, LAKE_WEEKS, digest, departed)
    return CampaignPanel(content, measure, len(_begins(registration, data)), len(starts), origin)


def panel_so_far(registration: "Registration", data: Path, view: "LakeView", *, weeks_at_most: int = 26) -> bytes:
    """Count the units of a plan in the weeks up to its making, as CSV: what it shows of their noise.

    Raises:
        QuetsachError: a unit is no province, the lake cannot be read, or nothing was seen.
    """
    from quetsach.core.period import Period  # noqa: PLC0415
    from quetsach.lake.weekly import weeks  # noqa: PLC0415

    last = view.newest_day(until=registration.registered_at.date())
    if last is None:
        raise InputError("the lake has no sightings so far")
    days = view.days_with_data(Period(last - timedelta(weeks=weeks_at_most), last)).column("day").to_pylist()
    starts = weeks(min(days), last, anchor=registration.start)
    if len(starts) < 2:
        raise InputError("the lake has no two whole weeks so far")
    half = len(starts) // 2
    windows = (Period(starts[0], starts[half] - timedelta(days=1)), Period(starts[half], last))
    return _counted(registration, data, view, starts, windows=windows, progress=lambda _weeks: None)[0]


def _counted(
    registration: "Registration",
    data: Path,
    view: "LakeView",
    starts: Sequence[date],
    *,
    windows: "tuple[Period, Period]",
    progress: Callable[[int], None],
) -> "tuple[bytes, WeekMeasure, Sensors]":
    """Count the registered units and families in some weeks, by sensors that are the same in both windows."""
    from quetsach.centre.tables import load_network_tables, load_places  # noqa: PLC0415
    from quetsach.lake.weekly import constant_sensors, weekly  # noqa: PLC0415

    begins = _begins(registration, data)
    codes = {unit: _code(unit, load_places(data), registration.start) for unit in begins}
    weights = dict(registration.families)
    sensors = constant_sensors(
        view,
        *windows,
        families=[family for family, weight in weights.items() if weight] or None,
        reports=registration.feeds or None,
    )
    announced = load_network_tables(data).ranges.announced_ipv4()
    counted = weekly(view, starts, sensors, weights=weights, announced=announced, progress=progress)
    measure = counted.measure(codes.values())
    rows: list[tuple[object, ...]] = [("unit", "period", "outcome", "treated")]
    for unit, code in codes.items():
        begin = begins[unit]
        for week in starts:
            cell = counted.cell(code, week)
            outcome = "" if cell is None else cell.of(measure)
            rows.append((unit, week, outcome, int(begin is not None and week >= begin)))
    return csv_text(rows).encode(), measure, sensors


def panel_origin(registration: "Registration", data: Path, view: "LakeView | None" = None) -> "PanelOrigin | None":
    """Count the registered panel again, to hold a file against it; None where it cannot be counted here.

    Without a plan of its panel, or a lake, or with units that are no provinces, nothing shows what a file is.
    """
    from quetsach.centre.tables import open_lake  # noqa: PLC0415

    if registration.panel is None or not (data / "lake").is_dir():
        return None
    try:
        with nullcontext(view) if view else open_lake(data).view() as opened:
            return campaign_panel(registration, data, opened).origin
    except QuetsachError:
        return None


def not_ours(campaign: str, digest: str, data: Path) -> "tuple[Notice, ...]":
    """Say so where a registration is not the one that this centre signed and keeps with the campaign.

    A signature alone shows nothing: anybody can make a key, and sign today what bears an earlier day.
    """
    from quetsach.assess.effect.departures import OF_ANOTHER_SIGNER  # noqa: PLC0415
    from quetsach.cli.center.assess.registration_key import kept_public_key  # noqa: PLC0415

    path = data / "campaigns" / campaign / REGISTRATION
    if path.exists():
        kept, key = _read_signed(path)
        if kept.digest == digest and key == kept_public_key(data / "campaigns" / "keys"):
            return ()
    return (OF_ANOTHER_SIGNER,)


def _departed(registration: "Registration", view: "LakeView") -> "tuple[Notice, ...]":
    """Return where what is counted is not what was registered, such as a last window that is not over.

    Feeds that came later are not counted.
    """
    from quetsach.assess.effect.departures import basis_departures  # noqa: PLC0415
    from quetsach.core.period import Period  # noqa: PLC0415
    from quetsach.lake.answers import basis_of  # noqa: PLC0415

    basis = basis_of(view, Period(registration.before.first, registration.after.last))
    after, newest = registration.after, basis.as_of or registration.before.first
    return basis_departures(
        registration,
        before=registration.before,
        after=Period(min(after.first, newest), min(after.last, newest)),
        feeds=[feed for feed in basis.feeds if feed in registration.feeds],
        families=dict(registration.families),
        network=", ".join(basis.network_versions),
    )


def _begins(registration: "Registration", data: Path) -> Mapping[str, date | None]:
    """Return the day on which each unit began; None for a control."""
    from quetsach.assess.effect.roll_out import read_roll_out  # noqa: PLC0415

    begins: dict[str, date | None] = dict.fromkeys(registration.controls)
    path = data / "campaigns" / registration.campaign / ROLL_OUT
    if registration.order:
        order = read_roll_out(read_file(path), where=str(path))
        if order.digest != registration.roll_out:
            raise InputError("the order of roll-out is not the one that was registered", where=str(path))
        order.refuse_before(registration.start, where=str(path))
        begins |= {unit: day for day, units in zip(order.days, order.steps, strict=True) for unit in units}
    return begins


def _code(unit: str, places: "Places", day: date) -> str:
    """Return the code of the province that a unit names, by code or by name in either language."""
    for place in places.all_on(day):
        if unit in (place.code, place.name_vi, place.name_en):
            return place.code
    hint = "write provinces by code or name; for other units hand a panel over: --panel FILE"
    raise InputError("is no province on the first day of the campaign", where=unit, hint=hint)
