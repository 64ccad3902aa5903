"""A small country with a reform, for tests of units."""

from datetime import date

from quetsach.campaign.units.unit import Succession, Unit, UnitKind

START, CITY, REFORM = date(2020, 1, 1), date(2025, 1, 1), date(2025, 7, 1)


def unit(key: str, parent: str | None, *, opened: date = START, closed: date | None = REFORM, kind: str = "") -> Unit:
    """Return a unit below a parent for its whole life."""
    code = key.partition("-")[0].upper()
    kinds = {2: UnitKind.PROVINCE, 3: UnitKind.DISTRICT, 5: UnitKind.COMMUNE}
    of_kind = UnitKind(kind) if kind else kinds.get(len(code), UnitKind.AGENCY)
    parents = () if parent is None else ((opened, parent),)
    return Unit(key, code, f"Đơn vị {code}", f"Unit {code}", of_kind, opened, closed, "", parents)


ROOT = unit("tw", None, closed=None, kind="centre")
OLD_CITY = unit("46-2020", "tw", closed=CITY)
NEW_CITY = unit("46-2025", "tw", opened=CITY, closed=None)
UNITS = (
    ROOT,
    unit("31-2020", "tw"),
    unit("30-2020", "tw"),
    unit("303-2020", "31-2020"),
    unit("318-2020", "31-2020"),
    unit("11296-2020", "303-2020"),
    unit("11299-2020", "303-2020"),
    unit("290-2020", "30-2020"),
    unit("10507-2020", "290-2020"),
    unit("31-2025", "tw", opened=REFORM, closed=None),
    unit("11296-2025", "31-2025", opened=REFORM, closed=None),
    unit("11948-2025", "31-2025", opened=REFORM, closed=None),
    unit("10507-2025", "31-2025", opened=REFORM, closed=None),
    OLD_CITY,
    NEW_CITY,
    Unit(
        "474-2020",
        "474",
        "Quận Thuận Hóa",
        "",
        UnitKind.DISTRICT,
        START,
        REFORM,
        "",
        ((START, "46-2020"), (CITY, "46-2025")),
    ),
    unit("19750-2020", "474-2020"),
)
BY_KEY = {found.key: found for found in UNITS}


def whole(old: str, new: str, on: date = REFORM) -> Succession:
    """Return that one unit took all of another."""
    return Succession(old, new, on)


SUCCESSIONS = (
    whole("31-2020", "31-2025"),
    whole("30-2020", "31-2025"),
    whole("46-2020", "46-2025", CITY),
    whole("318-2020", "11948-2025"),
    whole("11296-2020", "11296-2025"),
    Succession("11299-2020", "11296-2025", REFORM, 666_667),
    Succession("11299-2020", "11948-2025", REFORM, 333_333),
    whole("10507-2020", "10507-2025"),
)
