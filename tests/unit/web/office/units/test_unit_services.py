from datetime import date

import pytest
from tests.unit.web.office.conftest import NOW, OPENED, REFORM, TODAY

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.unit import UnitKind
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Edge, Position, Succession
from quetsach.web.office.tree.selectors import children_of, position_of
from quetsach.web.office.units.services.unit import (
    positions_rebuild,
    unit_add,
    unit_change,
    unit_close,
    unit_move,
)

MOVE = date(2021, 1, 1)
CORRECTED = {"name_vi": "Quận Hồng Bàng (mới)", "name_en": "", "decree": "", "exchange_code": "H31.15"}


def _add(parent, by=None, **changed):
    values = {"key": "305-2021", "code": "305", "name_vi": "Quận Lê Chân", "name_en": "Le Chan District"}
    values |= {"kind": UnitKind.DISTRICT, "opened": MOVE, "decree": "1/2021/NQ", "exchange_code": "", **changed}
    return unit_add(parent=parent, by=by, now=NOW, **values)


def _paths(key: str) -> list[tuple[str, date, date | None]]:
    return list(Position.objects.filter(unit__key=key).order_by("first").values_list("path", "first", "until"))


def test_a_unit_is_added_below_another_from_a_day_on(units) -> None:
    added = _add(units["tw"])
    assert _paths("305-2021") == [("/tw/305-2021/", MOVE, None)]
    assert position_of(added, TODAY) is None


def test_a_unit_cannot_outlive_the_one_above_it(units) -> None:
    with pytest.raises(UnitsError, match="reports to 31-2020 on days"):
        _add(units["31-2020"])


def test_a_key_that_is_taken_is_refused(units) -> None:
    with pytest.raises(UnitsError, match="names another unit"):
        _add(units["tw"], key="303-2020")


def test_a_code_that_means_another_unit_then_is_refused(units) -> None:
    with pytest.raises(UnitsError, match="means two units"):
        _add(units["tw"], code="303")


def test_a_unit_that_moves_takes_what_is_below_it_along(units) -> None:
    unit_move(unit=units["303-2020"], parent=units["01-2020"], since=MOVE, by=None, now=NOW)
    assert _paths("11296-2020") == [
        ("/tw/31-2020/303-2020/11296-2020/", OPENED, MOVE),
        ("/tw/01-2020/303-2020/11296-2020/", MOVE, REFORM),
    ]


def test_a_unit_cannot_move_below_itself(units) -> None:
    with pytest.raises(UnitsError, match="stands below itself"):
        unit_move(unit=units["303-2020"], parent=units["11296-2020"], since=MOVE, by=None, now=NOW)
    assert Edge.objects.filter(unit=units["303-2020"]).count() == 1


def test_a_later_move_replaces_those_planned_after_it(units) -> None:
    unit_move(unit=units["303-2020"], parent=units["01-2020"], since=date(2022, 1, 1), by=None, now=NOW)
    unit_move(unit=units["303-2020"], parent=units["304-2020"], since=MOVE, by=None, now=NOW)
    assert [path for path, _, _ in _paths("303-2020")] == ["/tw/31-2020/303-2020/", "/tw/31-2020/304-2020/303-2020/"]


def test_a_unit_closes_with_shares_for_those_who_follow(units) -> None:
    follow = [(units["11299-2020"], 600_000), (units["11320-2020"], 400_000)]
    unit_close(unit=_closable(units), on=MOVE, successors=follow, decree="2/2020/NQ", by=None, now=NOW)
    shares = {row.new.key: float(row.share) for row in Succession.objects.filter(on=MOVE)}
    assert shares == {"11299-2020": 0.6, "11320-2020": 0.4}
    assert _paths("11302-2020") == [("/tw/11302-2020/", OPENED, MOVE)]


def _closable(units):
    values = {"key": "11302-2020", "code": "11302", "kind": UnitKind.COMMUNE, "opened": OPENED}
    return _add(units["tw"], **values)


def test_shares_that_do_not_add_up_are_refused(units) -> None:
    with pytest.raises(UnitsError, match=r"add up to 0\.6"):
        unit_close(
            unit=_closable(units), on=MOVE, successors=[(units["11299-2020"], 600_000)], decree="", by=None, now=NOW
        )


def test_a_unit_that_others_report_to_cannot_close(units) -> None:
    with pytest.raises(UnitsError, match="31-2025 on days"):
        unit_close(unit=units["31-2025"], on=date(2026, 1, 1), successors=[], decree="", by=None, now=NOW)


def test_a_closed_unit_does_not_close_again(units) -> None:
    with pytest.raises(UnitsError, match="closed already"):
        unit_close(unit=units["303-2020"], on=MOVE, successors=[], decree="", by=None, now=NOW)


def test_a_corrected_name_leaves_the_tree_as_it_is(units) -> None:
    before = set(Position.objects.values_list("pk", flat=True))
    unit_change(unit=units["303-2020"], **CORRECTED, by=None, now=NOW)
    units["303-2020"].refresh_from_db()
    assert (units["303-2020"].name_vi, units["303-2020"].exchange_code) == ("Quận Hồng Bàng (mới)", "H31.15")
    assert set(Position.objects.values_list("pk", flat=True)) == before


def test_every_change_is_in_the_log(units, person) -> None:
    operator = person(Role.OPERATOR)
    unit_move(unit=units["303-2020"], parent=units["01-2020"], since=MOVE, by=operator, now=NOW)
    entry = LogEntry.objects.get(act="unit-move")
    assert (entry.person, entry.subject, entry.unit) == (operator, "unit:303-2020", units["303-2020"])
    assert entry.detail == {"parent": "01-2020", "since": "2021-01-01"}


@pytest.mark.parametrize("role", [Role.ANALYST, Role.PRESS, Role.AUDITOR, Role.APPROVER, Role.EDITOR, Role.VIEWER])
def test_only_operators_change_the_tree(units, person, role: Role) -> None:
    somebody = person(role, "tw")
    for change in (
        lambda: _add(units["tw"], by=somebody),
        lambda: unit_move(unit=units["303-2020"], parent=units["01-2020"], since=MOVE, by=somebody, now=NOW),
        lambda: unit_change(unit=units["303-2020"], **CORRECTED, by=somebody, now=NOW),
        lambda: unit_close(unit=units["11296-2025"], on=REFORM, successors=[], decree="", by=somebody, now=NOW),
    ):
        with pytest.raises(AccessError):
            change()


def test_rebuilding_positions_writes_only_what_differs(units) -> None:
    before = dict(Position.objects.values_list("path", "pk"))
    Position.objects.filter(unit=units["11296-2020"]).delete()
    assert positions_rebuild() == len(before)
    after = dict(Position.objects.values_list("path", "pk"))
    assert {path for path in before if before[path] != after[path]} == {"/tw/31-2020/303-2020/11296-2020/"}


def test_edges_that_are_no_tree_are_refused(units) -> None:
    Edge.objects.filter(unit=units["303-2020"]).update(parent=units["11296-2020"])
    with pytest.raises(UnitsError, match="stands below itself"):
        positions_rebuild()


def test_children_are_those_of_the_day(units) -> None:
    assert [unit.key for unit in children_of(units["31-2020"], TODAY)] == ["303-2020", "304-2020"]
    assert [unit.key for unit in children_of(units["31-2025"], REFORM)] == ["11296-2025"]
