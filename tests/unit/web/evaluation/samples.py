"""A small report to write and to look at."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from tests.unit.assess.effect.panels import grounds_of, wedge_panel

from quetsach.assess.comparison import compare
from quetsach.assess.effect.grounds import UNREGISTERED
from quetsach.assess.effect.verdict import NotGiven
from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.calibration import StandsOn
from quetsach.assess.hosts.comparison import Comparison
from quetsach.campaign import read_campaign
from quetsach.campaign.record import PublishedRecord
from quetsach.centre.evaluation.inputs import (
    Change,
    CleanedByTool,
    Daily,
    Dimension,
    Effect,
    FeedDays,
    Fleet,
    Inputs,
    MachineChange,
)
from quetsach.centre.tables import load_places, load_tiles
from quetsach.core.text import LocalText
from quetsach.installation import bundled

__all__ = ["NOW", "effect_of", "inputs"]

NOW = datetime(2021, 3, 1, 4, 0, tzinfo=UTC)
MACHINES = MachineChange(
    "conficker",
    LocalText("Conficker", "Conficker"),
    Estimate(80.0, 76.0, 84.0),
    Estimate(40.0, 38.0, 42.0),
    StandsOn.CALIBRATED,
)
TOOL = CleanedByTool(
    1000,
    120,
    90,
    {"conficker": 55},
    {"conficker": LocalText("Conficker", "Conficker")},
    (Fleet("79", LocalText("Hồ Chí Minh", "Ho Chi Minh City"), 400, 60, 50),),
)
REFUSED = Effect(NotEstimable(NotEstimableReason.TOO_FEW_CONTROLS), NotGiven((UNREGISTERED,)), None)


def effect_of(reduction: float, *, is_registered: bool = True) -> Effect:
    """Return what the wedge finds in a panel with this effect, and the verdict on a target of a half."""
    made = grounds_of(wedge_panel(reduction))
    return Effect.of(made if is_registered else replace(made, registration=None, origin=None))


def inputs(
    *, effect: Effect | None = None, machines: Comparison | None = None, published: PublishedRecord | None = None
) -> Inputs:
    """Return what a centre without sightings of the baseline, but with a few daily counts, would hand over."""
    path = bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml"
    first = date(2020, 6, 16)
    return Inputs(
        campaign=read_campaign(path.read_bytes(), file="campaign.toml"),
        made_at=NOW,
        as_of=date(2021, 2, 28),
        not_real=LocalText("Dữ liệu mô phỏng.", "Simulated data."),
        published=published or PublishedRecord(),
        targets=None,
        compared=compare(900, at=first, declared=1800, previous_year=None, months=[None] * 12, before=[]),
        basis=None,
        daily=tuple(Daily(first + timedelta(days=n), 100 + n) for n in range(3)),
        changes={
            Dimension.FAMILY: (Change("conficker", LocalText("Conficker", "Conficker"), 120.0, 60.0),),
            Dimension.PROVIDER: (Change("vnpt", LocalText("VNPT", "VNPT"), 80.0, 20.0),),
            Dimension.PROVINCE: (
                Change("01@2008-08-01", LocalText("Hà Nội", "Hanoi"), 90.0, 40.0),
                Change("31@2008-08-01", LocalText("Hải Phòng", "Hai Phong"), 40.0, None),
            ),
        },
        machine_changes={Dimension.FAMILY: (MACHINES,)},
        tiles=load_tiles().on(first, load_places()),
        province_rates=None,
        feed_days=(FeedDays("shadowserver/event4_sinkhole", LocalText("Mốc", "Baseline"), 30, 28, 5000),),
        machines=machines,
        effect=effect,
        cases=None,
        grades=None,
        priority=None,
        tool=TOOL,
        outcome=None,
    )
