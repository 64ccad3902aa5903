"""Counts the registered panel of a campaign from the lake: its units and families, week by week."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta

from quetsach.assess.effect.grounds import PanelOrigin, basis_departures
from quetsach.assess.effect.registration import LAKE_WEEKS, Registration
from quetsach.assess.estimate import Notice
from quetsach.centre.centre import Centre
from quetsach.centre.registered import begins_of, not_ours
from quetsach.core.country import Places
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.period import Period
from quetsach.core.table import csv_text
from quetsach.core.text import Text
from quetsach.lake.view import LakeView
from quetsach.lake.weekly import Sensors, WeekMeasure, constant_sensors, weekly, weeks


@dataclass(frozen=True, slots=True)
class CampaignPanel:
    """A panel as CSV (``unit,period,outcome,treated``), what its outcomes are, and how it came to be."""

    content: bytes
    measure: WeekMeasure
    units: int
    weeks: int
    origin: PanelOrigin


def campaign_panel(
    registration: Registration,
    centre: Centre,
    view: LakeView,
    *,
    progress: Callable[[int], None] = lambda _weeks: None,
) -> CampaignPanel:
    """Count the registered units and families in every whole week from the first window to the last.

    A cell without a sighting is zero in a week in which every sensor was alive for three quarters of the hours, and
    missing in others. Botnets count by their registered weights; only registered feeds count.

    Raises:
        QuetsachError: a unit is no province, or the lake cannot be read.
    """
    starts = weeks(registration.before.first, registration.after.last, anchor=registration.start)
    windows = (registration.before, registration.after)
    content, measure, sensors = _counted(registration, centre, view, starts, windows=windows, progress=progress)
    departed = (
        *not_ours(registration.campaign, registration.digest, centre.data),
        *_departed(registration, view),
        *sensors.notices,
    )
    digest = hashlib.sha256(content).hexdigest()
    origin = PanelOrigin(registration.digest, measure.value, LAKE_WEEKS, digest, departed)
    units = len(_begins(registration, centre))
    return CampaignPanel(content, measure, units, len(starts), origin)


def panel_so_far(registration: Registration, centre: Centre, view: LakeView, *, weeks_at_most: int = 26) -> bytes:
    """Count the units of a plan in the weeks up to its making, as CSV: what it shows of their noise.

    Raises:
        QuetsachError: a unit is no province, the lake cannot be read, or nothing was seen.
    """
    last = view.newest_day(until=registration.registered_at.date())
    if last is None:
        raise InputError(Text("the lake has no sightings so far"))
    days = view.days_with_data(Period(last - timedelta(weeks=weeks_at_most), last)).column("day").to_pylist()
    starts = weeks(min(days), last, anchor=registration.start)
    if len(starts) < 2:
        raise InputError(Text("the lake has no two whole weeks so far"))
    half = len(starts) // 2
    windows = (Period(starts[0], starts[half] - timedelta(days=1)), Period(starts[half], last))
    return _counted(registration, centre, view, starts, windows=windows, progress=lambda _weeks: None)[0]


def _counted(
    registration: Registration,
    centre: Centre,
    view: LakeView,
    starts: Sequence[date],
    *,
    windows: tuple[Period, Period],
    progress: Callable[[int], None],
) -> tuple[bytes, WeekMeasure, Sensors]:
    """Count the registered units and families in some weeks, by sensors that are the same in both windows."""
    begins = _begins(registration, centre)
    codes = {unit: _code(unit, centre.places, registration.start) for unit in begins}
    weights = dict(registration.families)
    sensors = constant_sensors(
        view,
        *windows,
        families=[family for family, weight in weights.items() if weight] or None,
        reports=registration.feeds or None,
    )
    announced = centre.network.ranges.announced_ipv4()
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


def panel_origin(registration: Registration, centre: Centre, view: LakeView | None = None) -> PanelOrigin | None:
    """Count the registered panel again, to hold a file against it; None where it cannot be counted here.

    Without a plan of its panel, or a lake, or with units that are no provinces, nothing shows what a file is.
    """
    if registration.panel is None or not centre.has_lake:
        return None
    try:
        with nullcontext(view) if view else centre.view() as opened:
            return campaign_panel(registration, centre, opened).origin
    except QuetsachError:
        return None


def _departed(registration: Registration, view: LakeView) -> tuple[Notice, ...]:
    """Return where what is counted is not what was registered, such as a last window that is not over.

    Feeds that came later are not counted.
    """
    basis = view.basis(Period(registration.before.first, registration.after.last))
    after, newest = registration.after, basis.as_of or registration.before.first
    return basis_departures(
        registration,
        before=registration.before,
        after=Period(min(after.first, newest), min(after.last, newest)),
        feeds=[feed for feed in basis.feeds if feed in registration.feeds],
        families=dict(registration.families),
        network=", ".join(basis.network_versions),
    )


def _begins(registration: Registration, centre: Centre) -> Mapping[str, date | None]:
    return begins_of(registration, centre.campaign_folder(registration.campaign))


def _code(unit: str, places: Places, day: date) -> str:
    """Return the code of the province that a unit names, by code or by name in either language."""
    for place in places.all_on(day):
        if unit in (place.code, place.name_vi, place.name_en):
            return place.code
    hint = "write provinces by code or name; for other units hand a panel over: --panel FILE"
    raise InputError(Text("is no province on the first day of the campaign"), where=unit, hint=hint)
